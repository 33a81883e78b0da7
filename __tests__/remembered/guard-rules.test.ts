import express5, { type Express } from 'express';
import request from 'supertest';
import { memoryStore, requireLiveToken, type GuardOptions, type LiveTokens, type LiveTokensOptions } from 'livetoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { ask, CHALLENGE, guardedApi, liveTokens, outcome } from '../support/guarded-api.js';
import { createIssuer, REFRESH } from '../support/issuer.js';
import { sendRaw } from '../support/send-raw.js';
import { watchedVerifier, type WatchedVerifier } from './support/watched-verifier.js';

const issuer = createIssuer();

let watched: WatchedVerifier;
let live: LiveTokens;

function open(options: Partial<LiveTokensOptions> = {}): void {
  watched = watchedVerifier(issuer.verify, 0);
  live = liveTokens(memoryStore(), { ...issuer, verify: watched.verify }, options);
}
beforeEach(() => open());
afterEach(() => live.close());

describe.each(EVERY_EXPRESS)('A remembered token on the routes of one application, on $name', ({ express }) => {
  /** A route for each set of rules. */
  function appWith(routes: Readonly<Record<string, GuardOptions>>): Express {
    const app = express();
    for (const [path, options] of Object.entries(routes)) {
      app.get(path, requireLiveToken(live, { exposeReason: true, ...options }), (req, res) => {
        res.json({ auth: req.auth });
      });
    }
    return app;
  }
  const at = (app: Express, path: string, token: string) => outcome(request(app).get(path).auth(token, { type: 'bearer' }));

  it('F72 needs the scope of each: it is remembered with its claims, not with an answer', async () => {
    const app = appWith({ '/read': { scope: 'orders:read' }, '/write': { scope: 'orders:write' }, '/both': { scope: 'orders:read orders:write' }, '/none': {} });
    const token = issuer.token();
    for (let round = 1; round <= 2; round += 1) {
      expect(await at(app, '/read', token)).toBe('200');
      expect(await at(app, '/write', token)).toBe('403 insufficient_scope');
      expect(await at(app, '/both', token)).toBe('403 insufficient_scope');
      expect(await at(app, '/none', token)).toBe('200');
    }
    const { status, headers } = await request(app).get('/write').auth(token, { type: 'bearer' });
    expect([status, headers['www-authenticate'], headers['cache-control']]).toEqual([
      403,
      expect.stringContaining('error="insufficient_scope", error_description='),
      'no-store',
    ]);
    expect(watched.calls).toBe(1);
  });

  it('F75 needs the profile that is asked for now, where the same rules are given again and have changed meanwhile', async () => {
    const rules: { profile: 'any' | 'rfc9068' } = { profile: 'any' };
    const token = issuer.token();
    await live.authenticate(token, rules);
    expect(live.recall(token, rules)).toBeDefined();

    rules.profile = 'rfc9068';
    expect(live.recall(token, rules)).toBeUndefined();
    await expect(live.authenticate(token, rules)).rejects.toMatchObject({ reason: 'wrong_type' });
  });

  it('F75 needs the profile of each, in whatever order they are asked', async () => {
    const app = appWith({ '/any': {}, '/strict': { profile: 'rfc9068' } });
    const [plain, typed] = [issuer.token(), issuer.token({}, { typ: 'at+jwt' })];
    const incomplete = issuer.token({ client_id: undefined }, { typ: 'at+jwt' });
    for (let round = 1; round <= 2; round += 1) {
      expect(await at(app, '/any', plain)).toBe('200');
      expect(await at(app, '/strict', plain)).toBe('401 wrong_type');
      expect(await at(app, '/strict', typed)).toBe('200');
      expect(await at(app, '/any', typed)).toBe('200');
      expect(await at(app, '/any', incomplete)).toBe('200');
      expect(await at(app, '/strict', incomplete)).toBe('401 malformed');
    }
    expect(watched.calls).toBe(3);
  });

  it('F74 that is bound to a key opens only the route whose proof is verified upstream', async () => {
    const app = appWith({ '/plain': {}, '/proved': { senderConstrained: 'verified-upstream' } });
    const bound = issuer.token({ cnf: { jkt: 'thumbprint' } });
    for (let round = 1; round <= 2; round += 1) {
      expect(await at(app, '/proved', bound)).toBe('200');
      expect(await at(app, '/plain', bound)).toBe('401 sender_constrained');
    }
    expect(watched.calls).toBe(1);
  });

  it('F73 that is no access token opens nothing, however often it comes', async () => {
    const app = appWith({ '/': {}, '/proved': { senderConstrained: 'verified-upstream' } });
    const refresh = issuer.token(REFRESH);
    for (let round = 1; round <= 2; round += 1) {
      expect(await at(app, '/', refresh)).toBe('401 not_an_access_token');
      expect(await at(app, '/proved', refresh)).toBe('401 not_an_access_token');
    }
    expect(live.recall(refresh)).toBeUndefined();
    expect(watched.calls).toBe(1);
  });
});

describe.each(EVERY_EXPRESS)('How a remembered token is sent, on $name', ({ express }) => {
  let token: string;
  let api: Express;
  beforeEach(async () => {
    token = issuer.token();
    api = guardedApi(live, {}, express);
    expect(await outcome(ask(api, token))).toBe('200');
    expect(live.recall(token)?.token).toBe(token);
  });
  const send = (authorization: string, path = '/') => request(api).get(path).set('Authorization', authorization);

  it.each(['Bearer ', 'bearer ', 'BEARER ', 'bEaReR    '])('F65 is of no account: case and spaces of the scheme may differ: %j', async scheme => {
    expect((await send(`${scheme}${token}`)).status).toBe(200);
    expect(watched.calls).toBe(1);
  });

  it.each(['Bearer\tTOKEN', 'Bearer TOKEN,', 'Bearer "TOKEN"', 'Bearer TOKEN TOKEN', 'Bearer TOKEN=x', 'Bearer ', 'Bearer,TOKEN'])(
    'F65 still has to be as it should: %j',
    async value => {
      const { status, headers } = await send(value.replaceAll('TOKEN', token));
      expect([status, headers['www-authenticate']]).toEqual([400, CHALLENGE.invalid_request]);
    },
  );

  it('F65 differing in a character of the token itself makes it another one', async () => {
    for (const other of [`${token}=`, `x${token}`, token.slice(1), token.replace('.', '..'), `${token.slice(0, -40)}${token.slice(-24)}`]) {
      expect((await send(`Bearer ${other}`)).status).toBe(401);
    }
  });

  it('F67 together with one in the query is answered 400', async () => {
    for (const other of [token, issuer.token(), 'x', '']) {
      const { status, headers } = await send(`Bearer ${token}`, `/orders?access_token=${other}`);
      expect([status, headers['www-authenticate']]).toEqual([400, CHALLENGE.invalid_request]);
    }
  });

  it('F66 twice in the header is answered 400', async () => {
    const server = api.listen(0);
    try {
      const statuses = [];
      for (const pair of [[`Bearer ${token}`, `Bearer ${token}`], [`Bearer ${token}`, 'Basic dXNlcjpwYXNz'], ['Basic dXNlcjpwYXNz', `Bearer ${token}`]]) {
        statuses.push((await sendRaw(server, 'GET', '/', { Authorization: pair })).status);
      }
      expect(statuses).toEqual([400, 400, 400]);
    } finally {
      server.close();
    }
  });

  it('F69 in the query, where that is allowed, keeps the answer out of shared caches', async () => {
    const answer = await request(guardedApi(live, { acceptTokenIn: { query: true } }, express)).get(`/?access_token=${token}`);
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'private']);
    expect(watched.calls).toBe(1);
  });
});

describe('What a remembered token leaves on the request', () => {
  const changes: [string, (auth: Record<string, unknown>) => unknown][] = [
    ['a claim', auth => Object.assign(auth['claims'] as object, { sub: 'mallory' })],
    ['a new claim', auth => Object.assign(auth['claims'] as object, { admin: true })],
    ['something deep in a claim', auth => Object.assign((auth['claims'] as { act: { by: object } }).act.by, { name: 'mallory' })],
    ['a list', auth => (auth['claims'] as { roles: string[] }).roles.push('admin')],
    ['something in a list', auth => Object.assign((auth['claims'] as { grants: [object] }).grants[0], { level: 9 })],
    ['a claim by taking it away', auth => delete (auth['claims'] as { sub?: string }).sub],
  ];

  it.each(changes)('F64 cannot be spoilt for another request by changing %s', async (_, change) => {
    const claims = issuer.claims({ roles: ['user'], act: { by: { name: 'bob' } }, grants: [{ level: 1 }] });
    const token = issuer.sign(claims);
    const failures: unknown[] = [];
    const app = express5().use(requireLiveToken(live), (req, res) => {
      const seen = JSON.stringify(req.auth);
      try {
        change(req.auth as unknown as Record<string, unknown>);
      } catch (error) {
        failures.push(error);
      }
      res.type('json').send(seen);
    });
    for (let round = 1; round <= 3; round += 1) expect((await ask(app, token)).body).toEqual({ claims, token });
    expect(failures).toEqual([expect.any(TypeError), expect.any(TypeError), expect.any(TypeError)]);
    expect(watched.calls).toBe(1);
  });

  it('F64 is an object of its own for each request, to which an application may add what it likes', async () => {
    const seen: unknown[] = [];
    const app = express5().use(requireLiveToken(live), (req, res) => {
      seen.push(req.auth);
      res.json({ before: { ...req.auth, claims: undefined } });
      Object.assign(req.auth!, { user: 'a row of the database', token: 'gone' });
    });
    const token = issuer.token();
    for (let round = 1; round <= 3; round += 1) expect((await ask(app, token)).body).toEqual({ before: { token } });
    expect(new Set(seen).size).toBe(3);
  });

  it('F64 cannot be spoilt either where a verify function had frozen its claims, but not what is in them', async () => {
    const inner = async (token: string) => Object.freeze(await issuer.verify(token));
    watched = watchedVerifier(inner, 0);
    live = liveTokens(memoryStore(), { ...issuer, verify: watched.verify });
    const token = issuer.token({ roles: ['user'] });
    const first = await live.authenticate(token);
    expect(() => (first.claims['roles'] as string[]).push('admin')).toThrow(TypeError);
    expect(live.recall(token)?.claims['roles']).toEqual(['user']);
  });
});

describe('Events of a remembered token', () => {
  it('tell of every refusal, as for one that is seen for the first time', async () => {
    const refused = jest.fn();
    live.on('refused', refused);
    const [token, unrevocable] = [issuer.token(), issuer.token({ jti: undefined })];
    expect(await outcome(ask(guardedApi(live), token))).toBe('200');
    await live.revoke({ kind: 'session', id: 'session-1' });
    for (let round = 1; round <= 3; round += 1) {
      await ask(guardedApi(live), token);
      await ask(guardedApi(live), unrevocable);
      await ask(guardedApi(live, { profile: 'rfc9068' }), token);
    }
    const round = [[{ reason: 'revoked', target: 'session' }], [{ reason: 'unrevocable' }], [{ reason: 'wrong_type' }]];
    expect(refused.mock.calls).toEqual([...round, ...round, ...round]);
    expect(watched.calls).toBe(2);
  });

  it('tell nothing of a token that is recalled', async () => {
    const heard = jest.fn();
    for (const event of ['refused', 'unavailable', 'allowedUnchecked'] as const) live.on(event, heard);
    const token = issuer.token();
    for (let round = 1; round <= 3; round += 1) expect(await outcome(ask(guardedApi(live), token))).toBe('200');
    expect(heard).not.toHaveBeenCalled();
  });
});

describe('A refused token', () => {
  it('F80 does not come back because the memory turned over', async () => {
    open({ rememberTokens: { maxTokens: 2 } });
    const token = issuer.token();
    const api = guardedApi(live, { exposeReason: true });
    expect(await outcome(ask(api, token))).toBe('200');
    await live.revoke({ kind: 'token', id: String(decoded(token)['jti']), organisation: 'org-a' });
    expect(await outcome(ask(api, token))).toBe('401 revoked');
    for (let n = 0; n < 10; n += 1) expect(await outcome(ask(api, issuer.token()))).toBe('200');
    const calls = watched.calls;
    expect(await outcome(ask(api, token))).toBe('401 revoked');
    expect(watched.calls).toBe(calls + 1);
  });

  it.each([
    [{ jti: undefined }, 'unrevocable'],
    [{ org: undefined }, 'unrevocable'],
    [{ jti: 5 }, 'unrevocable'],
    [{ iat: undefined }, 'malformed'],
    [{ exp: Math.floor(Date.now() / 1000) + 7200 }, 'lifetime_too_long'],
  ])('F78 that could not be revoked keeps its reason, and costs one verification only: %j', async (claims, reason) => {
    const token = issuer.token(claims);
    for (let round = 1; round <= 3; round += 1) {
      expect(live.recall(token)).toBeUndefined();
      expect(await outcome(ask(guardedApi(live, { exposeReason: true }), token))).toBe(`401 ${reason}`);
    }
    expect(watched.calls).toBe(1);
  });

  it('F70 of a bad signature is not remembered: it is verified, and refused, each time', async () => {
    const token = createIssuer().token();
    for (let round = 1; round <= 3; round += 1) expect(await outcome(ask(guardedApi(live, { exposeReason: true }), token))).toBe('401 bad_signature');
    expect(watched.calls).toBe(3);
  });
});

describe.each(EVERY_EXPRESS)('A remembered token after close(), on $name', ({ express }) => {
  it('F81 is answered 503', async () => {
    const token = issuer.token();
    const api = guardedApi(live, {}, express);
    expect(await outcome(ask(api, token))).toBe('200');
    await live.close();
    expect(live.recall(token)).toBeUndefined();
    expect(await outcome(ask(api, token))).toBe('503 temporarily_unavailable');
  });
});

function decoded(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;
}
