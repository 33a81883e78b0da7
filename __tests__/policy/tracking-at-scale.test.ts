import { randomUUID } from 'node:crypto';
import { InvalidTargetError, StoreUnavailableError, type IssuedToken, type LiveTokens, type Target } from 'livetoken';
import { EVERY_STORE, openDirectStore, type OpenStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();
const now = Math.floor(Date.now() / 1000);

describe.each(EVERY_STORE)('many tracked tokens on the $name store', ({ open }) => {
  let opened: OpenStore;
  let live: LiveTokens;
  beforeEach(async () => {
    opened = await open();
    live = liveTokens(opened.store, issuer, { tracking: true });
  });
  afterEach(() => opened.close());

  /** Token `n` expires n seconds after the others, every second one has no session, every third one is mobile. */
  async function trackMany(count: number): Promise<void> {
    const numbers = Array.from({ length: count }, (_, n) => n);
    const claimsOf = (n: number) =>
      issuer.claims({ jti: `jti-${n}`, exp: now + 600 + n, sid: n % 2 === 0 ? 'session-1' : undefined, client_id: n % 3 === 0 ? 'mobile' : 'web' });
    // A few at a time: reads have 250 ms, and a loaded machine must not make that the subject here.
    for (let n = 0; n < count; n += 25) await Promise.all(numbers.slice(n, n + 25).map(each => live.track(claimsOf(each))));
  }

  async function pagesOf(target: Target, limit: number): Promise<readonly IssuedToken[][]> {
    const pages: IssuedToken[][] = [];
    let cursor: string | undefined;
    do {
      const page = await live.list(target, { limit, ...(cursor !== undefined && { cursor }) });
      pages.push([...page.items]);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return pages;
  }

  const numbersIn = (pages: readonly IssuedToken[][]) => pages.flat().map(({ tokenId }) => Number(tokenId.slice(4)));

  const targets: [Target, (n: number) => boolean][] = [
    [{ kind: 'organisation', id: 'org-a' }, () => true],
    [{ kind: 'subject', id: 'alice' }, () => true],
    [{ kind: 'session', id: 'session-1' }, n => n % 2 === 0],
    [{ kind: 'grant', id: 'grant-1' }, () => true],
    [{ kind: 'client', id: 'mobile' }, n => n % 3 === 0],
    [{ kind: 'member', id: 'alice', organisation: 'org-a' }, () => true],
    [{ kind: 'subject', id: 'alice', sessionsOnly: true }, n => n % 2 === 0],
    [{ kind: 'member', id: 'alice', organisation: 'org-a', client: 'mobile' }, n => n % 3 === 0],
    [{ kind: 'all' }, () => true],
  ];
  it.each(targets)('I97 are listed page by page, soonest to expire first, each once: %j', async (target, belongs) => {
    await trackMany(25);
    const expected = Array.from({ length: 25 }, (_, n) => n).filter(belongs);

    for (const limit of [1, 7, 25, 1000]) {
      const pages = await pagesOf(target, limit);
      expect(numbersIn(pages)).toEqual(expected);
      expect(Math.max(...pages.map(page => page.length))).toBeLessThanOrEqual(limit);
    }
  });

  it('I97 go on being listed where the last page left off, though some were revoked meanwhile', async () => {
    await trackMany(20);
    const first = await live.list({ kind: 'subject', id: 'alice' }, { limit: 8 });
    await live.revokeAll([3, 7, 12].map(n => ({ kind: 'token', id: `jti-${n}`, organisation: 'org-a' })));
    const rest = await live.list({ kind: 'subject', id: 'alice' }, { limit: 100, cursor: first.cursor! });

    expect(numbersIn([[...first.items]])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(numbersIn([[...rest.items]])).toEqual([8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19]);
    expect(rest).not.toHaveProperty('cursor');
  });

  it('I97 are a hundred to a page by default', async () => {
    await trackMany(101);

    expect((await live.list({ kind: 'all' })).items).toHaveLength(100);
  });

  it.each([0, -1, 1.5, 1001, NaN, Infinity, '5', null])('I97 are not listed by a limit that is none: %p', async limit => {
    await expect(live.list({ kind: 'all' }, { limit: limit as number })).rejects.toThrow(new InvalidTargetError('A page holds 1 to 1000 items.'));
  });

  it.each(['', 'x', '0', '-', '000000000000001:token:x', ['a'], 5])('I97 are not listed from a cursor that no page gave: %j', async cursor => {
    await expect(live.list({ kind: 'all' }, { cursor: cursor as string })).rejects.toThrow(
      new InvalidTargetError('The cursor is not one that an earlier page gave.'),
    );
  });

  it('I97 are not listed by token: one is found by its id', async () => {
    await expect(live.list({ kind: 'token', id: 'jti-1', organisation: 'org-a' })).rejects.toThrow(
      new InvalidTargetError('A token is found by its id, not listed.'),
    );
    await expect(live.list({ kind: 'user', id: 'alice' } as unknown as Target)).rejects.toThrow(InvalidTargetError);
  });

  it('I97 are counted over several pages, in one revocation', async () => {
    await trackMany(450);

    expect(await live.revoke({ kind: 'client', id: 'mobile' })).toMatchObject({ count: 150 });
    expect(await live.revoke({ kind: 'member', id: 'alice', organisation: 'org-a' })).toMatchObject({ count: 300 });
    expect((await live.list({ kind: 'all' }, { limit: 1000 })).items).toStrictEqual([]);
  });

  it('I97 B34 are counted once by fifty revocations at a time: the counts add up to the tokens', async () => {
    await trackMany(60);
    const overlapping: Target[] = [
      { kind: 'subject', id: 'alice' },
      { kind: 'organisation', id: 'org-a' },
      { kind: 'session', id: 'session-1' },
      { kind: 'member', id: 'alice', organisation: 'org-a', client: 'mobile' },
      { kind: 'token', id: 'jti-0', organisation: 'org-a' },
    ];

    const receipts = await Promise.all(Array.from({ length: 50 }, (_, n) => live.revoke(overlapping[n % overlapping.length]!)));

    expect(receipts.reduce((sum, { count }) => sum + count!, 0)).toBe(60);
  });

  it('I97 B34 are counted once where one token is revoked fifty times at once', async () => {
    await trackMany(2);
    const token: Target = { kind: 'token', id: 'jti-1', organisation: 'org-a' };

    const receipts = await Promise.all(Array.from({ length: 50 }, () => live.revoke(token)));

    expect(receipts.filter(({ count }) => count === 1)).toHaveLength(1);
    expect(receipts.filter(({ changed }) => changed)).toHaveLength(1);
    expect((await live.history({ limit: 1000 })).items).toHaveLength(1);
  });

  it('I97 that are tracked while they are being revoked are neither live nor listed afterwards', async () => {
    const work = Array.from({ length: 40 }, (_, n) => (n === 20 ? live.revoke({ kind: 'subject', id: 'alice' }, {}) : live.track(issuer.claims({ jti: `jti-${n}`, iat: now - 5 }))));

    await Promise.all(work);

    expect((await live.list({ kind: 'all' }, { limit: 1000 })).items).toStrictEqual([]);
  });

  it('I97 stay revoked where they cannot be counted: the receipt has no count then', async () => {
    await trackMany(3);
    jest.spyOn(opened.store, 'active').mockRejectedValueOnce(new StoreUnavailableError('cut off'));

    const receipt = await live.revoke({ kind: 'subject', id: 'alice' });

    expect(receipt).not.toHaveProperty('count');
    expect(receipt.changed).toBe(true);
    expect((await live.list({ kind: 'all' })).items).toStrictEqual([]);
    expect(await live.revoke({ kind: 'subject', id: 'alice' })).toMatchObject({ count: 3 });
  });
});

describe('two instances that track on one Redis', () => {
  it('I97 see, list and count each other\'s tokens, each once', async () => {
    const namespace = randomUUID();
    const opened = [await openDirectStore(namespace), await openDirectStore(namespace)];
    const [one, two] = opened.map(({ store }) => liveTokens(store, issuer, { tracking: true })) as [LiveTokens, LiveTokens];
    for (let n = 0; n < 10; n++) await (n % 2 === 0 ? one : two).track(issuer.claims({ jti: `jti-${n}` }));

    expect((await one.list({ kind: 'subject', id: 'alice' })).items).toHaveLength(10);
    expect(await two.find('jti-0', 'org-a')).toMatchObject({ tokenId: 'jti-0' });
    const receipts = await Promise.all(Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? one : two).revoke({ kind: 'subject', id: 'alice' })));
    expect(receipts.reduce((sum, { count }) => sum + count!, 0)).toBe(10);

    for (const { close } of opened) await close();
  });
});
