import type { Claims } from '../../lib/model/claims.js';
import type { ClaimsMapping, FactsPolicy } from '../../lib/model/token-facts.js';

export const CLAIMS: ClaimsMapping = {
  tokenId: 'jti',
  subject: 'sub',
  session: 'sid',
  grant: 'grant_id',
  client: 'client_id',
  organisation: 'org',
  organisations: 'orgs',
  issuedAtMs: 'iat_ms',
  grantedAtMs: 'grant_iat_ms',
};

/** For those who have no organisations of their own tokens, or none at all. */
export function unmapped(...names: (keyof ClaimsMapping)[]): ClaimsMapping {
  return { ...CLAIMS, ...Object.fromEntries(names.map(name => [name, undefined])) };
}

export function policy(differences: Partial<FactsPolicy> = {}): FactsPolicy {
  return { claims: CLAIMS, maxLifetimeMs: 3_600_000, issuerSkewMs: 0, maxOrganisations: 16, unsafe: {}, ...differences };
}

export const iat = 1_700_000_000;

/** A token with as little as a token needs. */
export const least: Claims = { jti: 'j', org: 'o', iat, exp: iat + 600 };

export function without(claims: Claims, ...names: string[]): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
}
