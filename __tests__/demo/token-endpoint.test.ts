import request from 'supertest';
import { askForTokens, claimsIn, EVERY_DEMO, introspect, isLive, login, OAUTH, redeem, type OpenDemo } from './support/every-demo.js';

const ALICE = { grant_type: 'password', username: 'alice', password: 'alice-password' };

describe.each(EVERY_DEMO)('the token endpoint, on $name', ({ open }) => {
  let demo: OpenDemo;
  beforeAll(async () => {
    demo = await open();
  });
  afterAll(() => demo.close());

  const post = () => request(demo.app).post(`${OAUTH}/token`).type('form');

  it('answers a login with an access and a refresh token, not to be cached', async () => {
    const { body, headers } = await askForTokens(demo.app, 'web', ALICE).expect(200);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'orders:read orders:write',
      refresh_token: expect.stringMatching(/^rt_[\w-]{43}$/),
    });
    expect(headers).toMatchObject({ 'cache-control': 'no-store' });
    expect(await isLive(demo.app, body.access_token)).toBe(true);
  });

  it('puts into an access token all that RFC 9068 asks for, and its exact issue time', async () => {
    const sentAt = Date.now();
    const { access } = await login(demo.app);
    const claims = claimsIn(access);
    expect(claims).toMatchObject({
      ...{ iss: expect.any(String), aud: expect.any(String), sub: 'alice', client_id: 'web', scope: 'orders:read orders:write' },
      ...{ jti: expect.any(String), sid: expect.any(String), grant_id: expect.any(String), org: 'ybo8zd8j2q', orgs: ['8ow24y2pdx'] },
    });
    expect(claims.iat_ms).toBeGreaterThanOrEqual(sentAt);
    expect(claims.iat).toBe(Math.floor(claims.iat_ms / 1000));
    expect(claims.exp).toBe(claims.iat + 900);
    expect(JSON.parse(Buffer.from(access.split('.')[0]!, 'base64url').toString())).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
  });

  it('lets the tokens of a login share a session, which is new every time', async () => {
    const first = await login(demo.app);
    const second = await login(demo.app);
    const { body } = await introspect(demo.app, first.refresh, 'web').expect(200);
    const { sid, jti } = claimsIn(first.access);
    expect(body).toMatchObject({ active: true, sid });
    expect(body.jti).not.toBe(jti);
    expect(claimsIn(second.access).sid).not.toBe(sid);
    expect(claimsIn(second.access)['grant_id']).not.toBe(claimsIn(first.access)['grant_id']);
  });

  it('lets the tokens of a login share a grant, through every rotation', async () => {
    const first = await login(demo.app);
    const { body } = await redeem(demo.app, first.refresh).expect(200);
    for (const name of ['grant_id', 'sid', 'sub', 'org', 'client_id']) expect(claimsIn(body.access_token)[name]).toBe(claimsIn(first.access)[name]);
  });

  it('takes a public client by its name alone', async () => {
    const { body } = await post().send({ ...ALICE, client_id: 'spa' }).expect(200);
    expect(claimsIn(body.access_token)).toMatchObject({ client_id: 'spa', sub: 'alice' });
    await post().send({ grant_type: 'refresh_token', refresh_token: body.refresh_token, client_id: 'spa' }).expect(200);
  });

  it('A02 takes client credentials in the body as well', async () => {
    await post().send({ ...ALICE, client_id: 'mobile', client_secret: 'mobile-secret' }).expect(200);
  });

  it('gives a client a token of its own, without session, grant or refresh token', async () => {
    const { body } = await askForTokens(demo.app, 'web', { grant_type: 'client_credentials' }).expect(200);
    expect(body).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 900, scope: 'orders:read orders:write' });
    const claims = claimsIn(body.access_token);
    expect(claims).toMatchObject({ sub: 'web', client_id: 'web', org: '8ow24y2pdx' });
    expect(claims).not.toHaveProperty('sid');
    expect(claims).not.toHaveProperty('grant_id');
    expect(await isLive(demo.app, body.access_token)).toBe(true);
  });

  it('gives less where less is asked for', async () => {
    const { body } = await askForTokens(demo.app, 'web', { ...ALICE, scope: 'orders:read' }).expect(200);
    expect(body.scope).toBe('orders:read');
    expect(claimsIn(body.access_token)['scope']).toBe('orders:read');
  });

  it.each(['admin', 'bankadmin', 'orders:read admin', 'everything', '__proto__'])('refuses a user the scope %s', async (scope) => {
    const { body } = await askForTokens(demo.app, 'web', { ...ALICE, scope }).expect(400);
    expect(body).toEqual({ error: 'invalid_scope', error_description: expect.any(String) });
  });

  it('answers a wrong password and an unknown user with the same bytes', async () => {
    const wrong = await askForTokens(demo.app, 'web', { ...ALICE, password: 'bob-password' }).expect(400);
    for (const username of ['mallory', 'nobody', '__proto__', 'a'.repeat(1000)]) {
      const unknown = await askForTokens(demo.app, 'web', { ...ALICE, username }).expect(400);
      expect(unknown.text).toBe(wrong.text);
    }
    expect(wrong.body.error).toBe('invalid_grant');
  });

  it.each([
    ['A04 a wrong secret', 'web:wrong'],
    ['A04 an unknown client', 'nobody:web-secret'],
    ['A04 no secret', 'web:'],
    ["A04 another client's secret", 'web:mobile-secret'],
    ['B29 a secret for a public client', 'spa:spa'],
    ['B29 an empty secret for a public client', 'spa:'],
  ])('%s in the header is answered 401 with a challenge, always the same', async (_what, credentials) => {
    const answer = await post().set('Authorization', `Basic ${Buffer.from(credentials).toString('base64')}`).send(ALICE).expect(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Basic /);
    expect(answer.body).toEqual({ error: 'invalid_client', error_description: 'Client authentication failed' });
  });

  it.each([
    ['A05 a wrong secret', { client_id: 'web', client_secret: 'wrong' }, 401, 'invalid_client'],
    ['B29 a confidential client without its secret', { client_id: 'web' }, 401, 'invalid_client'],
    ['A08 no client at all', {}, 401, 'invalid_client'],
    ['A14 an empty client_id', { client_id: '' }, 401, 'invalid_client'],
  ])('%s in the body is refused', async (_what, form, status, error) => {
    const { body } = await post().send({ ...ALICE, ...form }).expect(status);
    expect(body.error).toBe(error);
  });

  it.each([
    ['A06 secrets in header and body', 'client_id=web&client_secret=web-secret'],
    ['A06 a different client in the body', 'client_id=spa'],
    ['A13 a repeated parameter', 'username=alice&username=alice'],
    ['A14 no grant_type', 'grant_type='],
  ])('answers 400 to %s', async (_what, rest) => {
    const text = rest === 'grant_type=' ? rest : `grant_type=password&username=alice&password=alice-password&${rest}`;
    const { body } = await post().auth('web', 'web-secret').send(text).expect(400);
    expect(body.error).toBe('invalid_request');
  });

  it.each(['bm8tY29sb24=', '%%%', 'JTp4'])('A07 answers malformed Basic credentials (%s) with a 4xx', async (encoded) => {
    const { status } = await post().set('Authorization', `Basic ${encoded}`).send(ALICE);
    expect([400, 401]).toContain(status);
  });

  it.each([
    ['implicit', 'unsupported_grant_type'],
    ['__proto__', 'unsupported_grant_type'],
    ['constructor', 'unsupported_grant_type'],
    ['urn:ietf:params:oauth:grant-type:token-exchange', 'unsupported_grant_type'],
  ])('refuses the grant %s', async (grant, error) => {
    const { body } = await askForTokens(demo.app, 'web', { ...ALICE, grant_type: grant }).expect(400);
    expect(body.error).toBe(error);
  });

  it('refuses a grant that the client may not use', async () => {
    const spa = await post().send({ grant_type: 'client_credentials', client_id: 'spa' }).expect(400);
    const api = await askForTokens(demo.app, 'api', ALICE).expect(400);
    expect([spa.body.error, api.body.error]).toEqual(['unauthorized_client', 'unauthorized_client']);
  });

  it.each(['username', 'password'])('answers 400 where %s is missing', async (name) => {
    const { body } = await askForTokens(demo.app, 'web', { ...ALICE, [name]: '' }).expect(400);
    expect(body.error).toBe('invalid_request');
  });

  it('A15 A17 A19 takes forms by POST only, of 16 KiB at most', async () => {
    const json = await request(demo.app).post(`${OAUTH}/token`).auth('web', 'web-secret').send(ALICE).expect(400);
    const large = await askForTokens(demo.app, 'web', { ...ALICE, padding: 'x'.repeat(17_000) }).expect(413);
    const get = await request(demo.app).get(`${OAUTH}/token`).query(ALICE).auth('web', 'web-secret').expect(405);
    expect([json.body.error, large.body.error, get.body.error]).toEqual(['invalid_request', 'invalid_request', 'method_not_allowed']);
    expect(get.headers['allow']).toBe('POST');
  });

  it('A03 takes no client credentials from the query', async () => {
    await post().query({ client_id: 'web', client_secret: 'web-secret' }).send(ALICE).expect(401);
  });
});
