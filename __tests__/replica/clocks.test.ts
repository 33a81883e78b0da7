import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { targetKey, type TargetKey } from '../../lib/model/target-key.js';
import type { LogFollower, LogReply } from '../../lib/stores/log.js';
import { redisKeys } from '../../lib/stores/redis/keys.js';
import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { Archive } from '../../lib/stores/replica/archive.js';
import { LocalRevocations } from '../../lib/stores/replica/local-revocations.js';
import { LogTail, type TailObserver } from '../../lib/stores/replica/log-tail.js';
import { replicate, type Replica } from '../../lib/stores/replica/replica.js';
import { anyKey, HOUR_MS, write } from '../stores/support/builders.js';
import { appClient, cleanUpAll, freshNamespace, later, openStore, rawClient } from '../stores/support/redis-stores.js';
import { until } from '../stores/support/until.js';
import { sharedRedisUrl } from '../support/redis-url.js';

const MINUTE_MS = 60_000;

let namespace: string;

beforeEach(() => {
  namespace = freshNamespace();
});

afterEach(async () => {
  await cleanUpAll();
  jest.restoreAllMocks();
});

/** Sets this process's clock, and not that of Redis. */
function shiftClock(byMs: number): void {
  const now = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => now() + byMs);
}

async function openReplica(): Promise<Replica> {
  const replica = replicate(redisStore(appClient(sharedRedisUrl()), { namespace, replica: false }));
  later(() => replica.close());
  await replica.ready();
  return replica;
}

/** Recorded by another instance. */
async function recordElsewhere(key: TargetKey, keepForMs: number): Promise<number> {
  const store = openStore(appClient(sharedRedisUrl()), { namespace });
  await store.ready();
  const [recorded] = await store.record([write(key, { epoch: Infinity, keepForMs })]);
  return recorded!.keepUntilMs;
}

/** A follower of which every answer to a wait passes by here before anybody else has it. */
function followed(follow: () => LogFollower, answered: (reply: LogReply) => LogReply): LogFollower {
  const follower = follow();
  const wait = follower.wait.bind(follower);
  follower.wait = async (...asked) => answered(await wait(...asked));
  return follower;
}

/** What stands in the copy itself at some time of this process's clock. */
function knows(replica: Replica, key: TargetKey, atMs = Date.now()): boolean {
  return replica.revocations.epochMs(key, atMs) !== undefined;
}

const away = async (): Promise<never> => { throw new Error('No connection.'); };
const NO_LOG: LogFollower = { head: away, page: away, kept: async function* () { yield await away(); }, wait: away, close: () => undefined };

describe('A replica whose clock is put ahead', () => {
  it('forgets nothing sooner, since the clock may be put back', async () => {
    const swept = jest.spyOn(LocalRevocations.prototype, 'sweep');
    const archived = jest.spyOn(Archive.prototype, 'sweep');
    const merged = jest.spyOn(LocalRevocations.prototype, 'merge');
    const replica = await openReplica();
    const soonMs = Date.now() + MINUTE_MS;
    shiftClock(HOUR_MS);
    for (const spy of [swept, archived, merged]) spy.mockClear();

    const key = anyKey();
    await recordElsewhere(key, MINUTE_MS);
    await until(() => swept.mock.calls.length > 0 && archived.mock.calls.length > 0 && merged.mock.calls.some(([merging]) => merging === key));

    const times = [...swept.mock.calls.map(([nowMs]) => nowMs), ...archived.mock.calls.map(([nowMs]) => nowMs), ...merged.mock.calls.map(([, , , nowMs]) => nowMs)];
    expect(Math.max(...times)).toBeLessThan(soonMs);
    expect(replica.figures.entries).toBe(1);
  });

  it('writes back what was lost for as long as it was to be kept', async () => {
    const replica = await openReplica();
    const key = anyKey();
    await recordElsewhere(key, 30 * MINUTE_MS);
    await until(() => knows(replica, key));
    shiftClock(HOUR_MS);
    const healed = new Promise(resolve => { replica.onHealed(resolve); });
    const redis = rawClient(sharedRedisUrl());

    await redis.del(...await redis.keys(`{livetoken:${namespace}}:*`));
    await healed;

    const leftMs = await redis.pttl(redisKeys(namespace).bucket(key));
    expect(leftMs).toBeGreaterThan(29 * MINUTE_MS);
    expect(leftMs).toBeLessThan(31 * MINUTE_MS);
  });

  it('learns of it when what has expired by that clock is revoked once more, though it is still kept', async () => {
    const replica = await openReplica();
    const key = targetKey({ kind: 'session', id: randomUUID() });
    await recordElsewhere(key, MINUTE_MS);
    await until(() => knows(replica, key));
    shiftClock(HOUR_MS);
    const lookup = replica.lookup([key]);
    await until(() => replica.version !== undefined);
    expect(lookup.epochsMs()).toEqual([undefined]);
    const version = replica.version!;
    const told: TargetKey[] = [];
    replica.subscribe(each => told.push(each));

    await recordElsewhere(key, 10 * MINUTE_MS);
    await until(() => lookup.epochsMs()[0] === Infinity);

    expect(lookup.mayHaveChangedSince(version)).toBe(true);
    expect(replica.revocations.version).toBeGreaterThan(version);
    expect(told).toEqual([key]);
  });

  it('does not answer from memory before it has heard of the store: its machine may have been suspended', async () => {
    const replica = await openReplica();
    expect(replica.version).toBeDefined();

    shiftClock(HOUR_MS);

    expect(replica.version).toBeUndefined();
    await until(() => replica.version !== undefined);
  });

  it('does not take an answer for fresh that was waiting to be read: its machine may have been suspended since', async () => {
    const store = openStore(appClient(sharedRedisUrl()), { namespace });
    const follow = store.follow.bind(store);
    const told = new EventEmitter();
    store.follow = () => followed(follow, reply => {
      told.emit('answer');
      return reply;
    });
    const replica = replicate(store, { maxStalenessMs: MINUTE_MS });
    later(() => replica.close());
    await replica.ready();
    const wasFresh: boolean[] = [];

    await new Promise<void>(resolve => {
      told.on('answer', () => {
        if (wasFresh.push(replica.version !== undefined) === 1) shiftClock(HOUR_MS);
        if (wasFresh.length === 3) resolve();
      });
    });

    expect(wasFresh).toEqual([true, false, true]);
  });

  it.each([
    ['as old as a wait', () => Infinity],
    ['older than a wait, of a server that has to prove itself', () => performance.now() - 300],
  ])('dates a proof by the clocks as they were when it was asked for: %s', async (_, proven) => {
    const store = openStore(appClient(sharedRedisUrl()), { namespace });
    const provenUntilMs = proven();
    const aheadMs: number[] = [];
    const stop = new AbortController();
    const observer: TailObserver = {
      ...{ clock: () => undefined, apply: () => undefined, found: () => undefined, doubted: () => undefined, lost: () => undefined, unsettled: () => false },
      proven: (atMs, wallMs) => { if (aheadMs.push(wallMs - atMs) === 2) stop.abort(); },
    };
    const beforeMs = Date.now() - performance.now();

    await new LogTail(() => followed(() => store.follow(), reply => {
      if (aheadMs.length === 0) shiftClock(HOUR_MS);
      return { ...reply, provenUntilMs };
    }), observer, 20).run(stop.signal);

    expect(aheadMs[0]! - beforeMs).toBeLessThan(MINUTE_MS);
    expect(aheadMs[1]! - beforeMs).toBeGreaterThan(HOUR_MS - MINUTE_MS);
  });
});

describe('A replica whose clock is an hour ahead of the store\'s', () => {
  beforeEach(() => shiftClock(HOUR_MS));

  it('does not forget sooner what it finds in the store because the log lacks it', async () => {
    const key = anyKey();
    await recordElsewhere(key, MINUTE_MS);
    await rawClient(sharedRedisUrl()).del(redisKeys(namespace).log);
    expect(knows(await openReplica(), key)).toBe(true);
  });

  it('does not forget sooner what it reads when it starts', async () => {
    const key = anyKey();
    await recordElsewhere(key, MINUTE_MS);
    expect(knows(await openReplica(), key)).toBe(true);
  });

  it('does not forget sooner what the log brings it', async () => {
    const replica = await openReplica();
    const key = anyKey();
    await recordElsewhere(key, MINUTE_MS);
    await until(() => replica.figures.lagMs !== undefined);
    expect(knows(replica, key)).toBe(true);
  });

  it('does not forget sooner what it records itself', async () => {
    const store = openStore(appClient(sharedRedisUrl()), { namespace });
    // The log would bring it back.
    store.follow = () => NO_LOG;
    const replica = replicate(store);
    later(() => replica.close());
    await store.ready();
    const key = anyKey();
    await replica.record([write(key, { epoch: Infinity, keepForMs: MINUTE_MS })]);
    expect(knows(replica, key)).toBe(true);
  });

  it('forgets all the same when the time is up by the store\'s clock', async () => {
    const key = anyKey();
    const replica = await openReplica();
    await recordElsewhere(key, 1);
    await until(() => replica.figures.lagMs !== undefined);
    await until(() => !knows(replica, key));
  });
});

describe('A replica whose clock is an hour behind the store\'s', () => {
  beforeEach(() => shiftClock(-HOUR_MS));

  it('keeps what it knows until that hour has passed: too long, which refuses nothing that is alive', async () => {
    const key = anyKey();
    const replica = await openReplica();
    const keepUntilMs = await recordElsewhere(key, MINUTE_MS);
    await until(() => replica.figures.lagMs !== undefined);
    expect(knows(replica, key, keepUntilMs - 1)).toBe(true);
  });
});
