/** How many entries each insertion inspects for expiry: two out for one in, so the dead never outnumber the living for long. */
const INSPECTED_PER_SET = 2;

/** A map whose entries leave when their time is up, a few at every insertion, without a timer. */
export class ExpiringMap<K, V> {
  readonly #entries = new Map<K, { readonly value: V; readonly expiresAtMs: number }>();
  readonly #onExpired: (key: K, value: V) => void;
  readonly #now: () => number;
  #inspection: Iterator<[K, { readonly value: V; readonly expiresAtMs: number }]>;

  constructor(now: () => number, onExpired: (key: K, value: V) => void = () => undefined) {
    this.#now = now;
    this.#onExpired = onExpired;
    this.#inspection = this.#entries.entries();
  }

  /** Entries held, among them some that have expired and not left yet. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.expiresAtMs > this.#now() ? entry.value : undefined;
  }

  set(key: K, value: V, expiresAtMs: number): void {
    const previous = this.#entries.get(key);
    if (previous !== undefined && previous.expiresAtMs <= this.#now()) this.#onExpired(key, previous.value);
    this.#entries.set(key, { value, expiresAtMs });
    this.#inspect(INSPECTED_PER_SET);
  }

  /** Lets everything that has expired leave now. */
  sweep(): void {
    this.#inspection = this.#entries.entries();
    this.#inspect(this.#entries.size);
  }

  clear(): void {
    this.#entries.clear();
  }

  #inspect(count: number): void {
    for (let i = 0; i < count; i++) {
      const next = this.#inspection.next();
      if (next.done === true) {
        this.#inspection = this.#entries.entries();
        return;
      }
      const [key, { value, expiresAtMs }] = next.value;
      if (expiresAtMs > this.#now()) continue;
      this.#entries.delete(key);
      this.#onExpired(key, value);
    }
  }
}
