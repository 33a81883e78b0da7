import { createLiveTokens, type LiveTokens, type RevocationStore } from 'livetoken';
import type { SharedState } from '../state/shared-state.js';
import { REFRESH_LIFETIME_S } from './claims.js';
import { RefreshTokens } from './refresh-tokens.js';
import { CLOCK_TOLERANCE_MS, SigningKeys } from './signing-keys.js';
import { Tokens } from './tokens.js';

/** What issues tokens, and what revokes them. */
export interface Issuer {
  readonly live: LiveTokens;
  readonly keys: SigningKeys;
  readonly refreshTokens: RefreshTokens;
  readonly tokens: Tokens;
}

export function createIssuer(store: RevocationStore, state: SharedState): Issuer {
  const keys = new SigningKeys(state);
  const refreshTokens = new RefreshTokens(state);
  const live = createLiveTokens({
    store,
    verify: keys.verify,
    maxLifetime: REFRESH_LIFETIME_S,
    clockToleranceMs: CLOCK_TOLERANCE_MS,
    claims: { organisation: 'org', organisations: 'orgs' },
    tracking: true,
  });
  return { live, keys, refreshTokens, tokens: new Tokens({ live, keys, refreshTokens, now: () => state.now() }) };
}
