import { memoryStore, StoreFullError, StoreUnavailableError, type LiveTokens } from 'livetoken';
import { until, untilResolved } from '../stores/support/until.js';
import { liveTokens } from '../support/guarded-api.js';
import { killableStore } from '../support/killable-store.js';
import type { OpenStore } from '../support/every-store.js';
import type { RedisServer } from '../support/redis-server.js';
import { eventsOf, namesOf } from './support/events.js';
import { interruptible, type Interruptible } from './support/interruptible.js';
import { issuer, login, outcomeOf, stateOf, successors } from './support/login.js';

// A Redis that hangs is given up on after seconds, and again with each connection that is made to it.

describe('redeeming while Redis fails', () => {
  let redis: RedisServer;
  let opened: OpenStore;
  let step: Interruptible;
  let live: LiveTokens;
  beforeEach(async () => {
    const killable = await killableStore();
    redis = killable.redis;
    opened = await killable.open();
    step = interruptible(opened.store);
    live = liveTokens(step.store, issuer);
  });
  afterEach(() => opened.close());

  const kill = () => redis.kill();
  /** Both of its connections are back. */
  async function served(): Promise<void> {
    await untilResolved(() => opened.store.ready());
    await untilResolved(() => live.check(login().access));
  }
  async function heal(): Promise<void> {
    await redis.restart();
    await served();
  }

  it.each(['useOnce', 'epochs'] as const)('G83 rejects where it dies before the question %s, and tells', async question => {
    const events = eventsOf(live);
    step.before(question, kill);
    await expect(live.redeem(login().refresh, { graceMs: 60_000 })).rejects.toThrow(StoreUnavailableError);
    expect(namesOf(events)).toEqual(['unavailable']);
    expect(events[0]![1]).toMatchObject({ operation: 'redeem' });
  });

  it('G83 leaves a token unused where it died before', async () => {
    const { refresh } = login();
    step.before('useOnce', kill);
    await expect(live.redeem(refresh)).rejects.toThrow(StoreUnavailableError);
    await heal();
    expect(await outcomeOf(live.redeem(refresh))).toBe('redeemed');
  });

  it.each([
    [0, 'replayed'],
    [60_000, 'repeated'],
  ])('G85 takes the second try of a client whose first died half-way for what it is, with a grace of %d ms: %s', async (graceMs, outcome) => {
    const { refresh } = login();
    step.before('epochs', kill);
    await expect(live.redeem(refresh, { graceMs })).rejects.toThrow(StoreUnavailableError);
    await heal();
    expect(await outcomeOf(live.redeem(refresh, { graceMs }))).toBe(outcome);
  });

  it.each([
    [0, 'replayed'],
    [60_000, 'repeated'],
  ])('G85 the same where nobody heard whether the first use was recorded, and it was: %d ms, %s', async (graceMs, outcome) => {
    const { refresh } = login();
    step.before('useOnce', () => { redis.pause(); });
    await expect(live.redeem(refresh, { graceMs })).rejects.toThrow(StoreUnavailableError);
    redis.resume();
    await served();
    await until(() => untilResolved(() => live.isRedeemed(refresh)));
    expect(await outcomeOf(live.redeem(refresh, { graceMs }))).toBe(outcome);
  });

  it('G84 tells of a replay that it cannot record, and neither succeeds nor calls it refused', async () => {
    const { refresh, access } = login();
    const next = successors(refresh, await live.redeem(refresh));
    const events = eventsOf(live);
    step.before('record', kill);

    await expect(live.redeem(refresh)).rejects.toThrow(StoreUnavailableError);

    expect(namesOf(events)).toEqual(['replayed', 'unavailable']);
    await heal();
    expect(await stateOf(live, access)).toBe('live');
    expect(await outcomeOf(live.redeem(refresh))).toBe('replayed');
    for (const claims of [access, next.access, next.refresh]) expect(await stateOf(live, claims)).toBe('revoked');
  });

  it('G83 does not say whether a token was redeemed while nobody knows', async () => {
    step.before('firstUseMs', kill);
    await expect(live.isRedeemed(login().refresh)).rejects.toThrow(StoreUnavailableError);
  });

  it('I97 succeeds where the used token cannot be taken off the lists', async () => {
    const tracking = liveTokens(step.store, issuer, { tracking: true });
    const { refresh } = login();
    await tracking.track(refresh);
    step.before('tracked', kill);
    expect(await outcomeOf(tracking.redeem(refresh))).toBe('redeemed');
  });
});

describe('redeeming on a memory store that is full', () => {
  it('G83 is refused: a use that is not remembered would not be the last', async () => {
    const live = liveTokens(memoryStore({ maxEntries: 1 }), issuer);
    const { refresh } = login();
    await live.redeem(refresh);
    await expect(live.redeem(login({ grant_id: 'grant-2' }).refresh)).rejects.toThrow(StoreFullError);
    expect(await outcomeOf(live.redeem(refresh))).toBe('replayed');
  });

  it('G84 is refused, and not as a replay, where its revocation finds no room', async () => {
    const live = liveTokens(memoryStore({ maxEntries: 1 }), issuer);
    const { refresh } = login();
    await live.revoke({ kind: 'session', id: 'another' });
    await live.redeem(refresh);
    await expect(live.redeem(refresh)).rejects.toThrow(StoreFullError);
  });
});
