import request from 'supertest';
import { askToIssue, claimsIn, countOf, EVERY_DEMO, isLive, issue, login, SECRETS, type Holder, type OpenDemo } from './support/every-demo.js';

describe.each(EVERY_DEMO)('tokens issued by API key, on $name', ({ open }) => {
  let demo: OpenDemo;
  beforeAll(async () => {
    demo = await open();
  });
  afterAll(() => demo.close());

  it('I98 answers 201 with the fields of a token, and the token itself', async () => {
    const sentAt = Date.now();
    const { body } = await askToIssue(demo.app, 'merchant-key', { scopes: ['orders:read'], expiresIn: 60 }).expect(201);
    const { jti, iat_ms, exp, org, orgs } = claimsIn(body.accessToken);
    expect([org, orgs]).toEqual(['ybo8zd8j2q', ['8ow24y2pdx']]);
    const uri = `/tokens/${jti}/revoke`;
    const token = {
      ...{ id: jti, uri, tokenType: 'BEARER', status: 'ACTIVE', scopes: ['orders:read'], expiryTime: exp * 1000, createdTimestamp: iat_ms },
      ...{ accessType: 'CR', requestingAccessType: 'CR', ipFiltering: false, mtlsFilter: false },
      ...{ requestedOrganisation: 'ybo8zd8j2q', requestingOrganisation: 'ybo8zd8j2q' },
      links: [{ id: jti, resourceType: 'revoketoken', uri }],
      accessToken: body.accessToken,
    };
    expect(body).toEqual({ ...token, data: token });
    expect(iat_ms).toBeGreaterThanOrEqual(sentAt);
    expect(exp).toBe(Math.floor(iat_ms / 1000) + 60);
  });

  it('opens the API with it', async () => {
    expect(await isLive(demo.app, (await issue(demo.app, 'merchant-key', ['orders:read'])).token)).toBe(true);
  });

  it('lets a token live 15 minutes where nothing is said', async () => {
    const { body } = await askToIssue(demo.app, 'merchant-key', { scopes: ['orders:read'] }).expect(201);
    const { iat, exp } = claimsIn(body.accessToken);
    expect(exp - iat).toBe(900);
  });

  it('refuses a token that has expired', async () => {
    const { body } = await askToIssue(demo.app, 'merchant-key', { scopes: ['orders:read'], expiresIn: 1 }).expect(201);
    let answer;
    do answer = await request(demo.app).get('/api/orders').set('Authorization', `Bearer ${String(body.accessToken)}`);
    while (answer.status === 200);
    expect(answer.body).toMatchObject({ error: 'invalid_token', reason: 'expired' });
    expect(Date.now() / 1000).toBeGreaterThanOrEqual(claimsIn(body.accessToken).exp);
  });

  it.each([
    ['8ow24y2pdx', [], 'BN'],
    ['ybo8zd8j2q', ['8ow24y2pdx'], 'CR'],
    ['qj29q69mxn', ['8ow24y2pdx'], 'CR'],
  ])('I95 issues for %s by the key of the partner, who may revoke it', async (organisation, orgs, accessType) => {
    const { body } = await askToIssue(demo.app, 'partner-key', { scopes: ['admin'] }, organisation).expect(201);
    expect(body).toMatchObject({ accessType, requestingAccessType: 'BN', requestedOrganisation: organisation, requestingOrganisation: '8ow24y2pdx' });
    expect(body.uri).toBe(`/organisations/${organisation}/tokens/${claimsIn(body.accessToken).jti}/revoke`);
    expect(claimsIn(body.accessToken)).toMatchObject({ org: organisation, orgs });
    await request(demo.app).post(body.uri).auth('partner-key', SECRETS['partner-key']).expect(200);
    expect(await isLive(demo.app, body.accessToken)).toBe(false);
  });

  it.each<[Holder, string, number, string]>([
    ['merchant-key', 'ybo8zd8j2q', 403, 'forbidden'],
    ['merchant-key', '8ow24y2pdx', 403, 'forbidden'],
    ['merchant-key', 'nowhere', 403, 'forbidden'],
    ['other-key', 'ybo8zd8j2q', 403, 'forbidden'],
    ['partner-key', 'j29p3kpabx', 403, 'forbidden'],
    ['partner-key', 'nowhere', 404, 'not_found'],
    ['partner-key', '__proto__', 404, 'not_found'],
    ['partner-key', '%zz', 400, 'invalid_request'],
  ])('I95 I101 I102 refuses the key %s for organisation %s with %i', async (key, organisation, status, code) => {
    const { body } = await askToIssue(demo.app, key, { scopes: ['orders:read'] }, organisation).expect(status);
    expect(body).toMatchObject({ returnCode: String(status), returnDescription: expect.any(String), details: [{ code }] });
  });

  it.each<[Holder, string, number]>([
    ['merchant-key', 'orders:read', 201],
    ['merchant-key', 'orders:write', 201],
    ['merchant-key', 'admin', 201],
    ['merchant-key', 'bankadmin', 403],
    ['other-key', 'bankadmin', 403],
    ['partner-key', 'bankadmin', 201],
  ])('lets the key %s give the scope %s: %i', async (key, scope, status) => {
    const { body } = await askToIssue(demo.app, key, { scopes: ['orders:read', scope] }).expect(status);
    expect('accessToken' in body).toBe(status === 201);
  });

  describe('with bad input', () => {
    beforeAll(() => countOf(demo.app, 'merchant-key'));

    it.each([
      ['no scopes', { expiresIn: 60 }],
      ['an empty list of scopes', { scopes: [] }],
      ['scopes in a string', { scopes: 'orders:read' }],
      ['a scope that is no string', { scopes: [1] }],
      ['a nested scope', { scopes: [['orders:read']] }],
      ['an unknown scope', { scopes: ['orders:read', 'everything'] }],
      ['a scope of Object', { scopes: ['__proto__'] }],
      ['17 scopes', { scopes: new Array(17).fill('orders:read') }],
      ['a lifetime of 0', { scopes: ['orders:read'], expiresIn: 0 }],
      ['a negative lifetime', { scopes: ['orders:read'], expiresIn: -1 }],
      ['a fraction', { scopes: ['orders:read'], expiresIn: 1.5 }],
      ['a lifetime in a string', { scopes: ['orders:read'], expiresIn: '60' }],
      ['no lifetime (null)', { scopes: ['orders:read'], expiresIn: null }],
      ['more than a day', { scopes: ['orders:read'], expiresIn: 86_401 }],
      ['milliseconds', { scopes: ['orders:read'], expiresIn: 3_600_000 }],
      ['a misspelt field', { scopes: ['orders:read'], expiresin: 60 }],
      ['an array', []],
    ])('answers 400 to %s', async (_what, body) => {
      const answer = await askToIssue(demo.app, 'merchant-key', body).expect(400);
      expect(answer.body).toMatchObject({ returnCode: '400', details: [{ code: 'invalid_request' }] });
    });

    it.each([
      ['broken JSON', 'application/json', '{"scopes":', 400],
      ['a bare string', 'application/json', '"orders:read"', 400],
      ['bytes that are no UTF-8 name', 'application/json; charset=nonsense', '{}', 400],
      ['a form', 'application/x-www-form-urlencoded', 'scopes=orders:read', 415],
      ['text', 'text/plain', '{"scopes":["orders:read"]}', 415],
      ['17 KiB', 'application/json', JSON.stringify({ scopes: ['x'.repeat(17_000)] }), 413],
    ])('answers %s with a 4xx that repeats nothing of it', async (_what, type, text, status) => {
      const answer = await request(demo.app).post('/tokens').auth('merchant-key', 'merchant-secret').set('Content-Type', type).send(text).expect(status);
      expect(answer.body.returnCode).toBe(String(status));
      expect(answer.text).not.toMatch(/orders:read|xxx|nonsense/);
    });

    it('answers 400 where there is no body', async () => {
      await request(demo.app).post('/tokens').auth('merchant-key', 'merchant-secret').expect(400);
    });

    it('has issued nothing by all of that', async () => {
      expect(await countOf(demo.app, 'merchant-key')).toBe(0);
    });
  });

  it('I96 answers 405 to other methods', async () => {
    for (const path of ['/tokens', '/organisations/ybo8zd8j2q/tokens']) {
      const answer = await request(demo.app).get(path).auth('partner-key', 'partner-secret').expect(405);
      expect(answer.headers).toMatchObject({ allow: 'POST' });
    }
  });

  it('I96 answers 401 with a challenge where no API key proves itself, the same for an unknown key and a wrong secret', async () => {
    const attempt = () => request(demo.app).post('/tokens').send({ scopes: ['orders:read'] });
    const answers = [await attempt(), await attempt().auth('merchant-key', 'wrong'), await attempt().auth('no-key', 'wrong'), await attempt().auth('web', 'web-secret')];
    for (const { status, headers, body } of answers) {
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toMatch(/^Basic realm=/);
      expect(body).toEqual(answers[0]!.body);
    }
  });

  it('takes no token in place of the key, since what it issued would outlive it', async () => {
    const admin = await issue(demo.app, 'partner-key', ['admin', 'bankadmin']);
    const alice = await login(demo.app);
    for (const token of [admin.token, alice.access]) {
      await request(demo.app).post('/tokens').set('Authorization', `Bearer ${token}`).send({ scopes: ['orders:read'] }).expect(401);
    }
  });

  it('gives a live token in the very moment after everything was revoked', async () => {
    for (let round = 0; round < 20; round += 1) {
      await countOf(demo.app, 'merchant-key');
      expect(await isLive(demo.app, (await issue(demo.app, 'merchant-key', ['orders:read'])).token)).toBe(true);
    }
  });
});
