import { InvalidTargetError, StoreUnavailableError, type LiveTokens, type Target } from 'livetoken';
import { EVERY_STORE, onStore, type OpenStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();

/** Before every revocation here, whatever second of the clock a test runs into. */
const iat = Math.floor(Date.now() / 1000) - 10;
const users = (count: number): Target[] => Array.from({ length: count }, (_, index) => ({ kind: 'subject', id: `user-${index}` }));

describe.each(EVERY_STORE)('live.revokeAll on the $name store', ({ open }) => {
  let opened: OpenStore;
  let live: LiveTokens;
  onStore(open, each => {
    opened = each;
    live = liveTokens(each.store, issuer);
  });

  const isLive = async (sub: string) => (await live.check(issuer.claims({ iat, sub }))).live;

  it.each([1, 2, 64, 65, 128, 150])('F80 revokes %d targets, and answers with their receipts in order', async count => {
    const targets = users(count);

    const receipts = await live.revokeAll(targets, { actor: 'admin' });

    expect(receipts.map(({ target }) => target)).toEqual(targets);
    expect(receipts.every(({ changed }) => changed)).toBe(true);
    expect(await isLive('user-0')).toBe(false);
    expect(await isLive(`user-${count - 1}`)).toBe(false);
    expect(await isLive(`user-${count}`)).toBe(true);
    expect((await live.history({ limit: 1000 })).items).toHaveLength(count);
  });

  it('F80 revokes none of no targets', async () => {
    expect(await live.revokeAll([])).toStrictEqual([]);
    expect((await live.history()).items).toStrictEqual([]);
  });

  it('F80 takes targets of different kinds, and the same one twice', async () => {
    const targets: Target[] = [{ kind: 'session', id: 's' }, { kind: 'client', id: 'web' }, { kind: 'session', id: 's' }];

    const receipts = await live.revokeAll(targets);

    expect(receipts.map(({ changed, epoch }) => [changed, epoch === Infinity])).toEqual([[true, true], [true, false], [false, true]]);
  });

  it.each([0, 63, 64, 99])('F80 writes nothing at all where target %d of a hundred is none', async index => {
    const targets = users(100);
    targets[index] = { kind: 'subject', id: '' };

    await expect(live.revokeAll(targets)).rejects.toThrow(InvalidTargetError);

    expect((await live.history({ limit: 1000 })).items).toStrictEqual([]);
    expect(await isLive('user-1')).toBe(true);
  });

  it('F80 writes nothing where the options do not fit the last one', async () => {
    await expect(live.revokeAll([...users(70), { kind: 'session', id: 's' }], { issuedBefore: 1000 })).rejects.toThrow(/^issuedBefore does not apply/);

    expect((await live.history({ limit: 1000 })).items).toStrictEqual([]);
  });

  it('F81 rejects where not all could be recorded, and repeating it does no harm', async () => {
    const record = opened.store.record.bind(opened.store);
    const cutOff = () => Promise.reject(new StoreUnavailableError('cut off'));
    jest.spyOn(opened.store, 'record').mockImplementationOnce(record).mockImplementationOnce(cutOff);

    await expect(live.revokeAll(users(100))).rejects.toMatchObject({ code: 'store_unavailable' });
    const receipts = await live.revokeAll(users(100));

    expect(receipts).toHaveLength(100);
    expect(await isLive('user-99')).toBe(false);
  });
});
