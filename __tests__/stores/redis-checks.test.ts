import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreUnavailableError } from '../../lib/errors.js';
import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { anyKey, write } from './support/builders.js';
import { evictUntil, makeEvict, misquoting, openChecked, shiftClock, soundRedis } from './support/checked-store.js';
import { appClient, cleanUpAll, eachVersion, ownRedis, rawClient } from './support/redis-stores.js';
import { rejection } from './support/settling.js';
import { until } from './support/until.js';

afterEach(async () => {
  await cleanUpAll();
  jest.restoreAllMocks();
});

const EVICTING = ['--maxmemory', '100mb', '--maxmemory-policy', 'volatile-lru'];

describe.each(eachVersion)('with %s, a store that starts', (_, version) => {
  test('has nothing to say of a Redis that persists and does not evict', async () => {
    const { url } = await soundRedis('--maxmemory', '100mb');
    const checked = openChecked(appClient(url, {}, version));
    await checked.store.ready();

    expect([checked.codes(), checked.told]).toEqual([[], []]);
  });

  test('refuses a Redis that may evict, and says what was found, why that matters and what to change', async () => {
    const { url, port } = await soundRedis(...EVICTING);
    const checked = openChecked(appClient(url, {}, version));

    const error = await rejection(checked.store.ready());

    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error.message).toBe(
      `Redis at 127.0.0.1:${port} may evict revocations: its maxmemory-policy is volatile-lru, with a maxmemory of 100.0 MB. ` +
        'An evicted revocation is a revoked token back in use. Run CONFIG SET maxmemory-policy noeviction and write it into redis.conf; on ' +
        'a managed Redis set maxmemory-policy in its parameter group, or the eviction policy in its console. ' +
        'Until then checks that it would have to answer are refused (503).',
    );
    expect(checked.told).toEqual([{ code: 'eviction_policy', message: error.message, refuses: true, isOver: false }]);
  });

  test('tells of a Redis that keeps nothing on disk, whose clock is off and whose memory is nearly full, and works', async () => {
    const { url } = await ownRedis();
    const raw = rawClient(url);
    await raw.set('filling', 'x'.repeat(20_000_000));
    const used = Number(/used_memory:(\d+)/.exec(await raw.info('memory'))![1]);
    await raw.config('SET', 'maxmemory', Math.round(used / 0.95));
    shiftClock(-600_000);
    const checked = openChecked(appClient(url, {}, version));
    await checked.store.ready();

    expect(checked.codes()).toEqual(['clock_difference', 'memory_nearly_full', 'no_persistence']);
    expect(checked.told.map(({ code, refuses, isOver }) => [code, refuses, isOver]).sort()).toEqual(checked.codes().map(code => [code, false, false]));
    expect(await checked.store.epochs([anyKey()])).toEqual([undefined]);
  });

  test('refuses a replica', async () => {
    const primary = await soundRedis();
    const { url } = await soundRedis('--replicaof', `127.0.0.1 ${primary.port}`);
    const checked = openChecked(appClient(url, {}, version));

    expect((await rejection(checked.store.ready())).message).toMatch(/is a replica\. It lags behind .* Point the client at the primary/);
    expect(checked.codes()).toEqual(['not_primary']);
    expect(await rejection(checked.store.epochs([anyKey()]))).toBeInstanceOf(StoreUnavailableError);
  });
});

describe('a Redis that may evict', () => {
  test('answers no check, and tells nobody whether something was used; what is revoked it records', async () => {
    const { url } = await soundRedis(...EVICTING);
    const { store } = openChecked(appClient(url));
    await rejection(store.ready());

    for (const asked of [store.epochs([anyKey()]), store.useOnce('used' as never, 1000), store.firstUseMs('used' as never)]) {
      const error = await rejection(asked);
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(error.message).toContain('maxmemory-policy is volatile-lru');
    }
    expect(await store.record([write(anyKey())])).toMatchObject([{ changed: true }]);
  });

  test('makes no copy that answers', async () => {
    const { url } = await soundRedis(...EVICTING);
    const { store } = openChecked(appClient(url), { replica: {} });
    await rejection(store.ready());

    expect(await rejection(store.epochs([anyKey()]))).toBeInstanceOf(StoreUnavailableError);
    expect(store.replica!.figures).toMatchObject({ state: 'starting', ageMs: Infinity });
  });

  test('as soon as it is given a maxmemory, and has none yet, is told of and works', async () => {
    const { url } = await soundRedis('--maxmemory-policy', 'allkeys-random');
    const { store, told } = openChecked(appClient(url));
    await store.ready();

    expect(told).toEqual([
      { code: 'eviction_policy', refuses: false, isOver: false, message: expect.stringMatching(/as soon as somebody sets maxmemory: its maxmemory-policy is allkeys-random/) },
    ]);
    expect(told[0]!.message).not.toContain('503');
    expect(await store.epochs([anyKey()])).toEqual([undefined]);
  });

  test('is asked all the same with unsafe.acceptEviction, and then does forget what was revoked', async () => {
    const { url } = await soundRedis(...EVICTING);
    const { store, codes, untilStanding } = openChecked(appClient(url), { namespace: 'evicting', unsafe: { acceptEviction: true }, onDataLoss: 'continue' });
    await store.ready();
    expect(codes()).toEqual(['eviction_policy']);
    const key = anyKey();
    await store.record([write(key)]);
    const raw = rawClient(url);
    await evictUntil(url, async () => (await raw.keys('*}:subject:*')).length === 0);

    expect(await store.epochs([key])).toEqual([undefined]);
    expect(await untilStanding('evicted_keys')).toMatchObject({ refuses: false });
  });

  test.each([[{ acceptEviction: 'yes' }, 'unsafe.acceptEviction is a string; give true or false.'], [{ acceptEvictions: true }, 'unsafe has no option acceptEvictions; its options are acceptEviction, acceptUnprovenPrimary.']])(
    'is not accepted by %j',
    (unsafe, message) => {
      expect(() => redisStore(appClient('redis://127.0.0.1:1'), { unsafe } as never)).toThrow(new TypeError(message));
    },
  );
});

describe('a store that starts', () => {
  test('tells of keys that were evicted before, and how to be rid of the warning', async () => {
    const { url } = await soundRedis();
    await makeEvict(url);
    const { store, codes, standing, untilOver } = openChecked(appClient(url));
    await store.ready();

    expect(codes()).toEqual(['evicted_keys']);
    expect(standing('evicted_keys')).toMatchObject({
      refuses: false,
      message: expect.stringMatching(/has evicted .+ since its counters began, .*revoke\(\{ kind: 'all' \}\), and run CONFIG RESETSTAT/),
    });
    await rawClient(url).config('RESETSTAT');
    await untilOver('evicted_keys');
  });

  test('tells how much a crash would cost where there are snapshots only', async () => {
    const { url } = await ownRedis('--save', '3600 1');
    const raw = rawClient(url);
    await raw.bgsave();
    await until(async () => (await raw.info('persistence')).includes('rdb_bgsave_in_progress:0\r'));
    await raw.mset('one', 1, 'two', 2);
    const { store, codes, standing } = openChecked(appClient(url));
    await store.ready();

    expect(codes()).toEqual(['snapshots_only']);
    expect(standing('snapshots_only')!.message).toMatch(/the last one is \d+ s old, and a crash now would forget the 2 changes since.*CONFIG SET appendonly yes/);
  });

  test('tells of a Redis that cannot write to its disk, and when it can again', async () => {
    const { url } = await soundRedis('--dbfilename', 'in-the-way.rdb');
    const raw = rawClient(url);
    const [, directory] = (await raw.config('GET', 'dir')) as [string, string];
    const obstacle = join(directory, 'in-the-way.rdb');
    await mkdir(obstacle);
    await raw.bgsave();
    await until(async () => (await raw.info('persistence')).includes('rdb_last_bgsave_status:err'));
    const { store, codes, standing, untilOver } = openChecked(appClient(url));
    await store.ready();

    expect(codes()).toEqual(['persistence_failing']);
    expect(standing('persistence_failing')!.message).toMatch(/rdb_last_bgsave_status is err.*MISCONF/);
    await rm(obstacle, { recursive: true });
    await raw.bgsave();
    await untilOver('persistence_failing');
  });

  test.each([
    [600_000, -600_000, / behind that of this process .*escapes it/],
    [-600_000, 600_000, / ahead of that of this process .*refused as if older/],
  ])('tells of a clock that is %d ms before its own, with the figure', async (aheadMs, expectedMs, words) => {
    const { url } = await soundRedis();
    shiftClock(aheadMs);
    const { store, standing, untilOver } = openChecked(appClient(url));
    await store.ready();

    const { differenceMs, message, refuses } = standing('clock_difference')!;
    expect(Math.abs(differenceMs! - expectedMs)).toBeLessThan(2000);
    expect(message).toMatch(words);
    expect(message).toMatch(/has a clock \d+\.\d s/);
    expect(refuses).toBe(false);
    jest.restoreAllMocks();
    await untilOver('clock_difference');
  });

  test('does not mind a second', async () => {
    const { url } = await soundRedis();
    shiftClock(1000);
    const { store, codes } = openChecked(appClient(url));
    await store.ready();

    expect(codes()).toEqual([]);
  });

  test.each([
    ['is too old', 'redis_version:7', 'redis_version:5', /is version 5\.0\.\d+; 6\.2 or later is needed .*Upgrade it/, 'unsupported_version'],
    ['is a Sentinel', 'redis_mode:standalone\r\n', 'redis_mode:sentinel\r\n\r\n', /is a Sentinel, .*sentinels: \[\{ host, port \}\]/, 'unsupported_mode'],
  ])('refuses what says that it %s', async (_, said, instead, message, code) => {
    const { store, codes } = openChecked(appClient(await misquoting(await soundRedis(), said, instead)));

    expect((await rejection(store.ready())).message).toMatch(message);
    expect(codes()).toEqual([code]);
  });

  test('tells of what Redis does not say', async () => {
    const { store, codes } = openChecked(appClient(await misquoting(await soundRedis(), 'maxmemory_policy:', 'maxmemory_habits:')));
    await store.ready();

    expect(codes()).toEqual(['not_checked']);
  });
});
