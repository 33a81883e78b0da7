import { Redis } from 'ioredis';
import { createLiveTokens, memoryStore, type Target } from 'livetoken';
import request from 'supertest';
import { createDemo } from '../../demo-app/app.js';
import { identityOf, newLogin, REFRESH_LIFETIME_S } from '../../demo-app/issuer/claims.js';
import { RefreshTokens } from '../../demo-app/issuer/refresh-tokens.js';
import { SigningKeys } from '../../demo-app/issuer/signing-keys.js';
import { Tokens, type Redeemed } from '../../demo-app/issuer/tokens.js';
import { memoryState } from '../../demo-app/state/memory-state.js';
import { startRedis } from '../support/redis-server.js';
import { afterwards, cleanUp } from './support/clean-up.js';
import { askForTokens, claimsIn, countOf, EVERY_DEMO, introspect, isLive, login, redeem, revoke, SECRETS, type OpenDemo } from './support/every-demo.js';

afterEach(cleanUp);

describe.each(EVERY_DEMO)('refresh tokens, on $name', ({ open }) => {
  let demo: OpenDemo;
  beforeAll(async () => {
    demo = await open();
  });
  afterAll(() => demo.close());

  it('are good for one use, which gives a new pair', async () => {
    const first = await login(demo.app);
    const { body } = await redeem(demo.app, first.refresh).expect(200);
    expect(body.refresh_token).not.toBe(first.refresh);
    expect(await isLive(demo.app, first.access)).toBe(true);
    expect(await isLive(demo.app, body.access_token)).toBe(true);
    await redeem(demo.app, body.refresh_token).expect(200);
  });

  it('G84 end the login where one is used twice, with all tokens that it has had', async () => {
    const first = await login(demo.app);
    const elsewhere = await login(demo.app);
    const { body } = await redeem(demo.app, first.refresh).expect(200);

    const { body: refusal } = await redeem(demo.app, first.refresh).expect(400);

    expect(refusal.error).toBe('invalid_grant');
    expect([await isLive(demo.app, first.access), await isLive(demo.app, body.access_token)]).toEqual([false, false]);
    await redeem(demo.app, body.refresh_token).expect(400);
    expect(await isLive(demo.app, elsewhere.access)).toBe(true);
  });

  it('G83 G84 have at most one winner of many uses at once, and what it was given is dead by then', async () => {
    const { refresh } = await login(demo.app);
    const answers = await Promise.all(Array.from({ length: 10 }, () => redeem(demo.app, refresh)));
    const won = answers.filter(({ status }) => status === 200);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(10 - won.length);
    expect(won.length).toBeLessThanOrEqual(1);
    for (const { body } of won) expect(await isLive(demo.app, body.access_token)).toBe(false);
  });

  it('C41 G83 are inactive once they are used, and can still be revoked with their grant', async () => {
    const first = await login(demo.app);
    await redeem(demo.app, first.refresh).expect(200);
    const { body } = await introspect(demo.app, first.refresh, 'web').expect(200);
    expect(body).toEqual({ active: false });
    await revoke(demo.app, first.refresh).expect(200);
    expect(await isLive(demo.app, first.access)).toBe(false);
  });

  it('G86 carry the time of their login through every rotation', async () => {
    const first = await login(demo.app);
    let { refresh } = first;
    for (let round = 0; round < 3; round += 1) {
      const { body } = await redeem(demo.app, refresh).expect(200);
      expect(claimsIn(body.access_token)['grant_iat_ms']).toBe(claimsIn(first.access).iat_ms);
      refresh = body.refresh_token;
    }
  });

  it('I97 are counted as long as they can be used', async () => {
    await countOf(demo.app, 'merchant-key');
    const first = await login(demo.app);
    const { body } = await redeem(demo.app, first.refresh).expect(200);
    expect(body.refresh_token).toBeDefined();
    // Two access tokens and one refresh token: the used one does not count.
    expect(await countOf(demo.app, 'merchant-key')).toBe(3);
  });

  it('belong to their client, and another one does not even use them up', async () => {
    const { refresh } = await login(demo.app);
    const { body } = await redeem(demo.app, refresh, 'mobile').expect(400);
    expect(body.error).toBe('invalid_grant');
    await redeem(demo.app, refresh).expect(200);
  });

  it('give an access token with less scope where less is asked for, and all of it the next time', async () => {
    const { refresh } = await login(demo.app);
    const less = await askForTokens(demo.app, 'web', { grant_type: 'refresh_token', refresh_token: refresh, scope: 'orders:read' }).expect(200);
    expect(claimsIn(less.body.access_token)['scope']).toBe('orders:read');
    const all = await redeem(demo.app, less.body.refresh_token).expect(200);
    expect(all.body.scope).toBe('orders:read orders:write');
  });

  it('never give more scope than the login, and a mistake in it does not use them up', async () => {
    const { refresh } = await login(demo.app, 'alice', 'web', 'orders:read');
    const more = { grant_type: 'refresh_token', refresh_token: refresh, scope: 'orders:read orders:write' };
    const { body } = await askForTokens(demo.app, 'web', more).expect(400);
    expect(body.error).toBe('invalid_scope');
    const next = await redeem(demo.app, refresh).expect(200);
    expect(next.body.scope).toBe('orders:read');
  });

  it('B21 B31 die with their grant, and all of its access tokens with them', async () => {
    const first = await login(demo.app);
    const { body } = await redeem(demo.app, first.refresh).expect(200);
    await revoke(demo.app, body.refresh_token).expect(200);
    await redeem(demo.app, body.refresh_token).expect(400);
    expect(await isLive(demo.app, first.access)).toBe(false);
    expect(await isLive(demo.app, body.access_token)).toBe(false);
  });

  it('B28 cannot be revoked by another client', async () => {
    const { refresh } = await login(demo.app);
    const { body } = await revoke(demo.app, refresh, 'mobile').expect(400);
    expect(body.error).toBe('invalid_grant');
    await redeem(demo.app, refresh).expect(200);
  });

  it('C46 are shown to their own client only', async () => {
    const { refresh } = await login(demo.app);
    const own = await introspect(demo.app, refresh, 'web').expect(200);
    const others = await Promise.all([introspect(demo.app, refresh, 'mobile'), introspect(demo.app, refresh, 'api')]);
    expect(own.body).toMatchObject({ active: true, client_id: 'web' });
    expect(others.map(({ body }) => body as unknown)).toEqual([{ active: false }, { active: false }]);
  });

  it('open no API', async () => {
    const { refresh } = await login(demo.app);
    expect(await isLive(demo.app, refresh)).toBe(false);
  });

  it.each<[string, (access: string) => Promise<unknown>]>([
    ['the session was ended', access => endSession(demo, access)],
    ['all of the user was revoked', access => endUser(demo, access)],
    ['all of the organisation was revoked', () => countOf(demo.app, 'merchant-key')],
    ['all of the partner was revoked', () => countOf(demo.app, 'partner-key')],
  ])('cannot be used once %s', async (_what, end: (access: string) => Promise<unknown>) => {
    const { access, refresh } = await login(demo.app);
    await end(access);
    const { body } = await redeem(demo.app, refresh).expect(400);
    expect(body.error).toBe('invalid_grant');
  });

  it.each(['', 'rt_', 'garbage', `rt_${'A'.repeat(43)}`, 'x'.repeat(10_000)])('are not made up: %.20s', async (made) => {
    await redeem(demo.app, made).expect(400);
  });
});

const bearer = (demo: OpenDemo, path: string, token: string) => request(demo.app).delete(path).set('Authorization', `Bearer ${token}`).expect(204);
const endSession = async (demo: OpenDemo, access: string): Promise<unknown> => bearer(demo, `/api/v1/sessions/${claimsIn(access).sid}`, access);
const endUser = async (demo: OpenDemo, access: string): Promise<unknown> => bearer(demo, '/api/v1/users/alice/sessions?oauthTokens=true', access);

const ALICE = identityOf({ subject: 'alice', client: 'web', organisation: 'ybo8zd8j2q', scopes: ['orders:read'], login: newLogin() });

describe('a refresh token that is being used while its user is revoked', () => {
  it.each<Target>([
    { kind: 'grant', id: String(ALICE['grant_id']) },
    { kind: 'session', id: String(ALICE['sid']) },
    { kind: 'subject', id: 'alice' },
    { kind: 'client', id: 'web' },
    { kind: 'organisation', id: 'ybo8zd8j2q' },
    { kind: 'all' },
  ])('G86 gives tokens that the revocation of %p refuses', async (target) => {
    const { tokens, live } = issuerAt(Date.now);
    const { refreshToken } = await tokens.pair(ALICE, Date.now());

    const redeemed = await redeemWith(tokens, refreshToken);
    await live.revoke(target);
    const pair = await tokens.pair(redeemed!.identity, redeemed!.issuedAtMs, 'orders:read');

    expect(await live.check(pair.access.claims)).toMatchObject({ live: false, reason: 'revoked' });
    expect(await redeemWith(tokens, pair.refreshToken)).toBeUndefined();
  });
});

describe('an issuer whose own clock runs ahead of the clock that revocations go by', () => {
  it('issues tokens that a revocation right after them refuses, and live ones after that', async () => {
    const { tokens, live } = issuerAt(() => Date.now() - 600);
    const { access, refreshToken } = await tokens.pair(ALICE, await tokens.issueTime(ALICE));
    const redeemed = await redeemWith(tokens, refreshToken);
    const next = await tokens.pair(redeemed!.identity, redeemed!.issuedAtMs);
    await live.revoke({ kind: 'subject', id: 'alice' });
    for (const { claims } of [access, next.access]) expect(await live.check(claims)).toMatchObject({ live: false, reason: 'revoked' });

    const again = await tokens.pair(ALICE, await tokens.issueTime(ALICE));
    expect(await live.check(again.access.claims)).toMatchObject({ live: true });
  });
});

describe('an issue time', () => {
  it('is never that of a revocation which came before it, even in the same millisecond', async () => {
    let nowMs = Date.now();
    let asked = 0;
    // A clock that stands still for a while.
    const { tokens, live } = issuerAt(() => ((asked += 1) % 5 === 0 ? (nowMs += 1) : nowMs));
    const { epoch } = await live.revoke({ kind: 'subject', id: 'alice' });
    const issuedAtMs = await tokens.issueTime(ALICE);
    expect(issuedAtMs).toBeGreaterThan(epoch);
    expect(await live.check((await tokens.access(ALICE, issuedAtMs)).claims)).toMatchObject({ live: true });
  });

  it('is not waited for without end', async () => {
    const nowMs = Date.now();
    const { tokens, live } = issuerAt(() => nowMs);
    await live.revoke({ kind: 'subject', id: 'alice' });
    await expect(tokens.issueTime(ALICE)).rejects.toMatchObject({ status: 503 });
  });
});

async function redeemWith(tokens: Tokens, refreshToken: string): Promise<Redeemed | undefined> {
  return tokens.redeem((await tokens.refreshable(refreshToken, 'web'))!);
}

/** @param now the clock of the store */
function issuerAt(now: () => number) {
  const state = memoryState();
  const keys = new SigningKeys(state);
  const claims = { organisation: 'org', organisations: 'orgs' };
  const live = createLiveTokens({ store: memoryStore({ now }), verify: keys.verify, maxLifetime: REFRESH_LIFETIME_S, claims, tracking: true });
  return { live, tokens: new Tokens({ live, keys, refreshTokens: new RefreshTokens(state), now: async () => now() }) };
}

describe('what Redis holds of tokens', () => {
  it('is none that could be used: no refresh token, access token, client secret or password', async () => {
    const redis = await startRedis();
    afterwards(() => redis.stop());
    const demo = createDemo({ redisUrl: redis.url });
    afterwards(() => demo.close());
    await demo.ready();
    const first = await login(demo.app);
    const { body } = await redeem(demo.app, first.refresh).expect(200);
    await revoke(demo.app, first.access).expect(200);

    const client = new Redis(redis.url);
    afterwards(() => { client.disconnect(); });
    const everything = await dump(client);
    expect(everything.length).toBeGreaterThan(1000);
    for (const secret of [first.access, first.refresh, body.access_token, body.refresh_token, 'alice-password', ...Object.values(SECRETS)]) {
      expect(everything).not.toContain(secret);
    }
  });
});

async function dump(client: Redis): Promise<string> {
  const values = [];
  for (const key of await client.keys('*')) values.push(key, (await client.dumpBuffer(key)).toString('latin1'));
  // Redis packs long values; the digits of a token would still be there, but not in one piece.
  for (const key of await client.keys('*:refresh:*')) values.push(await client.get(key));
  for (const key of await client.keys('*tracked*')) values.push(JSON.stringify(await client.hgetall(key)));
  return values.join('\n');
}
