import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import request from 'supertest';
import { memoryStore, requireLiveToken } from 'livetoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { apiBehind, ask, CHALLENGE, guardedApi, liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();
const live = liveTokens(memoryStore(), issuer);

describe.each(EVERY_EXPRESS)('a token in the Authorization header, on $name', ({ express }) => {
  const api = guardedApi(live, {}, express);

  it('F64 opens the route, and its claims are in req.auth', async () => {
    const claims = issuer.claims();
    const token = issuer.sign(claims);

    const { status, body } = await ask(api, token);

    expect({ status, body }).toEqual({ status: 200, body: { auth: { claims, token } } });
  });

  it('F64 that is missing is answered 401 with a challenge that has a parameter and no error code', async () => {
    const { status, headers, body } = await ask(api);

    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe(CHALLENGE.none);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({
      error: 'unauthorized',
      error_description: 'This resource needs an access token in the header Authorization: Bearer',
    });
  });

  it.each(['', 'Basic dXNlcjpwYXNz', 'DPoP abc', 'Bearerx abc', 'Bearer-abc', 'Token Bearer abc', 'bear', ',Bearer abc'])(
    'F64 of another scheme is none: %j',
    async value => {
      const { status, headers } = await request(api).get('/').set('Authorization', value);

      expect([status, headers['www-authenticate']]).toEqual([401, CHALLENGE.none]);
    },
  );

  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR', 'Bearer  ', 'bearer     '])('F65 is found whatever the case of the scheme: %j', async scheme => {
    const { status } = await request(api).get('/').set('Authorization', `${scheme} ${issuer.token()}`);

    expect(status).toBe(200);
  });

  const notOneToken = [
    ...['Bearer', 'bearer ', 'Bearer   ', 'Bearer TOKEN TOKEN', 'Bearer TOKEN,TOKEN', 'Bearer TOKEN, Bearer TOKEN', 'Bearer Bearer TOKEN'],
    ...['Bearer\tTOKEN', 'Bearer \tTOKEN', 'Bearer,TOKEN', 'Bearer=TOKEN', 'Bearer "TOKEN"', 'Bearer:TOKEN', 'Bearer TOKEN=x', 'Bearer =TOKEN'],
    ...['Bearer a;b', 'Bearer a%2e', 'Bearer token=abc', 'Bearer TOKEN\u00a0', 'Bearer \u00a0TOKEN'],
  ];
  it.each(notOneToken)('F65 is exactly one b64token after the scheme, or the answer is 400: %j', async value => {
    const { status, headers, body } = await request(api).get('/').set('Authorization', value.replaceAll('TOKEN', issuer.token()));

    expect([status, headers['www-authenticate'], body.error]).toEqual([400, CHALLENGE.invalid_request, 'invalid_request']);
    expect(headers['cache-control']).toBe('no-store');
  });

  it('F66 given twice is answered 400, whichever of the two is good, and even when they are the same', async () => {
    const good = `Bearer ${issuer.token()}`;
    const pairs = [[good, good], [good, 'Bearer bad'], ['Bearer bad', good], ['Basic dXNlcjpwYXNz', good], [good, '']];

    const answers = await Promise.all(pairs.map(pair => twoHeaders(pair, express)));

    expect(answers).toEqual(pairs.map(() => [400, CHALLENGE.invalid_request]));
  });

  it('F66 is given once beside another header whose name is as long', async () => {
    expect('If-None-Match').toHaveLength('Authorization'.length);
    expect((await ask(api, issuer.token()).set('If-None-Match', 'Authorization')).status).toBe(200);
  });

  it.each(['access_token', 'access%5ftoken', '%61ccess_token'])('F67 in the query as %s is ignored: 401', async name => {
    const { status, headers } = await request(api).get(`/orders?${name}=${issuer.token()}`);

    expect([status, headers['www-authenticate']]).toEqual([401, CHALLENGE.none]);
  });

  it.each(['access_token', 'access%5Ftoken', 'x=1&access_token'])('F67 in the header and in the query as %s at once is answered 400', async name => {
    for (const other of [issuer.token(), 'x', '']) {
      const { status, headers } = await request(api).get(`/orders?${name}=${other}`).set('Authorization', `Bearer ${issuer.token()}`);

      expect([status, headers['www-authenticate']]).toEqual([400, CHALLENGE.invalid_request]);
    }
  });

  it('F67 is not taken from the query either where the guard is mounted under a path', async () => {
    const app = express();
    app.use('/api', api);

    const both = await request(app).get('/api/orders?access_token=x').set('Authorization', `Bearer ${issuer.token()}`);
    const query = await request(app).get(`/api/orders?access_token=${issuer.token()}`);

    expect([both.status, query.status]).toEqual([400, 401]);
  });

  it('F68 in a form is ignored, whether something has parsed the form or not', async () => {
    const parsed = apiBehind([express.urlencoded({ extended: false }), requireLiveToken(live)], express);
    const form = `access_token=${issuer.token()}`;

    for (const each of [api, parsed]) {
      const { status, headers } = await request(each).post('/').type('form').send(form);
      expect([status, headers['www-authenticate']]).toEqual([401, CHALLENGE.none]);
    }
  });

  it('F64 is the one that middleware before the guard leaves there: put in from a cookie, or taken away', async () => {
    const fromCookie = apiBehind([(req, _res, next) => { req.headers.authorization = `Bearer ${req.headers.cookie ?? ''}`; next(); }, requireLiveToken(live)], express);
    const takenAway = apiBehind([(req, _res, next) => { delete req.headers.authorization; next(); }, requireLiveToken(live)], express);

    expect((await request(fromCookie).get('/').set('Cookie', issuer.token())).status).toBe(200);
    expect((await ask(takenAway, issuer.token())).status).toBe(401);
  });
});

describe('a guard with optional: true', () => {
  const api = guardedApi(live, { optional: true });

  it('F64 lets a request without a token pass, without req.auth', async () => {
    const { status, body } = await ask(api);

    expect({ status, body }).toEqual({ status: 200, body: { auth: null } });
  });

  it('F64 gives a good token its req.auth', async () => {
    const token = issuer.token();

    expect((await ask(api, token)).body.auth.token).toBe(token);
  });

  const expired = { iat: 1_700_000_000, exp: 1_700_000_600 };
  it.each([
    ['forged', 401, `Bearer ${createIssuer().token()}`],
    ['expired', 401, `Bearer ${issuer.token(expired)}`],
    ['not even a JWT', 401, 'Bearer abc'],
    ['empty', 400, 'Bearer'],
    ['no b64token', 400, `Bearer\t${issuer.token()}`],
  ])('F70 never takes an invalid token for none: %s', async (_, expected, value) => {
    const { status } = await request(api).get('/').set('Authorization', value);

    expect(status).toBe(expected);
  });

  it('F70 never takes a revoked token for none', async () => {
    const token = issuer.token();
    await live.revoke(token);

    expect((await ask(api, token)).status).toBe(401);
  });

  it('F66 F67 never takes two tokens for none', async () => {
    const { status } = await request(api).get('/?access_token=x').set('Authorization', `Bearer ${issuer.token()}`);

    expect(status).toBe(400);
  });
});

/** Sent as two header lines, which fetch and supertest would join. */
async function twoHeaders(values: readonly string[], express: (typeof EVERY_EXPRESS)[number]['express']): Promise<unknown[]> {
  const server = guardedApi(live, {}, express).listen(0);
  try {
    await once(server, 'listening');
    const headers: OutgoingHttpHeaders = { Authorization: [...values], Connection: 'close' };
    const sent = httpRequest({ port: (server.address() as AddressInfo).port, headers }).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    answer.resume();
    return [answer.statusCode, answer.headers['www-authenticate']];
  } finally {
    server.close();
  }
}
