import crypto, { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { FailedAttemptsOptions, MakeFailureCounter, OAuthOptions } from 'livetoken';
import { until } from '../stores/support/until.js';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { CLIENTS, ENDPOINTS, GARBAGE, basic, closeOAuthApps, errorsInto, openOAuthApp, type OAuthApp, type OAuthAppOptions } from '../support/oauth-app.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { OURS, assertionClaims, assertionOf, byAssertion, otherRsa, rsa, signed } from './support/assertions.js';

const { web, mobile, spa } = CLIENTS;
const WRONG = 'canary-wrong';

const signer = { id: 'signer', assertion: { key: rsa.publicKey, algorithms: ['RS256'] } } as const;
const clients = [...Object.values(CLIENTS), signer];

let app: OAuthApp;

afterEach(closeOAuthApps);

async function open(failedAttempts: false | FailedAttemptsOptions | undefined, options: OAuthAppOptions = {}): Promise<OAuthApp> {
  const oauth: Partial<OAuthOptions> = { clients, issuer: OURS, ...(failedAttempts !== undefined && { failedAttempts }), ...options.oauth };
  // The tests come from wherever they say.
  app = await openOAuthApp({ configure: (each) => each.set('trust proxy', true), ...options, oauth });
  return app;
}

const HERE = '192.0.2.1';
const ELSEWHERE = '192.0.2.2';

interface Ask {
  readonly id?: string;
  readonly secret?: string;
  readonly from?: string;
  readonly path?: string;
  readonly on?: OAuthApp;
}

const answerTo = ({ id = web.id, secret = WRONG, from = HERE, path = '/introspect', on = app }: Ask = {}) =>
  on.postAs({ id, secret }, path, { token: GARBAGE }).set('X-Forwarded-For', from);

const status = async (ask: Ask = {}): Promise<number> => (await answerTo(ask)).status;

const RIGHT = { secret: web.secret } as const;

async function fail(times: number, ask: Ask = {}): Promise<void> {
  for (let i = 0; i < times; i++) expect(await status(ask)).toBe(401);
}

describe.each(EVERY_EXPRESS)('a client that fails to authenticate, on $name', ({ express }) => {
  beforeEach(async () => {
    await open({ limit: 3, limitPerAddress: 6 }, { express });
  });

  it.each(ENDPOINTS)('A20 has to wait at %s after the third failure: 429, Retry-After, an OAuth error and no challenge', async (path) => {
    await fail(3, { path });
    const { status: code, headers, body, text } = await answerTo({ path });
    expect(code).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(headers['retry-after']).toMatch(/^\d+$/);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['www-authenticate']).toBeUndefined();
    expect(body).toEqual({ error: 'temporarily_unavailable', error_description: expect.any(String) });
    expect(text).toMatch(/^[ -~]+$/);
  });

  it('A20 has to wait also with the right secret: nobody learns whether it was right', async () => {
    await fail(3);
    const [right, wrong] = [await answerTo(RIGHT), await answerTo()];
    expect([right.status, right.body]).toEqual([429, wrong.body]);
  });

  it('A20 is not compared to anything while it has to wait, whichever secret it sends and however', async () => {
    await fail(3);
    const compare = jest.spyOn(crypto, 'timingSafeEqual');
    for (const secret of [web.secret, WRONG]) {
      expect(await status({ secret })).toBe(429);
      const posted = await app.post('/revoke', { token: GARBAGE, client_id: web.id, client_secret: secret }).set('X-Forwarded-For', HERE);
      expect(posted.status).toBe(429);
    }
    expect(compare).not.toHaveBeenCalled();
    expect(await status({ from: ELSEWHERE })).toBe(401);
    expect(compare).toHaveBeenCalledTimes(1);
    compare.mockRestore();
  });

  it('A20 cannot be locked out from elsewhere', async () => {
    await fail(3, { from: ELSEWHERE });
    expect([await status({ ...RIGHT, from: ELSEWHERE }), await status(RIGHT)]).toEqual([429, 200]);
  });

  it('A20 does not make another client at its address wait, until all together have failed too often', async () => {
    await fail(3);
    const other = { id: mobile.id, secret: mobile.secret };
    expect(await status(other)).toBe(200);
    await fail(3, { id: mobile.id });
    expect(await status({ id: 'api', secret: CLIENTS.api.secret })).toBe(429);
    expect(await status({ id: 'api', secret: CLIENTS.api.secret, from: ELSEWHERE })).toBe(200);
  });

  it('A20 has to wait also where each failure names somebody else', async () => {
    for (let i = 0; i < 6; i++) await fail(1, { id: `guess-${i}` });
    expect(await status({ id: 'guess-7' })).toBe(429);
  });

  it('A20 of whom nobody knows has to wait like one that there is', async () => {
    await fail(3, { id: 'nobody' });
    const unknown = await answerTo({ id: 'nobody' });
    await fail(3);
    const known = await answerTo();
    expect([unknown.status, unknown.body]).toEqual([known.status, known.body]);
  });

  it('A20 does not make up for its failures by a success', async () => {
    await fail(2);
    expect(await status(RIGHT)).toBe(200);
    await fail(1);
    expect(await status(RIGHT)).toBe(429);
  });

  it('A20 does not make up for the failures of others', async () => {
    await fail(3);
    expect(await status({ id: mobile.id, secret: mobile.secret })).toBe(200);
    expect(await status()).toBe(429);
  });

  it('A20 never waits for succeeding often', async () => {
    for (let i = 0; i < 20; i++) expect(await status(RIGHT)).toBe(200);
  });

  it('A20 counts by assertion, by header and by body together', async () => {
    const ask = (assertion: string) => app.post('/introspect', { token: GARBAGE, ...byAssertion(assertion) }).set('X-Forwarded-For', HERE);
    expect((await ask(signed(assertionClaims(signer.id), otherRsa.privateKey))).status).toBe(401);
    await fail(2, { id: signer.id });
    expect((await ask(assertionOf(signer.id))).status).toBe(429);
  });

  it('A20 uses up no assertion while it has to wait', async () => {
    const assertion = assertionOf(signer.id);
    const ask = (from: string) => app.post('/introspect', { token: GARBAGE, ...byAssertion(assertion) }).set('X-Forwarded-For', from);
    await fail(3, { id: signer.id });
    expect((await ask(HERE)).status).toBe(429);
    expect((await ask(ELSEWHERE)).status).toBe(200);
  });

  it('A20 counts by the network where it has a whole network of addresses', async () => {
    for (let i = 1; i <= 3; i++) await fail(1, { from: `2001:db8:1:2::${i}` });
    expect(await status({ from: '2001:db8:1:2:ffff::4' })).toBe(429);
    expect(await status({ from: '2001:db8:2::4' })).toBe(401);
  });

  it.each([
    ['a public client without a secret', 200, () => app.post('/revoke', { token: GARBAGE, client_id: spa.id })],
    ['a name and nothing else', 401, () => app.post('/revoke', { token: GARBAGE, client_id: web.id })],
    ['no name at all', 401, () => app.post('/revoke', { token: GARBAGE })],
    ['another scheme', 401, () => app.post('/revoke', { token: GARBAGE }).set('Authorization', 'Digest x')],
    ['malformed credentials', 400, () => app.post('/revoke', { token: GARBAGE }).set('Authorization', 'Basic x')],
    ['right credentials without a token', 400, () => app.post('/revoke', {}).set('Authorization', basic(web))],
    ['something that is no assertion', 401, () => app.post('/revoke', { token: GARBAGE, ...byAssertion(GARBAGE) })],
  ])('A20 is not counted for what is no guess: %s', async (_, expected, ask) => {
    for (let i = 0; i < 7; i++) expect((await ask().set('X-Forwarded-For', HERE)).status).toBe(expected);
    expect(await status(RIGHT)).toBe(200);
  });

  it('A20 is not counted for an outage, here or in the application', async () => {
    await open({ limit: 3 }, { express, oauth: { clients: async () => Promise.reject(new Error('look-up failed')) }, configure: (each) => each.set('trust proxy', true).use(errorsInto([])) });
    for (let i = 0; i < 5; i++) expect(await status()).toBe(500);
    await open({ limit: 3 }, { express });
    await app.live.close();
    for (let i = 0; i < 5; i++) {
      const asked = app.post('/introspect', { token: GARBAGE, ...byAssertion(assertionOf(signer.id)) }).set('X-Forwarded-For', HERE);
      expect((await asked).status).toBe(503);
    }
  });
});

describe('how often a client may fail', () => {
  it('A20 is 20 times a minute from one address by default, however many ask at once', async () => {
    await open(undefined);
    const statuses = await Promise.all(Array.from({ length: 60 }, () => status()));
    expect(statuses.filter((each) => each === 401)).toHaveLength(20);
    expect(statuses.filter((each) => each === 429)).toHaveLength(40);
  });

  it('A20 is 100 times a minute for all clients from one address by default', async () => {
    await open(undefined);
    const asked = Array.from({ length: 20 }, (_, client) => Array.from({ length: 6 }, () => status({ id: `guess-${client}` }))).flat();
    expect((await Promise.all(asked)).filter((each) => each === 401)).toHaveLength(100);
  });

  it('A20 is as often as it likes where nobody counts', async () => {
    await open(false);
    await fail(120);
    expect(await status(RIGHT)).toBe(200);
  });

  it('A20 is what it was when the window is over', async () => {
    await open({ limit: 2, windowMs: 1000 });
    await fail(2);
    const { headers } = await answerTo(RIGHT);
    expect(headers['retry-after']).toBe('1');
    await until(async () => (await status(RIGHT)) === 200);
    await fail(2);
    expect(await status()).toBe(429);
  });

  it('A20 is counted for each application by itself', async () => {
    const first = await open({ limit: 2 });
    const second = await open({ limit: 2 });
    await fail(2, { on: first });
    expect([await status({ on: first }), await status({ on: second })]).toEqual([429, 401]);
  });

  it.each<[string, unknown, string]>([
    ['in words', 'twenty', 'oauth.failedAttempts takes an object of options'],
    ['with a switch', true, 'oauth.failedAttempts takes an object of options'],
    ['never', { limit: 0 }, 'oauth.failedAttempts.limit is 0; give a whole number of failures from 1 to 1000000'],
    ['without end', { limit: Infinity }, 'oauth.failedAttempts.limit is Infinity'],
    ['by half', { limitPerAddress: 1.5 }, 'oauth.failedAttempts.limitPerAddress is 1.5'],
    ['in no time', { windowMs: 0 }, 'oauth.failedAttempts.windowMs is 0; give a whole number of milliseconds from 1000 to 86400000'],
    ['misspelt', { max: 20 }, 'oauth.failedAttempts has no option max'],
    ['with a limiter that nobody called', { limiter: {} }, 'oauth.failedAttempts.limiter is an object; give a function'],
    ['with a limiter that is none', { limiter: () => ({ get: 7 }) }, 'What oauth.failedAttempts.limiter answers is an object; give a limiter with get and consume'],
    ['with no limiter', { limiter: () => undefined }, 'What oauth.failedAttempts.limiter answers is undefined'],
  ])('A20 is not said %s', async (_, failedAttempts, message) => {
    await expect(open(failedAttempts as FailedAttemptsOptions)).rejects.toThrow(message);
  });
});

describe('behind a proxy that nobody was told of', () => {
  it('A20 all come from one address, and a warning says so, once', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation();
    await open({ limit: 2 }, { configure: () => undefined });
    await fail(1);
    await fail(1, { from: ELSEWHERE });
    expect(await status({ from: '192.0.2.3' })).toBe(429);
    expect(warn.mock.calls).toEqual([[expect.stringContaining("'trust proxy'"), { code: 'LIVETOKEN_FAILED_ATTEMPTS' }]]);
    warn.mockRestore();
  });

  it('A20 nobody is warned where the proxy is trusted, or there is none', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation();
    await open({ limit: 2 });
    await fail(2);
    await open({ limit: 2 }, { configure: () => undefined });
    expect((await app.postAs({ id: web.id, secret: WRONG }, '/revoke', { token: GARBAGE })).status).toBe(401);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});

describe('with a limiter on Redis', () => {
  let redis: RedisServer;
  const connections: Redis[] = [];
  let warn: jest.SpyInstance;

  beforeEach(async () => {
    redis = await startRedis();
    warn = jest.spyOn(process, 'emitWarning').mockImplementation();
  });

  afterEach(async () => {
    await closeOAuthApps();
    for (const connection of connections.splice(0)) connection.disconnect();
    await redis.stop();
    warn.mockRestore();
  });

  function connect(): Redis {
    const connection = new Redis(redis.url);
    connection.on('error', () => undefined); // that it is gone is what these tests are about
    connections.push(connection);
    return connection;
  }

  /** As an application has it: a client with the options that ioredis has by default. */
  function onRedis(storeClient = connect()): MakeFailureCounter {
    return (settings) => new RateLimiterRedis({ storeClient, ...settings });
  }

  it('A20 failures at all instances count together', async () => {
    const one = await open({ limit: 4, limiter: onRedis() });
    const two = await open({ limit: 4, limiter: onRedis() });
    for (const on of [one, two, one, two]) await fail(1, { on });
    for (const on of [one, two]) {
      const { status: code, headers } = await answerTo({ ...RIGHT, on });
      expect(code).toBe(429);
      expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(await status({ ...RIGHT, from: ELSEWHERE, on })).toBe(200);
    }
  });

  it('A20 failures of one address count together at all instances', async () => {
    const one = await open({ limit: 3, limitPerAddress: 4, limiter: onRedis() });
    const two = await open({ limit: 3, limitPerAddress: 4, limiter: onRedis() });
    for (const [index, on] of [one, two, one, two].entries()) await fail(1, { on, id: `guess-${index}` });
    for (const on of [one, two]) expect(await status({ ...RIGHT, on })).toBe(429);
  });

  it('A20 nothing that was sent is there to be read, and all of it expires', async () => {
    await open({ limiter: onRedis() });
    await fail(1);
    const keys = await connect().keys('*');
    expect(keys).toHaveLength(2);
    expect(keys.join()).not.toMatch(new RegExp([web.id, WRONG, HERE].join('|')));
    for (const key of keys) expect(await connect().pttl(key)).toBeGreaterThan(0);
  });

  it('A20 nothing is counted for what succeeds', async () => {
    await open({ limiter: onRedis() });
    expect(await status(RIGHT)).toBe(200);
    expect(await connect().dbsize()).toBe(0);
  });

  it.each([
    ['killed', async () => redis.kill(), async () => redis.restart()],
    ['paused', async () => { redis.pause(); }, async () => { redis.resume(); }],
  ])('A20 while Redis is %s the door is neither open nor shut: this process goes on counting', async (_, breakDown, heal) => {
    await open({ limit: 3, limiter: onRedis() });
    await fail(3);
    await fail(1, { id: mobile.id });
    await breakDown();
    // Who has to wait goes on waiting, who has not failed is served, and who fails is counted.
    expect(await status(RIGHT)).toBe(429);
    expect(await status({ id: 'api', secret: CLIENTS.api.secret })).toBe(200);
    await fail(2, { id: mobile.id });
    expect(await status({ id: mobile.id, secret: mobile.secret })).toBe(429);
    expect(warn.mock.calls.map(([, { code }]: [string, { code: string }]) => code)).toEqual(expect.arrayContaining(['LIVETOKEN_FAILED_ATTEMPTS']));
    // One for each of the two counters, and not one for each request.
    expect(warn.mock.calls.length).toBeLessThanOrEqual(2);
    await heal();
    // And once it is back all instances count together again.
    const raw = connect();
    const before = await raw.dbsize();
    let tries = 0;
    await until(async () => {
      await fail(1, { from: `198.51.100.${tries++}` });
      return (await raw.dbsize()) > before;
    });
  });

  it('A20 a Redis that answers with errors is no reason to let anybody guess', async () => {
    await open({ limit: 3, limiter: onRedis() });
    await fail(1);
    const raw = connect();
    for (const key of await raw.keys('*')) {
      await raw.del(key);
      await raw.lpush(key, 'of another kind');
    }
    await fail(2);
    expect(await status(RIGHT)).toBe(429);
    expect(warn).toHaveBeenCalled();
    for (const [message] of warn.mock.calls as [string][]) expect(message).not.toMatch(/canary|livetoken:failed/i);
  });

  it('A20 a limiter that was given other limits is judged by those of the options', async () => {
    const storeClient = connect();
    await open({ limit: 5, limiter: (settings) => new RateLimiterRedis({ storeClient, ...settings, points: 1, keyPrefix: randomUUID() }) });
    await fail(5);
    expect(await status(RIGHT)).toBe(429);
    expect(warn).not.toHaveBeenCalled();
  });
});
