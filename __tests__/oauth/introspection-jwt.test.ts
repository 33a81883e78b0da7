import jwt from 'jsonwebtoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { errorsInto } from '../support/oauth-app.js';
import { API, AS, ELLIPTIC, KEYS, SIGNED, SIGNING, WEB, closeSigningApps, openSigningApp, unsealed, type SigningApp } from '../support/signing-app.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const RSA = KEYS.RS256.publicKey;

let app: SigningApp;

afterEach(closeSigningApps);

/** What the same caller is told in JSON. */
async function inJson(client: Parameters<SigningApp['introspect']>[0], token: string): Promise<unknown> {
  const { headers, body } = await app.introspect(client, token, 'application/json');
  expect(headers['content-type']).toBe(JSON_TYPE);
  return JSON.parse(body);
}

describe.each(EVERY_EXPRESS)('POST /introspect with keys to sign with, on $name,', ({ express }) => {
  let token: string;

  beforeEach(async () => {
    app = await openSigningApp({}, express);
    token = app.sign(app.claims());
  });

  it('D51 D52 D53 signs for the resource server that asks', async () => {
    const before = Math.floor(Date.now() / 1000);
    const { status, headers, body } = await app.introspect(API, token);
    expect([status, headers['content-type']]).toEqual([200, SIGNED]);
    const { header, payload } = unsealed(body, RSA);
    expect(header).toEqual({ alg: 'RS256', typ: 'token-introspection+jwt', kid: 'rsa-1' });
    expect(payload).toEqual({ iss: AS, aud: 'api', iat: expect.any(Number), token_introspection: await inJson(API, token) });
    expect(payload).toHaveProperty('token_introspection.sub', 'alice');
    expect(payload['iat']).toBeGreaterThanOrEqual(before);
    expect(payload['iat']).toBeLessThanOrEqual(Date.now() / 1000);
  });

  it.each([
    ['only the JWT', SIGNED, SIGNED],
    ['the JWT, in capitals', SIGNED.toUpperCase(), SIGNED],
    ['the JWT before JSON', `application/json;q=0.9, ${SIGNED}`, SIGNED],
    ['the JWT or anything', `${SIGNED}, */*;q=0.1`, SIGNED],
    ['JSON before the JWT', `application/json, ${SIGNED};q=0.9`, JSON_TYPE],
    ['JSON and the JWT, in this order', `application/json, ${SIGNED}`, JSON_TYPE],
    ['anything', '*/*', JSON_TYPE],
    ['any application type', 'application/*', JSON_TYPE],
    ['anything but the JWT', `${SIGNED};q=0, */*`, JSON_TYPE],
    ['no JWT', `${SIGNED};q=0`, JSON_TYPE],
    ['a JWT of another kind', 'application/jwt', JSON_TYPE],
    ['a page', 'text/html', JSON_TYPE],
    ['nothing that can be read', ';;,q=', JSON_TYPE],
    ['nothing', '', JSON_TYPE],
  ])('D51 answers what is preferred, and JSON where that is nothing here: %s', async (_, accept, type) => {
    const { status, headers } = await app.introspect(API, token, accept);
    expect([status, headers['content-type']]).toEqual([200, type]);
    expect(headers['vary']).toMatch(/\bAccept\b/);
    expect(headers['cache-control']).toBe('no-store');
  });

  it('D51 answers JSON to whoever sends no Accept', async () => {
    const { headers, body } = await app.post('/introspect', { token }, API);
    expect([headers['content-type'], body.active]).toEqual([JSON_TYPE, true]);
    expect(headers['vary']).toMatch(/\bAccept\b/);
  });

  it.each([
    ['wrong credentials', 401, 'invalid_client', () => app.introspect({ id: 'api', secret: 'wrong' }, token)],
    ['a public client', 401, 'invalid_client', () => app.post('/introspect', { token, client_id: 'spa' }).set('Accept', SIGNED)],
    ['no token', 400, 'invalid_request', () => app.post('/introspect', {}, API).set('Accept', SIGNED)],
  ])('D51 answers errors in JSON, whatever is accepted: %s', async (_, status, error, ask) => {
    const answer = await ask();
    const body: unknown = typeof answer.body === 'string' ? JSON.parse(answer.body) : answer.body;
    expect([answer.status, answer.headers['content-type'], body]).toEqual([status, JSON_TYPE, { error, error_description: expect.any(String) }]);
  });

  it('D51 answers an outage in JSON: 503', async () => {
    await app.live.close();
    const { status, headers, body } = await app.introspect(API, token);
    expect([status, headers['content-type'], JSON.parse(body).error]).toEqual([503, JSON_TYPE, 'temporarily_unavailable']);
  });
});

describe('A signed introspection', () => {
  beforeEach(async () => {
    app = await openSigningApp();
  });

  it('D52 is signed with the algorithm that the client registered', async () => {
    const { body } = await app.introspect(ELLIPTIC, app.sign(app.claims()));
    const { header, payload } = unsealed(body, KEYS.ES256.publicKey);
    expect(header).toEqual({ alg: 'ES256', typ: 'token-introspection+jwt', kid: 'ec-1' });
    expect(payload).toMatchObject({ iss: AS, aud: 'elliptic', token_introspection: { active: true } });
  });

  it.each([
    ['nobody issued', () => 'not-a-token'],
    ['somebody else signed', () => jwt.sign({ ...app.claims() }, KEYS.ES256.privateKey, { algorithm: 'ES256' })],
    ['has expired', () => app.sign(app.claims({ iat: 1_600_000_000, exp: 1_600_000_600 }))],
    ["is another client's refresh token", () => app.sign(app.claims({ token_use: 'refresh', client_id: 'other' }))],
  ])('D54 says of a token that %s that it is inactive, and nothing else', async (_, make) => {
    const { body } = await app.introspect(API, make());
    const { payload } = unsealed(body, RSA);
    expect(payload).toEqual({ iss: AS, aud: 'api', iat: expect.any(Number), token_introspection: { active: false } });
  });

  it('D54 says so of a token that was revoked a moment ago', async () => {
    const token = app.sign(app.claims());
    expect((await app.post('/revoke', { token }, WEB)).status).toBe(200);
    const { body } = await app.introspect(API, token);
    expect(unsealed(body, RSA).payload['token_introspection']).toEqual({ active: false });
  });

  it('D53 has neither sub nor exp nor jti at the top', async () => {
    const { body } = await app.introspect(WEB, app.sign(app.claims()));
    expect(Object.keys(unsealed(body, RSA).payload).sort()).toEqual(['aud', 'iat', 'iss', 'token_introspection']);
  });

  it('D53 holds what the application adds, as the JSON does', async () => {
    app = await openSigningApp({ introspectionMembers: () => ({ tier: 'gold', nested: { no: true } }) });
    const { body } = await app.introspect(API, app.sign(app.claims()));
    expect(unsealed(body, RSA).payload['token_introspection']).toMatchObject({ tier: 'gold' });
    expect(unsealed(body, RSA).payload['token_introspection']).not.toHaveProperty('nested');
  });
});

describe('The holder of an access token who may introspect', () => {
  const scope = 'introspect';

  async function bearer(claims: Parameters<SigningApp['claims']>[0]): Promise<string> {
    return `Bearer ${app.sign(app.claims({ scope, ...claims }))}`;
  }

  beforeEach(async () => {
    app = await openSigningApp({ introspectionScope: scope });
  });

  it.each([
    ['RS256', 'api'],
    ['RS256', 'not-registered-here'],
    ['ES256', 'elliptic'],
  ] as const)('D53 is told by %s as the client of that token: %s', async (algorithm, client_id) => {
    const { headers, body } = await app.introspect(await bearer({ client_id }), app.sign(app.claims()));
    expect(headers['content-type']).toBe(SIGNED);
    const { header, payload } = unsealed(body, KEYS[algorithm].publicKey);
    expect([header['alg'], payload['aud']]).toEqual([algorithm, client_id]);
    expect(payload).toHaveProperty('token_introspection.active', true);
  });

  it('D51 is answered in JSON where that token names no client: a JWT for nobody is for anybody', async () => {
    const { client_id: _, ...claims } = app.claims({ scope });
    const { headers, body } = await app.introspect(`Bearer ${app.sign(claims)}`, app.sign(app.claims()));
    expect([headers['content-type'], JSON.parse(body).active]).toEqual([JSON_TYPE, true]);
  });

  it('D51 is refused in JSON', async () => {
    const { status, headers } = await app.introspect(await bearer({ scope: 'other' }), app.sign(app.claims()));
    expect([status, headers['content-type']]).toEqual([403, JSON_TYPE]);
  });
});

describe('Keys that do not fit what clients registered', () => {
  const elliptic = SIGNING[1];

  it('D52 leave a client that registered nothing, and so expects RS256, with JSON', async () => {
    app = await openSigningApp({ introspectionSigning: elliptic });
    expect((await app.introspect(API, app.sign(app.claims()))).headers['content-type']).toBe(JSON_TYPE);
    expect((await app.introspect(ELLIPTIC, app.sign(app.claims()))).headers['content-type']).toBe(SIGNED);
  });

  it.each(['PS256', 'none', 'HS256', 'RS256 '])('D52 are never replaced by others: a client that a function finds with %p is an error of the application', async registered => {
    const errors: unknown[] = [];
    const clients = () => ({ ...API, introspectionSignedResponseAlg: registered as 'PS256' });
    app = await openSigningApp({ clients }, undefined, each => each.use(errorsInto(errors)));
    const { status } = await app.introspect(API, app.sign(app.claims()));
    expect(status).toBe(500);
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('has no key for that') })]);
  });

  it('D52 count as RS256 where a database has null for what was not registered', async () => {
    const clients = () => ({ ...API, introspectionSignedResponseAlg: null as unknown as 'RS256' });
    app = await openSigningApp({ clients });
    const { body } = await app.introspect(API, app.sign(app.claims()));
    expect(unsealed(body, RSA).header['alg']).toBe('RS256');
  });
});

it('D51 without keys everybody is answered in JSON, and nothing depends on Accept', async () => {
  app = await openSigningApp({ introspectionSigning: undefined as never, clients: [API] });
  const { headers } = await app.introspect(API, app.sign(app.claims()));
  expect([headers['content-type'], headers['vary']]).toEqual([JSON_TYPE, undefined]);
});
