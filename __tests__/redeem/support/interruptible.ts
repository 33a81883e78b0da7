import type { RevocationStore } from 'livetoken';

export interface Interruptible {
  readonly store: RevocationStore;
  /** The questions that it was asked, in order. */
  readonly asked: string[];
  /** Before the next question of this name reaches the store, something happens. */
  before(question: keyof RevocationStore, what: () => unknown): void;
}

/** A store as it is, apart from what a test lets happen between two of its answers. */
export function interruptible(inner: RevocationStore): Interruptible {
  const happening = new Map<PropertyKey, () => unknown>();
  const asked: string[] = [];
  const store = new Proxy(inner, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]): Promise<unknown> => {
        asked.push(String(name));
        const what = happening.get(name);
        happening.delete(name);
        await what?.();
        return Reflect.apply(member, target, args) as unknown;
      };
    },
  });
  return { store, asked, before: (question, what) => void happening.set(question, what) };
}
