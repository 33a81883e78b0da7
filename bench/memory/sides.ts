import { say } from '../harness/part.js';
import { startRedis, type BenchRedis } from '../harness/redis.js';
import { count } from '../harness/report.js';
import { MAX_LIFETIME_S } from '../harness/issuer.js';
import type { Settings } from '../harness/settings.js';
import { fillByRevoking, fillByTracking } from '../measures/filling.js';
import { settledFigures } from '../measures/redis-figures.js';
import { revokedId } from '../measures/revoked-token.js';

/** Bytes for each token; what is not told apart is absent. */
export interface Memory {
  /** `used_memory`, all of it. */
  readonly total: number;
  /** `used_memory_rss`: pages that the allocator holds, in use or not. */
  readonly resident: number;
  /** What was given back when each of these was deleted, and the rest. */
  readonly parts: Readonly<Record<string, number>>;
}

export type MemorySide = 'livetoken' | 'naive' | 'tracking';

interface Way {
  /** @returns when nobody is connected any more but the bench itself */
  fill(redis: BenchRedis, tokens: number, settings: Settings): Promise<void>;
  /** What is told apart, by the names of keys. */
  readonly parts: Readonly<Record<string, string>>;
  /** What all that is left stands for, the tables of Redis that hold the keys among it. */
  readonly rest: string;
}

const WAYS: Readonly<Record<MemorySide, Way>> = {
  livetoken: {
    fill: ({ url }, tokens, settings) => fillByRevoking(url, tokens, settings),
    parts: { audit: '{livetoken:default}:audit', log: '{livetoken:default}:log' },
    rest: 'key',
  },
  naive: {
    fill: fillNaively,
    parts: { log: 'revocations' },
    rest: 'key',
  },
  tracking: {
    fill: ({ url }, tokens, settings) => fillByTracking(url, tokens, settings),
    parts: { lists: '{livetoken:default}:active:*' },
    rest: 'token',
  },
};

/** What the first commands of a kind make Redis allocate, such as its statistics of them, comes before the measuring. */
const WARM_UP = 64;

/** In a Redis of its own. */
export async function measureMemory(side: MemorySide, tokens: number, settings: Settings): Promise<Memory> {
  const redis = await startRedis();
  try {
    const way = WAYS[side];
    await way.fill(redis, WARM_UP, settings);
    await redis.client.flushall('SYNC');
    const before = await settledFigures(redis);
    await way.fill(redis, tokens, settings);
    const after = await settledFigures(redis);
    const perToken = (usedBytes: number): number => usedBytes / tokens;
    const total = perToken(after.usedMemoryBytes - before.usedMemoryBytes);
    const weighed = await weigh(redis, way.parts, perToken);
    const others = Object.values(weighed).reduce((sum, each) => sum + each, 0);
    return { total, resident: perToken(after.residentBytes - before.residentBytes), parts: { ...weighed, [way.rest]: total - others } };
  } finally {
    await redis.stop();
  }
}

async function weigh(redis: BenchRedis, parts: Way['parts'], perToken: (usedBytes: number) => number): Promise<Memory['parts']> {
  const weighed: Record<string, number> = {};
  for (const [name, pattern] of Object.entries(parts)) {
    const before = await settledFigures(redis);
    await deleteAll(redis, pattern);
    const after = await settledFigures(redis);
    weighed[name] = perToken(before.usedMemoryBytes - after.usedMemoryBytes);
  }
  return weighed;
}

async function deleteAll({ client }: BenchRedis, pattern: string): Promise<void> {
  let cursor = '0';
  do {
    const [next, keys] = await client.scan(cursor, 'MATCH', pattern, 'COUNT', 1000);
    if (keys.length > 0) await client.del(keys);
    cursor = next;
  } while (cursor !== '0');
}

const PIPELINE = 1000;

/** What one would write first: a key for each revoked token, and, so that others can follow, an entry in a stream. */
async function fillNaively({ client }: BenchRedis, tokens: number): Promise<void> {
  say(`writing ${count(tokens)} keys and entries`);
  const exp = String(Math.floor(Date.now() / 1000) + MAX_LIFETIME_S);
  for (let at = 0; at < tokens; at += PIPELINE) {
    const pipeline = client.pipeline();
    for (let i = at; i < Math.min(tokens, at + PIPELINE); i++) {
      pipeline.set(`revoked:${revokedId(i)}`, '1', 'EX', MAX_LIFETIME_S);
      pipeline.xadd('revocations', '*', 'jti', revokedId(i), 'exp', exp);
    }
    await pipeline.exec();
  }
}
