import { Redis } from 'ioredis';
import { memoryStore, redisStore, type LiveTokens } from 'livetoken';
import { EVERY_STORE, onStore } from '../support/every-store.js';
import { ask, guardedApi, liveTokens, outcome } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { until } from '../stores/support/until.js';

const issuer = createIssuer();
const UNAVAILABLE = '503 temporarily_unavailable';

describe.each(EVERY_STORE)('an instance on the $name store', ({ name, open }) => {
  let live: LiveTokens;
  onStore(open, ({ store }) => { live = liveTokens(store, issuer); });

  it('F81 is starting until the store has answered, then live', async () => {
    expect(live.health()).toMatchObject({ store: name, state: 'starting' });

    await live.ready();

    expect(live.health()).toMatchObject({ store: name, state: 'live' });
  });

  it('F81 is live by a first request just as well, and still starting after one that needed no store', async () => {
    await ask(guardedApi(live), createIssuer().token());
    expect(live.health().state).toBe('starting');

    await ask(guardedApi(live), issuer.token());
    expect(live.health().state).toBe('live');
  });

  it('F81 answers 503 to every request once it is closed, and says so', async () => {
    const token = issuer.token();
    await live.revoke(token);
    const other = issuer.token();
    await live.close();

    expect(live.health()).toMatchObject({ store: name, state: 'closed' });
    expect(await outcome(ask(guardedApi(live), token))).toBe(UNAVAILABLE);
    expect(await outcome(ask(guardedApi(live), other))).toBe(UNAVAILABLE);
    expect(live.health().state).toBe('closed');
  });

  it('F81 rejects whatever else it is asked once it is closed, and closing it twice does no harm', async () => {
    await live.close();
    await live.close();

    const closed = { code: 'closed', status: 503 };
    await expect(live.ready()).rejects.toMatchObject(closed);
    await expect(live.check(issuer.claims())).rejects.toMatchObject(closed);
    await expect(live.revoke({ kind: 'all' })).rejects.toMatchObject(closed);
    await expect(live.revoke(issuer.token())).rejects.toMatchObject(closed);
    await expect(live.history()).rejects.toMatchObject(closed);
    await expect(live.authenticate(issuer.token())).rejects.toMatchObject(closed);
  });

  it('F81 finishes what was asked before it was closed, or rejects: nothing hangs', async () => {
    const asked = Array.from({ length: 20 }, () => live.check(issuer.claims()));
    await live.close();

    const settled = await Promise.allSettled(asked);

    expect(settled.every(each => each.status === 'fulfilled' || (each.reason as { status?: unknown }).status === 503)).toBe(true);
  });
});

describe('an instance whose Redis cannot be reached', () => {
  let redis: RedisServer;
  let live: LiveTokens;
  beforeEach(async () => {
    redis = await startRedis();
    await redis.kill();
    const client = new Redis(redis.url.replace('redis://', 'redis://:CANARY-password@'), { lazyConnect: true });
    live = liveTokens(redisStore(client, { readyTimeoutMs: 200, replica: false }), issuer);
  });
  afterEach(async () => {
    await live.close();
    await redis.stop();
  });

  it('F81 rejects ready() with where it looked and what to check, and without the password', async () => {
    await expect(live.ready()).rejects.toMatchObject({
      code: 'store_unavailable',
      status: 503,
      message: `Redis at 127.0.0.1:${redis.port} cannot be reached (ECONNREFUSED). Check that it runs, its address, password and TLS; until then checks answer 503.`,
    });
    expect(live.health()).toEqual({ store: 'redis', state: 'unavailable' });
  });

  it('F81 can be asked meanwhile: guards are made, and requests get 503', async () => {
    const api = guardedApi(live);

    expect(await outcome(ask(api, issuer.token()))).toBe(UNAVAILABLE);
    expect((await ask(api)).status).toBe(401);
    await expect(live.revoke({ kind: 'all' })).rejects.toMatchObject({ status: 503 });
  });
});

describe('an instance whose Redis comes up later, goes down and comes back', () => {
  it('F81 answers 503, 200, 503 and 200, and its health says why', async () => {
    const redis = await startRedis({ args: ['--appendonly', 'yes'] });
    await redis.kill();
    const live = liveTokens(redisStore(new Redis(redis.url, { lazyConnect: true }), { readyTimeoutMs: 100, replica: false }), issuer);
    const api = guardedApi(live);
    const untilAnswered = (expected: string) => until(async () => (await outcome(ask(api, issuer.token()))) === expected);
    await expect(live.ready()).rejects.toMatchObject({ status: 503 });
    expect(await outcome(ask(api, issuer.token()))).toBe(UNAVAILABLE);

    for (let round = 1; round <= 2; round++) {
      await redis.restart();
      await untilAnswered('200');
      await until(() => live.ready().then(() => true, () => false));
      expect(live.health().state).toBe('live');
      const revoked = issuer.token({ sub: 'bob' });
      await live.revoke({ kind: 'subject', id: 'bob' });
      expect(await outcome(ask(api, revoked))).toBe('401 invalid_token');

      await redis.kill();
      expect(await outcome(ask(api, issuer.token()))).toBe(UNAVAILABLE);
      expect(live.health().state).toBe('unavailable');
    }
    await live.close();
    await redis.stop();
  });
});

describe('what an instance can do', () => {
  it('F70 I97 is told by its options: verify, track, know organisations', () => {
    const all = liveTokens(memoryStore(), issuer, { tracking: true });
    const least = liveTokens(memoryStore(), issuer, { verify: undefined, claims: {} } as object);

    expect([all.verifies, all.tracks, all.namesOrganisations, all.namesOwnOrganisation]).toEqual([true, true, true, true]);
    expect([least.verifies, least.tracks, least.namesOrganisations, least.namesOwnOrganisation]).toEqual([false, false, false, false]);
  });

  it.each([
    ['of their own', { organisation: 'org' }, true],
    ['of their own and others', { organisation: 'org', organisations: 'orgs' }, true],
    ['but none of their own', { organisations: 'orgs' }, false],
    ['but none of their own, found by a function', { organisations: () => [] }, false],
  ])('F70 is not taken for a single tenant where tokens name organisations %s', (_, claims, namesOwnOrganisation) => {
    const live = liveTokens(memoryStore(), issuer, { claims });

    expect([live.namesOrganisations, live.namesOwnOrganisation]).toEqual([true, namesOwnOrganisation]);
  });
});
