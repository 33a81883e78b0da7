import { ClosedError } from '../../../lib/errors.js';
import { onceKey } from '../../../lib/model/once-key.js';
import type { RevocationStore } from '../../../lib/stores/store.js';
import { anyKey, trackedToken, write } from '../support/builders.js';

/** All that a store can be asked, and what might seem not to need asking. */
const questions: Readonly<Record<string, (store: RevocationStore) => Promise<unknown>>> = {
  epochs: store => store.epochs([anyKey()]),
  'epochs of nothing': store => store.epochs([]),
  record: store => store.record([write(anyKey())]),
  audit: store => store.audit({ limit: 1 }),
  track: store => store.track(trackedToken()),
  'track an expired token': store => store.track(trackedToken({ expiresAtMs: 1 })),
  tracked: store => store.tracked([trackedToken().key]),
  'tracked of nothing': store => store.tracked([]),
  active: store => store.active(anyKey(), { limit: 1 }),
  retire: store => store.retire([trackedToken()], 1000),
  useOnce: store => store.useOnce(onceKey('refresh', 'a token'), 1000),
  firstUseMs: store => store.firstUseMs(onceKey('refresh', 'a token')),
  'retire nothing': store => store.retire([], 1000),
  ready: store => store.ready(),
};

export function describeClosing(theStore: () => RevocationStore): void {
  describe('a store that was closed', () => {
    test.each(Object.entries(questions))('rejects: %s', async (_, ask) => {
      await theStore().close();

      await expect(ask(theStore())).rejects.toThrow(ClosedError);
    });

    test('can be closed again', async () => {
      await theStore().close();

      await expect(theStore().close()).resolves.toBeUndefined();
    });

    test('rejects what it was still asked, or answers it: nothing is left pending', async () => {
      const asked = Object.values(questions).map(ask => ask(theStore()));

      await theStore().close();

      expect(await Promise.allSettled(asked)).toHaveLength(asked.length);
    });
  });
}
