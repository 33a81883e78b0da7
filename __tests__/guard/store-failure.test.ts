import { Redis } from 'ioredis';
import { memoryStore, redisStore, type GuardOptions, type LiveTokens } from 'livetoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { ask, guardedApi, liveTokens, outcome } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { until } from '../stores/support/until.js';

const issuer = createIssuer();
const UNAVAILABLE = '503 temporarily_unavailable';

let redis: RedisServer;
let live: LiveTokens;
beforeEach(async () => {
  // Persistent, so that a restart brings back what was revoked.
  redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
  live = liveTokens(redisStore(new Redis(redis.url, { lazyConnect: true }), { replica: false }), issuer);
  await live.ready();
});
afterEach(async () => {
  await live.close();
  await redis.stop();
});

const answerOf = (token: string, options: GuardOptions = {}) => outcome(ask(guardedApi(live, { exposeReason: true, ...options }), token));

/** Asks until the answer is this one, and tells every answer on the way. */
async function answersUntil(expected: string, token: string, options: GuardOptions = {}): Promise<Set<string>> {
  const answers = new Set<string>();
  await until(async () => {
    const answer = await answerOf(token, options);
    answers.add(answer);
    return answer === expected;
  });
  return answers;
}

async function revokedToken(): Promise<string> {
  const token = issuer.token({ sub: 'bob' });
  await live.revoke(token);
  return token;
}

const faults: [string, { strike: () => unknown; heal: () => unknown }][] = [
  ['killed', { strike: () => redis.kill(), heal: () => redis.restart() }],
  ['paused', { strike: () => redis.pause(), heal: () => redis.resume() }],
];

describe.each(faults)('while Redis is %s', (_, { strike, heal }) => {
  it('F81 a good token is answered 503 with Retry-After, never 401, and 200 once Redis is back', async () => {
    const token = issuer.token();
    expect(await answerOf(token)).toBe('200');

    await strike();
    const { status, headers, body } = await ask(guardedApi(live), token);
    await heal();
    const after = await answersUntil('200', token);

    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('1');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers).not.toHaveProperty('www-authenticate');
    expect(body).toEqual({
      error: 'temporarily_unavailable',
      error_description: 'Whether the access token is live cannot be told right now; try again',
    });
    expect([...after].filter(answer => answer !== '200' && answer !== UNAVAILABLE)).toEqual([]);
  });

  it('F81 a revoked token never passes: 503, and 401 again once Redis is back', async () => {
    const token = await revokedToken();
    expect(await answerOf(token)).toBe('401 revoked');

    await strike();
    const during = await Promise.all(Array.from({ length: 20 }, () => answerOf(token)));
    await heal();
    const after = await answersUntil('401 revoked', token);

    expect(new Set(during)).toEqual(new Set([UNAVAILABLE]));
    expect([...after].filter(answer => answer !== '401 revoked' && answer !== UNAVAILABLE)).toEqual([]);
  });

  it('F81 what needs no store is answered as ever: bad tokens 401, none 401, two 400', async () => {
    await strike();

    expect(await answerOf(createIssuer().token())).toBe('401 bad_signature');
    expect(await answerOf(issuer.token({ iat: 1_700_000_000, exp: 1_700_000_600 }))).toBe('401 expired');
    expect((await ask(guardedApi(live))).status).toBe(401);
    expect((await ask(guardedApi(live), 'a b')).status).toBe(400);
    expect((await ask(guardedApi(live, { optional: true }))).status).toBe(200);
    expect(await answerOf(issuer.token(), { optional: true })).toBe(UNAVAILABLE);

    await heal();
  });

  it("F81 with onUnavailable: 'allow' a good token passes, which an event tells", async () => {
    const allowed = jest.fn();
    live.on('allowedUnchecked', allowed);
    const token = issuer.token();
    expect(await answerOf(token, { onUnavailable: 'allow' })).toBe('200');
    expect(allowed).not.toHaveBeenCalled();

    await strike();
    const { status, body } = await ask(guardedApi(live, { onUnavailable: 'allow' }), token);

    expect([status, body.auth.token]).toEqual([200, token]);
    expect(allowed.mock.calls).toEqual([[{ message: expect.stringMatching(/^Redis at 127\.0\.0\.1:\d+ cannot answer \([\w ]+\)\.$/) }]]);
    expect(await answerOf(token)).toBe(UNAVAILABLE);
    expect(allowed).toHaveBeenCalledTimes(1);

    await heal();
  });

  it("F81 with onUnavailable: 'allow' nothing else passes: only whether a token was revoked may go unasked", async () => {
    const allowed = jest.fn();
    live.on('allowedUnchecked', allowed);
    const revoked = await revokedToken();
    const allow = { onUnavailable: 'allow' } as const;
    const now = Math.floor(Date.now() / 1000);
    await strike();

    const refused: [string, string][] = [
      [createIssuer().token(), '401 bad_signature'],
      [issuer.token({ iat: now - 700, exp: now - 100 }), '401 expired'],
      [issuer.token({ nbf: now + 60 }), '401 not_yet_valid'],
      [issuer.token({ iat: now + 60 }), '401 issued_in_future'],
      [issuer.token({ exp: now + 7200 }), '401 lifetime_too_long'],
      [issuer.token({ jti: undefined }), '401 unrevocable'],
      [issuer.token({ org: undefined }), '401 unrevocable'],
      [issuer.token({ exp: undefined }), '401 malformed'],
      [issuer.token({ nonce: 'n' }), '401 not_an_access_token'],
      [issuer.token({ cnf: {} }), '401 sender_constrained'],
      [issuer.token({ aud: 'x' }), '401 wrong_audience'],
    ];
    for (const [token, expected] of refused) expect(await answerOf(token, allow)).toBe(expected);
    expect(await answerOf(issuer.token(), { ...allow, scope: 'orders:write' })).toBe('403 insufficient_scope');
    expect((await ask(guardedApi(live, allow))).status).toBe(401);
    expect(allowed).toHaveBeenCalledTimes(1);

    await heal();
    const after = await answersUntil('401 revoked', revoked, allow);
    expect([...after].filter(answer => answer !== '401 revoked' && answer !== '200')).toEqual([]);
  });
});

describe('a Redis that was restarted several times', () => {
  it('F81 is found again each time, and still knows what was revoked', async () => {
    const [good, revoked] = [issuer.token(), await revokedToken()];

    for (let round = 1; round <= 3; round++) {
      await redis.kill();
      expect(await answerOf(good)).toBe(UNAVAILABLE);
      await redis.restart();
      await answersUntil('200', good);
      expect(await answerOf(revoked)).toBe('401 revoked');
    }
  });

  it('F81 knows afterwards what was revoked in between', async () => {
    await redis.kill();
    await expect(live.revoke({ kind: 'subject', id: 'alice' })).rejects.toMatchObject({ code: 'store_unavailable', status: 503 });
    await redis.restart();
    const token = issuer.token();
    await answersUntil('200', token);
    await until(() => live.ready().then(() => true, () => false));

    await live.revoke({ kind: 'subject', id: 'alice' });

    expect(await answerOf(token)).toBe('401 revoked');
  });
});

describe.each(EVERY_EXPRESS)('a guard whose store was closed, on $name', ({ express }) => {
  const closed = liveTokens(memoryStore(), issuer);
  beforeAll(() => closed.close());

  it.each([[undefined, '1'], [0, '0'], [30, '30'], [3600, '3600']])('F81 answers 503, with the Retry-After of retryAfterSeconds: %s', async (retryAfterSeconds, retryAfter) => {
    const options = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    const { status, headers } = await ask(guardedApi(closed, options, express), issuer.token());

    expect([status, headers['retry-after'], headers['www-authenticate']]).toEqual([503, retryAfter, undefined]);
  });
});
