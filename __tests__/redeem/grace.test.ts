import { memoryStore } from 'livetoken';
import { EVERY_STORE, onStore, type OpenStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { ALL_ABOVE, issuer, login, outcomeOf, stateOf, successors } from './support/login.js';

const MARGIN_MS = 60_000;
const TOLERANCE_MS = 5000;

/** An instance whose clock, and whose store's clock, a test moves. */
function atClocks() {
  const clocks = { app: Date.now(), store: Date.now() };
  const live = liveTokens(memoryStore({ now: () => clocks.store }), issuer, { now: () => clocks.app });
  const pass = (ms: number): void => {
    clocks.app += ms;
    clocks.store += ms;
  };
  return { live, clocks, pass };
}

describe('the grace', () => {
  it('G85 lets a token be used again for as long as it lasts, and not a millisecond longer', async () => {
    const { live, pass } = atClocks();
    const { refresh } = login();
    const outcomes = [];
    for (const ms of [0, 0, 999, 1]) {
      pass(ms);
      outcomes.push(await outcomeOf(live.redeem(refresh, { graceMs: 1000 })));
    }
    expect(outcomes).toEqual(['redeemed', 'repeated', 'repeated', 'replayed']);
  });

  it('G85 begins with the first use: another use does not prolong it', async () => {
    const { live, pass } = atClocks();
    const { refresh } = login();
    await live.redeem(refresh, { graceMs: 1000 });
    pass(900);
    await live.redeem(refresh, { graceMs: 1000 });
    pass(900);
    expect(await outcomeOf(live.redeem(refresh, { graceMs: 1000 }))).toBe('replayed');
  });

  it('G84 is none unless it is asked for, not even in the millisecond of the first use', async () => {
    const { live } = atClocks();
    const { refresh } = login();
    await live.redeem(refresh, { graceMs: 60_000 });
    expect(await outcomeOf(live.redeem(refresh))).toBe('replayed');
  });

  it('G85 goes by the clock of the store, wherever that of the application goes', async () => {
    const { live, clocks } = atClocks();
    const [one, other] = [login().refresh, login({ grant_id: 'grant-2' }).refresh];
    for (const refresh of [one, other]) await live.redeem(refresh, { graceMs: 1000 });

    clocks.app += 5000;
    expect(await outcomeOf(live.redeem(one, { graceMs: 1000 }))).toBe('repeated');
    clocks.app -= 5000;
    clocks.store += 5000;
    expect(await outcomeOf(live.redeem(other, { graceMs: 1000 }))).toBe('replayed');
  });

  it('G85 is none where the clock of the store was put back, which could make it endless', async () => {
    const { live, clocks } = atClocks();
    const { refresh } = login();
    await live.redeem(refresh, { graceMs: 1000 });
    clocks.store -= 1;
    expect(await outcomeOf(live.redeem(refresh, { graceMs: 1000 }))).toBe('replayed');
  });

  it('G86 gives tokens of the same grant, all of which die with it', async () => {
    const { live, pass } = atClocks();
    const { refresh } = login();
    const first = await live.redeem(refresh, { graceMs: 1000 });
    pass(500);
    const second = await live.redeem(refresh, { graceMs: 1000 });
    expect(second).toEqual({ grantedAtMs: first.grantedAtMs, issueAtMs: first.issueAtMs + 500, repeated: true });
    const given = [first, second].flatMap(redemption => Object.values(successors(refresh, redemption)));
    expect(await Promise.all(given.map(claims => stateOf(live, claims)))).toEqual(given.map(() => 'live'));

    pass(500);
    expect(await outcomeOf(live.redeem(refresh, { graceMs: 1000 }))).toBe('replayed');

    expect(await Promise.all(given.map(claims => stateOf(live, claims)))).toEqual(given.map(() => 'revoked'));
  });

  it('G83 a used token is remembered for as long as anybody might accept it, also where the clock of the store is ahead', async () => {
    const { live, clocks } = atClocks();
    const { refresh } = login();
    const expiresAtMs = (refresh['exp'] as number) * 1000;
    await live.redeem(refresh);

    clocks.store = expiresAtMs + TOLERANCE_MS + MARGIN_MS - 1;
    clocks.app = expiresAtMs + TOLERANCE_MS - 1;

    expect(await live.isRedeemed(refresh)).toBe(true);
    expect(await outcomeOf(live.redeem(refresh))).toBe('replayed');
    clocks.app += 1;
    expect(await outcomeOf(live.redeem(refresh))).toBe('expired');
  });
});

describe.each(EVERY_STORE)('a grace on the $name store', ({ open }) => {
  let opened: OpenStore;
  onStore(open, each => { opened = each; });

  it('G85 lets all of 50 uses at once succeed, the first and 49 repetitions of it', async () => {
    const live = liveTokens(opened.store, issuer);
    const { refresh, access } = login();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => outcomeOf(live.redeem(refresh, { graceMs: 60_000 }))));
    expect(outcomes.sort()).toEqual(['redeemed', ...new Array<string>(49).fill('repeated')]);
    expect(await stateOf(live, access)).toBe('live');
  });

  it.each(ALL_ABOVE)('G85 never revives what was revoked on purpose, with %j', async target => {
    const live = liveTokens(opened.store, issuer);
    const { refresh } = login();
    const next = successors(refresh, await live.redeem(refresh, { graceMs: 60_000 }));
    await live.revoke(target);
    for (const each of [refresh, next.refresh, refresh]) expect(await outcomeOf(live.redeem(each, { graceMs: 60_000 }))).toBe('revoked');
  });

  it('G85 never revives a token that was itself revoked, as a string or by its id, also where it is tracked', async () => {
    const live = liveTokens(opened.store, issuer, { tracking: true });
    const [one, other] = [login().refresh, login({ jti: 'by-id' }).refresh];
    for (const refresh of [one, other]) {
      await live.track(refresh);
      await live.redeem(refresh, { graceMs: 60_000 });
    }
    await live.revokeVerified({ claims: one, use: 'refresh' }, { reach: 'token' });
    await live.revoke({ kind: 'token', id: 'by-id', organisation: 'org-a' });
    for (const refresh of [one, other]) expect(await outcomeOf(live.redeem(refresh, { graceMs: 60_000 }))).toBe('revoked');
  });
});
