import { StoreUnavailableError } from 'livetoken';
import type { SharedState } from './shared-state.js';

/** Most values with a time to live that are held at once. */
const MAX_ENTRIES = 100_000;

interface Entry {
  readonly value: string;
  readonly expiresAtMs: number;
}

/** The state of a single process. */
export function memoryState(): SharedState {
  const created = new Map<string, Promise<string>>();
  const entries = new Map<string, Entry>();
  const lists = new Map<string, string[]>();

  function alive(key: string): string | undefined {
    const entry = entries.get(key);
    return entry !== undefined && entry.expiresAtMs > Date.now() ? entry.value : undefined;
  }

  function makeRoom(): void {
    if (entries.size < MAX_ENTRIES) return;
    for (const [key, { expiresAtMs }] of entries) if (expiresAtMs <= Date.now()) entries.delete(key);
    if (entries.size >= MAX_ENTRIES) throw new StoreUnavailableError('The demo holds as many refresh tokens as it can: restart it, or give it a REDIS_URL.');
  }

  return {
    getOrCreate: (key, make) => {
      const value = created.get(key) ?? make();
      created.set(key, value);
      return value;
    },
    put: async (key, value, ttlMs) => {
      makeRoom();
      entries.set(key, { value, expiresAtMs: Date.now() + ttlMs });
    },
    get: async key => alive(key),
    append: async (key, value, max) => {
      lists.set(key, [...(lists.get(key) ?? []), value].slice(-max));
    },
    list: async key => lists.get(key) ?? [],
    now: async () => Date.now(),
    ready: async () => undefined,
    close: async () => undefined,
  };
}
