import { createLiveTokens, jwtVerifier, memoryStore, type Claims, type LiveTokens, type LiveTokensOptions } from 'livetoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { ask, guardedApi, outcome } from '../support/guarded-api.js';
import { AUDIENCE, createIssuer, ISSUER } from '../support/issuer.js';
import { keyedIssuer, type KeyedIssuer } from './support/keyed-issuer.js';
import { watchedVerifier } from './support/watched-verifier.js';

const testIssuer = createIssuer();
const opened: LiveTokens[] = [];

function open(options: Partial<LiveTokensOptions>): LiveTokens {
  const live = createLiveTokens({ store: memoryStore(), maxLifetime: 3600, ...options });
  opened.push(live);
  return live;
}
afterEach(async () => {
  jest.restoreAllMocks();
  for (const live of opened.splice(0)) await live.close();
});

const answer = (live: LiveTokens, token: string) => outcome(ask(guardedApi(live, { exposeReason: true }), token));

describe('Which verify functions are called again', () => {
  const cases: { readonly what: string; readonly keysVersion?: number; readonly rememberTokens?: LiveTokensOptions['rememberTokens']; readonly calls: number }[] = [
    { what: 'one without keysVersion: at every request, for it may ask something each time', calls: 3 },
    { what: 'one without keysVersion, with rememberTokens: {}: once', rememberTokens: {}, calls: 1 },
    { what: 'one with keysVersion: once', keysVersion: 0, calls: 1 },
    { what: 'one with keysVersion, with rememberTokens: {}: once', keysVersion: 7, rememberTokens: {}, calls: 1 },
    { what: 'one with keysVersion, with rememberTokens: false: at every request', keysVersion: 0, rememberTokens: false, calls: 3 },
    { what: 'one without keysVersion, with rememberTokens: false: at every request', rememberTokens: false, calls: 3 },
    // NaN is not even itself: it moves all the time.
    { what: 'one whose keysVersion is no number: at every request', keysVersion: NaN, calls: 3 },
  ];

  it.each(cases)('$what', async ({ keysVersion, rememberTokens, calls }) => {
    const watched = watchedVerifier(testIssuer.verify, keysVersion);
    const live = open({ verify: watched.verify, ...(rememberTokens !== undefined && { rememberTokens }) });
    const token = testIssuer.token();
    for (let round = 1; round <= 3; round += 1) expect(await answer(live, token)).toBe('200');
    expect(watched.calls).toBe(calls);
  });

  it('jwtVerifier says that it need not be', () => {
    const verify = jwtVerifier({ key: 'k'.repeat(40), algorithms: ['HS256'], issuer: ISSUER, audience: AUDIENCE });
    expect(verify.keysVersion).toEqual(expect.any(Number));
  });

  it('by live.verify: each time, since it is asked for a verification', async () => {
    const watched = watchedVerifier(testIssuer.verify, 0);
    const live = open({ verify: watched.verify });
    const token = testIssuer.token();
    await live.authenticate(token);
    await live.verify(token);
    await live.verify(token);
    expect(watched.calls).toBe(3);
  });

  it('by live.authenticate with claims: never', async () => {
    const watched = watchedVerifier(testIssuer.verify, 0);
    const live = open({ verify: watched.verify });
    const claims = testIssuer.claims();
    expect(await live.authenticate({ claims })).toEqual({ claims });
    expect(watched.calls).toBe(0);
    expect(Object.isFrozen(claims)).toBe(false);
  });
});

describe.each(EVERY_EXPRESS)('When keys change, on $name', ({ express }) => {
  let issuer: KeyedIssuer;
  let live: LiveTokens;
  let token: string;
  beforeEach(() => {
    issuer = keyedIssuer();
    live = open({ verify: issuer.watched.verify });
    token = issuer.sign(testIssuer.claims(), 0);
  });
  const ask200 = (of: string) => outcome(ask(guardedApi(live, { exposeReason: true }, express), of));

  it('a token that was signed with a key that is gone is refused at once, though it was remembered', async () => {
    expect(await ask200(token)).toBe('200');
    expect(await ask200(token)).toBe('200');
    issuer.changeTo(1);
    expect(live.recall(token)).toBeUndefined();
    expect(await ask200(token)).toBe('401 bad_signature');
    issuer.changeTo(0);
    expect(await ask200(token)).toBe('200');
    expect(issuer.watched.calls).toBe(3);
  });

  it('all are verified anew, once, those of keys that stay too', async () => {
    const tokens = [0, 1, 2].map(() => issuer.sign(testIssuer.claims(), 0));
    for (const each of tokens) expect(await ask200(each)).toBe('200');
    issuer.changeTo(0);
    for (const each of [...tokens, ...tokens]) expect(await ask200(each)).toBe('200');
    expect(issuer.watched.calls).toBe(6);
  });

  it('while a token is being verified, that request is answered by the old ones and the next by the new ones', async () => {
    issuer.watched.beforeAnswer = () => issuer.changeTo(1);
    expect(await ask200(token)).toBe('200');
    issuer.watched.beforeAnswer = () => undefined;
    expect(live.recall(token)).toBeUndefined();
    expect(await ask200(token)).toBe('401 bad_signature');
  });

  it('while a token is being verified, and another request has noticed already, it is not remembered either', async () => {
    const other = issuer.sign(testIssuer.claims(), 1);
    issuer.watched.beforeAnswer = async () => {
      issuer.watched.beforeAnswer = () => undefined;
      issuer.changeTo(1);
      expect(await ask200(other)).toBe('200');
    };
    expect(await ask200(token)).toBe('200');
    expect(await ask200(token)).toBe('401 bad_signature');
    expect(await ask200(other)).toBe('200');
    expect(issuer.watched.calls).toBe(3);
  });
});

describe('The age of a verification', () => {
  it('has a limit, maxAgeMs, after which a token is verified anew', async () => {
    let nowMs = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    const claimed: Claims[] = [];
    const watched = watchedVerifier(async token => {
      claimed.push(await testIssuer.verify(token));
      return claimed.at(-1)!;
    }, 0);
    const live = open({ verify: watched.verify, rememberTokens: { maxAgeMs: 60_000 } });
    const token = testIssuer.token();
    expect(await live.authenticate(token)).toMatchObject({ token });
    nowMs = 59_999;
    expect(live.recall(token)).toMatchObject({ token });
    await live.authenticate(token);
    expect(watched.calls).toBe(1);
    nowMs = 60_000;
    expect(live.recall(token)).toBeUndefined();
    await live.authenticate(token);
    expect(watched.calls).toBe(2);
    nowMs = 119_999;
    expect(live.recall(token)).toMatchObject({ token });
  });

  it('is an hour unless said otherwise', async () => {
    let nowMs = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    const live = open({ verify: watchedVerifier(testIssuer.verify, 0).verify });
    const token = testIssuer.token();
    await live.authenticate(token);
    nowMs = 3_599_999;
    expect(live.recall(token)).toMatchObject({ token });
    nowMs = 3_600_000;
    expect(live.recall(token)).toBeUndefined();
  });
});
