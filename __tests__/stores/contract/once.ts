import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { InvalidTargetError } from '../../../lib/errors.js';
import { onceKey, type OnceKey } from '../../../lib/model/once-key.js';
import type { RevocationStore } from '../../../lib/stores/store.js';
import { anyKey, HOUR_MS } from '../support/builders.js';
import { until } from '../support/until.js';

const anyOnce = (): OnceKey => onceKey('refresh', randomUUID());

const badKeepTimes = [0, -1, NaN, Infinity, 1.5, 1e300, 2 ** 53, '1000', null, undefined];

export function describeOnce(theStore: () => RevocationStore): void {
  const isForgotten = async (key: OnceKey): Promise<boolean> => (await theStore().firstUseMs(key)) === undefined;

  describe('what may be used once', () => {
    test('G83 is unused until it is used, and from then on says since when', async () => {
      const [used, unused] = [anyOnce(), anyOnce()];
      expect(await theStore().firstUseMs(used)).toBeUndefined();

      const { firstAtMs } = await theStore().useOnce(used, HOUR_MS);

      expect(await theStore().firstUseMs(used)).toBe(firstAtMs);
      expect(await theStore().firstUseMs(unused)).toBeUndefined();
    });

    test('G83 is used first by one: whoever comes later learns when that was, and what time it is', async () => {
      const key = anyOnce();
      const beforeMs = Date.now();

      const first = await theStore().useOnce(key, HOUR_MS);
      await until(() => Date.now() > first.nowMs);
      const second = await theStore().useOnce(key, HOUR_MS);

      expect(first).toEqual({ isFirst: true, firstAtMs: first.nowMs, nowMs: expect.any(Number) });
      expect(second).toEqual({ isFirst: false, firstAtMs: first.nowMs, nowMs: expect.any(Number) });
      expect(first.nowMs).toBeGreaterThanOrEqual(beforeMs);
      expect(second.nowMs).toBeGreaterThan(first.nowMs);
      expect(second.nowMs).toBeLessThanOrEqual(Date.now());
    });

    test('G83 has exactly one first use of many at once, and all agree on it', async () => {
      const [key, other] = [anyOnce(), anyOnce()];

      const uses = await Promise.all([...Array.from({ length: 50 }, () => key), other].map(each => theStore().useOnce(each, HOUR_MS)));

      expect(uses.slice(0, 50).filter(({ isFirst }) => isFirst)).toHaveLength(1);
      expect(new Set(uses.slice(0, 50).map(({ firstAtMs }) => firstAtMs)).size).toBe(1);
      expect(uses[50]!.isFirst).toBe(true);
    });

    test('is remembered for as long as its first use says, whatever later ones say', async () => {
      const [brief, long] = [anyOnce(), anyOnce()];
      await theStore().useOnce(brief, 100);
      await theStore().useOnce(long, HOUR_MS);
      await theStore().useOnce(brief, HOUR_MS);
      await theStore().useOnce(long, 1);

      await until(() => isForgotten(brief));

      expect(await theStore().useOnce(long, 1)).toMatchObject({ isFirst: false });
      expect(await theStore().useOnce(brief, HOUR_MS)).toMatchObject({ isFirst: true });
    });

    test('is nothing that is revoked, whatever its name', async () => {
      const target = anyKey();

      await theStore().useOnce(target as string as OnceKey, HOUR_MS);

      expect(await theStore().epochs([target])).toEqual([undefined]);
      expect((await theStore().audit({ limit: 1 })).items).toStrictEqual([]);
    });

    test.each(badKeepTimes.map(value => [inspect(value), value]))('is not used where it is to be remembered for %s ms', async (_, keepForMs) => {
      const key = anyOnce();

      await expect(theStore().useOnce(key, keepForMs as number)).rejects.toThrow(InvalidTargetError);

      expect(await theStore().firstUseMs(key)).toBeUndefined();
    });
  });
}
