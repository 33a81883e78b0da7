import type { InvalidTokenError, LiveTokens } from 'livetoken';
import { EVERY_SYSTEM, type Instances } from './support/instances.js';
import { ALL_ABOVE, issuedAt, login, outcomeOf, stateOf, successors } from './support/login.js';

/** What dies as of an epoch; grants and sessions die for good, whatever the times of their tokens. */
const LASTING = ALL_ABOVE.filter(({ kind }) => kind !== 'grant' && kind !== 'session');

describe.each(EVERY_SYSTEM)('instances of one system: $name', ({ open }) => {
  let system: Instances;
  let one: LiveTokens;
  let other: LiveTokens;
  beforeEach(async () => {
    system = await open();
    [one, other] = system.all as [LiveTokens, LiveTokens];
  });
  afterEach(() => system.close());

  it('G83 have one winner of 50 uses at once, and no more', async () => {
    const { refresh } = login();
    const uses = Array.from({ length: 50 }, (_, i) => outcomeOf((i % 2 === 0 ? one : other).redeem(refresh, { graceMs: 60_000 })));
    expect((await Promise.all(uses)).sort()).toEqual(['redeemed', ...new Array<string>(49).fill('repeated')]);
  });

  it('G84 end the grant everywhere after 50 uses at once without a grace, with all that a winner was given', async () => {
    const { refresh, access } = login();

    const uses = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? one : other).redeem(refresh)));

    const given = uses.flatMap(use => (use.status === 'fulfilled' ? Object.values(successors(refresh, use.value)) : []));
    const refused = uses.flatMap(use => (use.status === 'fulfilled' ? [] : [(use.reason as InvalidTokenError).reason]));
    // The first use itself may find its grant revoked by the second, at the other instance.
    expect(refused.length).toBeGreaterThanOrEqual(49);
    expect(refused.filter(reason => reason !== 'replayed' && reason !== 'revoked')).toEqual([]);
    for (const live of [one, other]) {
      for (const claims of [refresh, access, ...given]) expect(await stateOf(live, claims)).toBe('revoked');
    }
  });

  it('G84 notice the replay of what the other has redeemed, and what is revoked by it is refused by both', async () => {
    const { refresh } = login();
    const next = successors(refresh, await one.redeem(refresh));

    expect(await outcomeOf(other.redeem(refresh))).toBe('replayed');

    expect(await outcomeOf(one.redeem(next.refresh))).toBe('revoked');
    expect([await stateOf(one, next.access), await stateOf(other, next.access)]).toEqual(['revoked', 'revoked']);
  });

  it.each(ALL_ABOVE)('G85 miss no revocation that the other has acknowledged before, of %j', async target => {
    const { refresh } = login();
    const next = successors(refresh, await one.redeem(refresh, { graceMs: 60_000 }));
    await other.revoke(target);
    expect(await outcomeOf(one.redeem(next.refresh))).toBe('revoked');
    expect(await outcomeOf(one.redeem(refresh, { graceMs: 60_000 }))).toBe('revoked');
  });

  it.each(ALL_ABOVE)('G86 refuse everywhere what was signed after a revocation of %j, from a use before it', async target => {
    const { refresh } = login();
    const redemption = await one.redeem(refresh);
    await other.revoke(target);
    const late = successors(refresh, { ...redemption, issueAtMs: Date.now() + 1000 });

    for (const live of [one, other]) {
      expect([await stateOf(live, late.access), await outcomeOf(live.redeem(late.refresh))]).toEqual(['revoked', 'revoked']);
    }
  });

  it.each(LASTING)('G86 judge a token by its grant, however young it is: an epoch of %j since then refuses it', async target => {
    const nowMs = Date.now();
    const { access, refresh } = login({ grant_iat_ms: nowMs - 90_000 }, nowMs - 2000);
    const young = login({ grant_id: 'grant-2' }, nowMs - 2000);

    await other.revoke(target, { issuedBefore: nowMs - 90_000 });

    for (const live of [one, other]) {
      expect([await stateOf(live, access), await stateOf(live, young.access), await stateOf(live, young.refresh)]).toEqual(['revoked', 'live', 'live']);
    }
    expect(await outcomeOf(one.redeem(refresh))).toBe('revoked');
  });

  it('G86 let a grant live that began after an epoch', async () => {
    const nowMs = Date.now();
    await other.revoke({ kind: 'subject', id: 'alice' }, { issuedBefore: nowMs - 90_001 });
    expect(await stateOf(one, issuedAt(nowMs - 1000, { grant_iat_ms: nowMs - 90_000 }))).toBe('live');
  });
});
