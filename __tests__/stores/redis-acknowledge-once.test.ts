import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { StoreUnavailableError } from '../../lib/errors.js';
import { onceKey } from '../../lib/model/once-key.js';
import { redisKeys } from '../../lib/stores/redis/keys.js';
import { USE_ONCE_SCRIPT } from '../../lib/stores/redis/once-script.js';
import type { RedisStoreOptions } from '../../lib/stores/redis/redis-store.js';
import type { FollowableStore } from '../../lib/stores/store.js';
import { startReplicatedRedis, type ReplicatedRedis } from '../support/replicated-redis.js';
import { HOUR_MS } from './support/builders.js';
import { appClient, cleanUpAll, freshNamespace, openStore, rawClient } from './support/redis-stores.js';
import { rejection } from './support/settling.js';
import { until, untilResolved } from './support/until.js';

let replicated: ReplicatedRedis;
let primary: Redis;
let namespace: string;

beforeAll(async () => {
  replicated = await startReplicatedRedis(1);
});

afterAll(() => replicated.stop());

beforeEach(() => {
  namespace = freshNamespace();
  primary = rawClient(replicated.primary.url);
});

afterEach(async () => {
  link().release();
  await cleanUpAll();
});

const link = () => replicated.replicas[0]!.link;
const key = onceKey('refresh', 'a token');

async function open(acknowledge: NonNullable<RedisStoreOptions['acknowledge']>): Promise<FollowableStore> {
  const store = openStore(appClient(replicated.primary.url), { namespace, acknowledge });
  await store.ready();
  return store;
}

describe('What may be used once, where replicas have to acknowledge it,', () => {
  test('is used once they know', async () => {
    const store = await open({ replicas: 1, timeoutMs: 5000 });

    expect(await store.useOnce(key, HOUR_MS)).toMatchObject({ isFirst: true });
    expect(await rawClient(replicated.replicas[0]!.server.url).exists(redisKeys(namespace).used(key))).toBe(1);
    expect(await store.useOnce(key, HOUR_MS)).toMatchObject({ isFirst: false });
  });

  test('is unused again where they did not get to know: whoever repeats it is no thief', async () => {
    const store = await open({ replicas: 1, timeoutMs: 50 });
    link().hold();

    for (let i = 0; i < 3; i++) {
      const error = await rejection(store.useOnce(key, HOUR_MS));
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(error.message).toMatch(/taken back.* acknowledged by 0 of 1 replicas within 50 ms; repeat it/);
      expect(await store.firstUseMs(key)).toBeUndefined();
    }
    link().release();

    expect(await untilResolved(() => store.useOnce(key, HOUR_MS))).toMatchObject({ isFirst: true });
  });

  test('stays used where somebody else was told that it is', async () => {
    const store = await open({ replicas: 1, timeoutMs: 1000 });
    const other = await open('primary');
    link().hold();
    const first = rejection(store.useOnce(key, HOUR_MS));
    await until(async () => (await other.firstUseMs(key)) !== undefined);

    const second = await other.useOnce(key, HOUR_MS);

    expect(second).toMatchObject({ isFirst: false });
    expect((await first).message).toMatch(/^Recorded at .* acknowledged by 0 of 1/);
    expect(await other.firstUseMs(key)).toBe(second.firstAtMs);
    expect(await other.useOnce(key, HOUR_MS)).toMatchObject({ isFirst: false, firstAtMs: second.firstAtMs });
  });

  test('is not called used before they know, by whoever asks second', async () => {
    await (await open('primary')).useOnce(key, HOUR_MS);
    const store = await open({ replicas: 1, timeoutMs: 50 });
    link().hold();

    expect((await rejection(store.useOnce(key, HOUR_MS))).message).toContain('acknowledged by 0 of 1');

    expect(await store.firstUseMs(key)).toEqual(expect.any(Number));
  });

  test('keeps its time to be remembered, whoever is told of it', async () => {
    const store = await open('primary');
    await store.useOnce(key, HOUR_MS);
    await store.useOnce(key, HOUR_MS);

    const ttlMs = await primary.pttl(redisKeys(namespace).used(key));
    expect(ttlMs).toBeGreaterThan(HOUR_MS - 60_000);
    expect(ttlMs).toBeLessThanOrEqual(HOUR_MS);
  });

  test('is written about with every use, also one that changes nothing: that is what the replicas acknowledge', async () => {
    const store = await open({ replicas: 1, timeoutMs: 5000 });
    for (let i = 0; i < 3; i++) await store.useOnce(key, HOUR_MS);
    const writes = async (): Promise<number> => Number(await primary.hget(redisKeys(namespace).state, 'acknowledged'));
    const before = await writes();

    await store.useOnce(key, HOUR_MS);

    expect(await writes()).toBe(before + 1);
  });

  test('is not used where nothing can be written for the replicas to acknowledge', async () => {
    const store = await open({ replicas: 1, timeoutMs: 5000 });
    await primary.set(redisKeys(namespace).state, 'something else');

    const error = await rejection(store.useOnce(key, HOUR_MS));

    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error.message).toContain('WRONGTYPE');
  });

  test('is no less used for a call that a broken connection made ioredis send twice', async () => {
    const used = redisKeys(namespace).used(key);
    const [call, other] = [randomUUID(), randomUUID()];
    const use = (name: string): Promise<unknown> => primary.eval(USE_ONCE_SCRIPT, 1, used, HOUR_MS, name);

    const [, firstAt] = (await use(call)) as string[];

    expect(await use(call)).toEqual(['1', firstAt, expect.any(String)]);
    expect(await use(other)).toEqual(['0', firstAt, expect.any(String)]);
    expect(await use(call)).toEqual(['1', firstAt, expect.any(String)]);
    expect(await use(other)).toEqual(['0', firstAt, expect.any(String)]);
  });

  test('is neither used nor unused where that cannot be read', async () => {
    const store = await open('primary');
    await primary.set(redisKeys(namespace).used(key), 'something else');

    expect(await rejection(store.useOnce(key, HOUR_MS))).toBeInstanceOf(StoreUnavailableError);
    expect(await rejection(store.firstUseMs(key))).toBeInstanceOf(StoreUnavailableError);
  });
});
