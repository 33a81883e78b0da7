import { Redis } from 'ioredis';
import type { Test } from 'supertest';
import { memoryStore, redisStore, type RevocationStore } from 'livetoken';
import { REFRESH } from '../support/issuer.js';
import { CLIENTS, ENDPOINTS, GARBAGE, closeOAuthApps, errorsInto, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { OURS, assertionOf, byAssertion, rsa } from './support/assertions.js';

// A Redis that hangs is given up on after seconds, and again with each connection that is made to it.

const { web, api } = CLIENTS;
const UNAVAILABLE = { status: 503, error: 'temporarily_unavailable', retryAfter: '1', cache: 'no-store' };

let app: OAuthApp;

afterEach(closeOAuthApps);

async function ask(path: string, token: string, client: { id: string; secret: string } = web) {
  const { status, body, headers } = await app.postAs(client, path, { token });
  return { status, error: body.error as unknown, retryAfter: headers['retry-after'], cache: headers['cache-control'] };
}

describe.each([
  ['killed', (redis: RedisServer) => redis.kill(), (redis: RedisServer) => redis.restart()],
  ['paused', async (redis: RedisServer) => { redis.pause(); }, async (redis: RedisServer) => { redis.resume(); }],
] as const)('while Redis is %s', (_, breakDown, heal) => {
  let redis: RedisServer;
  let client: Redis;

  beforeEach(async () => {
    redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
    client = new Redis(redis.url, { lazyConnect: true });
    const store = redisStore(client, { replica: false });
    await store.ready();
    app = await openOAuthApp({ store, oauth: { introspectionScope: 'introspect' } });
  });

  afterEach(async () => {
    await closeOAuthApps();
    await redis.stop();
  });

  it('B33 /revoke answers 503 with Retry-After and never 200, and works again afterwards', async () => {
    const tokens = [app.issuer.token(), app.issuer.token(REFRESH), app.issuer.token({ grant_id: undefined, ...REFRESH })];
    await breakDown(redis);
    const answers = await Promise.all(tokens.map((token) => ask('/revoke', token)));
    expect(answers).toEqual([UNAVAILABLE, UNAVAILABLE, UNAVAILABLE]);
    // All the while nothing is let in, either: nobody can say that it was not revoked.
    await expect(app.accepts(tokens[0]!)).rejects.toThrow('503');
    await heal(redis);
    for (const token of tokens) {
      await onceServed(() => app.revoke(web, { token }));
      expect(await onceServed(() => app.introspect(web, { token }))).toEqual({ active: false });
    }
  });

  it('C50 /introspect answers 503, and neither that a token is active nor that it is not', async () => {
    const [live, revoked] = [app.issuer.token(), app.issuer.token()];
    await onceServed(() => app.revoke(web, { token: revoked }));
    expect(await onceServed(() => app.introspect(api, { token: live }))).toMatchObject({ active: true });
    await breakDown(redis);
    for (const token of [live, revoked]) {
      for (const asker of [web, api]) expect(await ask('/introspect', token, asker)).toEqual(UNAVAILABLE);
    }
    await heal(redis);
    expect(await onceServed(() => app.introspect(api, { token: live }))).toMatchObject({ active: true });
    expect(await onceServed(() => app.introspect(api, { token: revoked }))).toEqual({ active: false });
  });

  it('C39 C50 /introspect answers 503 to a caller whose own token cannot be checked', async () => {
    const caller = app.issuer.token({ scope: 'introspect' });
    await breakDown(redis);
    const { status, headers, body } = await app.post('/introspect', { token: GARBAGE }).set('Authorization', `Bearer ${caller}`);
    expect([status, headers['retry-after'], body.error]).toEqual([503, '1', 'temporarily_unavailable']);
  });
});

/** What is answered once it is no longer 503. That this never happens is for the time limit of the test to say. */
async function onceServed(attempt: () => Test): Promise<unknown> {
  for (;;) {
    const { status, body } = await attempt();
    if (status === 503) continue;
    expect(status).toBe(200);
    return body;
  }
}

describe('a store that cannot record', () => {
  it('B33 is a full one: 503, and what was revoked before stays revoked', async () => {
    app = await openOAuthApp({ store: memoryStore({ maxEntries: 1 }) });
    const [first, second] = [app.issuer.token(), app.issuer.token()];
    expect(await ask('/revoke', first)).toMatchObject({ status: 200 });
    expect(await ask('/revoke', second)).toEqual(UNAVAILABLE);
    expect([await app.accepts(first), await app.accepts(second)]).toEqual([false, true]);
    expect(await ask('/revoke', GARBAGE)).toMatchObject({ status: 200 });
  });

  it.each(ENDPOINTS)('B33 C50 is a closed one: 503 at %s', async (path) => {
    app = await openOAuthApp();
    await app.live.close();
    expect(await ask(path, app.issuer.token())).toEqual(UNAVAILABLE);
  });

  it('A11 B33 is full has room again when the assertions that it holds have expired, and a little later', async () => {
    let nowMs = Date.now();
    const signer = { id: 'signer', assertion: { key: rsa.publicKey, algorithms: ['RS256'] } } as const;
    app = await openOAuthApp({ store: memoryStore({ now: () => nowMs, maxEntries: 1 }), oauth: { clients: [signer], issuer: OURS } });
    const status = async () => (await app.post('/introspect', { token: GARBAGE, ...byAssertion(assertionOf(signer.id)) })).status;

    expect([await status(), await status()]).toEqual([200, 503]);
    nowMs += 300_000;
    expect(await status()).toBe(200);
  });

  it.each(ENDPOINTS)('B33 C50 is one that fails in a way of its own: never 200 at %s', async (path) => {
    const broken = new Error('canary of a store');
    const fails = async () => Promise.reject(broken);
    const store: RevocationStore = Object.assign(memoryStore(), { local: undefined, record: fails, epochs: fails });
    const errors: unknown[] = [];
    app = await openOAuthApp({ store, configure: (each) => each.use(errorsInto(errors)) });
    expect((await app.postAs(web, path, { token: app.issuer.token() })).status).toBe(500);
    expect(errors).toEqual([broken]);
  });
});
