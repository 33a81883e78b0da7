import { Redis } from 'ioredis';
import { memoryStore, redisStore, type LiveTokens, type RevocationStore } from 'livetoken';
import { startRedis } from '../../support/redis-server.js';

export interface FuzzedStore {
  readonly store: RevocationStore;
  /** Changes when anything is written. */
  fingerprint(live: LiveTokens): Promise<string>;
  close(): Promise<void>;
}

async function openMemory(): Promise<FuzzedStore> {
  const store = memoryStore({ maxAuditEntries: 5000 });
  return {
    store,
    async fingerprint(live) {
      const { items: [last] } = await live.history({ limit: 1 });
      const tracked = await live.list({ kind: 'all' }, { limit: 1000 });
      return JSON.stringify([last?.id, tracked.items.map(({ tokenId, revokedAt }) => [tokenId, revokedAt])]);
    },
    close: async () => undefined,
  };
}

/** On a server of its own: whatever is in it was written by what is being tried. */
async function openRedis(): Promise<FuzzedStore> {
  const server = await startRedis();
  const store = redisStore(new Redis(server.url, { lazyConnect: true }));
  await store.ready();
  const eye = new Redis(server.url);
  return {
    store,
    fingerprint: () => contentsOf(eye),
    async close() {
      eye.disconnect();
      await server.stop();
    },
  };
}

const SIZES: Readonly<Record<string, string>> = { stream: 'xlen', hash: 'hlen', zset: 'zcard', set: 'scard', list: 'llen', string: 'strlen' };

async function contentsOf(redis: Redis): Promise<string> {
  const keys = (await redis.keys('*')).sort();
  const sizes = [];
  for (const key of keys) sizes.push(`${key} ${String(await redis.call(SIZES[await redis.type(key)] ?? 'exists', key))}`);
  return [`DBSIZE ${await redis.dbsize()}`, ...sizes].join('\n');
}

export const FUZZED_STORES: Readonly<Record<'memory' | 'redis', () => Promise<FuzzedStore>>> = { memory: openMemory, redis: openRedis };
