import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { jwtVerifier } from 'livetoken';
import { EVERY_STORE } from '../support/every-store.js';
import { AUDIENCE, ISSUER, REFRESH, createIssuer } from '../support/issuer.js';
import { CLIENTS, GARBAGE, basic, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';
import { exchange, rawForm } from '../support/raw-http.js';

const { web, mobile, spa } = CLIENTS;

afterEach(closeOAuthApps);

describe.each(EVERY_STORE)('POST /revoke on the $name store', ({ open }) => {
  let app: OAuthApp;

  beforeEach(async () => {
    const { store } = await open();
    app = await openOAuthApp({ store });
  });

  async function outcome(client: { id: string; secret?: string }, token: string): Promise<string> {
    const { status, body } = await app.revoke(client, { token });
    return status === 200 ? '200' : `${status} ${String(body.error)}`;
  }

  it("B21 revokes the client's own refresh token: its next use fails", async () => {
    const claims = app.issuer.claims(REFRESH);
    expect(await app.live.check(claims)).toMatchObject({ live: true });
    expect(await outcome(web, app.issuer.sign(claims))).toBe('200');
    expect(await app.live.check(claims)).toMatchObject({ live: false, reason: 'revoked' });
  });

  it("B22 revokes the client's own access token, from the next request on", async () => {
    const [token, other] = [app.issuer.token(), app.issuer.token()];
    expect(await app.accepts(token)).toBe(true);
    expect(await outcome(web, token)).toBe('200');
    expect(await app.accepts(token)).toBe(false);
    expect(await app.accepts(other)).toBe(true);
  });

  it('B22 revokes a token that is not valid yet, before it becomes valid', async () => {
    const claims = app.issuer.claims({ nbf: Math.floor(Date.now() / 1000) + 600 });
    const { body } = await app.introspect(web, { token: app.issuer.sign(claims) });
    expect(body).toEqual({ active: false });
    expect(await outcome(web, app.issuer.sign(claims))).toBe('200');
    const { nbf: _, ...valid } = claims;
    expect(await app.live.check(valid)).toMatchObject({ live: false, reason: 'revoked' });
  });

  it.each(['dryRun=true', 'dry_run=1', 'dryrun'])('refuses to speak of a dry run, and revokes nothing then: ?%s', async query => {
    const token = app.issuer.token();
    const form = new URLSearchParams({ token }).toString();

    const { bytes } = await exchange(app.port, rawForm(`/revoke?${query}`, form, ['Authorization', basic(web)]));

    expect(bytes).toContain('HTTP/1.1 400 Bad Request');
    expect(bytes).toContain('{"error":"invalid_request","error_description":"There is no dry run here, only on the organisation endpoints"}');
    expect(await app.accepts(token)).toBe(true);
  });

  it('B32 answers a success with exactly 200 and no body', async () => {
    const { status, text, headers } = await app.revoke(web, { token: app.issuer.token() });
    expect([status, text, headers['content-length'], headers['content-type']]).toEqual([200, '', '0', undefined]);
  });

  it('B23 answers an already revoked token with 200', async () => {
    const token = app.issuer.token();
    expect(await outcome(web, token)).toBe('200');
    expect(await outcome(web, token)).toBe('200');
    expect(await app.accepts(token)).toBe(false);
  });

  it('B23 answers everything that is no token of ours with the very bytes of a success', async () => {
    const { issuer } = app;
    const seconds = Math.floor(Date.now() / 1000);
    const success = issuer.token();
    const revoked = issuer.token();
    await app.revoke(web, { token: revoked });
    const signed = issuer.token().split('.');
    const unsigned = jwt.sign(issuer.claims(), '', { algorithm: 'none' });
    const tokens = {
      revoked,
      unknown: createIssuer().token(),
      'an unknown refresh token': createIssuer().token(REFRESH),
      opaque: randomUUID(),
      garbage: GARBAGE,
      malformed: 'canary.canary.canary',
      'two parts': signed.slice(0, 2).join('.'),
      'four parts': [...signed, 'x'].join('.'),
      'no signature': `${signed[0]!}.${signed[1]!}.`,
      'another signature': [signed[0], signed[1], createIssuer().token().split('.')[2]].join('.'),
      'another payload': [signed[0], createIssuer().token().split('.')[1], signed[2]].join('.'),
      unsigned,
      expired: issuer.token({ iat: seconds - 1000, exp: seconds - 400 }),
      'an expired refresh token': issuer.token({ iat: seconds - 1000, exp: seconds - 400, ...REFRESH }),
      'not valid yet': issuer.token({ nbf: seconds + 300 }),
      'a foreign issuer': issuer.token({ iss: 'https://elsewhere.test' }),
      'a foreign audience': issuer.token({ aud: 'https://elsewhere.test' }),
      'too long': `${issuer.token()}${'x'.repeat(9000)}`,
      'with spaces': ` ${issuer.token()} `,
    };
    const bytesOf = async (token: string): Promise<string> =>
      (await exchange(app.port, rawForm('/revoke', new URLSearchParams({ token }).toString(), ['Authorization', basic(web)]))).bytes;
    const expected = await bytesOf(success);
    expect(expected).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    for (const [name, token] of Object.entries(tokens)) expect([name, await bytesOf(token)]).toEqual([name, expected]);
    expect(await app.accepts(success)).toBe(false);
  });

  it("B24 leaves the victim alive and writes nothing for a forged token with the victim's claims", async () => {
    const victim = app.issuer.claims();
    const token = app.issuer.sign(victim);
    const key = 'canary-of-the-forger'.repeat(4);
    const forged = [
      jwt.sign(victim, key),
      jwt.sign(victim, '', { algorithm: 'none' }),
      jwt.sign({ ...victim, ...REFRESH }, key),
      `${token.split('.').slice(0, 2).join('.')}.${jwt.sign(victim, key).split('.')[2]!}`,
      `${token.split('.').slice(0, 2).join('.')}.`,
      token.slice(0, -1),
      `${token}x`,
    ];
    const before = await app.live.history();
    for (const each of forged) expect(await outcome(web, each)).toBe('200');
    expect(await app.accepts(token)).toBe(true);
    expect(await app.live.check({ ...victim, jti: 'another' })).toMatchObject({ live: true });
    expect(await app.live.history()).toEqual(before);
  });

  it.each(['access_token', 'refresh_token', 'id_token', 'nonsense', '__proto__', 'ACCESS_TOKEN', '\u0000'])(
    'B25 finds an access token and a refresh token whatever the hint: %p',
    async (token_type_hint) => {
      const access = app.issuer.token({ grant_id: 'of the access token' });
      const refresh = app.issuer.claims({ ...REFRESH, grant_id: 'of the refresh token' });
      expect((await app.revoke(web, { token: access, token_type_hint })).status).toBe(200);
      expect((await app.revoke(web, { token: app.issuer.sign(refresh), token_type_hint })).status).toBe(200);
      expect(await app.accepts(access)).toBe(false);
      expect(await app.live.check(refresh)).toMatchObject({ live: false });
    },
  );

  it('B26 answers 400 where the token is missing, and 401 where the client is not who it says', async () => {
    expect(await app.revoke(web, {})).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    const wrong = { id: 'web', secret: 'canary-wrong' };
    expect(await app.revoke(wrong, {})).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('B27 takes no token from the query: 400, and it stays alive', async () => {
    const token = app.issuer.token();
    const { status, body } = await app.postAs(web, `/revoke?token=${token}`, '');
    expect([status, body.error]).toEqual([400, 'invalid_request']);
    expect(await app.accepts(token)).toBe(true);
  });

  it('B27 takes the token of the body where there is one in the query as well', async () => {
    const [inQuery, inBody] = [app.issuer.token(), app.issuer.token()];
    expect((await app.postAs(web, `/revoke?token=${inQuery}`, { token: inBody })).status).toBe(200);
    expect([await app.accepts(inQuery), await app.accepts(inBody)]).toEqual([true, false]);
  });

  it.each([
    ['access token', {}],
    ['refresh token', REFRESH],
  ])("B28 refuses another client's %s, which stays alive", async (_, kind) => {
    const claims = app.issuer.claims({ ...kind, client_id: 'mobile' });
    for (const client of [web, CLIENTS.api]) expect(await outcome(client, app.issuer.sign(claims))).toBe('400 invalid_grant');
    expect((await app.post('/revoke', { token: app.issuer.sign(claims), client_id: 'spa' })).status).toBe(400);
    expect(await app.live.check(claims)).toMatchObject({ live: true });
    expect(await outcome(mobile, app.issuer.sign(claims))).toBe('200');
    expect(await app.live.check(claims)).toMatchObject({ live: false });
  });

  it.each([undefined, 'WEB', 'web ', 'webhook', ''])('B28 refuses a token whose client is %p', async (client_id) => {
    const token = app.issuer.token({ client_id });
    expect(await outcome(web, token)).toMatch(/^400 /);
    const { items } = await app.live.history();
    expect(items).toStrictEqual([]);
  });

  it('B28 finds the client of a token where its issuer writes azp', async () => {
    const token = app.issuer.token({ client_id: undefined, azp: 'web' });
    expect(await outcome(mobile, token)).toBe('400 invalid_grant');
    expect(await outcome(web, token)).toBe('200');
    expect(await app.accepts(token)).toBe(false);
  });

  it('B29 lets a public client revoke its own token by client_id alone', async () => {
    const token = app.issuer.token({ client_id: spa.id });
    expect((await app.post('/revoke', { token, client_id: spa.id })).status).toBe(200);
    expect(await app.accepts(token)).toBe(false);
  });

  it("B29 lets a public client revoke nobody else's token", async () => {
    const token = app.issuer.token();
    const { status, body } = await app.post('/revoke', { token, client_id: spa.id });
    expect([status, body.error]).toEqual([400, 'invalid_grant']);
    expect(await app.accepts(token)).toBe(true);
  });

  it.each([
    ['with its client_id alone', { client_id: 'web' }],
    ['with an empty secret', { client_id: 'web', client_secret: '' }],
  ])('B29 does not take a confidential client at its word: %s', async (_, form) => {
    const token = app.issuer.token();
    const { status, body } = await app.post('/revoke', { token, ...form });
    expect([status, body.error]).toEqual([401, 'invalid_client']);
    expect(await app.accepts(token)).toBe(true);
  });

  it.each([
    ['an ID token by its nonce', { nonce: 'n' }, {}],
    ['an ID token by its at_hash', { at_hash: 'h' }, {}],
    ['an ID token by its use', { token_use: 'id' }, {}],
    ['a logout token', { events: {} }, { typ: 'logout+jwt' }],
    ['a logout token without its typ', { events: {} }, {}],
    ['a security event', {}, { typ: 'secevent+jwt' }],
    ['an introspection answer', {}, { typ: 'token-introspection+jwt' }],
  ])('B30 cannot revoke %s of our own', async (_, claims, header) => {
    expect(await outcome(web, app.issuer.token(claims, header))).toBe('400 unsupported_token_type');
    expect((await app.live.history()).items).toStrictEqual([]);
  });

  it.each([
    ['without an id', { jti: undefined }, {}],
    ['with an id that is none', { jti: 7 }, {}],
    ['that never expires', { exp: undefined }, {}],
    ['that lives longer than it may', { exp: Math.floor(Date.now() / 1000) + 10_000_000 }, {}],
    ['for refreshing, that lives longer than it may', { exp: Math.floor(Date.now() / 1000) + 10_000_000, ...REFRESH }, {}],
  ])('B30 B33 does not say 200 to a token of our own that cannot be revoked: one %s', async (_, claims, header) => {
    expect(await outcome(web, app.issuer.token(claims, header))).toBe('400 unsupported_token_type');
    expect((await app.live.history()).items).toStrictEqual([]);
  });

  it('B30 says 200 to a forged ID token, which is garbage', async () => {
    expect(await outcome(web, createIssuer().token({ nonce: 'n' }))).toBe('200');
  });

  it('B30 B33 does not say 200 to a token that is accepted although it has no id, and so stays in use', async () => {
    const lenient = await openOAuthApp({ issuer: app.issuer, live: { unsafe: { acceptMissingTokenId: true } } });
    const token = app.issuer.token({ jti: undefined });
    expect(await lenient.accepts(token)).toBe(true);
    const { status, body } = await lenient.revoke(web, { token });
    expect([status, body.error]).toEqual([400, 'unsupported_token_type']);
    expect(await lenient.accepts(token)).toBe(true);
  });

  it('B22 B24 notes who revoked, and never the token or its id', async () => {
    const claims = app.issuer.claims();
    await app.revoke(web, { token: app.issuer.sign(claims) }).set('X-Request-Id', 'request-7');
    const { items } = await app.live.history();
    expect(items).toEqual([expect.objectContaining({ actor: 'client web', reason: 'revocation endpoint', requestId: 'request-7' })]);
    expect(JSON.stringify(items)).not.toContain(claims['jti']);
    expect(JSON.stringify(items)).not.toMatch(/eyJ[\w-]{20}/);
  });
});

it('B23 B33 says 200 to a token that does not verify, and 503 where nobody can tell because the keys are out of reach', async () => {
  const keys = Object.assign(new Error('keys out of reach'), { status: 503 });
  const verify = jwtVerifier({ key: 'canary'.repeat(10), algorithms: ['HS256'], issuer: ISSUER, audience: AUDIENCE });
  let reachable = true;
  const app = await openOAuthApp({ live: { verify: async (token) => (reachable ? verify(token) : Promise.reject(keys)) } });
  const token = createIssuer().token();
  expect((await app.revoke(web, { token })).status).toBe(200);
  reachable = false;
  const { status, headers } = await app.revoke(web, { token });
  expect([status, headers['retry-after']]).toEqual([503, '1']);
});
