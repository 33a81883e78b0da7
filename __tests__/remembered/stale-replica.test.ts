import type { Express } from 'express';
import { redisStore, type GuardOptions, type LiveTokens, type ReplicaOptions } from 'livetoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { ask, guardedApi, liveTokens, outcome } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';
import type { RedisServer } from '../support/redis-server.js';
import { appClient, cleanUpAll, later, ownRedis, rawClient } from '../stores/support/redis-stores.js';
import { until } from '../stores/support/until.js';
import { openReplica } from './support/open-replica.js';
import { watchedVerifier, type WatchedVerifier } from './support/watched-verifier.js';

const issuer = createIssuer();
const UNAVAILABLE = '503 temporarily_unavailable';
const LOG = '{livetoken:app}:log';
const SESSION = { kind: 'session', id: 'session-1' } as const;

let redis: RedisServer;
let watched: WatchedVerifier;
let live: LiveTokens;
/** Whether the copy may answer. */
let isFresh: () => boolean;
beforeEach(async () => {
  redis = await ownRedis();
});
afterEach(cleanUpAll);

async function open(options: ReplicaOptions): Promise<void> {
  const { store } = await openReplica('app', redis.url, options);
  watched = watchedVerifier(issuer.verify, 0);
  live = liveTokens(store, { ...issuer, verify: watched.verify });
  later(() => live.close());
  isFresh = () => store.isFresh;
}

/** Another process, which revokes. */
async function openOther(): Promise<LiveTokens> {
  const other = liveTokens(redisStore(appClient(redis.url), { namespace: 'app' }), issuer);
  later(() => other.close());
  await other.ready();
  return other;
}

const answer = (token: string, options: GuardOptions = {}, express?: (typeof EVERY_EXPRESS)[number]['express']) =>
  outcome(ask(guardedApi(live, { exposeReason: true, ...options }, express), token));

/** The copy cannot go on reading from here, while Redis answers as ever. */
async function breakLog(first: string[][] = []): Promise<void> {
  await rawClient(redis.url).multi([...first, ['xadd', LOG, '*', 'nonsense', '1']]).exec();
  await until(() => !isFresh());
}

describe.each(EVERY_EXPRESS)("A remembered token on a route of consistency 'strong', on $name", ({ express }) => {
  let bounded: Express;
  let strong: Express;
  beforeEach(async () => {
    await open({ maxStalenessMs: 60_000 });
    bounded = guardedApi(live, { exposeReason: true }, express);
    strong = guardedApi(live, { exposeReason: true, consistency: 'strong' }, express);
  });

  it('F81 is 503 while Redis is away, though the copy still answers for other routes', async () => {
    const token = issuer.token();
    for (const api of [bounded, strong, bounded, strong]) expect(await outcome(ask(api, token))).toBe('200');
    redis.pause();
    for (const api of [bounded, strong, bounded, strong]) expect(await outcome(ask(api, token))).toBe(api === strong ? UNAVAILABLE : '200');
    redis.resume();
    await until(async () => (await outcome(ask(strong, token))) === '200');
    expect(watched.calls).toBe(1);
  });

  it('F80 is refused as soon as another process has revoked it, whatever the copy has heard', async () => {
    const other = await openOther();
    const token = issuer.token();
    for (const api of [bounded, strong, bounded]) expect(await outcome(ask(api, token))).toBe('200');
    // Nothing that comes after this entry is heard of, and the copy goes on answering for as long as its bound allows.
    await rawClient(redis.url).call('XADD', LOG, '*', 'nonsense', '1');
    await other.revoke(SESSION);
    expect(await outcome(ask(bounded, token))).toBe('200');
    expect(await outcome(ask(strong, token))).toBe('401 revoked');
    expect(watched.calls).toBe(1);
  });
});

describe('A remembered token while the copy is stale', () => {
  beforeEach(() => open({ maxStalenessMs: 200 }));

  it('F80 costs no verification, and Redis is asked: what another process has revoked is refused at once', async () => {
    const other = await openOther();
    const [token, bystander] = [issuer.token(), issuer.token({ sid: 'session-2', grant_id: 'grant-2' })];
    for (const each of [token, bystander, token]) expect(await answer(each)).toBe('200');
    await breakLog();
    expect(live.recall(token)).toBeUndefined();
    expect(await answer(token)).toBe('200');
    await other.revoke(SESSION);
    expect([await answer(token), await answer(bystander)]).toEqual(['401 revoked', '200']);
    expect(watched.calls).toBe(2);
  });

  it('F80 is refused by what the copy knows, where Redis has lost it', async () => {
    const [token, bystander] = [issuer.token(), issuer.token({ sid: 'session-2', grant_id: 'grant-2' })];
    for (const each of [token, bystander]) expect(await answer(each)).toBe('200');
    await live.revoke(SESSION);
    await breakLog([['flushall']]);
    for (const consistency of ['bounded', 'strong'] as const) {
      // Of others nobody can say it while all is lost.
      expect([await answer(token, { consistency }), await answer(bystander, { consistency })]).toEqual(['401 revoked', '503 temporarily_unavailable']);
    }
    expect(watched.calls).toBe(2);
  });

  it('F81 is 503 once Redis is away too, and 200 again when it is back, all on one verification', async () => {
    const token = issuer.token();
    expect(await answer(token)).toBe('200');
    redis.pause();
    const answers: string[] = [];
    await until(async () => answers.push(await answer(token)) > 0 && answers.at(-1) === UNAVAILABLE);
    expect(isFresh()).toBe(false);
    expect(live.recall(token)).toBeUndefined();
    expect(new Set(answers.slice(0, -1))).toEqual(answers.length > 1 ? new Set(['200']) : new Set());
    redis.resume();
    await until(async () => (await answer(token)) === '200');
    expect(watched.calls).toBe(1);
  });

  it('F80 is recalled again when the copy is fresh again, unless something was revoked meanwhile', async () => {
    const other = await openOther();
    const [token, bystander] = [issuer.token(), issuer.token({ sid: 'session-2', grant_id: 'grant-2' })];
    for (const each of [token, bystander]) expect(await answer(each)).toBe('200');
    await breakLog();
    await other.revoke(SESSION);
    const raw = rawClient(redis.url);
    const nonsense = (await raw.xrange(LOG, '-', '+')).filter(([, fields]) => fields[0] === 'nonsense');
    for (const [id] of nonsense) await raw.xdel(LOG, id);
    await until(isFresh);
    expect(live.recall(token)).toBeUndefined();
    await until(() => live.recall(bystander)?.token === bystander);
    expect(await answer(token)).toBe('401 revoked');
    expect(watched.calls).toBe(2);
  });

  it.each(['bounded', 'strong'] as const)(
    "F80 is refused by what the copy knows, where Redis is away and the route says onUnavailable: 'allow': %s",
    async consistency => {
      const options = { onUnavailable: 'allow', consistency } as const;
      const [token, bystander] = [issuer.token(), issuer.token({ sid: 'session-2', grant_id: 'grant-2' })];
      for (const each of [token, bystander]) expect(await answer(each, options)).toBe('200');
      await live.revoke(SESSION);
      redis.pause();
      await until(() => !isFresh());
      expect(await answer(bystander, options)).toBe('200');
      expect(await answer(token, options)).toBe('401 revoked');
    },
  );
});

describe('A remembered token on a copy that holds more than it may', () => {
  it('F80 is looked up in Redis and in the copy: neither forgets', async () => {
    await open({ maxEntries: 1 });
    const token = issuer.token();
    expect(await answer(token)).toBe('200');
    await live.revokeAll(['a', 'b', 'c'].map(id => ({ kind: 'subject', id })));
    await until(() => !isFresh());
    expect(live.recall(token)).toBeUndefined();
    expect(await answer(token)).toBe('200');
    await live.revoke(SESSION);
    expect(await answer(token)).toBe('401 revoked');
    expect(watched.calls).toBe(1);
  });
});

describe.each(EVERY_EXPRESS)('A remembered token on a copy that was closed, on $name', ({ express }) => {
  it('F81 is 503, and no longer recalled from the moment of closing', async () => {
    await open({ maxStalenessMs: 60_000 });
    const token = issuer.token();
    expect(await answer(token, {}, express)).toBe('200');
    const closing = live.close();
    expect(live.recall(token)).toBeUndefined();
    await closing;
    expect(await answer(token, {}, express)).toBe(UNAVAILABLE);
  });
});
