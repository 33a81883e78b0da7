import type { FollowableStore } from '../../../lib/stores/store.js';

/** The store itself, but for what a test does in between. */
export function altered(store: FollowableStore, changes: Partial<FollowableStore>): FollowableStore {
  return new Proxy(store, {
    get(target, name): unknown {
      if (name in changes) return Reflect.get(changes, name);
      // Private fields are those of the store itself.
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
}
