import type { Redis } from 'ioredis';
import { StoreUnavailableError } from '../../lib/errors.js';
import { bucketField, redisKeys, type RedisKeys } from '../../lib/stores/redis/keys.js';
import type { TargetKey } from '../../lib/model/target-key.js';
import type { RevocationStore, RevocationWrite } from '../../lib/stores/store.js';
import { sharedRedisUrl } from '../support/redis-url.js';
import { anyKey, farApart, keys, neighbours, trackedToken, write } from './support/builders.js';
import { expectToWork } from './support/expect-to-work.js';
import { appClient, cleanUpAll, freshNamespace, openStore, ownRedis, rawClient } from './support/redis-stores.js';
import { rejection } from './support/settling.js';

let store: RevocationStore;
let redis: Redis;
let names: RedisKeys;
let namespace: string;

async function openOn(url: string): Promise<void> {
  namespace = freshNamespace();
  names = redisKeys(namespace);
  redis = rawClient(url);
  store = openStore(appClient(url), { namespace });
  await store.ready();
}

afterEach(cleanUpAll);

/** Every key of the namespace with its serialised value. */
async function everything(): Promise<Record<string, string>> {
  const found = (await redis.keys(`{livetoken:${namespace}}:*`)).sort();
  const values = await Promise.all(found.map(key => redis.dumpBuffer(key)));
  return Object.fromEntries(found.map((key, i) => [key, values[i]!.toString('base64')]));
}

async function expectUnavailable(asked: Promise<unknown>): Promise<void> {
  expect(await rejection(asked)).toBeInstanceOf(StoreUnavailableError);
}

describe('a key of a foreign type', () => {
  beforeEach(() => openOn(sharedRedisUrl()));

  const victim = anyKey();
  const places: [string, () => string][] = [
    ['a target', () => names.bucket(victim)],
    ['the log', () => names.log],
    ['the audit log', () => names.audit],
    ['the state', () => names.state],
  ];
  test.each(places)('in the place of %s makes writing fail and changes nothing', async (_, place) => {
    const [first, last] = keys(2);
    await redis.sadd(place(), 'foreign');
    const before = await everything();

    await expectUnavailable(store.record([write(first!), write(victim), write(last!, { epoch: Infinity })]));

    expect(await everything()).toEqual(before);
    // The state tells whether an answer can be believed. Elsewhere, what is sound goes on being read.
    const isState = place() === names.state;
    if (isState) await expectUnavailable(store.epochs([first!, last!]));
    else expect(await store.epochs([first!, last!])).toEqual([undefined, undefined]);
  });

  test.each([
    ['a string', () => redis.set(names.bucket(victim), 'foreign')],
    ['a list', () => redis.lpush(names.bucket(victim), 'foreign')],
    ['a stream', () => redis.xadd(names.bucket(victim), '*', 'foreign', '1')],
  ])('in the place of a target is not read as "not revoked": %s', async (_, harm) => {
    const [sound, unknown] = farApart(2) as [TargetKey, TargetKey];
    await store.record([write(sound, { epoch: 1000 })]);
    await harm();

    await expectUnavailable(store.epochs([victim]));
    await expectUnavailable(store.epochs([sound, victim, unknown]));

    expect(await store.epochs([sound, unknown])).toEqual([1000, undefined]);
  });

  test('in the place of a list makes tracking fail and leaves no token that is in no list', async () => {
    const token = trackedToken({ targets: keys(3) });
    await redis.set(names.active(token.targets[2]!), 'foreign');
    const before = await everything();

    await expectUnavailable(store.track(token));

    expect(await everything()).toEqual(before);
  });

  test('in the place of a tracked token, or of a list, makes reading it fail', async () => {
    const token = trackedToken();
    await redis.set(names.tracked(token.key), 'foreign');
    await redis.set(names.active(token.targets[0]!), 'foreign');

    await expectUnavailable(store.tracked([trackedToken().key, token.key]));
    await expectUnavailable(store.active(token.targets[0]!, { limit: 1 }));
    await expectUnavailable(store.retire([token], 1000));
  });
});

describe('a value that the store cannot have written', () => {
  beforeEach(() => openOn(sharedRedisUrl()));

  const damaged = [
    ...['', ' ', 'x', '-1', '1.5', '1e3', '0x10', 'nan', 'inf', '1000 ', ' 1000', '1000\n', '\u0661', '12345678901234567'],
    ...['* ', '*', '1000  2000', '1000 2000 ', '1000 2000 3000', 'x 2000', '-1 2000', '1.5 2000', '1e3 2000', '0x10 2000', 'nan 2000', 'inf 2000'],
    ...['* 2000', '*1 2000', '1* 2000', '* *', '* x', '1000 *', '1000 -1', '\u0661 2000', '12345678901234567 2000', '1000 12345678901234567'],
  ];
  test.each(damaged)('is not read as "not revoked", nor written over: %j', async value => {
    const [sound, victim] = neighbours(2) as [TargetKey, TargetKey];
    await store.record([write(sound, { epoch: 1000 })]);
    await redis.hset(names.bucket(victim), bucketField(victim), value);
    const before = await everything();

    await expectUnavailable(store.epochs([sound, victim]));
    const error = await rejection(store.record([write(anyKey()), write(victim, { epoch: Infinity })]));

    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error.message).toContain('a revocation in it cannot be read');
    expect(await everything()).toEqual(before);
    expect(await store.epochs([sound])).toEqual([1000]);
  });

  test('does not keep its neighbours from being written, and outlives the sweeping of what has expired', async () => {
    const [victim, ...others] = neighbours(40) as [TargetKey, ...TargetKey[]];
    await redis.hset(names.bucket(victim), bucketField(victim), 'x');

    for (const key of others) await store.record([write(key, { epoch: 1000 })]);

    expect(await store.epochs(others)).toEqual(others.map(() => 1000));
    await expectUnavailable(store.epochs([victim]));
  });

  test('among tracked tokens is not read as "unknown"', async () => {
    const [sound, victim] = [trackedToken(), trackedToken()];
    await store.track(sound);
    await redis.hset(names.tracked(victim.key), 'json', '{"targets":');

    await expectUnavailable(store.tracked([sound.key, victim.key]));
  });

  test('in the audit log makes reading it fail', async () => {
    await redis.xadd(names.audit, '*', 'at', '1000', 'epoch', '*', 'note', 'not JSON');

    await expectUnavailable(store.audit({ limit: 10 }));
  });
});

/** Takes room. */
function verbose(key: TargetKey): RevocationWrite {
  return write(key, { epoch: Infinity, note: { key, target: 'a target', reason: 'x'.repeat(500) } });
}

describe('a Redis', () => {
  test('without memory acknowledges nothing, keeps what it has, and goes on when there is room', async () => {
    const server = await ownRedis('--maxmemory-policy', 'noeviction');
    await openOn(server.url);
    const [known, refused] = [anyKey(), anyKey()];
    await store.record([write(known, { epoch: 1000 })]);
    const before = await everything();

    await redis.config('SET', 'maxmemory', '1');
    const error = await rejection(store.record([write(refused), write(known, { epoch: Infinity })]));
    await expectUnavailable(store.track(trackedToken()));

    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error.message).toContain('OOM');
    expect(await everything()).toEqual(before);
    expect(await store.epochs([known, refused])).toEqual([1000, undefined]);

    await redis.config('SET', 'maxmemory', '0');
    await store.record([write(refused, { epoch: Infinity })]);
    expect(await store.epochs([known, refused])).toEqual([1000, Infinity]);
  });

  test('that fills up on the way acknowledges what it took, and takes nothing by halves', async () => {
    const server = await ownRedis('--maxmemory-policy', 'noeviction', '--maxmemory', '4mb');
    await openOn(server.url);
    const acknowledged: TargetKey[][] = [];
    let refused: TargetKey[] | undefined;
    while (refused === undefined) {
      const batch = keys(64);
      const [result] = await Promise.allSettled([store.record(batch.map(verbose))]);
      if (result.status === 'fulfilled') acknowledged.push(batch);
      else refused = batch;
    }

    expect(acknowledged.length).toBeGreaterThan(1);
    for (const batch of acknowledged) expect(await store.epochs(batch)).toEqual(batch.map(() => Infinity));
    expect(await store.epochs(refused)).toEqual(refused.map(() => undefined));
    expect(await redis.xlen(names.log)).toBe(acknowledged.flat().length);
  });

  test('that forgets its scripts between any two writes is taught them again', async () => {
    const server = await ownRedis();
    await openOn(server.url);
    await expectToWork(store);
    await redis.script('FLUSH');

    const tokens = [trackedToken(), trackedToken()];
    for (const token of tokens) {
      await store.track(token);
      await redis.script('FLUSH');
    }
    expect(await store.retire(tokens, 1000)).toBe(2);
    await redis.script('FLUSH');
    const key = anyKey();
    await store.record([write(key, { epoch: Infinity })]);
    expect(await store.epochs([key])).toEqual([Infinity]);
  });
});
