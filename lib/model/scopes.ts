import type { Claims } from './claims.js';

/** The scopes that a token carries: `scope` (RFC 8693 section 4.2), else `scp` as some issuers name it; a string or an array. */
export function scopesOf(claims: Claims): readonly string[] {
  const value = claims['scope'] ?? claims['scp'];
  if (typeof value === 'string') return value.split(' ').filter(scope => scope !== '');
  if (Array.isArray(value)) return value.filter(scope => typeof scope === 'string');
  return [];
}

export function hasScopes(claims: Claims, wanted: readonly string[]): boolean {
  if (wanted.length === 0) return true;
  const held = scopesOf(claims);
  return wanted.every(scope => held.includes(scope));
}
