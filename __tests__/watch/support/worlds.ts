import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { createLiveTokens, memoryStore, redisStore, type LiveTokens, type LiveTokensOptions, type RedisStoreOptions, type RevocationStore } from 'livetoken';
import { createIssuer } from '../../support/issuer.js';
import { sharedRedisUrl } from '../../support/redis-url.js';
import { later } from '../../stores/support/redis-stores.js';
import { until } from '../../stores/support/until.js';

export const issuer = createIssuer();

/** An instance that accepts the tokens of the test issuer; it is closed after the test. */
export function instance(store: RevocationStore, options: Partial<LiveTokensOptions> = {}): LiveTokens {
  const claims = { organisation: 'org', organisations: 'orgs' };
  const live = createLiveTokens({ store, verify: issuer.verify, maxLifetime: 3600, claims, ...options });
  later(() => live.close());
  return live;
}

export function redisInstance(url: string, options: RedisStoreOptions): LiveTokens {
  const client = new Redis(url, { lazyConnect: true });
  client.on('error', () => undefined); // the store reports what its own connections meet
  return instance(redisStore(client, options));
}

/** An instance that watches, and one that revokes. */
export interface World {
  readonly live: LiveTokens;
  readonly revoker: LiveTokens;
}

async function inMemory(): Promise<World> {
  const live = instance(memoryStore());
  return { live, revoker: live };
}

async function onRedis(replica: NonNullable<RedisStoreOptions['replica']>, revokes: 'itself' | 'another'): Promise<World> {
  const namespace = randomUUID();
  const open = async (): Promise<LiveTokens> => {
    const live = redisInstance(sharedRedisUrl(), { namespace, replica });
    await live.ready();
    return live;
  };
  const live = await open();
  return { live, revoker: revokes === 'itself' ? live : await open() };
}

/** For `describe.each`: where this process learns of revocations, whether it knows them itself, and who makes them. */
export const EVERY_WORLD = [
  { name: 'in memory', knows: true, open: inMemory },
  { name: 'on Redis, which is asked, where it revokes itself', knows: false, open: () => onRedis(false, 'itself') },
  { name: 'on Redis, which is asked, where another instance revokes', knows: false, open: () => onRedis(false, 'another') },
  { name: 'on a copy of Redis, where it revokes itself', knows: true, open: () => onRedis({}, 'itself') },
  { name: 'on a copy of Redis, where another instance revokes', knows: true, open: () => onRedis({}, 'another') },
] as const;

/** What it was aborted for, once it is. */
export async function reasonOf(signal: AbortSignal): Promise<unknown> {
  await until(() => signal.aborted);
  return signal.reason;
}

export const REVOKED = { code: 'invalid_token', status: 401, reason: 'revoked' };
