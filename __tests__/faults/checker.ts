import { acknowledgedIsKept } from './checks/acknowledged-is-kept.js';
import { acknowledgedIsRefused } from './checks/acknowledged-is-refused.js';
import { DEFAULT_BOUNDS, type Bounds } from './checks/bounds.js';
import { breaksAreTold } from './checks/breaks-are-told.js';
import { copiesAgree } from './checks/copies-agree.js';
import { memoryIsBounded } from './checks/memory-is-bounded.js';
import { nothingLeaks } from './checks/nothing-leaks.js';
import { nothingRevives } from './checks/nothing-revives.js';
import { recovers } from './checks/recovers.js';
import { refusedIsCovered } from './checks/refused-is-covered.js';
import { readRun, type Run } from './checks/run.js';
import { settles } from './checks/settles.js';
import { keysMatchLog, neverDecreases } from './checks/stored-state.js';
import { INVARIANTS, type Finding, type Invariant, type Violation } from './checks/violation.js';
import type { HistoryEvent } from './history.js';

export type { Bounds, MemoryBounds } from './checks/bounds.js';
export type { Invariant, Violation } from './checks/violation.js';
export { figures, type FaultFigures } from './checks/figures.js';

const CHECKS: Readonly<Record<Invariant, (run: Run, bounds: Bounds) => Finding>> = {
  I1: acknowledgedIsRefused,
  I2: refusedIsCovered,
  I3: settles,
  I4: recovers,
  I5: neverDecreases,
  I6: keysMatchLog,
  I7: acknowledgedIsKept,
  I8: copiesAgree,
  I9: breaksAreTold,
  I10: memoryIsBounded,
  I11: nothingLeaks,
  I12: nothingRevives,
};

export interface Report {
  /** By invariant, then by time. */
  readonly violations: readonly Violation[];
  /** How often the history put each invariant to the test. A run that relies on one should look that this is not 0. */
  readonly examined: Readonly<Record<Invariant, number>>;
  /** How often it was not put to the test because somebody waited for a processor. */
  readonly excused: Readonly<Record<Invariant, number>>;
}

/**
 * Holds a history against the invariants I1 to I12. The order of its events does not matter: what counts is their instants.
 *
 * @throws TypeError for a history that is not one: no clock, a token that nobody issued, a fault that begins twice
 */
export function checkHistory(history: Iterable<HistoryEvent>, bounds: Partial<Bounds> = {}): Report {
  const all = { ...DEFAULT_BOUNDS, ...bounds };
  const run = readRun(history, all);
  const findings = INVARIANTS.map(invariant => [invariant, CHECKS[invariant](run, all)] as const);
  const counts = (of: (finding: Finding) => number): Record<Invariant, number> =>
    Object.fromEntries(findings.map(([invariant, finding]) => [invariant, of(finding)])) as Record<Invariant, number>;
  return {
    violations: findings.flatMap(([, { violations }]) => [...violations].sort((a, b) => a.atMs - b.atMs)),
    examined: counts(({ examined }) => examined),
    excused: counts(({ excused = 0 }) => excused),
  };
}
