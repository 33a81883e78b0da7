import type { Claims, LiveTokens } from 'livetoken';
import { EVERY_STORE, onStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { issuedAt, issuer, login, outcomeOf, successors } from './support/login.js';

const ALICE = { kind: 'subject', id: 'alice' } as const;

describe.each(EVERY_STORE)('tracked tokens of a grant on the $name store', ({ open }) => {
  let live: LiveTokens;
  onStore(open, each => {
    live = liveTokens(each.store, issuer, { tracking: true });
  });

  const idsOf = (...tokens: readonly Claims[]): unknown[] => tokens.map(({ jti }) => jti).sort();
  const listed = async (): Promise<unknown[]> => (await live.list(ALICE)).items.map(({ tokenId }) => tokenId).sort();

  async function tracked(...tokens: readonly Claims[]): Promise<void> {
    for (const token of tokens) await live.track(token);
  }

  it('I97 are counted and listed as long as they can be used: a redeemed one is not', async () => {
    const { refresh, access } = login();
    await tracked(refresh, access);
    const next = successors(refresh, await live.redeem(refresh));
    await tracked(next.refresh, next.access);

    expect(await listed()).toEqual(idsOf(access, next.refresh, next.access));
    expect((await live.revoke(ALICE)).count).toBe(3);
  });

  it('G84 I97 end with a replay, all that there are', async () => {
    const { refresh, access } = login();
    await tracked(refresh, access);
    const next = successors(refresh, await live.redeem(refresh));
    await tracked(next.refresh, next.access);
    const counts: unknown[] = [];
    live.on('revoked', ({ count }) => counts.push(count));

    expect(await outcomeOf(live.redeem(refresh))).toBe('replayed');

    expect(counts).toEqual([3]);
    expect(await listed()).toStrictEqual([]);
  });

  it('G86 I97 are counted by the time of their grant: an epoch before their issue ends those that are older than they look', async () => {
    const nowMs = Date.now();
    const old = issuedAt(nowMs - 1000, { grant_iat_ms: nowMs - 90_000 });
    const young = issuedAt(nowMs - 1000, { grant_id: 'grant-2' });
    await tracked(old, young);

    const { count } = await live.revoke(ALICE, { issuedBefore: nowMs - 60_000 });

    expect(count).toBe(1);
    expect(await listed()).toEqual(idsOf(young));
    expect(await live.find(String(old['jti']), 'org-a')).toMatchObject({ revokedAt: expect.any(Number), issuedAt: nowMs - 1000 });
  });

  it('G86 are no longer listed where an epoch since their grant came before they were tracked', async () => {
    const nowMs = Date.now();
    await live.revoke(ALICE, { issuedBefore: nowMs - 60_000 });

    await tracked(issuedAt(nowMs - 1000, { grant_iat_ms: nowMs - 90_000 }));

    expect(await listed()).toStrictEqual([]);
  });
});
