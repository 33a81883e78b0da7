import type { Clock, Issued } from '../history.js';
import type { Bounds } from './bounds.js';

/** What clocks may have said at an instant of the monotonic clock. */
export class WallClock {
  readonly #leastMs: number;
  readonly #mostMs: number;
  readonly #clockToleranceMs: number;

  constructor(clocks: readonly Clock[], { clockSlackMs, clockToleranceMs }: Bounds) {
    const differences = clocks.map(({ atMs, wallMs }) => wallMs - atMs);
    this.#leastMs = Math.min(...differences) - clockSlackMs;
    this.#mostMs = Math.max(...differences) + clockSlackMs;
    this.#clockToleranceMs = clockToleranceMs;
  }

  earliestMs(atMs: number): number {
    return atMs + this.#leastMs;
  }

  latestMs(atMs: number): number {
    return atMs + this.#mostMs;
  }

  mayHaveExpired({ expiresAtMs }: Issued, atMs: number): boolean {
    return this.latestMs(atMs) >= expiresAtMs + this.#clockToleranceMs;
  }

  hasExpired({ expiresAtMs }: Issued, atMs: number): boolean {
    return this.earliestMs(atMs) >= expiresAtMs + this.#clockToleranceMs;
  }
}
