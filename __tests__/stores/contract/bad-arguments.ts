import { inspect } from 'node:util';
import { InvalidTargetError } from '../../../lib/errors.js';
import type { RevocationStore, RevocationWrite } from '../../../lib/stores/store.js';
import { anyKey, HOUR_MS, keys, write } from '../support/builders.js';

const inAnHour = (): number => Date.now() + HOUR_MS;

const badEpochs: [string, () => unknown][] = [
  ['in the future', inAnHour],
  ['just beyond what clocks may differ by', () => Date.now() + 120_000],
  ...[NaN, -1, -Infinity, 1.5, 2 ** 53, '1000', 'later', null, undefined, [1000]].map(
    (epoch): [string, () => unknown] => [inspect(epoch), () => epoch],
  ),
];

const badKeepTimes = [0, -1, NaN, Infinity, 1.5, 1e300, 2 ** 53, '1000', null, undefined];

export function describeBadArguments(theStore: () => RevocationStore): void {
  async function expectRefusal(writes: readonly RevocationWrite[]): Promise<void> {
    await expect(theStore().record(writes)).rejects.toThrow(InvalidTargetError);
    expect(await theStore().epochs(writes.map(({ key }) => key))).toEqual(writes.map(() => undefined));
    expect((await theStore().audit({ limit: 1 })).items).toStrictEqual([]);
  }

  describe('a bad revocation is refused, and so is all that comes with it', () => {
    test.each(badEpochs)('with an epoch that is %s', async (_, epoch) => {
      const bad = { ...write(anyKey()), epoch: epoch() } as RevocationWrite;

      await expectRefusal([bad]);
      await expectRefusal([write(anyKey()), bad, write(anyKey(), { epoch: Infinity })]);
    });

    test.each(badKeepTimes.map(value => [inspect(value), value]))('with %s ms to keep it', async (_, keepForMs) => {
      const bad = { ...write(anyKey()), keepForMs } as RevocationWrite;

      await expectRefusal([bad]);
      await expectRefusal([write(anyKey()), bad, write(anyKey(), { epoch: Infinity })]);
    });

    test('where there is none, or more than 64', async () => {
      await expectRefusal([]);
      await expectRefusal(keys(65).map(key => write(key)));
    });

    test('and leaves alone what was there', async () => {
      const [known, fresh] = [anyKey(), anyKey()];
      const [before] = await theStore().record([write(known, { epoch: 1000, keepForMs: 60_000 })]);

      await expect(theStore().record([write(known), write(fresh, { epoch: inAnHour() })])).rejects.toThrow(InvalidTargetError);

      expect(await theStore().epochs([known, fresh])).toEqual([1000, undefined]);
      const [after] = await theStore().record([write(known, { epoch: 1000, keepForMs: 1 })]);
      expect(after!.keepUntilMs).toBe(before!.keepUntilMs);
    });
  });
}
