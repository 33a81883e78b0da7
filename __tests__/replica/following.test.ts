import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { replicate, type Replica, type ReplicaOptions } from '../../lib/stores/replica/replica.js';
import type { ResyncCause } from '../../lib/stores/replica/log-tail.js';
import { anyKey, write } from '../stores/support/builders.js';
import { appClient, cleanUpAll, later, ownRedis, rawClient } from '../stores/support/redis-stores.js';
import { rejection } from '../stores/support/settling.js';
import { until } from '../stores/support/until.js';
import { StoreUnavailableError } from '../../lib/errors.js';

afterEach(cleanUpAll);

interface Observed {
  readonly replica: Replica;
  readonly causes: ResyncCause[];
}

/** A replica of the namespace `app`, and why it read the log again. */
function openReplica(url: string, options: ReplicaOptions = {}): Observed {
  const replica = replicate(redisStore(appClient(url), { namespace: 'app', replica: false }), options);
  later(() => replica.close());
  const causes: ResyncCause[] = [];
  replica.onChange((_state, cause) => { if (cause !== undefined) causes.push(cause); });
  return { replica, causes };
}

/** What stands in the copy itself, without asking the store. */
function knows(replica: Replica, key: ReturnType<typeof anyKey>): boolean {
  return replica.revocations.epochMs(key, Date.now()) !== undefined;
}

const LOG = '{livetoken:app}:log';

describe('A replica', () => {
  it('learns what another one records, and what was recorded before it was there', async () => {
    const { url } = await ownRedis();
    const first = openReplica(url).replica;
    await first.ready();
    const before = anyKey();
    await first.record([write(before)]);
    const second = openReplica(url).replica;
    await second.ready();
    expect(knows(second, before)).toBe(true);
    const after = anyKey();
    await first.record([write(after, { epoch: Infinity })]);
    await until(() => knows(second, after));
    expect(await second.epochs([after])).toEqual([Infinity]);
  });

  it('reads a log of many pages to its end before it says that it is live', async () => {
    const { url } = await ownRedis();
    const writer = openReplica(url).replica;
    await writer.ready();
    const keys = Array.from({ length: 64 * 40 }, anyKey);
    for (let i = 0; i < keys.length; i += 64) await writer.record(keys.slice(i, i + 64).map(key => write(key)));
    const { replica } = openReplica(url);
    expect(replica.figures.state).toBe('starting');
    await replica.ready();
    expect(replica.figures).toMatchObject({ state: 'live', entries: keys.length, resyncs: 0 });
    expect(keys.every(key => knows(replica, key))).toBe(true);
  });

  it('knows what it records itself at once, and its version moves only when a verdict may have changed', async () => {
    const { url } = await ownRedis();
    const { replica } = openReplica(url);
    await replica.ready();
    const key = anyKey();
    await replica.record([write(key, { epoch: Infinity })]);
    expect(knows(replica, key)).toBe(true);
    const { version } = replica.revocations;
    await replica.record([write(key, { epoch: Infinity })]);
    expect(replica.revocations.version).toBe(version);
  });

  it('asks the store once it cannot prove any more that it is fresh, and says no when that cannot answer either', async () => {
    const server = await ownRedis();
    const { replica } = openReplica(server.url, { maxStalenessMs: 200 });
    await replica.ready();
    server.pause();
    await until(() => !replica.isFresh);
    expect(await rejection(replica.epochs([anyKey()]))).toBeInstanceOf(StoreUnavailableError);
    expect(replica.figures.state).toBe('stale');
    server.resume();
    await until(() => replica.isFresh);
    expect(replica.figures.state).toBe('live');
  });

  it('goes on where it was after a restart that lost nothing', async () => {
    const server = await ownRedis('--appendonly', 'yes', '--appendfsync', 'always');
    const { replica, causes } = openReplica(server.url);
    await replica.ready();
    const key = anyKey();
    await replica.record([write(key)]);
    await until(() => replica.figures.lagMs !== undefined);
    await server.kill();
    await until(() => !replica.isFresh);
    await server.restart();
    await until(() => replica.isFresh);
    expect(causes).toStrictEqual([]);
    expect(await replica.epochs([key])).toEqual([expect.any(Number)]);
  });

  it.each([
    { what: 'all data', wipe: 'FLUSHALL', args: [] as string[] },
    { what: 'the log', wipe: 'DEL', args: [LOG] },
  ])('keeps what it knows when $what is wiped, and follows what comes after', async ({ wipe, args }) => {
    const server = await ownRedis();
    const { replica, causes } = openReplica(server.url);
    await replica.ready();
    const lost = anyKey();
    await replica.record([write(lost)]);
    await until(() => replica.figures.lagMs !== undefined);
    await rawClient(server.url).call(wipe, ...args);
    const other = openReplica(server.url).replica;
    await other.ready();
    const next = anyKey();
    await other.record([write(next)]);
    await until(() => knows(replica, next));
    // Whether it sees the other data first, or an entry that does not follow on its last one, is a matter of time.
    expect(['wiped', 'trimmed', 'fork']).toContain(causes[0]);
    expect(knows(replica, lost)).toBe(true);
    await until(() => replica.isFresh);
    expect(await replica.epochs([lost])).toEqual([expect.any(Number)]);
  });

  it('notices a wipe after which nothing is recorded, by the incarnation', async () => {
    const server = await ownRedis();
    const { replica, causes } = openReplica(server.url);
    await replica.ready();
    const lost = anyKey();
    await replica.record([write(lost)]);
    await until(() => replica.figures.lagMs !== undefined);
    await rawClient(server.url).flushall();
    await until(() => causes.length > 0);
    expect(causes).toEqual(['wiped']);
    expect(knows(replica, lost)).toBe(true);
  });

  it('notices a history that is not the one it has read, by the chain of nonces', async () => {
    const server = await ownRedis();
    const { replica, causes } = openReplica(server.url);
    await replica.ready();
    await replica.record([write(anyKey())]);
    await until(() => replica.figures.lagMs !== undefined);
    // Another primary would have gone on from an entry that this one never had.
    const forked = anyKey();
    await rawClient(server.url).call('XADD', LOG, '*', 'r', `u${forked.slice(-22)} ${Date.now() + 60_000} other unknown`);
    await until(() => causes.length > 0);
    expect(causes[0]).toBe('fork');
  });

  it('reads from the start where the log no longer holds its place when it comes back', async () => {
    const server = await ownRedis('--appendonly', 'yes', '--appendfsync', 'always');
    const { replica, causes } = openReplica(server.url);
    await replica.ready();
    await replica.record([write(anyKey())]);
    await until(() => replica.figures.lagMs !== undefined);
    // Not noticed by who waits for the next entry, and no longer there for who comes back.
    await rawClient(server.url).call('XTRIM', LOG, 'MAXLEN', '0');
    await server.kill();
    await until(() => !replica.isFresh);
    await server.restart();
    await until(() => replica.isFresh);
    expect(causes).toEqual(['trimmed']);
  });

  it('survives a reply that cannot be read: it asks the store, and never stops trying', async () => {
    const server = await ownRedis();
    const { replica } = openReplica(server.url, { maxStalenessMs: 200 });
    await replica.ready();
    const raw = rawClient(server.url);
    await raw.call('XADD', LOG, '*', 'nonsense', '1');
    await until(() => !replica.isFresh);
    const key = anyKey();
    expect(await replica.epochs([key])).toEqual([undefined]);
    await raw.call('DEL', LOG);
    await until(() => replica.isFresh);
  });

  it('stops answering from memory above its most entries, and goes on refusing what it knows', async () => {
    const { url } = await ownRedis();
    const { replica } = openReplica(url, { maxEntries: 1 });
    await replica.ready();
    const keys = [anyKey(), anyKey()];
    await replica.record(keys.map(key => write(key)));
    await until(() => replica.figures.state === 'stale');
    expect(await replica.epochs(keys)).toEqual([expect.any(Number), expect.any(Number)]);
  });

  it('is closed for good, with nothing left open', async () => {
    const { url } = await ownRedis();
    const { replica } = openReplica(url);
    await replica.ready();
    await replica.close();
    expect(replica.isFresh).toBe(false);
    expect(replica.figures.state).toBe('closed');
    await replica.close();
  });
});
