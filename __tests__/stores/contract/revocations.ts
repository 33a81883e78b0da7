import type { RevocationStore } from '../../../lib/stores/store.js';
import { anyKey, HOUR_MS, keys, write } from '../support/builders.js';

export function describeRevocations(theStore: () => RevocationStore): void {
  describe('revocations', () => {
    test('of targets that were never revoked are undefined', async () => {
      expect(await theStore().epochs(keys(3))).toEqual([undefined, undefined, undefined]);
    });

    test('are read in the order in which they are asked for, as often as they are', async () => {
      const [a, b, c] = [anyKey(), anyKey(), anyKey()];
      await theStore().record([write(a, { epoch: 1000 }), write(c, { epoch: 3000 })]);

      expect(await theStore().epochs([c, b, a, c])).toEqual([3000, undefined, 1000, 3000]);
      expect(await theStore().epochs([])).toStrictEqual([]);
    });

    test('take effect at once, as of the store\'s now', async () => {
      const key = anyKey();
      const beforeMs = Date.now();

      const [recorded] = await theStore().record([write(key)]);

      expect(recorded).toEqual({
        epochMs: recorded!.recordedAtMs,
        keepUntilMs: recorded!.recordedAtMs + HOUR_MS,
        recordedAtMs: expect.any(Number),
        changed: true,
      });
      expect(recorded!.recordedAtMs).toBeGreaterThanOrEqual(beforeMs);
      expect(recorded!.recordedAtMs).toBeLessThanOrEqual(Date.now());
      expect(await theStore().epochs([key])).toEqual([recorded!.epochMs]);
    });

    test('may be for good, or as of an instant in the past, down to the first', async () => {
      const [good, past, first] = [anyKey(), anyKey(), anyKey()];
      const pastMs = Date.now() - HOUR_MS;
      const writes = [write(good, { epoch: Infinity }), write(past, { epoch: pastMs }), write(first, { epoch: 0 })];

      const recorded = await theStore().record(writes);

      expect(recorded.map(({ epochMs }) => epochMs)).toEqual([Infinity, pastMs, 0]);
      expect(await theStore().epochs([good, past, first])).toEqual([Infinity, pastMs, 0]);
    });

    test('may be a little ahead of the store, whose clock may be behind', async () => {
      const key = anyKey();
      const epoch = Date.now() + 30_000;

      await theStore().record([write(key, { epoch })]);

      expect(await theStore().epochs([key])).toEqual([epoch]);
    });

    test('are kept for as long as is asked, up to the lifetime of any token there is', async () => {
      const [short, long] = await theStore().record([
        write(anyKey(), { keepForMs: 60_000 }),
        write(anyKey(), { keepForMs: 253_402_300_799_000 }),
      ]);

      expect(short!.keepUntilMs).toBe(short!.recordedAtMs + 60_000);
      expect(long!.keepUntilMs).toBe(long!.recordedAtMs + 253_402_300_799_000);
    });

    test('never go back: neither to an earlier epoch, nor from "for good" to any', async () => {
      const key = anyKey();
      await theStore().record([write(key, { epoch: 2000 })]);

      const [earlier] = await theStore().record([write(key, { epoch: 1000 })]);
      expect(earlier).toMatchObject({ epochMs: 2000, changed: false });
      expect(await theStore().epochs([key])).toEqual([2000]);

      await theStore().record([write(key, { epoch: Infinity })]);
      const [now] = await theStore().record([write(key, { epoch: 'now' })]);
      expect(now).toMatchObject({ epochMs: Infinity, changed: false });
      expect(await theStore().epochs([key])).toEqual([Infinity]);
    });

    test('are never kept shorter than was said before', async () => {
      const key = anyKey();
      const [long] = await theStore().record([write(key, { epoch: 1000, keepForMs: HOUR_MS })]);

      const [same] = await theStore().record([write(key, { epoch: 1000, keepForMs: 1 })]);
      const [later] = await theStore().record([write(key, { epoch: 2000, keepForMs: 1 })]);

      expect(same).toMatchObject({ epochMs: 1000, keepUntilMs: long!.keepUntilMs, changed: false });
      expect(later).toMatchObject({ epochMs: 2000, keepUntilMs: long!.keepUntilMs, changed: true });
    });

    test('are kept longer when that is asked later, without being changed', async () => {
      const key = anyKey();
      await theStore().record([write(key, { epoch: 2000, keepForMs: 60_000 })]);

      const [longer] = await theStore().record([write(key, { epoch: 1000, keepForMs: HOUR_MS })]);

      expect(longer).toMatchObject({ epochMs: 2000, keepUntilMs: longer!.recordedAtMs + HOUR_MS, changed: false });
    });

    test('say whether they changed anything', async () => {
      const key = anyKey();
      const changes = [];
      for (const epoch of [1000, 1000, 999, 1001, Infinity, Infinity]) {
        const [recorded] = await theStore().record([write(key, { epoch })]);
        changes.push(recorded!.changed);
      }

      expect(changes).toEqual([true, false, false, true, true, false]);
    });

    test('of one target, 50 at a time, change it once', async () => {
      const key = anyKey();

      const recorded = await Promise.all(Array.from({ length: 50 }, () => theStore().record([write(key, { epoch: Infinity })])));

      expect(recorded.flat().filter(({ changed }) => changed)).toHaveLength(1);
      expect(recorded.flat().every(({ epochMs }) => epochMs === Infinity)).toBe(true);
    });

    test('may name one target twice in a batch: the later epoch counts, whichever comes first', async () => {
      const [a, b] = [anyKey(), anyKey()];
      const batch = [write(a, { epoch: 2000 }), write(b, { epoch: 1000 }), write(a, { epoch: 1000 }), write(b, { epoch: 2000 })];

      const recorded = await theStore().record(batch);

      expect(recorded.map(({ epochMs, changed }) => [epochMs, changed])).toEqual([
        [2000, true],
        [1000, true],
        [2000, false],
        [2000, true],
      ]);
      expect(await theStore().epochs([a, b])).toEqual([2000, 2000]);
    });

    test('come 64 at a time', async () => {
      const many = keys(64);

      const recorded = await theStore().record(many.map((key, i) => write(key, { epoch: i })));

      expect(recorded.map(({ epochMs }) => epochMs)).toEqual(many.map((_, i) => i));
      expect(await theStore().epochs(many)).toEqual(many.map((_, i) => i));
    });
  });
}
