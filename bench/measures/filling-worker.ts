import { Redis } from 'ioredis';
import type { LiveTokens } from 'livetoken';
import { builtPackage } from '../harness/built-package.js';
import { Issuer, MAX_LIFETIME_S } from '../harness/issuer.js';
import { serveWorker } from '../harness/serve-worker.js';
import { claimsOf } from './claims-of.js';
import { inLanes, slicesOf } from './lanes.js';
import { revokedToken } from './revoked-token.js';

const BATCH = 64;
const BATCHES_UNDER_WAY = 4;
const TRACKED_AT_A_TIME = 32;

export const answers = {
  /** Revokes the tokens of these places, `to` not among them. */
  async revoke({ redisUrl, from, to }: { redisUrl: string; from: number; to: number }): Promise<void> {
    const live = await open(redisUrl, false);
    const targets = Array.from({ length: to - from }, (_, i) => revokedToken(from + i));
    await inLanes(slicesOf(targets, BATCH), BATCHES_UNDER_WAY, batch => live.revokeAll(batch, { actor: 'support', reason: 'signed out' }));
    await live.close();
  },
  async track({ redisUrl, tokens }: { redisUrl: string; tokens: number }): Promise<void> {
    const live = await open(redisUrl, true);
    const issuer = new Issuer('HS256');
    await inLanes(issuer.pool(tokens), TRACKED_AT_A_TIME, ({ token }) => live.track(claimsOf(token)));
    await live.close();
  },
};

/** Without a copy: it would only take from what the writing can have. */
async function open(redisUrl: string, tracking: boolean): Promise<LiveTokens> {
  const { createLiveTokens, redisStore } = await builtPackage();
  const store = redisStore(new Redis(redisUrl, { lazyConnect: true }), { replica: false });
  const live = createLiveTokens({ store, maxLifetime: MAX_LIFETIME_S, claims: { organisation: 'org' }, tracking });
  await live.ready();
  return live;
}

serveWorker(answers);
