import { InvalidTokenError, type Claims, type LiveTokens } from 'livetoken';
import { onceKey } from '../../lib/model/once-key.js';
import { EVERY_STORE, onStore, type OpenStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { REFRESH } from '../support/issuer.js';
import { ALL_ABOVE, GRANT, issuedAt, issuer, login, outcomeOf, stateOf, successors } from './support/login.js';

describe.each(EVERY_STORE)('live.redeem on the $name store', ({ open }) => {
  let opened: OpenStore;
  let live: LiveTokens;
  onStore(open, each => {
    opened = each;
    live = liveTokens(each.store, issuer);
  });

  it('G83 G86 answers what the new tokens must carry', async () => {
    const grantedAtMs = Date.now() - 1000;
    const { refresh } = login({}, grantedAtMs);
    const beforeMs = Date.now();

    const redemption = await live.redeem(refresh);

    expect(redemption).toEqual({ grantedAtMs, issueAtMs: expect.any(Number), repeated: false });
    expect(redemption.issueAtMs).toBeGreaterThanOrEqual(beforeMs);
    expect(redemption.issueAtMs).toBeLessThanOrEqual(Date.now());
    const next = successors(refresh, redemption);
    expect([await stateOf(live, next.access), await stateOf(live, next.refresh)]).toEqual(['live', 'live']);
  });

  it('G86 answers the same time of the grant, however often it was refreshed', async () => {
    const grantedAtMs = Date.now() - 1000;
    let { refresh } = login({}, grantedAtMs);
    for (let round = 0; round < 3; round += 1) {
      const redemption = await live.redeem(refresh);
      expect(redemption.grantedAtMs).toBe(grantedAtMs);
      ({ refresh } = successors(refresh, redemption));
    }
  });

  it('G86 never answers an issue time before that of the refresh token, whose issuer may be ahead', async () => {
    const aheadMs = Date.now() + 3000;
    const { issueAtMs } = await live.redeem(login({}, aheadMs).refresh);
    expect(issueAtMs).toBe(aheadMs);
  });

  it('G83 makes no revocation of an honest use', async () => {
    await live.redeem(login().refresh);
    expect((await live.history()).items).toStrictEqual([]);
  });

  it('G83 G84 has one winner of 50 uses at once, and the grant dies with all that the winner is given', async () => {
    const { refresh, access } = login();

    const uses = await Promise.allSettled(Array.from({ length: 50 }, () => live.redeem(refresh)));

    const won = uses.flatMap(use => (use.status === 'fulfilled' ? [use.value] : []));
    const refused = uses.flatMap(use => (use.status === 'fulfilled' ? [] : [(use.reason as InvalidTokenError).reason]));
    expect(won).toHaveLength(1);
    expect(refused).toContain('replayed');
    // Whoever asks after a replay was recorded is refused for that.
    expect(refused.filter(reason => reason !== 'replayed' && reason !== 'revoked')).toEqual([]);
    const given = won.flatMap(redemption => Object.values(successors(refresh, redemption)));
    for (const claims of [refresh, access, ...given]) expect(await stateOf(live, claims)).toBe('revoked');
  });

  it('G84 refuses a second use and revokes the grant: every token that it has, and no other', async () => {
    const { refresh, access } = login();
    const elsewhere = login({ grant_id: 'grant-2' });
    const next = successors(refresh, await live.redeem(refresh));
    const last = successors(next.refresh, await live.redeem(next.refresh));

    await expect(live.redeem(refresh)).rejects.toThrow(new InvalidTokenError('replayed', 'The refresh token was used before; its grant is revoked.'));

    const family = [refresh, access, next.refresh, next.access, last.refresh, last.access];
    expect(await Promise.all(family.map(each => stateOf(live, each)))).toEqual(family.map(() => 'revoked'));
    expect(await outcomeOf(live.redeem(last.refresh))).toBe('revoked');
    expect(await stateOf(live, elsewhere.access)).toBe('live');
    expect(await outcomeOf(live.redeem(elsewhere.refresh))).toBe('redeemed');
  });

  it('G84 does so whoever comes first, thief or owner: the one who comes second ends it for both', async () => {
    const { refresh } = login();
    const thiefs = successors(refresh, await live.redeem(refresh, { actor: 'thief' }));

    expect(await outcomeOf(live.redeem(refresh, { actor: 'owner' }))).toBe('replayed');

    expect(await stateOf(live, thiefs.access)).toBe('revoked');
    expect(await outcomeOf(live.redeem(thiefs.refresh))).toBe('revoked');
  });

  it.each(ALL_ABOVE)('G85 refuses what was revoked with %j, first use or not', async target => {
    const { refresh } = login();
    await live.revoke(target);
    expect(await outcomeOf(live.redeem(refresh))).toBe('revoked');
    expect(await stateOf(live, refresh)).toBe('revoked');
  });

  it('G85 refuses a token that was itself revoked', async () => {
    const { refresh } = login({ jti: 'refresh-1' });
    await live.revoke({ kind: 'token', id: 'refresh-1', organisation: 'org-a' });
    expect(await outcomeOf(live.redeem(refresh))).toBe('revoked');
  });

  it('G84 takes a used token for a replay also where its issuer revokes used ones, which says nothing of their grant', async () => {
    const { refresh } = login();
    const next = successors(refresh, await live.redeem(refresh));
    await live.revokeVerified({ claims: refresh, use: 'refresh' }, { reach: 'token' });

    expect(await outcomeOf(live.redeem(refresh))).toBe('replayed');

    expect(await stateOf(live, next.access)).toBe('revoked');
  });

  const unusable: [what: string, make: () => unknown, reason: string][] = [
    ['names no grant', () => login({ grant_id: undefined }).refresh, 'unrevocable'],
    ['has no id', () => login({ jti: undefined }).refresh, 'unrevocable'],
    ['names no organisation', () => login({ org: undefined }).refresh, 'unrevocable'],
    ['has expired', () => login({}, Date.now() - 700_000).refresh, 'expired'],
    ['is not valid yet', () => login({ nbf: Math.floor(Date.now() / 1000) + 60 }).refresh, 'not_yet_valid'],
    ['was issued in the future', () => login({}, Date.now() + 60_000).refresh, 'issued_in_future'],
    ['lives too long', () => issuedAt(Date.now(), REFRESH, 4000), 'lifetime_too_long'],
    ['is younger than its grant claims to be', () => login({ grant_iat_ms: Date.now() + 5000 }).refresh, 'malformed'],
    ['has a grant of no time', () => login({ grant_iat_ms: 'yesterday' }).refresh, 'malformed'],
    ['is no object', () => ['refresh'], 'malformed'],
    ['is nothing', () => null, 'malformed'],
  ];
  it.each(unusable)('G83 refuses a refresh token that %s, and writes nothing', async (_, make, reason) => {
    const claims = make() as Claims;
    expect(await outcomeOf(live.redeem(claims))).toBe(reason);
    expect(await opened.store.firstUseMs(onceKey('refresh', 'org-a', String((claims as Claims | null)?.['jti'])))).toBeUndefined();
  });

  it('G83 refuses a refresh token without an id also where such tokens are accepted: nobody could tell its second use', async () => {
    const lenient = liveTokens(opened.store, issuer, { unsafe: { acceptMissingTokenId: true } });
    const { refresh } = login({ jti: undefined });
    expect(await outcomeOf(lenient.redeem(refresh))).toBe('unrevocable');
    expect(await lenient.isRedeemed(refresh)).toBe(false);
  });

  it('G86 answers the beginning of time where nobody knows when a grant began, so that every epoch applies', async () => {
    const lenient = liveTokens(opened.store, issuer, { unsafe: { acceptMissingIssuedAt: true } });
    const { grantedAtMs, issueAtMs } = await lenient.redeem(login({ iat: undefined, iat_ms: undefined }).refresh);
    expect(grantedAtMs).toBe(0);
    expect(Math.abs(issueAtMs - Date.now())).toBeLessThan(60_000);
  });

  it('G86 answers times as the tokens say them, not set back by the skew of the issuer, which would add up', async () => {
    const skewed = liveTokens(opened.store, issuer, { issuerSkewMs: 2000 });
    const atMs = Date.now() - 1000;
    const redemption = await skewed.redeem(login({}, atMs).refresh);
    expect(redemption.grantedAtMs).toBe(atMs);
    expect((await skewed.redeem(successors(login({}, atMs).refresh, redemption).refresh)).grantedAtMs).toBe(atMs);
    const aheadMs = Date.now() + 3000;
    expect((await skewed.redeem(login({}, aheadMs).refresh)).issueAtMs).toBe(aheadMs);
  });

  it('G83 keeps tokens of one id in two organisations apart', async () => {
    const one = login({ jti: 'same', org: 'org-a', grant_id: 'grant-a' }).refresh;
    const other = login({ jti: 'same', org: 'org-b', grant_id: 'grant-b' }).refresh;
    expect([await outcomeOf(live.redeem(one)), await outcomeOf(live.redeem(other))]).toEqual(['redeemed', 'redeemed']);
    expect(await outcomeOf(live.redeem(one))).toBe('replayed');
    expect(await stateOf(live, other)).toBe('live');
  });

  it('G83 works without organisations', async () => {
    const single = liveTokens(opened.store, issuer, { claims: {} });
    const { refresh, access } = login();
    expect([await outcomeOf(single.redeem(refresh)), await outcomeOf(single.redeem(refresh))]).toEqual(['redeemed', 'replayed']);
    expect(await stateOf(single, access)).toBe('revoked');
  });

  it('G83 says whether a token was redeemed, which a check does not', async () => {
    const { refresh } = login();
    expect(await live.isRedeemed(refresh)).toBe(false);
    await live.redeem(refresh);
    expect([await live.isRedeemed(refresh), await stateOf(live, refresh)]).toEqual([true, 'live']);
    await expect(live.isRedeemed({})).rejects.toThrow(InvalidTokenError);
  });

  it.each([-1, 60_001, 1.5, NaN, Infinity, '1000', true])('G85 takes no grace of %p, and the token stays unused', async graceMs => {
    const { refresh } = login();
    await expect(live.redeem(refresh, { graceMs: graceMs as number })).rejects.toThrow(
      /^graceMs is .*; give a whole number of milliseconds from 0 to 60000\.$/,
    );
    expect(await live.isRedeemed(refresh)).toBe(false);
  });

  it('G85 takes no option that there is not, which might be a misspelt one', async () => {
    const { refresh } = login();
    await expect(live.redeem(refresh, { grace: 5 } as object)).rejects.toThrow('redeem has no option grace; its options are actor, requestId, graceMs.');
    expect(await live.isRedeemed(refresh)).toBe(false);
  });

  it('G84 revokes exactly the grant, and says in the audit log who and why', async () => {
    const { refresh } = login();
    await live.redeem(refresh);
    await outcomeOf(live.redeem(refresh, { actor: 'client web', requestId: 'request-1' }));
    const { items } = await live.history();
    expect(items).toEqual([
      expect.objectContaining({ target: 'a grant', actor: 'client web', reason: 'refresh token replayed', requestId: 'request-1', epochMs: Infinity }),
    ]);
    expect((await live.revoke(GRANT)).changed).toBe(false);
  });
});
