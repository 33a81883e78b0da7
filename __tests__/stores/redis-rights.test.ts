import { readFile } from 'node:fs/promises';
import { openChecked, soundRedis } from './support/checked-store.js';
import { anyKey, trackedToken, write } from './support/builders.js';
import { expectToWork } from './support/expect-to-work.js';
import { startCluster } from './support/redis-cluster.js';
import { appClient, cleanUpAll, eachVersion, later, rawClient } from './support/redis-stores.js';
import { rejection } from './support/settling.js';
import { until } from './support/until.js';
import { onceKey } from '../../lib/model/once-key.js';

afterEach(async () => {
  await cleanUpAll();
  jest.restoreAllMocks();
});

/** What docs/reliability.md tells to grant, for the namespace `shop`. From Redis 7.2 on ioredis also asks for `client|setinfo`, and does without. */
const CHECKING = '+ping +info +time +role +hget +hmget +hgetall +xlen +xread +xrange +eval +evalsha';
// All of these only read. The keys cannot be given as %R~ nevertheless: Redis takes every EVAL for one that writes.
const GUARD = `resetkeys resetchannels -@all ~{livetoken:shop}:* ${CHECKING}`;
const WRITER =
  `resetkeys resetchannels -@all ~{livetoken:shop}:* ${CHECKING} +wait +get +set +append +del +exists +pexpire +pttl +hset +hsetnx +hdel ` +
  '+hlen +hincrby +hrandfield +hexists +xadd +xrevrange +zadd +zcard +zrem +zrangebylex +zremrangebylex';

async function grant(url: string, rules: string, user = 'app'): Promise<string> {
  await rawClient(url).call('ACL', 'SETUSER', user, 'reset', 'on', '>secret', ...rules.split(' '));
  return url.replace('//', `//${user}:secret@`);
}

/** What was refused to anybody. */
async function refused(url: string): Promise<unknown> {
  return rawClient(url).call('ACL', 'LOG');
}

async function refusedTo(url: string, user: string): Promise<readonly unknown[]> {
  const log = (await refused(url)) as string[][];
  return log.filter(entry => entry.includes(user));
}

describe.each(eachVersion)('with %s, the least rights', (_, version) => {
  test('of a process that writes are enough for all that a store does', async () => {
    const { url } = await soundRedis();
    const { store, codes } = openChecked(appClient(await grant(url, WRITER), {}, version), { namespace: 'shop', replica: {} });
    await store.ready();

    await expectToWork(store);
    // Enough for its buckets to be swept.
    for (let i = 0; i < 40; i++) await store.record([write(trackedToken().key, { keepForMs: 1 })]);
    expect(await store.useOnce(onceKey('refresh', 'a token'), 1000)).toMatchObject({ isFirst: true });
    expect(await store.useOnce(onceKey('refresh', 'a token'), 1000)).toMatchObject({ isFirst: false });
    expect(await store.firstUseMs(onceKey('refresh', 'a token'))).toEqual(expect.any(Number));
    expect(codes()).toEqual([]);
    expect(await refused(url)).toEqual([]);
  });

  test('of a process that writes are enough to wait for replicas, and to take back a use that too few of them have', async () => {
    const { url } = await soundRedis();
    const app = appClient(await grant(url, WRITER), {}, version);
    const unsafe = { acceptUnprovenPrimary: true };
    const { store } = openChecked(app, { namespace: 'shop', acknowledge: { replicas: 1, timeoutMs: 20 }, unsafe });
    await store.ready();

    for (const asked of [store.record([write(anyKey())]), store.useOnce(onceKey('refresh', 'a token'), 1000)]) {
      expect((await rejection(asked)).message).toContain('acknowledged by 0 of 1 replicas');
    }
    expect(await refused(url)).toEqual([]);
  });

  test('of a process that writes are enough to write back what was lost, and of a guard to leave that to it', async () => {
    const { url } = await soundRedis();
    const [writer, guard] = [WRITER, GUARD].map(async (rights, i) => {
      const { store } = openChecked(appClient(await grant(url, rights, `app${i}`), {}, version), { namespace: 'shop', replica: {} });
      const healed: number[] = [];
      store.replica!.onHealed(({ revocations }) => healed.push(revocations));
      await store.ready();
      return { store, healed };
    });
    const key = anyKey();
    await (await writer!).store.record([write(key, { epoch: 1000 })]);
    await until(async () => (await (await guard!).store.epochs([key]))[0] === 1000);

    await rawClient(url).flushall();

    await until(async () => (await writer!).healed.length > 0);
    const direct = openChecked(appClient(url), { namespace: 'shop' }).store;
    await direct.ready();
    expect(await direct.epochs([key])).toEqual([1000]);
    expect((await guard!).healed).toStrictEqual([]);
    expect((await refusedTo(url, 'app0'))).toStrictEqual([]);
  });

  test('of a guard are enough to check, with a copy and without, and for nothing else', async () => {
    const { url } = await soundRedis();
    const writer = openChecked(appClient(url), { namespace: 'shop' }).store;
    await writer.ready();
    const key = anyKey();
    await writer.record([write(key, { epoch: 1000 })]);
    const limited = await grant(url, GUARD);
    const { store, codes } = openChecked(appClient(limited, {}, version), { namespace: 'shop', replica: {} });
    await store.ready();

    expect(await store.epochs([key])).toEqual([1000]);
    expect(await store.epochs([key], 'strong')).toEqual([1000]);
    await writer.record([write(key, { epoch: 2000 })]);
    await until(async () => (await store.epochs([key]))[0] === 2000);
    expect(codes()).toEqual([]);
    expect(await refused(url)).toEqual([]);
    expect((await rejection(store.record([write(anyKey())]))).message).toContain('cannot answer (NOPERM)');
    const other = openChecked(appClient(limited, {}, version), { namespace: 'other' }).store;
    await other.ready();
    expect((await rejection(other.epochs([anyKey()]))).message).toContain('NOPERM');
  });

  test('without INFO are told of, and are enough otherwise', async () => {
    // What ioredis itself has to say of it.
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { url } = await soundRedis();
    const limited = await grant(url, `${WRITER} -info`);
    const { store, codes, standing, untilOver } = openChecked(appClient(limited, {}, version), { namespace: 'shop' });
    await store.ready();

    expect(codes()).toEqual(['not_checked']);
    expect(standing('not_checked')).toMatchObject({
      refuses: false,
      message: expect.stringMatching(/does not let itself be checked \(INFO: NOPERM\).* ACL SETUSER <user> \+info \+time/),
    });
    await expectToWork(store);
    await grant(url, WRITER);
    await untilOver('not_checked');
  });
});

test('on a Redis Cluster the least rights take three more', async () => {
  const cluster = await startCluster();
  later(() => cluster.stop());
  const urls = cluster.nodes.map(({ port }) => `redis://127.0.0.1:${port}`);
  for (const url of urls) await grant(url, `${WRITER} +cluster|slots +cluster|info +client|setname`);
  const client = eachVersion[0]![1].connectCluster(cluster.nodes, { lazyConnect: true, redisOptions: { username: 'app', password: 'secret' } });
  later(() => client.disconnect());
  const { store, codes } = openChecked(client, { namespace: 'shop', replica: {} });
  await store.ready();

  await expectToWork(store);
  expect(codes()).toEqual(['no_persistence']);
  expect(await Promise.all(urls.map(refused))).toEqual([[], [], []]);
});

test('docs/reliability.md tells to grant these', async () => {
  const text = await readFile('docs/reliability.md', 'utf8');
  const told = [...text.matchAll(/^ACL SETUSER \w+ on >\.\.\. ~\{livetoken:default\}:\* -@all (.*)$/gm)].map(([, rights = '']) => rights.split(' ').sort());
  const rightsIn = (rules: string): string[] => rules.split(' ').filter(rule => rule.startsWith('+')).sort();

  expect(told).toEqual([rightsIn(WRITER), rightsIn(GUARD)]);
});
