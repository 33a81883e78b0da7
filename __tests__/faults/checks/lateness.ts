import type { Checked } from '../history.js';
import type { Bounds } from './bounds.js';
import { windowsOf, type Run } from './run.js';
import type { Windows } from './windows.js';

/** How late a revocation may still be unknown to whoever answers. */
export interface Lateness {
  /** Never later. */
  readonly mostMs: number;
  /** All but one in a thousand no later. */
  readonly usualMs: number;
  /** Why it is no less. */
  readonly because: string;
}

/**
 * Redis itself knows a revocation at once, unless there may be two of it, or one that has lost something. A copy is told within
 * `replicaLatenessMs` while all is well; whatever happens, what it knows may be `maxStalenessMs` old and no older.
 */
export class AllowedLateness {
  readonly #run: Run;
  readonly #bounds: Bounds;
  readonly #troubled: Windows;
  readonly #losing: Windows;

  constructor(run: Run, bounds: Bounds) {
    this.#run = run;
    this.#bounds = bounds;
    this.#troubled = windowsOf(run.faults, bounds.maxStalenessMs);
    this.#losing = windowsOf(run.faults.filter(({ mayLose, unpromised }) => mayLose === true || unpromised === true), bounds.maxStalenessMs);
  }

  /** @param sinceMs when the revocation was known to be recorded */
  of({ mode, instance, fromMs, toMs }: Checked, sinceMs: number): Lateness {
    const { maxStalenessMs, stalenessSlackMs, replicaLatenessMs } = this.#bounds;
    const mostMs = maxStalenessMs + stalenessSlackMs;
    if (mode === 'direct') {
      if (!this.#losing.touch(fromMs, toMs)) return { mostMs: 0, usualMs: 0, because: 'asked directly' };
      return { mostMs, usualMs: mostMs, because: 'asked directly, while Redis may have lost something' };
    }
    if (this.#troubled.touch(fromMs, toMs)) return { mostMs, usualMs: mostMs, because: 'of a copy, with a fault in force or just over' };
    const heldUpMs = this.#run.heldUp.ms(instance, sinceMs, fromMs);
    return { mostMs, usualMs: Math.min(mostMs, replicaLatenessMs + heldUpMs), because: 'of a copy, while all is well' };
  }

  /** Which of the stretches without trouble a check lies in; `undefined` where it touches one with trouble. */
  calm({ fromMs, toMs }: Checked): number | undefined {
    return this.#troubled.touch(fromMs, toMs) ? undefined : this.#troubled.endedBefore(fromMs);
  }
}
