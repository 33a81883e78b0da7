import { Redis } from 'ioredis';
import type { LiveTokens } from 'livetoken';
import type * as Livetoken from 'livetoken';
import { builtPackage } from './built-package.js';
import { AUDIENCE, ISSUER, MAX_LIFETIME_S, type CheckingKey } from './issuer.js';

/** The three ways to be guarded. */
export type GuardKind = 'replica + remembered' | 'replica only' | 'direct';

export interface Guard {
  readonly live: LiveTokens;
  readonly requireLiveToken: typeof Livetoken.requireLiveToken;
}

/** All options at their defaults, but for those that make the kind. */
export async function guardOf(kind: GuardKind, key: CheckingKey, redisUrl: string): Promise<Guard> {
  const { createLiveTokens, jwtVerifier, redisStore, requireLiveToken } = await builtPackage();
  const client = new Redis(redisUrl, { lazyConnect: true });
  const live = createLiveTokens({
    store: kind === 'direct' ? redisStore(client, { replica: false }) : redisStore(client),
    ...(kind !== 'replica + remembered' && { rememberTokens: false }),
    verify: jwtVerifier({ key: key.text, algorithms: [key.algorithm], issuer: ISSUER, audience: AUDIENCE }),
    maxLifetime: MAX_LIFETIME_S,
    claims: { organisation: 'org' },
  });
  return { live, requireLiveToken };
}
