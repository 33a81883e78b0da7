import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { StoreUnavailableError } from '../../lib/errors.js';
import { LOG_START, type LogFollower } from '../../lib/stores/log.js';
import { redisKeys } from '../../lib/stores/redis/keys.js';
import { openLink } from '../faults/proxy.js';
import { sharedRedisUrl } from '../support/redis-url.js';
import { anyKey, write } from './support/builders.js';
import { appClient, cleanUpAll, eachVersion, freshNamespace, later, openStore, rawClient } from './support/redis-stores.js';
import { outcome, rejection } from './support/settling.js';

/** Redis may end a wait this much early by its clock. */
const TIMER_NOISE_MS = 10;

let redis: Redis;
let log: string;
let follower: LogFollower;

/** Of a log with one entry. */
beforeEach(async () => {
  const namespace = freshNamespace();
  redis = rawClient(sharedRedisUrl());
  log = redisKeys(namespace).log;
  const store = openStore(appClient(sharedRedisUrl()), { namespace });
  await store.ready();
  await store.record([write(anyKey())]);
  follower = store.follow();
  later(() => { follower.close(); });
  await follower.head(LOG_START);
});

afterEach(cleanUpAll);

async function redisNowMs(): Promise<number> {
  const [seconds, micros] = (await redis.time()).map(Number) as [number, number];
  return seconds * 1000 + Math.floor(micros / 1000);
}

describe('a follower of the log', () => {
  const hash = 'A'.repeat(22);
  const damaged = [
    ...['', ' ', 'x', `s${hash}`, `s${hash} 2000`, `s${hash} 2000 a`, `s${hash} 2000 a `, `s${hash} 2000  b`, `s${hash}  2000 a b`, `s${hash} 2000 a b `],
    ...[` s${hash} 2000 a b`, `s${hash} 2000 a b 1 2`, `s${hash} 2000 a b *`, `s${hash} 2000 a b -1`, `s${hash} 2000 a b 1.5`, `s${hash} * a b`, `s${hash} x a b`],
    ...[`x${hash} 2000 a b`, `S${hash} 2000 a b`, `${hash} 2000 a b`, `s${hash}A 2000 a b`, `s${hash.slice(1)} 2000 a b`, `s${hash.slice(1)}! 2000 a b`],
    ...[`s${hash} 12345678901234567 a b`, `s${hash} 2000 a b 12345678901234567`, `session:${hash} 2000 a b`, `s${hash} 2000 a b\n`],
  ];
  test.each(damaged)('says that it cannot tell where an entry cannot be read: %j', async text => {
    const [[last]] = (await redis.xrange(log, '-', '+')) as [[string, string[]]];
    const id = await redis.xadd(log, '*', 'r', text);

    expect(await rejection(follower.page(LOG_START, 10))).toBeInstanceOf(StoreUnavailableError);
    expect(await rejection(follower.wait(last, 10, 10))).toBeInstanceOf(StoreUnavailableError);
    expect(await rejection(follower.head(id!))).toBeInstanceOf(StoreUnavailableError);
  });

  test('is told what the clock of Redis says, after it has waited and not before', async () => {
    const beforeMs = await redisNowMs();
    const head = await follower.head(LOG_START);
    const betweenMs = await redisNowMs();
    const [[last]] = (await redis.xrevrange(log, '+', '-')) as [[string, string[]]];
    const reply = await follower.wait(last, 1, 50);

    expect(head.nowMs).toBeGreaterThanOrEqual(beforeMs);
    expect(head.nowMs).toBeLessThanOrEqual(betweenMs);
    expect(reply.nowMs).toBeGreaterThanOrEqual(betweenMs + 50 - TIMER_NOISE_MS);
    expect(reply.nowMs).toBeLessThanOrEqual(await redisNowMs());
  });

  test.each(eachVersion)('with %s, waits for a server that greets nobody, and no longer once it is closed, even while it is not connected', async (_, version) => {
    const link = await openLink(Number(new URL(sharedRedisUrl()).port));
    later(() => link.close());
    await link.set('blackhole');
    const client = appClient(`redis://127.0.0.1:${link.port}`, {}, version);
    const derived = jest.spyOn(client, 'duplicate');
    const waiting = openStore(client).follow();
    const head = outcome(waiting.head(LOG_START));
    await once(derived.mock.results.at(-1)!.value as Redis, 'reconnecting');
    waiting.close();

    expect(await head).toMatchObject({ error: { name: 'AbortError' } });
  });
});
