import { replicate, type Replica } from '../../lib/stores/replica/replica.js';
import { OTHERS_MS, type Healing } from '../../lib/stores/replica/healer.js';
import { redisKeys } from '../../lib/stores/redis/keys.js';
import type { FollowableStore } from '../../lib/stores/store.js';
import type { TargetKey } from '../../lib/model/target-key.js';
import { holdableLink } from '../support/holdable-link.js';
import { anyKey, keys, write } from '../stores/support/builders.js';
import { appClient, cleanUpAll, later, openStore, ownRedis, rawClient } from '../stores/support/redis-stores.js';
import { until } from '../stores/support/until.js';

afterEach(cleanUpAll);

const NAMES = redisKeys('app');

interface Healed {
  readonly replica: Replica;
  readonly healings: readonly Healing[];
}

async function openReplica(url: string, heal = true): Promise<Healed> {
  const replica = replicate(openStore(appClient(url), { namespace: 'app' }), { heal });
  later(() => replica.close());
  const healings: Healing[] = [];
  replica.onHealed(healing => { healings.push(healing); });
  await replica.ready();
  return { replica, healings };
}

/** What somebody finds who asks Redis itself, and what a copy finds that starts now. */
async function found(url: string, key: TargetKey): Promise<{ asked: number | undefined; copied: number | undefined }> {
  const store = openStore(appClient(url), { namespace: 'app' });
  await store.ready();
  const asked = await store.epochs([key]);
  const { replica } = await openReplica(url);
  return { asked: asked[0], copied: replica.revocations.epochMs(key, Date.now()) };
}

test('After a wipe a copy gives the others a second to write back what it may lack, before it answers and before it calls the loss settled', async () => {
  const { url } = await ownRedis();
  const { replica, healings } = await openReplica(url);
  await replica.record([write(anyKey())]);
  await until(() => replica.figures.lagMs !== undefined);
  const told: { readonly what: string; readonly atMs: number }[] = [];
  const tell = (what: string): void => { told.push({ what, atMs: performance.now() }); };
  replica.onChange((state, cause) => { tell(cause ?? state); });
  replica.onHealed(() => { tell('healed'); });

  await rawClient(url).flushall();

  await until(() => healings.length > 0 && replica.figures.state === 'live');
  const wiped = told.find(({ what }) => what === 'wiped')!;
  const since = (what: string): number => told.find(event => event.what === what && event.atMs > wiped.atMs)!.atMs - wiped.atMs;
  expect(since('live')).toBeGreaterThanOrEqual(OTHERS_MS - 1);
  expect(since('healed')).toBeGreaterThanOrEqual(OTHERS_MS - 1);
});

describe('After Redis has lost what it had, the copies write it back', () => {
  test.each([
    ['all of it', ['wiped'], (url: string) => rawClient(url).flushall()],
    // A fork where the newcomer has mended it before the copy looks again.
    ['the log', ['trimmed', 'fork'], (url: string) => rawClient(url).del(NAMES.log)],
    ['the older part of the log', ['trimmed'], (url: string) => rawClient(url).xtrim(NAMES.log, 'MAXLEN', 1)],
    ['the state', ['wiped'], (url: string) => rawClient(url).del(NAMES.state)],
  ] as const)('%s', async (_, causes, lose) => {
    const { url } = await ownRedis();
    const { replica, healings } = await openReplica(url);
    const [dead, old, recent] = [anyKey(), anyKey(), anyKey()] as const;
    await replica.record([write(dead, { epoch: Infinity }), write(old, { epoch: 1000 })]);
    await replica.record([write(recent, { epoch: Infinity })]);
    await until(() => replica.figures.lagMs !== undefined);

    await lose(url);
    const newcomer = (await openReplica(url)).replica;

    await until(() => healings.length > 0);
    expect(causes).toContain(healings[0]!.cause);
    for (const [key, epochMs] of [[dead, Infinity], [old, 1000], [recent, Infinity]] as const) {
      expect(await found(url, key)).toEqual({ asked: epochMs, copied: epochMs });
      await until(() => newcomer.revocations.epochMs(key, Date.now()) === epochMs);
    }
    await until(() => replica.figures.state === 'live');
  });

  test('with its audit log left as it is', async () => {
    const { url } = await ownRedis();
    const { replica, healings } = await openReplica(url);
    await replica.record([write(anyKey())]);
    await until(() => replica.figures.lagMs !== undefined);

    await rawClient(url).del(NAMES.log);
    await replica.record([write(anyKey())]);

    await until(() => healings.length > 0);
    expect(await rawClient(url).xlen(NAMES.audit)).toBe(2);
  });

  test('each revocation once, however many copies there are', async () => {
    const { url } = await ownRedis();
    const copies = await Promise.all(Array.from({ length: 6 }, () => openReplica(url)));
    const all = keys(600);
    for (let i = 0; i < all.length; i += 60) await copies[0]!.replica.record(all.slice(i, i + 60).map(key => write(key)));
    await until(() => copies.every(({ replica }) => replica.figures.entries === all.length));

    await rawClient(url).flushall();

    await until(() => copies.every(({ healings }) => healings.length > 0));
    const written = copies.map(({ healings }) => healings.reduce((sum, { revocations }) => sum + revocations, 0));
    expect(written.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(all.length);
    expect(written.reduce((sum, each) => sum + each, 0)).toBeLessThan(4 * all.length);
    expect(await rawClient(url).xlen(NAMES.log)).toBeLessThan(4 * all.length);
  });

  test('and not where that was declined', async () => {
    const { url } = await ownRedis();
    const { replica, healings } = await openReplica(url, false);
    const key = anyKey();
    await replica.record([write(key)]);
    await until(() => replica.figures.lagMs !== undefined);

    await rawClient(url).del(NAMES.log);
    await replica.record([write(anyKey())]);
    await until(() => replica.figures.resyncs > 0 && replica.figures.state === 'live');

    expect(healings).toStrictEqual([]);
    expect(await rawClient(url).xlen(NAMES.log)).toBe(1);
  });

  test('neither what has expired, nor for shorter or longer than it was kept', async () => {
    const { url } = await ownRedis();
    const { replica, healings } = await openReplica(url);
    const [short, long] = keys(2) as [TargetKey, TargetKey];
    await replica.record([write(short, { keepForMs: 1 }), write(long, { epoch: 1000, keepForMs: 60_000 })]);
    await replica.record([write(long, { epoch: 1000, keepForMs: 3_600_000 })]);
    await until(() => replica.figures.lagMs !== undefined);
    await until(() => replica.revocations.epochMs(short, Date.now()) === undefined);

    await rawClient(url).flushall();
    await until(() => healings.length > 0);

    expect(healings.map(({ cause }) => cause)).toEqual(['wiped']);
    expect((await found(url, short)).asked).toBeUndefined();
    // Nobody has revoked anything: that somebody once did went with the audit log.
    expect(await rawClient(url).xlen(NAMES.audit)).toBe(0);
    const ttlMs = await rawClient(url).pttl(NAMES.bucket(long));
    expect(ttlMs).toBeGreaterThan(3_590_000);
    expect(ttlMs).toBeLessThanOrEqual(3_602_000);
  });
});

test('A copy that may not write back what was lost says at least that it was', async () => {
  const { url } = await ownRedis();
  const { replica } = await openReplica(url, false);
  await replica.record([write(anyKey())]);
  await until(() => replica.figures.lagMs !== undefined);

  await rawClient(url).flushall();

  await until(async () => (await rawClient(url).hexists(NAMES.state, 'lost')) === 1);
});

test('A store takes back what its clock has not come to yet, for that of another primary may have been ahead', async () => {
  const { url } = await ownRedis();
  const store = openStore(appClient(url), { namespace: 'app' });
  await store.ready();
  const [key, epochMs] = [anyKey(), Date.now() + 3_600_000];

  expect(await store.restore([{ key, epochMs, keepUntilMs: epochMs + 1000 }])).toBe(true);

  expect(await store.epochs([key])).toEqual([epochMs]);
});

test('A new copy reads from the buckets what the log lacks, and mends the log, though no other copy is there', async () => {
  const { url } = await ownRedis();
  const writer = openStore(appClient(url), { namespace: 'app' });
  await writer.ready();
  const [dead, old] = keys(2) as [TargetKey, TargetKey];
  await writer.record([write(dead, { epoch: Infinity }), write(old, { epoch: 1000 })]);
  await rawClient(url).del(NAMES.log);

  const { replica, healings } = await openReplica(url);

  expect(replica.revocations.epochMs(dead, Date.now())).toBe(Infinity);
  expect(replica.revocations.epochMs(old, Date.now())).toBe(1000);
  await until(() => healings.length > 0);
  expect(healings).toEqual([{ cause: 'trimmed', revocations: 2 }]);
  expect(await rawClient(url).xlen(NAMES.log)).toBe(2);
  expect(await rawClient(url).hget(NAMES.state, 'torn')).toBeNull();
});

test('What a failover lost of this process\'s own, before the log told of it, is written back, though the log shows no break', async () => {
  const { url, port } = await ownRedis();
  const link = await holdableLink(port);
  later(() => link.close());
  const store = openStore(appClient(url), { namespace: 'app' });
  const behindLink = openStore(appClient(`redis://127.0.0.1:${link.port}`), { namespace: 'app' });
  const replica = replicate(followedThrough(behindLink, store));
  later(() => replica.close());
  const healings: Healing[] = [];
  replica.onHealed(healing => { healings.push(healing); });
  await replica.ready();
  const [kept, lost] = keys(2) as [TargetKey, TargetKey];
  await replica.record([write(kept)]);
  await until(() => replica.figures.lagMs !== undefined);
  const raw = rawClient(url);
  let waiting: string | undefined;
  await until(async () => (waiting = /^id=(\d+) .* cmd=xread /m.exec(String(await raw.client('LIST')))?.[1]) !== undefined);
  link.hold();
  // Its waiting read would be answered, and the answer be held up only.
  await raw.client('KILL', 'ID', Number(waiting));
  await replica.record([write(lost, { epoch: 1000 })]);

  // As a primary has it that never got the last write of the one before.
  const [last] = await raw.xrevrange(NAMES.log, '+', '-', 'COUNT', 1);
  await raw.multi().xdel(NAMES.log, last![0]).del(NAMES.bucket(lost)).hset(NAMES.state, 'length', 1).exec();
  link.release();

  await until(() => healings.length > 0);
  expect(healings).toEqual([{ cause: 'lost', revocations: 1 }]);
  expect(replica.figures.resyncs).toBe(0);
  expect(await found(url, lost)).toEqual({ asked: 1000, copied: 1000 });
});

test('Whoever may only read is told that he may not write back, and not that the store is away', async () => {
  const { url } = await ownRedis();
  await rawClient(url).call('ACL', 'SETUSER', 'guard', 'on', '>secret', '~*', '+@all', '-@write', '+eval', '+evalsha');
  const store = openStore(appClient(url.replace('//', '//guard:secret@')), { namespace: 'app' });
  await store.ready();

  expect(await store.restore([{ key: anyKey(), epochMs: 1000, keepUntilMs: Date.now() + 1000 }])).toBe(false);
  expect(await store.settle([])).toBe(false);
});

/** The store, but for where its log is followed from. */
function followedThrough(other: FollowableStore, store: FollowableStore): FollowableStore {
  return new Proxy(store, {
    get(target, name): unknown {
      const from = name === 'follow' ? other : target;
      const value: unknown = Reflect.get(from, name, from);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(from) : value;
    },
  });
}
