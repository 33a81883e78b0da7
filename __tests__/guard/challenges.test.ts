import request from 'supertest';
import { memoryStore, requireLiveToken } from 'livetoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { ask, CHALLENGE, guardedApi, liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();
const now = Math.floor(Date.now() / 1000);
const expired = { iat: now - 700, exp: now - 100 };

describe.each(EVERY_EXPRESS)('a refused token, on $name', ({ express }) => {
  const live = liveTokens(memoryStore(), issuer);
  const api = guardedApi(live, {}, express);
  const telling = guardedApi(live, { exposeReason: true }, express);

  async function revoked(): Promise<string> {
    const token = issuer.token();
    await live.revoke(token);
    return token;
  }

  const refusals: readonly (readonly [reason: string, token: () => string | Promise<string>])[] = [
    ['expired', () => issuer.token(expired)],
    ['revoked', revoked],
    ['bad_signature', () => createIssuer().token()],
    ['malformed', () => 'abc.def'],
    ['not_yet_valid', () => issuer.token({ nbf: now + 60 })],
    ['issued_in_future', () => issuer.token({ iat: now + 60, exp: now + 600 })],
    ['lifetime_too_long', () => issuer.token({ exp: now + 86_400 })],
    ['unrevocable', () => issuer.token({ jti: undefined })],
    ['wrong_audience', () => issuer.token({ aud: 'https://other.test' })],
    ['wrong_issuer', () => issuer.token({ iss: 'https://other.test' })],
    ['not_an_access_token', () => issuer.token({ nonce: 'n' })],
    ['sender_constrained', () => issuer.token({ cnf: { jkt: 'k' } })],
    ['too_long', () => 'a'.repeat(8193)],
  ];

  it.each(refusals)('F70 is answered 401 invalid_token with the same header and body whatever the reason: %s', async (_, token) => {
    const { status, headers, body } = await ask(api, await token());

    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe(CHALLENGE.invalid_token);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(body).toEqual({
      error: 'invalid_token',
      error_description: 'The access token is malformed, expired, revoked or otherwise invalid',
    });
  });

  it.each(refusals)('F70 is told apart as %s by a code in the body, with exposeReason: true', async (reason, token) => {
    const { status, headers, body } = await ask(telling, await token());

    expect([status, body.error, body.reason]).toEqual([401, 'invalid_token', reason]);
    expect(headers['www-authenticate']).toBe(CHALLENGE.invalid_token);
  });

  it('F70 does not reach the application', async () => {
    const reached = jest.fn();
    const app = express();
    app.use(requireLiveToken(live), reached);

    await ask(app, issuer.token(expired));
    await ask(app);
    await ask(app, 'a b');

    expect(reached).not.toHaveBeenCalled();
  });
});

describe.each(EVERY_EXPRESS)('a route that needs scopes, on $name', ({ express }) => {
  const live = liveTokens(memoryStore(), issuer);
  const needing = (scope: string | readonly string[]) => guardedApi(live, { scope }, express);

  it('F71 answers 403 insufficient_scope, with the scopes that it needs', async () => {
    const { status, headers, body } = await ask(needing('orders:read orders:write'), issuer.token());

    expect(status).toBe(403);
    expect(headers['www-authenticate']).toBe(
      'Bearer realm="api", error="insufficient_scope", ' +
        'error_description="The access token lacks a scope that this resource needs", scope="orders:read orders:write"',
    );
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({ error: 'insufficient_scope', error_description: 'The access token lacks a scope that this resource needs' });
  });

  const wanted = ['a', 'b'];
  it.each([
    [200, { scope: 'a b' }],
    [200, { scope: 'c b  a' }],
    [200, { scope: ['a', 'b'] }],
    [200, { scope: undefined, scp: 'a b' }],
    [200, { scope: undefined, scp: ['b', 'a', 'c'] }],
    [403, { scope: 'a' }],
    [403, { scope: 'b' }],
    [403, { scope: '' }],
    [403, { scope: undefined }],
    [403, { scope: 'ab' }],
    [403, { scope: 'a,b' }],
    [403, { scope: 'a\nb' }],
    [403, { scope: 'A B' }],
    [403, { scope: ['a b'] }],
    [403, { scope: ['a', { b: 'b' }] }],
    [403, { scope: { a: true, b: true } }],
    [403, { scope: 1 }],
    [403, { scope: true }],
    [403, { scope: 'a', scp: 'b' }],
    [403, { scope: undefined, permissions: ['a', 'b'], roles: ['a', 'b'] }],
  ])('F71 wants all of them, each exactly: %d for %j', async (status, claims) => {
    expect((await ask(needing(wanted), issuer.token(claims))).status).toBe(status);
  });

  it('F71 tells a revoked or missing token so, before it looks at scopes', async () => {
    const token = issuer.token({ scope: 'other' });
    await live.revoke(token);

    expect((await ask(needing(wanted), token)).headers['www-authenticate']).toBe(CHALLENGE.invalid_token);
    expect((await ask(needing(wanted))).headers['www-authenticate']).toBe(CHALLENGE.none);
  });
});

describe('a challenge', () => {
  const live = liveTokens(memoryStore(), issuer);
  const api = guardedApi(live, { scope: 'orders:write', realm: 'Orders, v2 (test)', acceptTokenIn: { query: true } });

  const injections = ['%0d%0aX-Injected: 1', 'a"b', 'a\\"b', '", scope="x', '%22%2C%20error=%22x', '\u00e4', '%00', 'x, Basic realm="y"', '<script>'];
  const hostile = injections.flatMap(text => [
    () => request(api).get('/').set('Authorization', `Bearer ${text}`),
    () => request(api).get(`/?access_token=${encodeURI(text)}`),
    () => ask(api, issuer.token({ scope: text, jti: text, sub: text, iss: text }, { kid: text, typ: text })),
    () => ask(api, issuer.token({ scope: text, realm: text, error: text })),
    () => ask(api, createIssuer().token({ scope: decodeURI(text) }, { kid: decodeURI(text) })),
  ]);

  it('F72 has each attribute once, in legal characters', async () => {
    const challenges = await Promise.all([
      ask(api),
      ask(api, 'x'),
      ask(api, issuer.token()),
      request(api).get('/').set('Authorization', 'Bearer'),
      ...hostile.map(sent => sent()),
    ]);
    for (const { headers } of challenges) {
      const [, parameters = ''] = /^Bearer (.*)$/.exec(headers['www-authenticate']!) ?? [];
      const names = parameters.split(/, (?=[a-z_]+=)/).map(parameter => /^([a-z_]+)="[\x20\x21\x23-\x5b\x5d-\x7e]*"$/.exec(parameter)?.[1]);

      expect(names).toContain('realm');
      expect(names).not.toContain(undefined);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('F72 reflects nothing of a request, in whatever header', async () => {
    for (const send of hostile) {
      const { status, headers } = await send();

      expect([400, 401, 403]).toContain(status);
      expect(headers).not.toHaveProperty('x-injected');
      expect(headers['www-authenticate']).toMatch(
        /^Bearer realm="Orders, v2 \(test\)", error="\w+", error_description="[\w ,]+"(, scope="orders:write")?$/,
      );
    }
  });

  it('F72 names the realm that it was given', async () => {
    expect((await ask(guardedApi(live, { realm: 'Orders' }))).headers['www-authenticate']).toBe('Bearer realm="Orders"');
  });

  const unusable = ['a"b', 'a\\b', 'a\r\nX: 1', 'a\n', 'ä', '\0', '', ' '.repeat(129), 5, null, ['a'], {}];
  it.each(unusable)('F72 cannot be given a realm that would not fit in: %j', realm => {
    expect(() => requireLiveToken(live, { realm: realm as string })).toThrow(
      /^realm is .+; give printable ASCII without quotes or backslashes, at most 128 characters\.$/,
    );
  });

  const noScope = ['', ' ', 'a  b', ' a', 'a"b', 'a\\b', 'a\r\nX: 1', 'a\tb', 'ä', '\0', 'x'.repeat(257), [], [''], ['a b'], ['a', 5], [['a']], 5, null, {}, true];
  it.each(noScope.map(scope => [scope]))('F72 cannot be given a scope that would not fit in: %j', scope => {
    expect(() => requireLiveToken(live, { scope: scope as string })).toThrow(
      /^scope is .+; give scopes such as 'orders:read' or \['orders:read', 'orders:write'\]\.$/,
    );
  });

  it('F71 F72 stays as it was when the array of scopes changes afterwards', async () => {
    const scope = ['orders:write'];
    const app = guardedApi(live, { scope });
    scope[0] = 'a"b';

    const { status, headers } = await ask(app, issuer.token());

    expect([status, headers['www-authenticate']]).toEqual([403, expect.stringMatching(/scope="orders:write"$/)]);
  });
});
