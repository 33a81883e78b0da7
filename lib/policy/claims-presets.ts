import { isPlainObject, type Claims } from '../model/claims.js';
import type { ClaimsMapping } from '../model/token-facts.js';

type Preset = Readonly<Partial<ClaimsMapping>>;

const okta: Preset = {
  // `sub` is a login name, which can be changed and given to somebody else; `uid` is not there where there is no user.
  subject: claims => claims['uid'] ?? claims['sub'],
  client: 'cid',
};

const auth0: Preset = {
  client: claims => claims['client_id'] ?? claims['azp'],
  organisations: 'org_id',
};

const keycloak: Preset = {
  session: claims => claims['sid'] ?? claims['session_state'],
  client: claims => claims['azp'] ?? claims['client_id'],
  organisations: organisationsOfKeycloak,
};

const entra: Preset = {
  tokenId: 'uti',
  // `sub` is another one in each application; `oid` is the user everywhere in the tenant.
  subject: claims => claims['oid'] ?? claims['sub'],
  client: claims => claims['azp'] ?? claims['appid'],
  organisation: 'tid',
};

/**
 * Which claim says what in the access tokens of well-known issuers, for the option `claims` of `createLiveTokens`. What a tenant
 * has configured otherwise goes on top: `{ ...claimsPresets.okta, organisation: 'tenant' }`. For any other issuer, each member of
 * `claims` is the name of a claim or a function of all claims.
 *
 * - `okta` (custom authorization servers): `jti`; `uid`, else `sub`; `cid`. Its access tokens name neither session nor organisation.
 *   Source: developer.okta.com/docs/api/openapi/okta-oauth/guides/overview, access token payload.
 * - `auth0`: `jti`, which only APIs with the RFC 9068 token profile get (choose that, or `unsafe.acceptMissingTokenId`); `sub`;
 *   `client_id`, else `azp`; `org_id` where the user logged in to an organisation.
 *   Source: auth0.com/docs/secure/tokens/access-tokens/access-token-profiles.
 * - `keycloak`: `jti`; `sub`; `sid`, else `session_state` (before version 25); `azp`; `organization`, the aliases of the user's
 *   organisations, as a list or as an object by alias. Source: keycloak.org/docs/latest/server_admin, managing organizations.
 * - `entra` (Microsoft): `uti`; `oid`, else `sub`; `azp`, else `appid` (version 1); the tenant `tid` is the organisation; `sid` where it
 *   is configured as an optional claim. Source: learn.microsoft.com/entra/identity-platform/access-token-claims-reference.
 */
export const claimsPresets = Object.freeze({
  okta: Object.freeze(okta),
  auth0: Object.freeze(auth0),
  keycloak: Object.freeze(keycloak),
  entra: Object.freeze(entra),
});

function organisationsOfKeycloak({ organization }: Claims): unknown {
  return isPlainObject(organization) ? Object.keys(organization) : organization;
}
