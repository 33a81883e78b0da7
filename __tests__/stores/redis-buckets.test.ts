import type { Redis } from 'ioredis';
import type { TargetKey } from '../../lib/model/target-key.js';
import { bucketField, redisKeys } from '../../lib/stores/redis/keys.js';
import type { RevocationStore } from '../../lib/stores/store.js';
import { sharedRedisUrl } from '../support/redis-url.js';
import { HOUR_MS, neighbours, write } from './support/builders.js';
import { appClient, cleanUpAll, freshNamespace, openStore, rawClient } from './support/redis-stores.js';

/** Long enough for the slowest machine, short beside what is kept. */
const MINUTE_MS = 60_000;

/** A bucket is swept whenever it has grown to a multiple of this. */
const SWEEP_EVERY = 16;

/** And then this much of it is looked at, where it is large. */
const SAMPLE = 64;

let store: RevocationStore;
let redis: Redis;
let bucket: string;
let own: TargetKey[];

/** `own` are targets of one bucket; more than any of the tests below writes. */
beforeEach(async () => {
  const namespace = freshNamespace();
  store = openStore(appClient(sharedRedisUrl()), { namespace });
  redis = rawClient(sharedRedisUrl());
  await store.ready();
  own = neighbours(800);
  bucket = redisKeys(namespace).bucket(own[0]!);
});

afterEach(cleanUpAll);

/** Next ones that no test has used. */
function take(count: number): TargetKey[] {
  return own.splice(0, count);
}

/** As the store writes what is dead for good, with a time of our own. */
async function plant(targets: readonly TargetKey[], keepUntilMs: number): Promise<void> {
  await redis.hset(bucket, Object.fromEntries(targets.map(key => [bucketField(key), keepUntilMs])));
  await redis.pexpire(bucket, HOUR_MS);
}

const longAgo = (): number => Date.now() - HOUR_MS;
const later = (): number => Date.now() + HOUR_MS;

describe('a bucket', () => {
  test('holds of each target when it may be forgotten, as a bare number where it is dead for good', async () => {
    const [good, past] = take(2) as [TargetKey, TargetKey];

    const [forGood, asOf] = await store.record([write(good, { epoch: Infinity }), write(past, { epoch: 1000 })]);

    expect(await redis.hgetall(bucket)).toEqual({
      [bucketField(good)]: `${forGood!.keepUntilMs}`,
      [bucketField(past)]: `1000 ${asOf!.keepUntilMs}`,
    });
  });

  test('keeps its targets apart, though one batch names several of them, and one of them twice', async () => {
    const [a, b, c, never] = take(4) as [TargetKey, TargetKey, TargetKey, TargetKey];

    const recorded = await store.record([write(a, { epoch: 1000 }), write(b, { epoch: Infinity }), write(a, { epoch: 2000 }), write(c, { epoch: 3000 })]);

    expect(recorded.map(({ epochMs, changed }) => [epochMs, changed])).toEqual([
      [1000, true],
      [Infinity, true],
      [2000, true],
      [3000, true],
    ]);
    expect(await store.epochs([a, b, c, never])).toEqual([2000, Infinity, 3000, undefined]);
    expect(await redis.hlen(bucket)).toBe(3);
  });

  test('leaves with what is kept longest in it, whichever came last', async () => {
    const [long, short, longer] = take(3) as [TargetKey, TargetKey, TargetKey];

    await store.record([write(long, { keepForMs: HOUR_MS }), write(short, { keepForMs: 1000 })]);
    await store.record([write(short, { epoch: Infinity, keepForMs: 2000 })]);
    expect(await redis.pttl(bucket)).toBeGreaterThan(HOUR_MS - MINUTE_MS);
    expect(await redis.pttl(bucket)).toBeLessThanOrEqual(HOUR_MS);

    await store.record([write(longer, { keepForMs: 2 * HOUR_MS })]);
    expect(await redis.pttl(bucket)).toBeGreaterThan(2 * HOUR_MS - MINUTE_MS);
  });

  test('leaves no sooner because one of its targets is kept longer than before, and no later than that', async () => {
    const [key] = take(1) as [TargetKey];
    await store.record([write(key, { epoch: Infinity, keepForMs: 1000 })]);

    await store.record([write(key, { epoch: Infinity, keepForMs: HOUR_MS })]);

    expect(await redis.pttl(bucket)).toBeGreaterThan(HOUR_MS - MINUTE_MS);
    expect(await redis.pttl(bucket)).toBeLessThanOrEqual(HOUR_MS);
  });

  test('that somebody has made stay for ever is not given an end', async () => {
    const [first, second] = take(2) as [TargetKey, TargetKey];
    await store.record([write(first, { epoch: Infinity, keepForMs: 2 * HOUR_MS })]);
    await redis.persist(bucket);

    await store.record([write(first, { epoch: Infinity, keepForMs: 3 * HOUR_MS }), write(second, { keepForMs: 1000 })]);

    expect(await redis.pttl(bucket)).toBe(-1);
  });
});

describe('a revocation that has expired and still stands in its bucket', () => {
  test('counts as absent when its target is revoked again: as a change, to be logged and audited', async () => {
    const [key] = take(1) as [TargetKey];
    await plant([key], longAgo());

    const [recorded] = await store.record([write(key, { epoch: 1000, keepForMs: HOUR_MS })]);

    expect(recorded).toMatchObject({ epochMs: 1000, keepUntilMs: recorded!.recordedAtMs + HOUR_MS, changed: true });
    expect(await store.epochs([key])).toEqual([1000]);
    expect((await store.audit({ limit: 10 })).items).toMatchObject([{ key, epochMs: 1000 }]);
  });

  test('leaves when the bucket has grown by some more, and what has not expired stays', async () => {
    const [expired, alive, added] = [take(5), take(5), take(SWEEP_EVERY)];
    await plant(expired, longAgo());
    await plant(alive, later());

    for (const key of added) await store.record([write(key, { epoch: Infinity })]);

    expect(new Set(await redis.hkeys(bucket))).toEqual(new Set([...alive, ...added].map(bucketField)));
    expect(await store.epochs([...expired, ...alive])).toEqual([...expired.map(() => undefined), ...alive.map(() => Infinity)]);
  });

  test('leaves too when a batch makes the bucket grow past the size at which it is swept', async () => {
    const expired = take(SWEEP_EVERY - 1);
    await plant(expired, longAgo());
    const added = take(3);

    await store.record(added.map(key => write(key, { epoch: Infinity })));

    expect(new Set(await redis.hkeys(bucket))).toEqual(new Set(added.map(bucketField)));
  });

  test('does not leave because something else is written again, which does not make the bucket grow', async () => {
    const [[key], expired] = [take(1) as [TargetKey], take(SWEEP_EVERY - 1)];
    await store.record([write(key, { epoch: 1000 })]);
    await plant(expired, longAgo());

    await store.record([write(key, { epoch: 2000 })]);

    expect(await redis.hlen(bucket)).toBe(SWEEP_EVERY);
  });

  test('is among a few of its like at most, while revocations come and go', async () => {
    for (let round = 0; round < 20; round++) {
      await plant(take(5), longAgo());
      await store.record(take(5).map(key => write(key, { epoch: Infinity })));
    }

    const values = Object.values(await redis.hgetall(bucket));
    expect(values.filter(keepUntil => Number(keepUntil) < Date.now()).length).toBeLessThanOrEqual(2 * SWEEP_EVERY);
    expect(values.filter(keepUntil => Number(keepUntil) > Date.now())).toHaveLength(100);
  });

  test('leaves a large bucket a sample at a time, so that no write takes long, and all of it in the end', async () => {
    const [alive, expired] = [take(10), take(590)];
    await plant(expired, longAgo());
    await plant(alive, later());
    const left = async (): Promise<number> => Object.values(await redis.hgetall(bucket)).filter(keepUntil => Number(keepUntil) < Date.now()).length;

    await store.record(take(8).map(key => write(key, { epoch: Infinity })));
    expect(await left()).toBeLessThan(590);
    expect(await left()).toBeGreaterThanOrEqual(590 - SAMPLE);

    for (const key of take(4 * SWEEP_EVERY)) await store.record([write(key, { epoch: Infinity })]);
    expect(await left()).toBe(0);
    expect(await store.epochs(alive)).toEqual(alive.map(() => Infinity));
  });
});
