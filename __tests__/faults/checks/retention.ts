import type { Revoked } from '../history.js';
import type { Bounds } from './bounds.js';
import type { Run } from './run.js';

/**
 * A revocation that is repeated is kept longer only where that is worth a write, by a second for Redis; copies, which write it back
 * after a loss, tell some seconds apart. Both are taken from what it is kept beyond the last token.
 */
const NOT_WORTH_A_WRITE_MS = 5000;

/** How long revocations must be kept: until no token can be alive that they refuse, by any clock. */
export class Retention {
  readonly #run: Run;
  readonly #bounds: Bounds;
  /** By target of the one token. */
  readonly #expiresAtMs = new Map<string, number>();

  constructor(run: Run, bounds: Bounds) {
    this.#run = run;
    this.#bounds = bounds;
    for (const { targets, expiresAtMs } of run.tokens.values()) {
      for (const target of targets) if (target.startsWith('token:')) this.#expiresAtMs.set(target, expiresAtMs);
    }
  }

  /** Milliseconds since 1970; -Infinity where nobody knows. */
  leastUntilMs({ target, fromMs, issuedBeforeMs }: Revoked): number {
    const { maxLifetimeMs = -Infinity, clockToleranceMs, leastKeptMs } = this.#bounds;
    const longestMs = (issuedBeforeMs ?? this.#run.clock.earliestMs(fromMs)) + maxLifetimeMs;
    // Of one token the product may know when it ends.
    const lastMs = target.startsWith('token:') ? Math.min(this.#expiresAtMs.get(target) ?? -Infinity, longestMs) : longestMs;
    return lastMs + clockToleranceMs + leastKeptMs - NOT_WORTH_A_WRITE_MS;
  }
}
