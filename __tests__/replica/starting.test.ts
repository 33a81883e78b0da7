import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memoryStore, replicate, type FollowableStore } from 'livetoken';
import type { LogFollower } from '../../lib/stores/log.js';
import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { anyKey, write } from '../stores/support/builders.js';
import { appClient, cleanUpAll, freshNamespace, later } from '../stores/support/redis-stores.js';
import { rejection } from '../stores/support/settling.js';
import { until } from '../stores/support/until.js';
import { sharedRedisUrl } from '../support/redis-url.js';

afterEach(async () => {
  await cleanUpAll();
  jest.restoreAllMocks();
});

/** A log that takes every question and answers none until it is closed, as behind a network that drops replies. */
function silentFollower(): LogFollower {
  const { signal, abort } = withAbort();
  const never = (): Promise<never> => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(new Error('closed')); }); });
  return { head: never, page: never, kept: async function* () { yield await never(); }, wait: never, close: abort };
}

function withAbort(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => { controller.abort(); } };
}

/** Redis, and nothing to be heard of its log. */
function silentStore(): FollowableStore {
  const store = redisStore(appClient(sharedRedisUrl()), { namespace: freshNamespace(), replica: false });
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'follow') return silentFollower;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
}

/** What is still held once all else has been collected. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

describe('A copy of the revocations', () => {
  it.each([[memoryStore()], [{}], [undefined], [null]])('is made of a store whose log can be followed, and of nothing else: %p', store => {
    expect(() => replicate(store as FollowableStore)).toThrow(/The store given to replicate is .*whose log can be followed/);
  });

  it('that is not complete in time says so, and the store answers in its place', async () => {
    const replica = replicate(silentStore(), { syncTimeoutMs: 50 });
    later(() => replica.close());

    expect((await rejection(replica.ready())).message).toMatch(/not complete after 50 ms; until it is, every check asks the store/);

    const [revoked, other] = [anyKey(), anyKey()];
    await replica.record([write(revoked, { epoch: Infinity })]);
    expect(replica.figures.state).toBe('starting');
    expect(await replica.epochs([revoked, other])).toEqual([Infinity, undefined]);
  });

  it('that is not complete keeps nothing of those who have waited for it in vain', async () => {
    const replica = replicate(silentStore(), { syncTimeoutMs: 1 });
    later(() => replica.close());
    const wait = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i += 1000) await Promise.allSettled(Array.from({ length: 1000 }, () => replica.ready()));
    };
    await wait(5000);
    const before = liveBytes();

    await wait(20_000);

    expect(liveBytes() - before).toBeLessThan(2_000_000);
  });

  it('keeps no timer of those who wait no longer', async () => {
    const syncTimeoutMs = 54_321;
    const [begun, ended] = [jest.spyOn(globalThis, 'setTimeout'), jest.spyOn(globalThis, 'clearTimeout')];
    const timers = (): unknown[] => begun.mock.results.filter((_, i) => begun.mock.calls[i]?.[1] === syncTimeoutMs).map(({ value }) => value as unknown);
    const replica = replicate(silentStore(), { syncTimeoutMs });
    const failed = rejection(replica.ready());
    await until(() => timers().length > 0);

    await replica.close();

    expect((await failed).message).toBe('The store is closed.');
    expect(timers().map(timer => ended.mock.calls.some(([cleared]) => cleared === timer))).toEqual([true]);
  });
});
