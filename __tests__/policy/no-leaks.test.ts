import { Redis } from 'ioredis';
import { inspect } from 'node:util';
import {
  createLiveTokens,
  memoryStore,
  redisStore,
  requireLiveToken,
  StoreUnavailableError,
  type Claims,
  type GuardOptions,
  type LiveTokens,
  type LiveTokensOptions,
  type RevocationStore,
  type Target,
} from 'livetoken';
import { targetKey } from '../../lib/model/target-key.js';
import { CANARY, captureOutput, type CapturedOutput } from '../support/captured-output.js';
import { ask, guardedApi, liveTokens } from '../support/guarded-api.js';
import { createIssuer, REFRESH } from '../support/issuer.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';

const issuer = createIssuer();
const PASSWORD = `${CANARY}-password`;
const SECRET_IDS = { jti: `${CANARY}-jti`, sid: `${CANARY}-sid`, grant_id: `${CANARY}-grant` };

let output: CapturedOutput;
beforeEach(() => {
  output = captureOutput();
});
afterEach(() => output.end());

/** Expects it to fail, and looks at the error. */
async function fails(what: string, work: Promise<unknown>): Promise<void> {
  const [settled] = await Promise.allSettled([work]);
  if (settled.status === 'fulfilled') throw new Error(`It was to fail: ${what}.`);
  output.note(what, settled.reason);
}

function throws(what: string, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    output.note(what, error);
    return;
  }
  throw new Error(`It was to throw: ${what}.`);
}

function listen(live: LiveTokens): void {
  for (const name of ['revoked', 'replayed', 'refused', 'unavailable', 'allowedUnchecked'] as const) {
    live.on(name, event => {
      output.note(name, event);
      throw new Error(`A listener that quotes a token: ${issuer.token(SECRET_IDS)}`);
    });
  }
}

async function answers(live: LiveTokens, token: string, options: GuardOptions = {}): Promise<number> {
  const { status, headers, text } = await ask(guardedApi(live, { exposeReason: true, ...options }), token);
  if (status !== 200) output.note(`answer ${status}`, { headers, text });
  return status;
}

/** Everything that is done with tokens, good and bad, while the store works. */
async function useEverything(live: LiveTokens): Promise<void> {
  const good = issuer.claims(SECRET_IDS);
  await live.track(good, { label: `${CANARY}-label` });
  expect(await answers(live, issuer.sign(good))).toBe(200);
  expect(await answers(live, issuer.sign(good), { scope: 'orders:write' })).toBe(403);

  const bad = [
    createIssuer().token(SECRET_IDS),
    issuer.token({ ...SECRET_IDS, exp: 1_700_000_600, iat: 1_700_000_000 }),
    issuer.token({ ...SECRET_IDS, jti: [`${CANARY}-jti`] }),
    issuer.token({ ...SECRET_IDS, iss: CANARY, aud: CANARY }),
    issuer.token(SECRET_IDS, { kid: CANARY, typ: CANARY, crit: [CANARY] }),
    `${CANARY}.${CANARY}.${CANARY}`,
    `${Buffer.from(`{"alg":"${CANARY}`).toString('base64url')}.e30.AA`,
  ];
  for (const token of bad) {
    expect(await answers(live, token)).toBe(401);
    await fails('revoking a bad token', live.revoke(token));
  }
  expect(await answers(live, issuer.token({ ...SECRET_IDS, nonce: CANARY }))).toBe(401);
  expect(await answers(live, `${CANARY} ${CANARY}`)).toBe(400);

  const targets: Target[] = [
    { kind: 'token', id: SECRET_IDS.jti, organisation: 'org-a' },
    { kind: 'session', id: SECRET_IDS.sid },
    { kind: 'grant', id: SECRET_IDS.grant_id },
  ];
  for (const target of targets) await live.revoke(target, { actor: 'admin', reason: 'a test' });
  await live.revoke(issuer.token({ ...SECRET_IDS, ...REFRESH }));
  const refresh = issuer.claims({ ...SECRET_IDS, ...REFRESH, sid: undefined, jti: `${CANARY}-refresh`, grant_id: `${CANARY}-another` });
  await live.redeem(refresh, { actor: 'client web' });
  await fails('a used refresh token', live.redeem(refresh, { actor: 'client web' }));
  await fails('the refresh token of a dead grant', live.redeem(refresh));
  await fails('a refresh token without a grant', live.redeem({ ...refresh, grant_id: undefined }));
  expect(await answers(live, issuer.sign(good))).toBe(401);
  output.note('audit', await live.history());

  await fails('a target that is none', live.revoke({ kind: CANARY, id: CANARY } as unknown as Target));
  await fails('an id that is none', live.revoke({ kind: 'session', id: CANARY.repeat(100) }));
  await fails('a field too many', live.revoke({ kind: 'session', id: CANARY, client: CANARY } as unknown as Target));
  await fails('an instant that is none', live.revoke({ kind: 'all' }, { issuedBefore: CANARY as unknown as Date }));
  await fails('previewing what is none', live.preview({ kind: 'session', id: CANARY.repeat(100) }));
  await fails('previewing a token that is none', live.preview(`${CANARY}.${CANARY}.${CANARY}`));
  await fails('the history of what is none', live.history({ target: { kind: CANARY, id: CANARY } as unknown as Target }));
  await fails('the history after what is none', live.history({ cursor: CANARY }));
  await fails('the history since an instant that is none', live.history({ since: CANARY as unknown as Date }));
  await fails('the history of an organisation that is none', live.history({ organisation: CANARY.repeat(100) }));
  await fails('the history of an actor that is none', live.history({ actor: [CANARY] as unknown as string }));
  await fails('details too long', live.track(good, { long: CANARY.repeat(2000) }));
  await fails('details that are none', live.track(good, [CANARY] as unknown as Record<string, unknown>));
  await fails('claims that are none', live.track({ ...good, jti: [CANARY] }));
  await fails('a cursor that is none', live.list({ kind: 'all' }, { cursor: CANARY }));
  await fails('an organisation that is none', live.find(SECRET_IDS.jti, CANARY.repeat(100)));
  output.note('the instance itself', live);
  output.note('its health', live.health());
  output.note('its methods', inspect(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(live))));
}

describe('nothing that may be logged holds a secret, a token, or the id of a token, session or grant', () => {
  it('I11 on the memory store', async () => {
    const live = liveTokens(memoryStore(), issuer, { tracking: true });
    listen(live);

    await useEverything(live);
    await live.close();
    expect(await answers(live, issuer.token(SECRET_IDS))).toBe(503);
    expect(await answers(live, issuer.token(SECRET_IDS), { onUnavailable: 'allow' })).toBe(200);
    await new Promise(setImmediate);

    expect(output.leaks()).toEqual([]);
    expect(output.size).toBeGreaterThan(100);
  });

  it('I11 from options', () => {
    const options: LiveTokensOptions = { store: memoryStore(), verify: issuer.verify, maxLifetime: 60 };
    for (const name of ['store', 'verify', 'maxLifetime', 'claims', 'clockToleranceMs', 'tokenUse', 'tracking', 'unsafe', 'now']) {
      throws(name, () => createLiveTokens({ ...options, [name]: CANARY }));
      throws(name, () => createLiveTokens({ ...options, [name]: [CANARY] }));
    }
    const live = createLiveTokens(options);
    for (const name of ['scope', 'optional', 'claimsFrom', 'acceptTokenIn', 'realm', 'exposeReason', 'retryAfterSeconds', 'profile', 'onUnavailable']) {
      throws(name, () => requireLiveToken(live, { [name]: `${CANARY}"\n` }));
      throws(name, () => requireLiveToken(live, { [name]: { toString: () => CANARY } }));
    }

    expect(output.leaks()).toEqual([]);
  });

  it('I11 from a verify function that quotes the token, and a mapping that quotes the claims', async () => {
    const verify = async (token: string): Promise<Claims> => {
      throw new Error(`cannot verify ${token} with ${PASSWORD}`);
    };
    const subject = (claims: Claims): unknown => {
      throw new Error(`cannot map ${JSON.stringify(claims)}`);
    };
    for (const options of [{ verify }, { claims: { organisation: 'org', subject } }]) {
      const live = liveTokens(memoryStore(), issuer, options);
      listen(live);
      expect(await answers(live, issuer.token(SECRET_IDS))).toBe(401);
      await fails('authenticating', live.authenticate(issuer.token(SECRET_IDS)));
      await fails('revoking', live.revoke(issuer.token(SECRET_IDS)));
    }

    expect(output.leaks()).toEqual([]);
  });

  it('I11 from a request whose verify function cannot tell', async () => {
    const verify = () => Promise.reject(new StoreUnavailableError(`cannot fetch keys with ${PASSWORD}`));
    const live = liveTokens(memoryStore(), issuer, { verify });
    listen(live);

    expect(await answers(live, issuer.token(SECRET_IDS))).toBe(503);
    expect(await answers(live, issuer.token(SECRET_IDS), { onUnavailable: 'allow' })).toBe(503);

    expect(output.leaks()).toEqual([]);
  });
});

describe('nothing that may be logged holds a secret, on Redis', () => {
  let redis: RedisServer;
  let store: RevocationStore;
  let live: LiveTokens;
  beforeEach(async () => {
    redis = await startRedis({ args: ['--requirepass', PASSWORD] });
    store = redisStore(clientWith(PASSWORD), { replica: false });
    live = liveTokens(store, issuer, { tracking: true });
    listen(live);
  });
  afterEach(async () => {
    await live.close();
    await redis.stop();
  });

  const clientWith = (password: string) => new Redis({ port: redis.port, host: '127.0.0.1', username: 'default', password, lazyConnect: true });

  async function failEverything(): Promise<void> {
    await fails('checking', live.check(issuer.claims(SECRET_IDS)));
    await fails('revoking', live.revoke({ kind: 'token', id: SECRET_IDS.jti, organisation: 'org-a' }, { actor: 'admin' }));
    await fails('revoking a token', live.revoke(issuer.token(SECRET_IDS)));
    await fails('tracking', live.track(issuer.claims(SECRET_IDS), { label: CANARY }));
    await fails('finding', live.find(SECRET_IDS.jti, 'org-a'));
    await fails('reading the audit log', live.history({ target: { kind: 'session', id: SECRET_IDS.sid } }));
    await fails('previewing', live.preview(issuer.token(SECRET_IDS)));
    expect(await answers(live, issuer.token(SECRET_IDS))).toBe(503);
  }

  it('I11 while it works', async () => {
    await live.ready();

    await useEverything(live);

    expect(output.leaks()).toEqual([]);
    expect(output.size).toBeGreaterThan(100);
  });

  it.each([
    ['killed', () => redis.kill()],
    ['paused', async () => redis.pause()],
  ])('I11 while it is %s', async (_, strike) => {
    await live.ready();
    await strike();

    await failEverything();
    redis.resume();

    expect(output.leaks()).toEqual([]);
  });

  it('I11 where it refuses the password', async () => {
    await live.close();
    live = liveTokens(redisStore(clientWith(`${CANARY}-wrong`), { readyTimeoutMs: 200 }), issuer, { tracking: true });
    listen(live);

    await fails('becoming ready', live.ready());
    await failEverything();

    expect(output.leaks()).toEqual([]);
  });

  it('I11 where its answers are errors that quote the command: a key of another type, no memory left', async () => {
    await live.ready();
    const admin = clientWith(PASSWORD);
    const prefix = '{livetoken:default}:';
    const token: Target = { kind: 'token', id: SECRET_IDS.jti, organisation: 'org-a' };
    // The hash that holds the token among others.
    const bucket = prefix + targetKey(token).slice(0, -20);
    await admin.lpush(bucket, 'x');
    await admin.lpush(`${prefix}audit`, 'x');

    await fails('revoking', live.revoke(token));
    await fails('reading the audit log', live.history());

    await admin.del(bucket, `${prefix}audit`);
    await admin.config('SET', 'maxmemory', '1');
    await fails('revoking without memory', live.revoke(token));
    await fails('tracking without memory', live.track(issuer.claims(SECRET_IDS), { label: CANARY }));
    admin.disconnect();

    expect(output.leaks()).toEqual([]);
  });
});

describe('the scan itself', () => {
  it.each<[string, unknown]>([
    ['a token', issuer.token()],
    ['the word', { deep: { down: [`x${CANARY.toLowerCase()}x`] } }],
    ['the word in base64', { x: Buffer.from(`ab:${CANARY}-password`).toString('base64') }],
    ['the word in base64, one on', Buffer.from(`abc:${CANARY}`).toString('base64url')],
    ['the word in base64, two on', Buffer.from(`abcd:${CANARY}!`).toString('base64')],
    ['the word in hex', Buffer.from(CANARY).toString('hex')],
    ['a cause', new Error('no', { cause: new Error(CANARY) })],
    ['a field of an error', Object.assign(new Error('no'), { command: { args: [CANARY] } })],
  ])('I11 finds %s', (_, value) => {
    output.note('noted', value);
    console.warn(value);
    process.stderr.write(inspect(value));

    expect(output.leaks().length).toBeGreaterThanOrEqual(3);
  });
});
