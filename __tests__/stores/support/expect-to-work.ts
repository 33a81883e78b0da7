import type { RevocationStore } from '../../../lib/stores/store.js';
import { anyKey, trackedToken, write } from './builders.js';

/** A round through all that a store does, for whoever wants to know of a connection and not of the contract. */
export async function expectToWork(store: RevocationStore): Promise<void> {
  const [key, token] = [anyKey(), trackedToken()];
  const [recorded] = await store.record([write(key, { epoch: Infinity })]);
  expect(recorded).toMatchObject({ epochMs: Infinity, changed: true });
  expect(await store.epochs([key, anyKey()])).toEqual([Infinity, undefined]);
  expect((await store.audit({ limit: 1000 })).items.at(-1)).toMatchObject({ key });
  await store.track(token);
  expect(await store.active(token.targets[0]!, { limit: 1 })).toMatchObject({ items: [token] });
  expect(await store.retire([token], 1000)).toBe(1);
  expect(await store.tracked([token.key])).toEqual([{ ...token, revokedAtMs: 1000 }]);
}
