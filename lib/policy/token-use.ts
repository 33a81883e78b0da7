import type { Claims } from '../model/claims.js';

/** What a JWT is for. Only `access` opens a protected route; `access` and `refresh` can be revoked through the endpoint. */
export type TokenUse = 'access' | 'refresh' | 'id' | 'event' | 'other';

/** The JOSE header (RFC 7515 section 4) of a token whose signature was verified. */
export type JoseHeader = Readonly<Record<string, unknown>>;

const TYPES: Readonly<Record<string, TokenUse>> = {
  jwt: 'access',
  'at+jwt': 'access',
  'rt+jwt': 'refresh',
  'logout+jwt': 'event',
  'secevent+jwt': 'event',
};

/**
 * Tells by `typ` (RFC 8725 section 3.11), then by the claims that issuers without a `typ` of their own are known for:
 * `events` (RFC 8417 section 2.2), `nonce` and `at_hash` (OpenID Connect Core section 2), `token_use` (Amazon Cognito),
 * `typ` as a claim (Keycloak). Someone who marks tokens otherwise gives a function of their own.
 */
export function defaultTokenUse(claims: Claims, header: JoseHeader): TokenUse {
  const byType = useOfType(header['typ']);
  if (byType !== 'access') return byType;
  if (claims['events'] !== undefined) return 'event';
  if (claims['nonce'] !== undefined || claims['at_hash'] !== undefined) return 'id';
  if (claims['token_use'] === 'id' || claims['typ'] === 'ID') return 'id';
  if (claims['token_use'] === 'refresh' || claims['typ'] === 'Refresh' || claims['typ'] === 'Offline') return 'refresh';
  return 'access';
}

/** `typ` is a media type whose `application/` may be left out, compared without case (RFC 7515 section 4.1.9). */
export function mediaType(typ: unknown): string | undefined {
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : undefined;
}

function useOfType(typ: unknown): TokenUse {
  if (typ === undefined) return 'access';
  const type = mediaType(typ);
  return type !== undefined && Object.hasOwn(TYPES, type) ? (TYPES[type] as TokenUse) : 'other';
}
