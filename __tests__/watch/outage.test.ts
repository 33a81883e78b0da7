import { EventEmitter, once } from 'node:events';
import { Redis } from 'ioredis';
import { memoryStore, StoreUnavailableError, type LiveTokens, type RevocationStore } from 'livetoken';
import { cleanUpAll, ownRedis } from '../stores/support/redis-stores.js';
import { untilResolved } from '../stores/support/until.js';
import type { RedisServer } from '../support/redis-server.js';
import { linkTo, type Link } from './support/link.js';
import { instance, issuer, reasonOf, redisInstance, REVOKED } from './support/worlds.js';

afterEach(cleanUpAll);

const UNAVAILABLE = { code: 'store_unavailable', status: 503 };
const ALLOW = { onUnavailable: 'allow' } as const;

/** A copy soon knows that it is out of date. */
const REPLICA = { maxStalenessMs: 200 };

const claimsOf = (sid: string) => issuer.claims({ sid, grant_id: sid });

/** An event of an instance, to be awaited. */
function on(live: LiveTokens, event: 'unavailable' | 'allowedUnchecked'): EventEmitter {
  const emitter = new EventEmitter();
  live.on(event, () => { emitter.emit('it'); });
  return emitter;
}

const KINDS = [
  { name: 'Redis itself', replica: false },
  { name: 'a copy of Redis', replica: REPLICA },
] as const;

describe.each(KINDS)('a watch on $name', ({ replica }) => {
  let redis: RedisServer;
  let link: Link;
  /** Gets to Redis by the link alone. */
  let live: LiveTokens;
  let revoker: LiveTokens;
  beforeEach(async () => {
    redis = await ownRedis();
    link = await linkTo(redis.port);
    live = redisInstance(link.url, { replica });
    revoker = redisInstance(redis.url, { replica: false });
    await Promise.all([live.ready(), revoker.ready()]);
  });

  /** While nobody can tell, whoever is not to go on is told so. */
  const untilOutOfReach = () => reasonOf(live.watch(claimsOf('canary')));

  it('aborts when Redis stops answering, and one that is to go on does until its token is revoked', async () => {
    const [denied, allowed] = [live.watch(claimsOf('one')), live.watch(claimsOf('one'), ALLOW)];
    const told = [once(on(live, 'unavailable'), 'it'), once(on(live, 'allowedUnchecked'), 'it')];
    redis.pause();
    const reason = await reasonOf(denied);
    // And whoever operates it is told as of a request.
    await Promise.all(told);
    expect(reason).toBeInstanceOf(StoreUnavailableError);
    expect(reason).toMatchObject(UNAVAILABLE);
    expect(allowed.aborted).toBe(false);
    redis.resume();
    await untilResolved(() => revoker.revoke({ kind: 'session', id: 'one' }));
    expect(await reasonOf(allowed)).toMatchObject(REVOKED);
  });

  it('that goes on hears in the end of what was revoked while Redis was out of reach', async () => {
    const [dead, alive] = [live.watch(claimsOf('dead'), ALLOW), live.watch(claimsOf('alive'), ALLOW)];
    link.cut();
    await untilOutOfReach();
    const begunMeanwhile = live.watch(claimsOf('dead'), ALLOW);
    await revoker.revoke({ kind: 'session', id: 'dead' });
    const begunTooLate = live.watch(claimsOf('dead'), ALLOW);
    await untilOutOfReach();
    expect([dead, alive, begunMeanwhile, begunTooLate].map(({ aborted }) => aborted)).toEqual([false, false, false, false]);
    link.mend();
    for (const signal of [dead, begunMeanwhile, begunTooLate]) expect(await reasonOf(signal)).toMatchObject(REVOKED);
    expect(alive.aborted).toBe(false);
    await revoker.revoke({ kind: 'session', id: 'alive' });
    expect(await reasonOf(alive)).toMatchObject(REVOKED);
  });

  it('misses nothing, however often the way to Redis is cut', async () => {
    for (let round = 0; round < 5; round += 1) {
      const signals = Array.from({ length: 20 }, (_, i) => live.watch(claimsOf(`${round}-${i}`), ALLOW));
      await Promise.all(signals.map(async (_, i) => {
        if (i === 5) link.cut();
        if (i === 15) link.mend();
        await revoker.revoke({ kind: 'session', id: `${round}-${i}` });
      }));
      link.mend();
      for (const signal of signals) expect(await reasonOf(signal)).toMatchObject(REVOKED);
    }
  });

  it('of hundreds of tokens aborts all of them as soon as one question has failed', async () => {
    const denied = Array.from({ length: 500 }, (_, i) => live.watch(claimsOf(`denied-${i}`)));
    const allowed = Array.from({ length: 500 }, (_, i) => live.watch(claimsOf(`allowed-${i}`), ALLOW));
    redis.pause();
    const reasons = await Promise.all(denied.map(signal => reasonOf(signal)));
    // Five questions, each given up for itself, would give five. A round that was half answered when Redis stopped gives two.
    expect(new Set(reasons).size).toBeLessThanOrEqual(2);
    expect(allowed.filter(({ aborted }) => aborted)).toHaveLength(0);
    expect(denied.at(-1)!.reason).toMatchObject(UNAVAILABLE);
  });

  it('begun before the way to Redis is there is aborted, or waits until it is', async () => {
    await revoker.revoke({ kind: 'session', id: 'dead' });
    link.cut();
    const early = redisInstance(link.url, { replica });
    const denied = early.watch(claimsOf('alive'));
    const [dead, alive] = [early.watch(claimsOf('dead'), ALLOW), early.watch(claimsOf('alive'), ALLOW)];
    expect(await reasonOf(denied)).toMatchObject(UNAVAILABLE);
    expect([dead.aborted, alive.aborted]).toEqual([false, false]);
    link.mend();
    expect(await reasonOf(dead)).toMatchObject(REVOKED);
    expect(alive.aborted).toBe(false);
  });

  it('begun while its instance is still reading what was revoked goes on or is aborted, as its token is live or not', async () => {
    await revoker.revoke({ kind: 'session', id: 'dead' });
    await revoker.revokeAll(Array.from({ length: 3000 }, (_, i) => ({ kind: 'session', id: `other-${i}` })));
    const early = redisInstance(redis.url, { replica });
    await untilResolved(() => early.check(claimsOf('other'), { consistency: 'strong' }));
    const [dead, alive] = [early.watch(claimsOf('dead')), early.watch(claimsOf('alive'))];
    expect(await reasonOf(dead)).toMatchObject(REVOKED);
    await early.ready();
    expect(alive.aborted).toBe(false);
    await revoker.revoke({ kind: 'session', id: 'alive' });
    expect(await reasonOf(alive)).toMatchObject(REVOKED);
  });
});

describe('a watch on a copy of a Redis that has lost everything', () => {
  it('hears of what is revoked from then on', async () => {
    const redis = await ownRedis();
    const [live, revoker] = [redisInstance(redis.url, { replica: REPLICA }), redisInstance(redis.url, { replica: REPLICA })];
    await Promise.all([live.ready(), revoker.ready()]);
    await revoker.revoke({ kind: 'session', id: 'before' });
    const watched = live.watch(claimsOf('watched'), ALLOW);
    const raw = new Redis(redis.url);
    await raw.flushall();
    raw.disconnect();
    await revoker.revoke({ kind: 'session', id: 'watched' });
    expect(await reasonOf(watched)).toMatchObject(REVOKED);
  });
});

describe('a watch whose copy catches up while its store is being asked', () => {
  it('goes on, although the store did not answer', async () => {
    const memory = memoryStore();
    const { lookup, subscribe } = memory.local!;
    const local = { version: undefined as number | undefined, lookup: lookup.bind(memory), subscribe: subscribe.bind(memory) };
    const asked = new EventEmitter();
    const epochs = async (): Promise<never> => {
      local.version = 1;
      asked.emit('asked');
      throw new StoreUnavailableError('It does not answer.');
    };
    const record = memory.record.bind(memory);
    const live = instance({ name: 'copy', local, epochs, record, retainLog: () => undefined, close: () => memory.close() } as unknown as RevocationStore);
    const watched = live.watch(claimsOf('watched'));
    await once(asked, 'asked');
    await new Promise(resolve => { setImmediate(resolve); });
    expect(watched.aborted).toBe(false);
    await live.revoke({ kind: 'session', id: 'watched' });
    expect(watched.reason).toMatchObject(REVOKED);
  });
});
