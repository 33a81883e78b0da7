import { InvalidTargetError, type LiveTokens, type LiveTokensOptions, type Target } from 'livetoken';
import { EVERY_STORE, onStore, type OpenStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();
const ALICE: Target = { kind: 'subject', id: 'alice' };

describe.each(EVERY_STORE)('revoking on the $name store', ({ open }) => {
  let opened: OpenStore;
  beforeEach(async () => {
    opened = await open();
  });
  afterEach(() => opened.close());

  const withOptions = (options: Partial<LiveTokensOptions> = {}): LiveTokens => liveTokens(opened.store, issuer, options);

  /** Whether a token with this exact issue time is live. */
  async function isLive(live: LiveTokens, issuedAtMs: number, overrides: object = {}): Promise<boolean> {
    const iat = Math.floor(issuedAtMs / 1000);
    return (await live.check(issuer.claims({ iat, iat_ms: issuedAtMs, exp: iat + 600, ...overrides }))).live;
  }

  it('F80 answers with a receipt of a target that goes on having tokens', async () => {
    const before = Date.now();
    const receipt = await withOptions().revoke(ALICE);
    const after = Date.now();

    expect(receipt).toEqual({
      target: ALICE,
      epoch: receipt.recordedAt,
      reissueFrom: receipt.epoch + 1,
      recordedAt: expect.any(Number),
      // maxLifetime, five seconds of tolerance, a minute of margin
      keepUntil: receipt.recordedAt + 3_600_000 + 5_000 + 60_000,
      changed: true,
    });
    expect(receipt.recordedAt).toBeGreaterThanOrEqual(before);
    expect(receipt.recordedAt).toBeLessThanOrEqual(after);
  });

  it.each<Target>([{ kind: 'token', id: 'jti-1', organisation: 'org-a' }, { kind: 'grant', id: 'g' }, { kind: 'session', id: 's' }])(
    'F80 answers with a receipt without reissueFrom of what is dead for good: $kind',
    async target => {
      const receipt = await withOptions().revoke(target);

      expect(receipt).toEqual({
        target,
        epoch: Infinity,
        recordedAt: expect.any(Number),
        keepUntil: receipt.recordedAt + 3_665_000,
        changed: true,
      });
    },
  );

  it('F80 keeps what it records for as long as the options make tokens live', async () => {
    const live = withOptions({ maxLifetime: 60, clockToleranceMs: 0, issuerSkewMs: 7, marginMs: 100_000 });
    const { recordedAt, keepUntil } = await live.revoke(ALICE);

    expect(keepUntil - recordedAt).toBe(60_000 + 7 + 100_000);
  });

  it('B35 F80 keeps a token given as such until it has expired, with tolerance and margin', async () => {
    const live = withOptions();
    const before = Date.now();
    const exp = Math.floor(before / 1000) + 100;
    const { keepUntil, recordedAt } = await live.revoke(issuer.token({ exp }));

    // A duration goes to the store: what passes on the way makes it longer, never shorter.
    const leastMs = exp * 1000 + 65_000;
    expect(keepUntil).toBeGreaterThanOrEqual(leastMs);
    expect(keepUntil).toBeLessThanOrEqual(leastMs + recordedAt - before);
  });

  it('F80 says whether anything changed, and repeating it does not move the epoch of what is dead for good', async () => {
    const live = withOptions();
    const target = { kind: 'session', id: 's' } as const;

    expect(await live.revoke(target)).toMatchObject({ changed: true, epoch: Infinity });
    expect(await live.revoke(target)).toMatchObject({ changed: false, epoch: Infinity });
  });

  it('F80 answers with what stands: an older epoch changes nothing, a later one does', async () => {
    const live = withOptions();
    const now = Date.now();

    expect(await live.revoke(ALICE, { issuedBefore: now - 1000 })).toMatchObject({ epoch: now - 1000, reissueFrom: now - 999, changed: true });
    expect(await live.revoke(ALICE, { issuedBefore: now - 2000 })).toMatchObject({ epoch: now - 1000, reissueFrom: now - 999, changed: false });
    expect(await live.revoke(ALICE, { issuedBefore: now - 1000 })).toMatchObject({ epoch: now - 1000, changed: false });
    expect(await live.revoke(ALICE, { issuedBefore: now - 500 })).toMatchObject({ epoch: now - 500, reissueFrom: now - 499, changed: true });
  });

  it('F80 of many at a time loses none: the latest epoch stands', async () => {
    const live = withOptions();
    const now = Date.now();
    const instants = Array.from({ length: 50 }, (_, index) => now - 1000 + ((index * 37) % 50));

    const receipts = await Promise.all(instants.map(issuedBefore => live.revoke(ALICE, { issuedBefore })));

    expect(await live.revoke(ALICE, { issuedBefore: 0 })).toMatchObject({ epoch: now - 951, changed: false });
    receipts.forEach((receipt, index) => expect(receipt.epoch).toBeGreaterThanOrEqual(instants[index]!));
  });

  it.each([0, 250, 5_000])('F80 takes what is issued at reissueFrom, and nothing from a millisecond before: issuerSkewMs %d', async issuerSkewMs => {
    const live = withOptions({ issuerSkewMs });
    const { epoch, reissueFrom } = await live.revoke(ALICE);

    expect(reissueFrom).toBe(epoch + issuerSkewMs + 1);
    expect(await isLive(live, reissueFrom!)).toBe(true);
    expect(await isLive(live, reissueFrom! - 1)).toBe(false);
    expect(await isLive(live, reissueFrom! - 1, { iat_ms: undefined })).toBe(false);
    expect(await isLive(live, reissueFrom! - 1, { sub: 'bob' })).toBe(true);
  });

  it.each([0, 999, 500])('F80 does so inside one second: an epoch at its millisecond %d', async ms => {
    const live = withOptions();
    const second = Math.floor(Date.now() / 1000) * 1000 - 5000;
    const { reissueFrom } = await live.revoke(ALICE, { issuedBefore: second + ms });

    expect(reissueFrom).toBe(second + ms + 1);
    expect(await isLive(live, second + ms)).toBe(false);
    expect(await isLive(live, second + ms + 1)).toBe(true);
    expect(await isLive(live, second, { iat_ms: undefined })).toBe(false);
    expect(await isLive(live, second + 1000, { iat_ms: undefined })).toBe(true);
  });

  it('F80 refuses a token reissued after one revocation once another target is revoked later in the same second', async () => {
    const live = withOptions();
    const second = Math.floor(Date.now() / 1000) * 1000 - 5000;
    const { reissueFrom } = await live.revoke(ALICE, { issuedBefore: second + 100 });
    expect(await isLive(live, reissueFrom!)).toBe(true);

    await live.revoke({ kind: 'client', id: 'web' }, { issuedBefore: second + 500 });

    expect(await isLive(live, reissueFrom!)).toBe(false);
    expect(await isLive(live, second + 501)).toBe(true);
  });
});

describe.each(EVERY_STORE)('issuedBefore, on the $name store,', ({ open }) => {
  let live: LiveTokens;
  onStore(open, ({ store }) => { live = liveTokens(store, issuer); });

  it('F80 may lie in the past, as milliseconds or as a Date, and is then the epoch', async () => {
    const past = Date.now() - 60_000;

    expect(await live.revoke(ALICE, { issuedBefore: past })).toMatchObject({ epoch: past, reissueFrom: past + 1 });
    expect(await live.revoke({ kind: 'all' }, { issuedBefore: new Date(past + 1) })).toMatchObject({ epoch: past + 1 });
    expect(await live.revoke({ kind: 'client', id: 'web' }, { issuedBefore: past + 0.9 })).toMatchObject({ epoch: past });
    expect(await live.revoke({ kind: 'organisation', id: 'o' }, { issuedBefore: 0 })).toMatchObject({ epoch: 0 });
  });

  it('F80 is kept from when it is recorded, however long ago it is', async () => {
    const { recordedAt, keepUntil } = await live.revoke(ALICE, { issuedBefore: 0 });

    expect(keepUntil - recordedAt).toBe(3_665_000);
  });

  const unusable: unknown[] = [NaN, Infinity, -Infinity, -1, 2 ** 53, new Date(NaN), '', '0', '2020-01-01', null, true, [], [0], {}, 5n];
  it.each(unusable.map(value => [value]))('F80 is refused where it is no instant, and nothing is written: %p', async issuedBefore => {
    await expect(live.revoke(ALICE, { issuedBefore: issuedBefore as number })).rejects.toThrow(
      new InvalidTargetError('issuedBefore is a Date or milliseconds since 1970.'),
    );

    expect((await live.history()).items).toStrictEqual([]);
  });

  it.each([1_000, 60_000, 86_400_000, 1e13])('F80 is refused where it lies in the future, and nothing is written: in %d ms', async ahead => {
    for (const issuedBefore of [Date.now() + ahead, new Date(Date.now() + ahead)]) {
      await expect(live.revoke(ALICE, { issuedBefore })).rejects.toThrow(/^issuedBefore lies in the future/);
    }

    expect((await live.check(issuer.claims())).live).toBe(true);
    expect((await live.history()).items).toStrictEqual([]);
  });

  it.each<Target>([{ kind: 'token', id: 'j', organisation: 'org-a' }, { kind: 'grant', id: 'grant-1' }, { kind: 'session', id: 'session-1' }])(
    'F80 is refused for what dies for good, and nothing is written: $kind',
    async target => {
      await expect(live.revoke(target, { issuedBefore: 1000 })).rejects.toThrow(/^issuedBefore does not apply to a token, grant or session/);
      await expect(live.revokeAll([ALICE, target], { issuedBefore: 1000 })).rejects.toThrow(InvalidTargetError);
      await expect(live.revoke(issuer.token(), { issuedBefore: 1000 })).rejects.toThrow(InvalidTargetError);

      expect((await live.history()).items).toStrictEqual([]);
    },
  );
});
