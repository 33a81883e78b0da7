import { memoryStore, type Claims } from 'livetoken';
import { EVERY_STORE } from '../support/every-store.js';
import { AUDIENCE, ISSUER, REFRESH, createIssuer } from '../support/issuer.js';
import { CLIENTS, GARBAGE, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';

const { web, mobile, spa, api } = CLIENTS;
const INACTIVE = '{"active":false}';

afterEach(closeOAuthApps);

describe.each(EVERY_STORE)('POST /introspect on the $name store', ({ open }) => {
  let app: OAuthApp;

  beforeEach(async () => {
    const { store } = await open();
    app = await openOAuthApp({ store });
  });

  it.each([
    ['the client that it was issued to', web],
    ['a resource server', api],
  ])('C38 C40 C43 C44 tells %s of an active access token', async (_, asker) => {
    const claims = app.issuer.claims({ nbf: 1_700_000_000, username: 'alice@example.test' });
    const { status, headers, body } = await app.introspect(asker, { token: app.issuer.sign(claims) });
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(body).toEqual({
      ...{ active: true, token_type: 'Bearer', scope: 'orders:read', client_id: 'web', username: 'alice@example.test' },
      ...{ iss: ISSUER, aud: AUDIENCE, sub: 'alice', jti: claims['jti'], sid: 'session-1' },
      ...{ exp: claims['exp'], iat: claims['iat'], nbf: 1_700_000_000 },
    });
  });

  it('C40 C44 tells the owner of an active refresh token, without calling it a bearer token', async () => {
    const claims = app.issuer.claims(REFRESH);
    const { status, body } = await app.introspect(web, { token: app.issuer.sign(claims) });
    expect([status, body.active, body.exp, body.token_type]).toEqual([200, true, claims['exp'], undefined]);
  });

  it.each([
    ['a public client', { client_id: spa.id }],
    ['a confidential client', { client_id: web.id }],
    ['an unknown one', { client_id: 'nobody' }],
  ])('C38 wants more than the client_id of %s: 401', async (_, form) => {
    const token = app.issuer.token({ client_id: form.client_id });
    const { status, body, headers } = await app.post('/introspect', { token, ...form });
    expect([status, body.error]).toEqual([401, 'invalid_client']);
    expect(headers['www-authenticate']).toMatch(/^Basic /);
  });

  it('C38 is not opened by anonymous callers, whatever the token', async () => {
    for (const token of [app.issuer.token(), GARBAGE]) expect((await app.post('/introspect', { token })).status).toBe(401);
  });

  it.each([
    ['nobody issued', () => GARBAGE],
    ['somebody else signed', () => createIssuer().token()],
    ['has another signature', () => `${app.issuer.token().split('.').slice(0, 2).join('.')}.${createIssuer().token().split('.')[2]!}`],
    ['has expired', () => app.issuer.token({ iat: seconds(-1000), exp: seconds(-400) })],
    ['is not valid yet', () => app.issuer.token({ nbf: seconds(300) })],
    ['was issued in the future', () => app.issuer.token({ iat: seconds(300), exp: seconds(600) })],
    ['is from a foreign issuer', () => app.issuer.token({ iss: 'https://elsewhere.test' })],
    ['is for a foreign audience', () => app.issuer.token({ aud: 'https://elsewhere.test' })],
    ['could not be revoked', () => app.issuer.token({ jti: undefined })],
    ['lives longer than it may', () => app.issuer.token({ exp: seconds(10_000_000) })],
    ['is an ID token', () => app.issuer.token({ nonce: 'n' })],
    ['is a logout token', () => app.issuer.token({ events: {} }, { typ: 'logout+jwt' })],
    ['is an introspection answer', () => app.issuer.token({}, { typ: 'token-introspection+jwt' })],
    ["is another client's refresh token", () => app.issuer.token({ ...REFRESH, client_id: 'mobile' })],
    ["is nobody's refresh token", () => app.issuer.token({ ...REFRESH, client_id: undefined })],
  ])('C41 C42 tells nothing but that it is inactive of a token that %s', async (_, make) => {
    const token = make();
    for (const asker of [web, api]) {
      const { status, text, type } = await app.introspect(asker, { token });
      expect([status, text, type]).toEqual([200, INACTIVE, 'application/json']);
    }
  });

  it.each([
    ['by itself', (claims: Claims) => ({ kind: 'token', id: claims['jti'] as string }) as const],
    ['with its grant', () => ({ kind: 'grant', id: 'grant-1' }) as const],
    ['with its session', () => ({ kind: 'session', id: 'session-1' }) as const],
    ['with its user', () => ({ kind: 'subject', id: 'alice' }) as const],
    ['with its client', () => ({ kind: 'client', id: 'web' }) as const],
    ['with everything', () => ({ kind: 'all' }) as const],
  ])('C41 C42 tells nothing but that it is inactive of a token that was revoked %s', async (_, target) => {
    const claims = app.issuer.claims();
    const token = app.issuer.sign(claims);
    expect((await app.introspect(web, { token })).body.active).toBe(true);
    await app.live.revoke(target(claims));
    for (const asker of [web, api]) expect((await app.introspect(asker, { token })).text).toBe(INACTIVE);
  });

  it('C42 goes by what was revoked at /revoke, at once', async () => {
    for (const kind of [{}, REFRESH]) {
      const token = app.issuer.token({ ...kind, grant_id: JSON.stringify(kind) });
      expect((await app.introspect(web, { token })).body.active).toBe(true);
      expect((await app.revoke(web, { token })).status).toBe(200);
      expect((await app.introspect(web, { token })).text).toBe(INACTIVE);
    }
  });

  it("C41 shows a client another client's access token only where it is a resource server", async () => {
    const token = app.issuer.token();
    expect((await app.introspect(mobile, { token })).text).toBe(INACTIVE);
    expect((await app.introspect(api, { token })).body.active).toBe(true);
  });

  it('C46 shows refresh tokens to the client that owns them only, even to no resource server', async () => {
    const token = app.issuer.token(REFRESH);
    expect((await app.introspect(web, { token })).body.active).toBe(true);
    for (const asker of [mobile, api]) expect((await app.introspect(asker, { token })).text).toBe(INACTIVE);
  });

  it.each(['access_token', 'refresh_token', 'id_token', 'nonsense', '__proto__', ''])('C47 finds tokens whatever the hint: %p', async (hint) => {
    for (const kind of [{}, REFRESH]) {
      const token = app.issuer.token(kind);
      expect((await app.introspect(web, { token, token_type_hint: hint })).body.active).toBe(true);
      expect((await app.introspect(web, { token, token_hint: hint })).body.active).toBe(true);
    }
  });

  it.each([{}, { token: '' }, { token_type_hint: 'access_token' }, { Token: 'canary' }])('C48 needs a token: %p is answered 400', async (form) => {
    expect(await app.introspect(api, form)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('C48 takes no token from the query', async () => {
    const { status, body } = await app.postAs(api, `/introspect?token=${app.issuer.token()}`, '');
    expect([status, body]).toEqual([400, expect.objectContaining({ error: 'invalid_request' })]);
  });

  it('C49 is for no cache to keep, whatever it says', async () => {
    const asked = [
      app.introspect(web, { token: app.issuer.token() }),
      app.introspect(web, { token: GARBAGE }),
      app.introspect(web, {}),
      app.introspect({ id: 'web', secret: 'canary-wrong' }, {}),
      app.postAs(web, '/introspect', '').type('json').send('{}'),
      app.send('GET', '/introspect'),
    ];
    const answers = await Promise.all(asked);
    expect(answers.map(({ status, headers }) => [status, headers['cache-control']])).toEqual(
      [200, 200, 400, 401, 400, 405].map((status) => [status, 'no-store']),
    );
  });

  it('C42 C45 changes nothing by asking', async () => {
    const token = app.issuer.token();
    for (let i = 0; i < 3; i++) await app.introspect(web, { token });
    expect((await app.live.history()).items).toStrictEqual([]);
    expect(await app.accepts(token)).toBe(true);
  });
});

function seconds(fromNow: number): number {
  return Math.floor(Date.now() / 1000) + fromNow;
}

describe('a resource server with audiences of its own', () => {
  const scoped = { id: 'scoped', secret: 'canary-scoped', mayIntrospect: true, audience: ['https://orders.test', 'https://stock.test'] };

  it.each([
    ['its own', ['https://orders.test', AUDIENCE], true],
    ['another of its own', ['https://stock.test', AUDIENCE], true],
    ['somebody else', [AUDIENCE], false],
    ['somebody else, as a string', AUDIENCE, false],
    ['something that contains its name', [`https://orders.test/x`, AUDIENCE], false],
  ])('C42 learns of the tokens that may be used there only: one for %s', async (_, aud, active) => {
    const app = await openOAuthApp({ store: memoryStore(), oauth: { clients: [scoped, web] } });
    const token = app.issuer.token({ aud });
    const { body } = await app.introspect(scoped, { token });
    expect(body.active).toBe(active);
    if (!active) expect(body).toEqual({ active: false });
    expect((await app.introspect(web, { token })).body.active).toBe(true);
  });
});
