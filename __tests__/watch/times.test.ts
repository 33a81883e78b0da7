import { InvalidTokenError, memoryStore, type LiveTokens } from 'livetoken';
import { cleanUpAll } from '../stores/support/redis-stores.js';
import { until } from '../stores/support/until.js';
import { EVERY_WORLD, instance, issuer, REVOKED, type World } from './support/worlds.js';

afterEach(() => jest.useRealTimers());
afterEach(cleanUpAll);

const DAY_MS = 86_400_000;
const TOLERANCE_MS = 5000;

/** Time passes and each timer that is due fires once, as after a suspension. Jest's timers have this and do not show it. */
function jump(ms: number): void {
  (setTimeout as unknown as { readonly clock: { jump(ms: number): void } }).clock.jump(ms);
}

describe('the time of a watched token', () => {
  let live: LiveTokens;
  let nowS: number;
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    nowS = Math.ceil(Date.now() / 1000);
    jest.setSystemTime(nowS * 1000);
    live = instance(memoryStore(), { maxLifetime: 90 * 86_400 });
  });

  const claimsFor = (lifetimeS: number) => issuer.claims({ iat: nowS, exp: nowS + lifetimeS });

  it('is up at its expiry and the tolerance after it, not sooner', () => {
    const watched = live.watch(claimsFor(10));
    jest.advanceTimersByTime(10_000 + TOLERANCE_MS - 1);
    expect(watched.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    expect(watched.reason).toBeInstanceOf(InvalidTokenError);
    expect(watched.reason).toMatchObject({ reason: 'expired', message: 'The token has expired.' });
  });

  it('may be longer than a timer can wait', () => {
    const watched = live.watch(claimsFor(60 * 86_400));
    jest.advanceTimersByTime(10_000);
    expect(watched.aborted).toBe(false);
    for (let day = 0; day < 60; day += 1) {
      expect(watched.aborted).toBe(false);
      jump(DAY_MS);
    }
    expect(watched.reason).toMatchObject({ reason: 'expired' });
  });

  it('sets no timer that would fire at once because it cannot wait that long', () => {
    live.watch(claimsFor(60 * 86_400));
    let next = Date.now();
    // What asks the store twice a second is the only one that wakes up.
    for (let i = 0; i < 5; i += 1) {
      jest.advanceTimersToNextTimer();
      expect(Date.now() - next).toBe(500);
      next = Date.now();
    }
  });

  it('is longer where the clock is put back', () => {
    const watched = live.watch(issuer.claims({ iat: nowS - 100, exp: nowS + 10 }));
    jest.setSystemTime((nowS - 60) * 1000);
    jest.advanceTimersByTime(10_000 + TOLERANCE_MS);
    expect(watched.aborted).toBe(false);
    jest.advanceTimersByTime(60_000);
    expect(watched.reason).toMatchObject({ reason: 'expired' });
  });

  it('leaves no timer behind when it is up, revoked or closed', async () => {
    live.watch(claimsFor(1));
    jest.advanceTimersByTime(1000 + TOLERANCE_MS);
    expect(jest.getTimerCount()).toBe(0);
    live.watch(claimsFor(10));
    await live.revoke({ kind: 'all' });
    expect(jest.getTimerCount()).toBe(0);
    live.watch(issuer.claims({ iat: nowS + 8, exp: nowS + 20 }));
    expect(jest.getTimerCount()).toBe(2);
    await live.close();
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe.each(EVERY_WORLD)('a watch $name', ({ open }) => {
  let world: World;
  beforeEach(async () => { world = await open(); });

  const nowS = (): number => Math.floor(Date.now() / 1000);

  it.each([
    ['has expired', 'expired', () => ({ iat: nowS() - 60, exp: nowS() - 10 })],
    ['is not valid yet', 'not_yet_valid', () => ({ nbf: nowS() + 30 })],
    ['was issued in the future', 'issued_in_future', () => ({ iat: nowS() + 30 })],
    ['lives too long', 'lifetime_too_long', () => ({ exp: nowS() + 7200 })],
    ['has no id', 'unrevocable', () => ({ jti: undefined })],
    ['names no organisation', 'unrevocable', () => ({ org: undefined })],
    ['has no expiry', 'malformed', () => ({ exp: undefined })],
  ])('of a token that %s is aborted from the start: %s', (_what, reason, overrides) => {
    const signal = world.live.watch(issuer.claims(overrides()));
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBeInstanceOf(InvalidTokenError);
    expect(signal.reason).toMatchObject({ code: 'invalid_token', reason });
  });

  it.each([
    [{ untl: {} }, 'watch has no option untl; its options are until, onUnavailable.'],
    [{ until: {} }, 'until is an object; give a response, stream or socket, whose event close ends the watch.'],
    [{ until: null }, 'until is null; give a response, stream or socket, whose event close ends the watch.'],
    [{ onUnavailable: 'maybe' }, "onUnavailable is a string; give 'deny' or 'allow'."],
  ])('cannot be begun with %j', (options, message) => {
    expect(() => world.live.watch(issuer.claims(), options as object)).toThrow(new TypeError(message));
  });
});

const turn = (): Promise<void> => new Promise(resolve => { setImmediate(resolve); });

describe.each(EVERY_WORLD.filter(({ knows }) => knows))('a watch $name', ({ open }) => {
  it('of a token that is known to be revoked is aborted from the start', async () => {
    const { live, revoker } = await open();
    await revoker.revoke({ kind: 'session', id: 'session-1' });
    await until(async () => !(await live.check(issuer.claims())).live);
    expect(live.watch(issuer.claims()).reason).toMatchObject(REVOKED);
  });
});

describe.each(EVERY_WORLD.filter(({ knows }) => !knows))('a watch $name', ({ open }) => {
  it('of a token that was revoked before is aborted by the first answer', async () => {
    const { live, revoker } = await open();
    await revoker.revoke({ kind: 'session', id: 'session-1' });
    const signals = Array.from({ length: 250 }, () => live.watch(issuer.claims()));
    await turn();
    // Redis answers in order. 250 watches are three questions, each some turns after the answer to the one before.
    for (let question = 0; question < 12; question += 1) await live.check(issuer.claims({ sid: 'another' }));
    await turn();
    expect(signals.filter(({ aborted }) => aborted)).toHaveLength(250);
  });
});
