import { anyKey, write } from './support/builders.js';
import { doesNotEvict, expectRefusal, makeEvict, mayEvict, openChecked, soundRedis } from './support/checked-store.js';
import { appClient, cleanUpAll, eachVersion, ownRedis, rawClient } from './support/redis-stores.js';
import { rejection } from './support/settling.js';
import { until } from './support/until.js';

afterEach(cleanUpAll);

describe.each(eachVersion)('a running store with %s', (_, version) => {
  test('refuses to answer once its Redis may evict, and answers again when it may not, and says both once', async () => {
    const { url } = await soundRedis();
    const checked = openChecked(appClient(url, {}, version));
    const key = anyKey();
    await checked.store.ready();
    await checked.store.record([write(key, { epoch: Infinity })]);
    await mayEvict(url);
    await checked.untilStanding('eviction_policy');
    await expectRefusal(checked);
    await rejection(checked.store.ready());
    await rejection(checked.store.ready());

    await doesNotEvict(url);
    await checked.untilOver('eviction_policy');

    expect(await checked.store.epochs([key])).toEqual([Infinity]);
    expect(checked.told.map(({ code, refuses, isOver }) => [code, refuses, isOver])).toEqual([['eviction_policy', true, false], ['eviction_policy', true, true]]);
  });
});

describe('a running store', () => {
  test('refuses to answer once its Redis has evicted something, until somebody has reset the counter', async () => {
    const { url } = await soundRedis();
    const checked = openChecked(appClient(url));
    await checked.store.ready();
    await makeEvict(url);

    expect(await checked.untilStanding('evicted_keys')).toMatchObject({ refuses: true, message: expect.stringContaining('since this process began to watch it') });
    // That it cannot happen again does not bring back what is gone.
    await until(() => checked.standing('eviction_policy') === undefined);
    expect((await rejection(checked.store.ready())).message).toContain('has evicted');
    expect(checked.codes()).toEqual(['evicted_keys']);
    await expectRefusal(checked);

    await rawClient(url).config('RESETSTAT');
    await checked.untilOver('evicted_keys');
    expect(await checked.store.epochs([anyKey()])).toEqual([undefined]);
  });

  test('counts only what was evicted since it began', async () => {
    const { url } = await soundRedis();
    await makeEvict(url);
    const checked = openChecked(appClient(url));
    await checked.store.ready();
    expect(checked.standing('evicted_keys')).toMatchObject({ refuses: false });

    await makeEvict(url);
    await until(() => checked.standing('evicted_keys')?.refuses === true);

    expect(checked.told.filter(({ code }) => code === 'evicted_keys').map(({ refuses }) => refuses)).toEqual([false, true]);
  });

  test('begins to count anew when somebody has reset the counter', async () => {
    const { url } = await soundRedis();
    await makeEvict(url, 100);
    const checked = openChecked(appClient(url));
    await checked.store.ready();
    await rawClient(url).config('RESETSTAT');
    await checked.untilOver('evicted_keys');

    await makeEvict(url);

    expect(await checked.untilStanding('evicted_keys')).toMatchObject({ refuses: true });
  });

  test('refuses to answer once its Redis is a replica, and answers again when it is a primary', async () => {
    const [other, { url }] = [await soundRedis(), await soundRedis()];
    const checked = openChecked(appClient(url));
    await checked.store.ready();
    await rawClient(url).replicaof('127.0.0.1', other.port);
    await checked.untilStanding('not_primary');
    await expectRefusal(checked);

    await rawClient(url).call('REPLICAOF', 'NO', 'ONE');
    await checked.untilOver('not_primary');
    expect(await checked.store.epochs([anyKey()])).toEqual([undefined]);
  });

  test('looks again when its Redis was started anew, however rarely it looks otherwise', async () => {
    const server = await ownRedis();
    const checked = openChecked(appClient(server.url), { checkEveryMs: 3_600_000 });
    await checked.store.ready();
    const raw = rawClient(server.url);
    await raw.config('SET', 'appendonly', 'yes');
    await checked.store.ready();
    expect(checked.codes()).toEqual([]);

    // With the options of its command line, which has no append-only file.
    await server.restart();

    await checked.untilStanding('no_persistence');
  });

  test('tells again of what has come back, and of nothing that stays', async () => {
    const { url } = await ownRedis();
    const checked = openChecked(appClient(url));
    await checked.store.ready();
    await checked.store.ready();
    await checked.store.ready();
    for (const appendonly of ['yes', 'no'] as const) {
      await rawClient(url).config('SET', 'appendonly', appendonly);
      await until(() => (checked.standing('no_persistence') === undefined) === (appendonly === 'yes'));
    }

    expect(checked.told.map(({ code, isOver }) => [code, isOver])).toEqual([['no_persistence', false], ['no_persistence', true], ['no_persistence', false]]);
  });

  test('keeps what it found while its Redis is away', async () => {
    const server = await soundRedis('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru');
    const checked = openChecked(appClient(server.url));
    await rejection(checked.store.ready());
    const before = checked.store.server!.warnings;

    server.pause();
    await rejection(checked.store.record([write(anyKey())]));
    expect(checked.store.server!.warnings).toEqual(before);
    server.resume();
    await doesNotEvict(server.url);
    await checked.untilOver('eviction_policy');
    expect(checked.told).toHaveLength(2);
  });

  test('looks soon again while it refuses, however rarely it looks otherwise', async () => {
    const { url } = await soundRedis('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru');
    const checked = openChecked(appClient(url), { checkEveryMs: 3_600_000 });
    await rejection(checked.store.ready());

    await doesNotEvict(url);

    await checked.untilOver('eviction_policy');
  });

  test('holds no process up', async () => {
    const { url } = await soundRedis();
    const timers = (): number => process.getActiveResourcesInfo().filter(resource => resource === 'Timeout').length;
    const before = timers();
    const { store } = openChecked(appClient(url), { checkEveryMs: 3_600_000 });
    await store.ready();

    await until(() => timers() <= before);
  });

  test('says nothing once it is closed', async () => {
    const { url } = await soundRedis();
    const checked = openChecked(appClient(url));
    const ready = checked.store.ready();
    await checked.store.close();
    await rejection(ready);
    await mayEvict(url);

    expect(checked.told).toStrictEqual([]);
  });
});
