import { Redis } from 'ioredis';
import { redisStore, type LiveTokens } from 'livetoken';
import { instrument } from 'livetoken/opentelemetry';
import { issuedAt, login } from '../redeem/support/login.js';
import { appClient, cleanUpAll, later, ownRedis, rawClient } from '../stores/support/redis-stores.js';
import { until } from '../stores/support/until.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer, REFRESH } from '../support/issuer.js';
import { collector, type Collector } from './support/collector.js';
import { onStore } from '../support/every-store.js';
import { PATIENT_STORES } from './support/patient-stores.js';

afterEach(cleanUpAll);

const issuer = createIssuer();

/** On a Redis of its own, which a test may ruin. */
async function onOwnRedis(options: { readonly maxStalenessMs?: number; readonly checkEveryMs?: number } = {}): Promise<{ url: string; server: Awaited<ReturnType<typeof ownRedis>>; live: LiveTokens; read: Collector }> {
  const server = await ownRedis();
  const { maxStalenessMs = 60_000, checkEveryMs = 60_000 } = options;
  const live = liveTokens(redisStore(appClient(server.url), { namespace: 'app', checkEveryMs, readyTimeoutMs: 200, replica: { maxStalenessMs } }), issuer);
  later(() => live.close());
  const read = collector();
  instrument(live, { meter: read.meter });
  return { url: server.url, server, live, read };
}

describe.each(PATIENT_STORES)('What is counted of the $name store', ({ open }) => {
  let live: LiveTokens;
  let read: Collector;
  onStore(() => open(), ({ store }) => {
    live = liveTokens(store, issuer, { tracking: true });
    read = collector();
    instrument(live, { meter: read.meter });
  });

  it('is each revocation, by its kind of target, also of many at once and one that changed nothing', async () => {
    await live.revoke({ kind: 'subject', id: 'alice' });
    await live.revoke({ kind: 'session', id: 's' });
    await live.revoke({ kind: 'session', id: 's' });
    await live.revoke(issuer.token());
    await live.revoke(issuer.token(REFRESH));
    await live.revokeAll(Array.from({ length: 70 }, (_, i) => ({ kind: 'client', id: `client-${i}` })));
    await expect(live.revoke({ kind: 'subject', id: '' })).rejects.toMatchObject({ status: 400 });

    expect(await read.counted('livetoken.revocations')).toEqual({ subject: 1, session: 2, token: 1, grant: 1, client: 70 });
  });

  it('is a refresh token that was used twice, and the grant that it ended', async () => {
    const { refresh } = login({}, Date.now());
    await live.redeem(refresh);

    await expect(live.redeem(refresh)).rejects.toMatchObject({ reason: 'replayed' });

    expect(await read.counted('livetoken.replays')).toEqual({ '': 1 });
    expect(await read.counted('livetoken.revocations')).toEqual({ grant: 1 });
  });

  it('is each thing that the store could not do', async () => {
    await live.close();

    await Promise.allSettled([live.check(issuer.claims()), live.revoke({ kind: 'all' }), live.redeem(issuedAt(Date.now(), REFRESH))]);
    await Promise.allSettled([live.track(issuer.claims()), live.list({ kind: 'all' }), live.list({ kind: 'all' })]);

    expect(await read.counted('livetoken.store.errors')).toEqual({ check: 1, revoke: 1, redeem: 1, track: 1, list: 2 });
    expect(await read.counted('livetoken.revocations')).toEqual({});
  });

  it('is its state, one at a time', async () => {
    const states = async () => read.all('livetoken.state');
    const none = { starting: 0, live: 0, unavailable: 0, closed: 0 };
    expect(await states()).toEqual({ ...none, starting: 1 });

    await live.ready();
    expect(await states()).toEqual({ ...none, live: 1 });

    await live.close();
    expect(await states()).toEqual({ ...none, closed: 1 });
  });

  it('is how many watches there are', async () => {
    const claims = issuer.claims();
    live.watch(claims);
    live.watch(issuer.claims({ sid: 'other' }));
    expect(await read.all('livetoken.watches')).toEqual({ '': 2 });

    await live.revoke({ kind: 'session', id: 'session-1' });

    await until(async () => (await read.all('livetoken.watches'))[''] === 1);
  });
});

describe('What is read of the copy in this process', () => {
  it('is how many revocations it has, how old it is and how long the last one was under way', async () => {
    const { live, read } = await onOwnRedis();
    await live.ready();
    expect(await read.all('livetoken.replica.entries')).toEqual({ '': 0 });
    expect(await read.all('livetoken.replica.lag')).toEqual({});

    await live.revokeAll(Array.from({ length: 10 }, (_, i) => ({ kind: 'client', id: `client-${i}` })));

    await until(async () => (await read.all('livetoken.replica.lag'))[''] !== undefined);
    expect(await read.all('livetoken.replica.entries')).toEqual({ '': 10 });
    expect((await read.all('livetoken.replica.memory'))['']).toBe(live.health().replica!.bytes);
    // In seconds: in milliseconds either would be far more than a minute here.
    const [age, lag] = [(await read.all('livetoken.replica.age'))['']!, (await read.all('livetoken.replica.lag'))['']!];
    expect([age >= 0, age < 30, Math.abs(lag) < 30]).toEqual([true, true, true]);
    expect(lag).toBe(live.health().replica!.lagMs! / 1000);
  });

  it('is a finite age also before the copy has ever been complete, and its state', async () => {
    const server = await ownRedis();
    await server.kill();
    const store = redisStore(appClient(server.url), { namespace: 'app' });
    const [live, read] = [liveTokens(store, issuer), collector()];
    later(() => live.close());
    instrument(live, { meter: read.meter });

    expect(live.health().replica!.ageMs).toBe(Infinity);
    const age = (await read.all('livetoken.replica.age'))['']!;
    expect([Number.isFinite(age), age > 0, age * 1000 <= performance.now()]).toEqual([true, true, true]);
    expect(await read.counted('livetoken.replica.state')).toEqual({ starting: 1 });
  });

  it('is a copy that has grown stale, and is live again', async () => {
    const { server, live, read } = await onOwnRedis({ maxStalenessMs: 200 });
    await live.ready();
    server.pause();
    await until(async () => (await read.counted('livetoken.replica.state'))['stale'] === 1);
    expect(await read.all('livetoken.replica.state')).toEqual({ starting: 0, live: 0, stale: 1, closed: 0 });

    server.resume();
    await until(async () => (await read.counted('livetoken.replica.state'))['live'] === 1);
  });

  it('is what it has given back to a Redis that had lost it, and that the log was read again', async () => {
    const { url, live, read } = await onOwnRedis();
    await live.ready();
    await live.revokeAll([{ kind: 'client', id: 'web' }, { kind: 'session', id: 's' }]);
    await until(async () => (await read.all('livetoken.replica.lag'))[''] !== undefined);

    await rawClient(url).flushall();

    await until(async () => (await read.counted('livetoken.healings'))['wiped'] === 1);
    expect(await read.counted('livetoken.healing.revocations')).toEqual({ '': 2 });
    expect((await read.all('livetoken.replica.resyncs'))['']).toBeGreaterThanOrEqual(1);
    expect(Object.keys(await read.all('livetoken.healings')).sort()).toEqual(['fork', 'lost', 'trimmed', 'wiped']);
  });

  it('is each warning that stands about Redis, and that it is over', async () => {
    const { url, live, read } = await onOwnRedis({ checkEveryMs: 100 });
    await live.ready();
    expect(await read.all('livetoken.store.warnings')).toMatchObject({ no_persistence: 1, eviction_policy: 0, data_loss: 0 });

    await rawClient(url).config('SET', 'maxmemory-policy', 'allkeys-lru');
    await until(async () => (await read.all('livetoken.store.warnings'))['eviction_policy'] === 1);
    await rawClient(url).config('SET', 'maxmemory-policy', 'noeviction');

    await until(async () => (await read.all('livetoken.store.warnings'))['eviction_policy'] === 0);
  });

  it('is not there where there is no copy, nor any warning where there is no server', async () => {
    const [memory, direct] = [collector(), collector()];
    const server = await ownRedis();
    instrument(liveTokens((await PATIENT_STORES[0].open()).store, issuer), { meter: memory.meter });
    const live = liveTokens(redisStore(new Redis(server.url, { lazyConnect: true }), { namespace: 'app', replica: false }), issuer);
    later(() => live.close());
    await live.ready();
    instrument(live, { meter: direct.meter });

    expect([await memory.all('livetoken.replica.entries'), await memory.all('livetoken.store.warnings')]).toEqual([{}, {}]);
    expect(await direct.all('livetoken.replica.state')).toEqual({});
    expect(await direct.counted('livetoken.store.warnings')).toEqual({ no_persistence: 1 });
  });
});

describe('A watch that goes on though nobody can tell', () => {
  it('is counted, and is no check', async () => {
    const { server, live, read } = await onOwnRedis({ maxStalenessMs: 200 });
    await live.ready();
    live.watch(issuer.claims(), { onUnavailable: 'allow' });

    await server.kill();

    await until(async () => ((await read.all('livetoken.allowed_unchecked'))[''] ?? 0) > 0);
    expect(await read.counted('livetoken.checks')).toEqual({});
  });
});
