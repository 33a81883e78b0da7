import { inspect } from 'node:util';
import { InvalidTargetError } from '../../../lib/errors.js';
import type { AuditEntry, RevocationStore } from '../../../lib/stores/store.js';
import { anyKey, keys, write } from '../support/builders.js';

export function describeAuditLog(theStore: () => RevocationStore): void {
  async function entries(): Promise<readonly AuditEntry[]> {
    return (await theStore().audit({ limit: 100 })).items;
  }

  /** Records revocations that say in their reason which they are. */
  async function revoke(...reasons: string[]): Promise<void> {
    for (const reason of reasons) {
      const key = anyKey();
      await theStore().record([write(key, { note: { key, target: 'a target', reason } })]);
    }
  }

  async function reasonsOnPage(page: Parameters<RevocationStore['audit']>[0]): Promise<[(string | undefined)[], string | undefined]> {
    const { items, cursor } = await theStore().audit(page);
    return [items.map(({ reason }) => reason), cursor];
  }

  describe('the audit log', () => {
    test('is empty at first', async () => {
      expect(await theStore().audit({ limit: 10 })).toStrictEqual({ items: [] });
    });

    test('says who revoked what, when and why', async () => {
      const key = anyKey();
      const note = { key, target: 'subject "ä😀"', organisation: 'shop\n1', actor: 'admin\u0000', reason: 'left, said \ud800 HR', requestId: 'r-1' };

      const [recorded] = await theStore().record([write(key, { note })]);

      expect(await entries()).toEqual([{ ...note, kind: 'subject', id: expect.any(String), atMs: recorded!.recordedAtMs, epochMs: recorded!.epochMs }]);
    });

    test('leaves out what was not said', async () => {
      const key = anyKey();
      await theStore().record([write(key, { epoch: Infinity, note: { key, target: 'a session' } })]);

      expect(await entries()).toEqual([{ key, kind: 'subject', target: 'a session', id: expect.any(String), atMs: expect.any(Number), epochMs: Infinity }]);
    });

    test('holds what changed something, and not what was said again', async () => {
      const key = anyKey();
      const epochs = [1000, 1000, 500, 2000, Infinity, Infinity, 3000];
      for (const epoch of epochs) await theStore().record([write(key, { epoch })]);

      expect((await entries()).map(({ epochMs }) => epochMs)).toEqual([1000, 2000, Infinity]);
    });

    test('does not hold that something is kept longer', async () => {
      const key = anyKey();
      await theStore().record([write(key, { epoch: 1000, keepForMs: 60_000 })]);
      await theStore().record([write(key, { epoch: 1000 })]);

      expect(await entries()).toHaveLength(1);
    });

    test('holds a batch in its order', async () => {
      const targets = keys(5);
      await theStore().record(targets.map((key, i) => write(key, { note: { key, target: `number ${i}` } })));

      expect((await entries()).map(({ target }) => target)).toEqual(targets.map((_, i) => `number ${i}`));
    });

    test('is read page by page, oldest first, each entry once', async () => {
      await revoke('a', 'b', 'c', 'd', 'e');

      const [first, afterFirst] = await reasonsOnPage({ limit: 2 });
      const [second, afterSecond] = await reasonsOnPage({ limit: 2, after: afterFirst! });
      const [third, afterThird] = await reasonsOnPage({ limit: 2, after: afterSecond! });

      expect([first, second, third]).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
      expect(afterThird).toBeUndefined();
    });

    test('is read on from any entry, and from the last one when more has come', async () => {
      await revoke('a', 'b');
      const [, last] = await entries();
      expect(await theStore().audit({ limit: 5, after: last!.id })).toStrictEqual({ items: [] });

      await revoke('c');

      expect(await reasonsOnPage({ limit: 5, after: last!.id })).toEqual([['c'], undefined]);
    });

    test('is read page by page from the newest entry on, each entry once', async () => {
      await revoke('a', 'b', 'c', 'd', 'e');

      const [first, afterFirst] = await reasonsOnPage({ order: 'newest', limit: 2 });
      const [second, afterSecond] = await reasonsOnPage({ order: 'newest', limit: 2, after: afterFirst! });
      const [third, afterThird] = await reasonsOnPage({ order: 'newest', limit: 2, after: afterSecond! });

      expect([first, second, third]).toEqual([['e', 'd'], ['c', 'b'], ['a']]);
      expect(afterThird).toBeUndefined();
      expect(await theStore().audit({ order: 'newest', limit: 2, after: (await entries())[0]!.id })).toStrictEqual({ items: [] });
    });

    test('is read within a time without missing what is from that time', async () => {
      await revoke('a', 'b', 'c', 'd');
      const all = await entries();
      const [a, b, c, d] = all.map(({ atMs }) => atMs) as [number, number, number, number];

      for (const [sinceMs, untilMs] of [[a, d], [b, c + 1], [c, Infinity], [0, b]] as const) {
        const within = all.filter(({ atMs }) => atMs >= sinceMs && atMs < untilMs);
        const range = { limit: 10, sinceMs, ...(untilMs !== Infinity && { untilMs }) };
        expect((await theStore().audit({ order: 'oldest', ...range })).items).toEqual(expect.arrayContaining(within));
        expect((await theStore().audit({ order: 'newest', ...range })).items).toEqual(expect.arrayContaining(within));
      }
    });

    test.each([0, -1, 1.5, NaN, Infinity, 1001])('is not read %d entries at a time', async limit => {
      await expect(theStore().audit({ limit })).rejects.toThrow(InvalidTargetError);
    });

    const notPositions: unknown[] = ['', 'x', '0-0', '-', '+', '1-1 ', '(1-1', '1;2', '99999999999999999999999', '1-1-1', ['1-1'], 5];
    test.each(notPositions.map(value => [inspect(value), value]))('is not read from %s', async (_, after) => {
      await expect(theStore().audit({ limit: 1, after: after as string })).rejects.toThrow(InvalidTargetError);
      await expect(theStore().audit({ order: 'newest', limit: 1, after: after as string })).rejects.toThrow(InvalidTargetError);
    });
  });
}
