import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import jwt from 'jsonwebtoken';
import { openDirectStore } from '../support/every-store.js';
import { REFRESH, createIssuer } from '../support/issuer.js';
import { CLIENTS, GARBAGE, closeOAuthApps, openOAuthApp, type OAuthApp, type OAuthAppOptions } from '../support/oauth-app.js';
import { sharedRedisUrl } from '../support/redis-url.js';

const { web } = CLIENTS;

let redis: Redis;
let namespace: ReturnType<typeof randomUUID>;

beforeEach(() => {
  redis = new Redis(sharedRedisUrl());
  namespace = randomUUID();
});

afterEach(async () => {
  await closeOAuthApps();
  redis.disconnect();
});

async function open(options: OAuthAppOptions = {}): Promise<OAuthApp> {
  const { store } = await openDirectStore(namespace);
  return openOAuthApp({ store, ...options });
}

const prefix = (): string => `{livetoken:${namespace}}:`;

/** All that the namespace holds: every key with its value and whether it expires. */
async function contents(): Promise<Record<string, { value: string; expires: boolean }>> {
  const keys = (await redis.keys(`${prefix()}*`)).sort();
  const entries = keys.map(async (key) => {
    const value = (await redis.dumpBuffer(key)).toString('hex');
    return [key, { value, expires: (await redis.pttl(key)) >= 0 }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** The one revocation of a token or grant that is there. */
async function onlyRevocation(kind: 'token' | 'grant'): Promise<string> {
  const keys = await redis.keys(`${prefix()}${kind}:*`);
  expect(keys).toHaveLength(1);
  return keys[0]!;
}

describe('POST /revoke on Redis', () => {
  it('B22 is effective at another instance on the same Redis with its next request', async () => {
    const here = await open();
    const there = await open({ issuer: here.issuer });
    for (let i = 0; i < 20; i++) {
      const token = here.issuer.token();
      expect(await there.accepts(token)).toBe(true);
      expect((await here.revoke(web, { token })).status).toBe(200);
      expect(await there.accepts(token)).toBe(false);
      expect((await there.introspect(web, { token })).body).toEqual({ active: false });
    }
  });

  it('B21 B31 is effective at another instance for refresh tokens and their grant', async () => {
    const here = await open();
    const there = await open({ issuer: here.issuer });
    const refresh = here.issuer.claims(REFRESH);
    const access = here.issuer.token();
    expect((await here.revoke(web, { token: here.issuer.sign(refresh) })).status).toBe(200);
    expect(await there.live.check(refresh)).toMatchObject({ live: false, reason: 'revoked' });
    expect(await there.accepts(access)).toBe(false);
  });

  it('B24 leaves every key as it is for whatever does not verify', async () => {
    const app = await open();
    await app.revoke(web, { token: app.issuer.token() });
    const victim = app.issuer.claims();
    const seconds = Math.floor(Date.now() / 1000);
    const before = await contents();
    expect(Object.keys(before)).toHaveLength(4); // the token, log, audit, state
    const forged = [
      createIssuer().sign(victim),
      createIssuer().sign({ ...victim, ...REFRESH }),
      jwt.sign(victim, '', { algorithm: 'none' }),
      app.issuer.token({ iat: seconds - 1000, exp: seconds - 400 }),
      app.issuer.token({ iss: 'https://elsewhere.test' }),
      app.issuer.token({ client_id: 'mobile' }),
      app.issuer.token({ nonce: 'n' }),
      app.issuer.token({ jti: undefined }),
      String(victim['jti']),
      GARBAGE,
      '',
    ];
    for (const token of forged) await app.revoke(web, { token });
    await app.revoke({ id: 'web', secret: 'canary-wrong' }, { token: app.issuer.sign(victim) });
    await app.post('/revoke', { token: app.issuer.sign(victim), client_id: 'web' });
    for (const token of forged) await app.introspect(web, { token });
    expect(await contents()).toEqual(before);
    expect(await app.accepts(app.issuer.sign(victim))).toBe(true);
  });

  it('B23 leaves every key as it is for a token that is already revoked', async () => {
    const app = await open();
    const token = app.issuer.token();
    await app.revoke(web, { token });
    const before = await contents();
    for (let i = 0; i < 5; i++) expect((await app.revoke(web, { token })).status).toBe(200);
    expect(await contents()).toEqual(before);
  });

  it.each([
    ['an access token', {}],
    ['a refresh token', REFRESH],
  ])('B34 answers 50 parallel revocations of %s with 200 each, and records one', async (_, kind) => {
    const here = await open();
    const there = await open({ issuer: here.issuer });
    const token = here.issuer.token(kind);
    const answers = await Promise.all(Array.from({ length: 50 }, (__, i) => (i % 2 ? here : there).revoke(web, { token }).then(({ status }) => status)));
    expect(answers).toEqual(Array<number>(50).fill(200));
    expect(await redis.xlen(`${prefix()}log`)).toBe(1);
    expect(await redis.xlen(`${prefix()}audit`)).toBe(1);
    const revocations = (await redis.keys(`${prefix()}*`)).filter((key) => /:(token|grant):/.test(key));
    expect(revocations).toHaveLength(1);
    expect((await here.introspect(web, { token })).body).toEqual({ active: false });
  });

  it('B34 answers 50 parallel revocations of 50 tokens with 200 each, and records them all', async () => {
    const app = await open();
    const tokens = Array.from({ length: 50 }, () => app.issuer.token());
    const answers = await Promise.all(tokens.map((token) => app.revoke(web, { token }).then(({ status }) => status)));
    expect(answers).toEqual(Array<number>(50).fill(200));
    expect(await redis.xlen(`${prefix()}log`)).toBe(50);
    expect(await Promise.all(tokens.map(app.accepts))).toEqual(Array<boolean>(50).fill(false));
  });

  it.each([
    ['by default', {}, 5_000 + 60_000],
    ['with the largest leeway', { clockToleranceMs: 300_000 }, 300_000 + 60_000],
    ['with a wider margin', { marginMs: 600_000 }, 5_000 + 600_000],
  ])('B35 keeps a token until it has expired everywhere, leeway and margin included: %s', async (_, live, afterMs) => {
    const app = await open({ live });
    const claims = app.issuer.claims();
    const before = Date.now();
    await app.revoke(web, { token: app.issuer.sign(claims) });
    const key = await onlyRevocation('token');
    const keepUntilMs = Number((await redis.hvals(key))[0]);
    const ttlMs = await redis.pttl(key);
    const tookMs = Date.now() - before;
    // What the request took at most lies between the two clocks that were read.
    const expected = Number(claims['exp']) * 1000 + afterMs;
    expect(keepUntilMs).toBeGreaterThanOrEqual(expected);
    expect(keepUntilMs).toBeLessThanOrEqual(expected + tookMs);
    expect(ttlMs).toBeLessThanOrEqual(keepUntilMs - before);
    expect(ttlMs).toBeGreaterThanOrEqual(keepUntilMs - before - tookMs - 1);
  });

  it('B35 keeps a grant for as long as any token of it may live', async () => {
    const app = await open();
    const before = Date.now();
    await app.revoke(web, { token: app.issuer.token(REFRESH) });
    const ttlMs = await redis.pttl(await onlyRevocation('grant'));
    const keepForMs = 86_400_000 + 5_000 + 60_000;
    expect(ttlMs).toBeLessThanOrEqual(keepForMs);
    expect(ttlMs).toBeGreaterThanOrEqual(keepForMs - (Date.now() - before) - 1);
  });

  it('B35 leaves nothing without an end but what outlives all tokens', async () => {
    const app = await open();
    for (const kind of [{}, REFRESH]) await app.revoke(web, { token: app.issuer.token(kind) });
    const endless = Object.entries(await contents()).filter(([, { expires }]) => !expires);
    expect(endless.map(([key]) => key.slice(prefix().length))).toEqual(['audit', 'log', 'state']);
  });
});
