import type { IssuedToken } from '../../policy/tracker.js';

/** A token as the organisation endpoints show it. Times are milliseconds since 1970. What is not known is left out. */
export interface TokenResource {
  /** The token's `jti`. */
  readonly id: string;
  readonly uri: string;
  readonly tokenType: 'BEARER';
  /** Stays ACTIVE after expiry unless it was revoked. */
  readonly status: 'ACTIVE' | 'REVOKED';
  readonly expiryTime?: number;
  readonly createdTimestamp?: number;
  readonly revokedTimestamp?: number;
  readonly scopes?: readonly string[];
  readonly requestedOrganisation?: string;
  /** The action that is left to do: none once it is revoked. */
  readonly links: readonly { readonly id: string; readonly resourceType: 'revoketoken'; readonly uri: string }[];
  /** `accessType`, `requestingAccessType` (CR, BN, BG, RT, NA), `ipFiltering`, `mtlsFilter`, `requestingOrganisation`, `parentId`, `resourceId`. */
  readonly [detail: string]: unknown;
}

/** What only the issuer knows, taken from the details that it gave to `track`. */
const FROM_DETAILS = [
  ...['accessType', 'requestingAccessType', 'ipFiltering', 'mtlsFilter'],
  ...['requestedOrganisation', 'requestingOrganisation', 'parentId', 'resourceId'],
];

/**
 * @param issued what is known of the token: all of it where it was tracked, its id alone otherwise
 * @param uri of its revocation, ending in `/revoke`
 */
export function tokenResource(issued: Partial<IssuedToken> & Pick<IssuedToken, 'tokenId'>, uri: string): TokenResource {
  const { tokenId: id, details = {}, scope, organisation, expiresAt, issuedAt, revokedAt } = issued;
  const revoked = revokedAt !== undefined;
  const known = {
    expiryTime: expiresAt,
    scopes: scope?.split(' '),
    requestedOrganisation: organisation,
    ...Object.fromEntries(FROM_DETAILS.filter(name => details[name] !== undefined).map(name => [name, details[name]])),
    createdTimestamp: issuedAt,
    revokedTimestamp: revokedAt,
  };
  return {
    id,
    uri,
    tokenType: 'BEARER',
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
    status: revoked ? 'REVOKED' : 'ACTIVE',
    links: revoked ? [] : [{ id, resourceType: 'revoketoken', uri }],
  };
}
