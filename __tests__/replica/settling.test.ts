import { redisKeys } from '../../lib/stores/redis/keys.js';
import { redisStore, type RedisStoreOptions } from '../../lib/stores/redis/redis-store.js';
import { replicate, type Replica } from '../../lib/stores/replica/replica.js';
import type { FollowableStore, RevocationStore } from '../../lib/stores/store.js';
import type { TargetKey } from '../../lib/model/target-key.js';
import { holdableLink, type HoldableLink } from '../support/holdable-link.js';
import { anyKey, keys, write } from '../stores/support/builders.js';
import { appClient, cleanUpAll, later, openStore, ownRedis, rawClient } from '../stores/support/redis-stores.js';
import { expectRefused } from '../stores/support/replicated-stores.js';
import { until, untilResolved } from '../stores/support/until.js';
import { altered } from './support/altered-store.js';

afterEach(cleanUpAll);

const NAMES = redisKeys('app');
const LOST = 'has lost its data, and all revocations with it';

type Changes = (store: FollowableStore) => Partial<FollowableStore>;

/** A copy that knows these. */
async function openCopy(url: string, all: readonly TargetKey[], changes: Changes = () => ({})): Promise<Replica> {
  const store = openStore(appClient(url), { namespace: 'app' });
  const copy = replicate(altered(store, changes(store)));
  later(() => copy.close());
  await copy.ready();
  await copy.record(all.map(key => write(key, { epoch: 1000 })));
  await until(() => copy.figures.lagMs !== undefined);
  return copy;
}

/** A new instance, and what it knows of these. */
async function newcomerKnows(url: string, all: readonly TargetKey[], options: RedisStoreOptions = {}): Promise<readonly (number | undefined)[]> {
  const store = redisStore(appClient(url), { namespace: 'app', ...options });
  later(() => store.close());
  await store.ready();
  return store.epochs(all);
}

describe('Where somebody starts who expects data, and finds none before a copy has given it back,', () => {
  interface Emptied {
    readonly url: string;
    readonly key: TargetKey;
    readonly copy: Replica;
    readonly link: HoldableLink;
  }

  /** A copy that has not heard yet that all is gone. */
  async function emptied(): Promise<Emptied> {
    const { url, port } = await ownRedis();
    const link = await holdableLink(port);
    later(() => link.close());
    const key = anyKey();
    const copy = await openCopy(`redis://127.0.0.1:${link.port}`, [key]);
    link.hold();
    await rawClient(url).flushall();
    return { url, key, copy, link };
  }

  async function starter(url: string): Promise<RevocationStore> {
    const store = openStore(appClient(url), { namespace: 'app', expectData: true });
    await expectRefused(store.ready(), LOST);
    return store;
  }

  test('it gives it back all the same, and settles that too', async () => {
    const { url, key, copy, link } = await emptied();
    const expecting = await starter(url);
    await until(async () => (await rawClient(url).hget(NAMES.state, 'lost')) === 'expected');

    link.release();

    expect(await untilResolved(() => expecting.epochs([key]))).toEqual([1000]);
    await until(() => copy.figures.state === 'live');
    expect(await newcomerKnows(url, [key], { expectData: true })).toEqual([1000]);
    expect(await rawClient(url).hexists(NAMES.state, 'lost')).toBe(0);
  });

  test('it settles that also for whoever may not write it down', async () => {
    const { url, key, link } = await emptied();
    await rawClient(url).call('ACL', 'SETUSER', 'guard', 'on', '>secret', '~*', '+@all', '-@write', '+eval', '+evalsha');
    const expecting = await starter(url.replace('//', '//guard:secret@'));

    link.release();

    expect(await untilResolved(() => expecting.epochs([key]))).toEqual([1000]);
  });
});

test('A copy that knows only what was recorded since then settles nothing that somebody else expected, and answers no more', async () => {
  const { url } = await ownRedis();
  const key = anyKey();
  const copy = await openCopy(url, [key]);

  await rawClient(url).hset(NAMES.state, 'lost', 'expected');
  await until(() => copy.version === undefined);

  await expectRefused(copy.epochs([key]), LOST);
  expect(await rawClient(url).hget(NAMES.state, 'lost')).toBe('expected');
});

test('A copy that hears while it writes back that it never knew all settles nothing', async () => {
  const { url } = await ownRedis();
  const settled: string[] = [];
  let isWriting = false;
  let goOn: () => void = () => undefined;
  const gate = new Promise<void>(resolve => { goOn = resolve; });
  const copy = await openCopy(url, [anyKey()], store => ({
    restore: async revocations => {
      isWriting = true;
      await gate;
      return store.restore(revocations);
    },
    settle: async (incarnations, torn) => {
      settled.push(...incarnations);
      return store.settle(incarnations, torn);
    },
  }));
  let wipes = 0;
  copy.onChange((_, cause) => { wipes += Number(cause === 'wiped'); });
  await rawClient(url).flushall();
  await until(() => isWriting);

  await rawClient(url).hset(NAMES.state, 'lost', 'earlier');
  await until(() => wipes > 1);
  goOn();
  // As long as it would take to settle it, and longer.
  await new Promise(resolve => setTimeout(resolve, 2000));

  expect(settled).toStrictEqual([]);
});

describe('A loss that was settled', () => {
  /** One that is settled, and called unsettled again by what is left of the state. */
  async function healed(url: string, all: readonly TargetKey[]): Promise<{ readonly copy: Replica; readonly lost: string }> {
    const copy = await openCopy(url, all);
    const lost = (await rawClient(url).hget(NAMES.state, 'incarnation'))!;
    let healings = 0;
    copy.onHealed(() => { healings += 1; });
    await rawClient(url).flushall();
    await until(() => healings > 0 && copy.figures.state === 'live');
    return { copy, lost };
  }

  const unsettled = (url: string, lost: string) => rawClient(url).multi().hdel(NAMES.state, `settled:${lost}`).hset(NAMES.state, 'lost', lost);

  async function untilSettled(url: string, lost: string): Promise<void> {
    await until(async () => (await rawClient(url).hmget(NAMES.state, 'lost', `settled:${lost}`)).join() === ',1');
  }

  test('is settled again after Redis has come back with a file from before that', async () => {
    const server = await ownRedis();
    const { url } = server;
    const all = keys(20);
    let isSaved = false;
    const copy = await openCopy(url, all, store => ({
      settle: async (incarnations, torn) => {
        if (!isSaved) await rawClient(url).save();
        isSaved = true;
        return store.settle(incarnations, torn);
      },
    }));
    const lost = (await rawClient(url).hget(NAMES.state, 'incarnation'))!;
    let healings = 0;
    copy.onHealed(() => { healings += 1; });
    await rawClient(url).flushall();
    await until(() => healings > 0);

    await server.restart();
    expect(await rawClient(url).hget(NAMES.state, 'lost')).toBe(lost);

    await untilSettled(url, lost);
    expect(await newcomerKnows(url, all)).toEqual(all.map(() => 1000));
  });

  test('is settled again without the copy having ceased to answer', async () => {
    const { url } = await ownRedis();
    const { copy, lost } = await healed(url, keys(3));
    const { resyncs } = copy.figures;
    const states: string[] = [];
    copy.onChange(state => { states.push(state); });

    await unsettled(url, lost).exec();

    await untilSettled(url, lost);
    expect({ states, resyncs: copy.figures.resyncs }).toEqual({ states: [], resyncs });
  });

  test('has what was written back for it looked at once more, for that may have come undone with it', async () => {
    const { url } = await ownRedis();
    const all = keys(3);
    const { lost } = await healed(url, all);
    const raw = rawClient(url);
    const [first] = await raw.xrange(NAMES.log, '-', '+', 'COUNT', 1);
    const gone = all.map(key => NAMES.bucket(key));

    await unsettled(url, lost).xdel(NAMES.log, first![0]).hset(NAMES.state, 'length', 2).del(...gone).exec();

    await untilSettled(url, lost);
    expect(await newcomerKnows(url, all)).toEqual(all.map(() => 1000));
    // That alone which was missing.
    expect(await raw.xlen(NAMES.log)).toBe(all.length);
  });
});
