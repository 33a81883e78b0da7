import type { TargetKey } from '../../../lib/model/target-key.js';
import type { RevocationStore } from '../../../lib/stores/store.js';
import { anyKey, farApart, HOUR_MS, write } from '../support/builders.js';
import { until } from '../support/until.js';

export function describeExpiry(theStore: () => RevocationStore): void {
  const isForgotten = async (key: TargetKey): Promise<boolean> => (await theStore().epochs([key]))[0] === undefined;

  describe('a revocation whose time is up', () => {
    test('leaves by itself, and leaves alone what is kept longer', async () => {
      const [short, long] = farApart(2) as [TargetKey, TargetKey];
      await theStore().record([write(short, { epoch: Infinity, keepForMs: 100 }), write(long, { epoch: Infinity })]);
      expect(await theStore().epochs([short])).toEqual([Infinity]);

      await until(() => isForgotten(short));

      expect(await theStore().epochs([short, long])).toEqual([undefined, Infinity]);
    });

    test('does not leave where it was extended before', async () => {
      const [key, reference] = farApart(2) as [TargetKey, TargetKey];
      await theStore().record([write(key, { epoch: 1000, keepForMs: 100 })]);
      await theStore().record([write(key, { epoch: 500, keepForMs: HOUR_MS })]);
      await theStore().record([write(key, { epoch: 2000, keepForMs: 100 }), write(reference, { keepForMs: 150 })]);

      await until(() => isForgotten(reference));

      expect(await theStore().epochs([key])).toEqual([2000]);
    });

    test('does not hold back a new one of the same target, however early its epoch', async () => {
      const key = anyKey();
      await theStore().record([write(key, { epoch: Infinity, keepForMs: 50 })]);
      await until(() => isForgotten(key));

      const [recorded] = await theStore().record([write(key, { epoch: 1000 })]);

      expect(recorded).toMatchObject({ epochMs: 1000, changed: true });
    });
  });
}
