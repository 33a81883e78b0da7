/**
 * What the issuer keeps: its signing key, refresh tokens, orders. Kept in Redis, it makes several demo processes one system.
 * Revocations and tracked tokens are not here: livetoken's own store keeps them.
 *
 * Every method rejects with StoreUnavailableError when it cannot do what it says.
 */
export interface SharedState {
  /** The value there is, or else the one that `make` makes. Of several callers at once one wins, and all get its value. */
  getOrCreate(key: string, make: () => Promise<string>): Promise<string>;
  put(key: string, value: string, ttlMs: number): Promise<void>;
  get(key: string): Promise<string | undefined>;
  /** Adds to a list that keeps its latest `max` values. */
  append(key: string, value: string, max: number): Promise<void>;
  list(key: string): Promise<readonly string[]>;
  /** Milliseconds since 1970, by the clock of the state: the one that all processes share, and that revocations go by. */
  now(): Promise<number>;
  ready(): Promise<void>;
  close(): Promise<void>;
}
