import { memoryStore, replicate, type FollowableStore } from 'livetoken';
import type { LogFollower } from '../../lib/stores/log.js';
import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { anyKey, write } from '../stores/support/builders.js';
import { appClient, cleanUpAll, freshNamespace, later } from '../stores/support/redis-stores.js';
import { rejection } from '../stores/support/settling.js';
import { sharedRedisUrl } from '../support/redis-url.js';

afterEach(cleanUpAll);

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

describe('A copy of the revocations', () => {
  it.each([[memoryStore()], [{}], [undefined], [null]])('is made of a store whose log can be followed, and of nothing else: %p', store => {
    expect(() => replicate(store as FollowableStore)).toThrow(/The store given to replicate is .*whose log can be followed/);
  });

  it('that is not complete in time says so, and the store answers in its place', async () => {
    const store = redisStore(appClient(sharedRedisUrl()), { namespace: freshNamespace(), replica: false });
    const silent = new Proxy(store, {
      get: (target, name) => {
        if (name === 'follow') return silentFollower;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      },
    });
    const replica = replicate(silent, { syncTimeoutMs: 50 });
    later(() => replica.close());

    expect((await rejection(replica.ready())).message).toMatch(/not complete after 50 ms; until it is, every check asks the store/);

    const [revoked, other] = [anyKey(), anyKey()];
    await replica.record([write(revoked, { epoch: Infinity })]);
    expect(replica.figures.state).toBe('starting');
    expect(await replica.epochs([revoked, other])).toEqual([Infinity, undefined]);
  });
});
