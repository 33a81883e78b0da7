/**
 * Most keys that are counted at a time, some 200 bytes each. Whoever fails from more addresses than that is not held up by counting
 * addresses; those that are counted stay so.
 */
export const MAX_KEYS = 25_000;

/** What has failed of a key, and for how long it still counts. */
export interface Failures {
  readonly failures: number;
  readonly leftMs: number;
}

interface Window {
  failures: number;
  readonly endsAtMs: number;
}

const NONE: Failures = { failures: 0, leftMs: 0 };

/** Failures of each key, in windows that begin with the first one. Answers at once: what is asked and then done is done in one go. */
export class FailureWindows {
  readonly #windowMs: number;
  /** In the order in which they end, since all are equally long. */
  readonly #windows = new Map<string, Window>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  of(key: string): Failures {
    const window = this.#windows.get(key);
    const leftMs = (window?.endsAtMs ?? 0) - performance.now();
    return window !== undefined && leftMs > 0 ? { failures: window.failures, leftMs } : NONE;
  }

  add(key: string): void {
    const nowMs = performance.now();
    this.#forgetUntil(nowMs);
    const window = this.#windows.get(key);
    if (window !== undefined) window.failures += 1;
    else if (this.#windows.size < MAX_KEYS) this.#windows.set(key, { failures: 1, endsAtMs: nowMs + this.#windowMs });
  }

  #forgetUntil(nowMs: number): void {
    for (const [key, { endsAtMs }] of this.#windows) {
      if (endsAtMs > nowMs) return;
      this.#windows.delete(key);
    }
  }
}
