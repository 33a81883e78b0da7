import type { HistoryEvent } from '../history.js';

export const INVARIANTS = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9', 'I10', 'I11', 'I12'] as const;
export type Invariant = (typeof INVARIANTS)[number];

/** What must not have happened. */
export interface Violation {
  readonly invariant: Invariant;
  readonly message: string;
  readonly atMs: number;
  /** Those that show it, in the order in which they are to be read. */
  readonly events: readonly HistoryEvent[];
}

/** What one check of a history found. */
export interface Finding {
  readonly violations: readonly Violation[];
  /** How often the history put the invariant to the test. With 0, no violation means nothing. */
  readonly examined: number;
  /** What would have been put to the test, had not somebody waited for a processor: it is not among the examined. */
  readonly excused?: number;
}
