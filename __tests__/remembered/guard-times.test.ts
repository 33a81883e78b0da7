import { createLiveTokens, jwtVerifier, memoryStore, type LiveTokens } from 'livetoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { ask, guardedApi, outcome } from '../support/guarded-api.js';
import { keyedIssuer, type KeyedIssuer } from './support/keyed-issuer.js';

const NOW_S = 1_800_000_000;

let clock: { nowMs: number };
let issuer: KeyedIssuer;
let live: LiveTokens;
beforeEach(() => {
  clock = { nowMs: NOW_S * 1000 };
  issuer = keyedIssuer();
  live = createLiveTokens({ store: memoryStore(), verify: issuer.watched.verify, maxLifetime: 3600, clockToleranceMs: 5000, now: () => clock.nowMs });
});
afterEach(() => live.close());
afterEach(() => jest.restoreAllMocks());

const tokenWith = (times: { iat?: number; exp?: number; nbf?: number; iat_ms?: number }) =>
  issuer.sign({ jti: 'token-1', sub: 'alice', iat: NOW_S, exp: NOW_S + 600, ...times }, 0);

describe.each(EVERY_EXPRESS)('The times of a remembered token, on $name', ({ express }) => {
  /** What a guard answers at this time, seconds from the start. */
  async function answerAt(second: number, token: string): Promise<string> {
    clock.nowMs = (NOW_S + second) * 1000;
    return outcome(ask(guardedApi(live, { exposeReason: true }, express), token));
  }

  it('F77 are judged at every request: exp may pass between two', async () => {
    const token = tokenWith({});
    expect(await answerAt(0, token)).toBe('200');
    expect(await answerAt(604.999, token)).toBe('200');
    expect(await answerAt(605, token)).toBe('401 expired');
    expect(await answerAt(100_000, token)).toBe('401 expired');
    expect(issuer.watched.calls).toBe(1);
  });

  it('F77 let it in as soon as nbf has come, and not if the clock is set back', async () => {
    const token = tokenWith({ nbf: NOW_S + 100 });
    expect(await answerAt(94.999, token)).toBe('401 not_yet_valid');
    expect(await answerAt(95, token)).toBe('200');
    expect(await answerAt(94.999, token)).toBe('401 not_yet_valid');
    expect(issuer.watched.calls).toBe(1);
  });

  it.each([{ iat: NOW_S + 100 }, { iat: NOW_S + 100, iat_ms: (NOW_S + 100) * 1000 }])(
    'F77 let it in as soon as iat has come, and not before: %j',
    async times => {
      const token = tokenWith(times);
      expect(await answerAt(0, token)).toBe('401 issued_in_future');
      expect(await answerAt(95, token)).toBe('200');
      expect(await answerAt(94.999, token)).toBe('401 issued_in_future');
      expect(issuer.watched.calls).toBe(1);
    },
  );

  it('F77 may lie the whole of maxLifetime apart, though the clock of the issuer runs ahead', async () => {
    await live.close();
    const verify = issuer.watched.verify;
    live = createLiveTokens({ store: memoryStore(), verify, maxLifetime: 600, clockToleranceMs: 0, issuerSkewMs: 10_000, now: () => clock.nowMs });
    const token = tokenWith({});
    expect(await answerAt(-10, token)).toBe('200');
    expect(await answerAt(-10.001, token)).toBe('401 issued_in_future');
  });

  it('F77 do not save a token that was revoked meanwhile: it is first the one and then the other', async () => {
    const token = tokenWith({ nbf: NOW_S + 100 });
    expect(await answerAt(0, token)).toBe('401 not_yet_valid');
    await live.revoke({ kind: 'session', id: 'another' });
    await live.revoke({ kind: 'token', id: 'token-1' });
    expect(await answerAt(95, token)).toBe('401 revoked');
    expect(await answerAt(605, token)).toBe('401 expired');
  });

  it('F77 decide before anything else may: an outage does not let an expired token in', async () => {
    const token = tokenWith({});
    const api = guardedApi(live, { exposeReason: true, onUnavailable: 'allow' }, express);
    expect(await outcome(ask(api, token))).toBe('200');
    await live.close();
    expect(await outcome(ask(api, token))).toBe('200');
    clock.nowMs += 605_000;
    expect(await outcome(ask(api, token))).toBe('401 expired');
  });
});

describe('A token without iat, where such tokens pass', () => {
  it('F77 is refused as long as it lives longer than any may, however often it comes', async () => {
    live = createLiveTokens({
      ...{ store: memoryStore(), verify: issuer.watched.verify, maxLifetime: 3600, clockToleranceMs: 0, now: () => clock.nowMs },
      unsafe: { acceptMissingIssuedAt: true },
    });
    const token = issuer.sign({ jti: 'token-1', exp: NOW_S + 3700 }, 0);
    const answer = () => live.authenticate(token).then(() => 'live', (error: unknown) => (error as { reason?: string }).reason);
    expect(await answer()).toBe('lifetime_too_long');
    clock.nowMs += 99_999;
    expect([live.recall(token), await answer()]).toEqual([undefined, 'lifetime_too_long']);
    clock.nowMs += 1;
    expect(await answer()).toBe('live');
    expect(live.recall(token)?.token).toBe(token);
    expect(issuer.watched.calls).toBe(1);
  });
});

describe('A verify function that is stricter about time than createLiveTokens', () => {
  it('F77 refuses an expired token as soon as if it had not been remembered', async () => {
    jest.spyOn(Date, 'now').mockImplementation(() => clock.nowMs);
    const anyone = { allowAnyIssuer: true, allowAnyAudience: true, allowInsecureKeySizes: true } as const;
    const verify = jwtVerifier({ key: 'key 0', algorithms: ['HS256'], clockToleranceMs: 0, ...anyone });
    const [seen, unseen] = [tokenWith({}), tokenWith({ exp: NOW_S + 600.001 })];
    live = createLiveTokens({ store: memoryStore(), verify, maxLifetime: 3600, clockToleranceMs: 5000 });
    const api = guardedApi(live, { exposeReason: true });
    expect(await outcome(ask(api, seen))).toBe('200');
    clock.nowMs += 602_000;
    expect(await outcome(ask(api, unseen))).toBe('401 expired');
    expect(await outcome(ask(api, seen))).toBe('401 expired');
  });
});
