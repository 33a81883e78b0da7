import type { Violation } from './checks/violation.js';
import type { Excused } from './judge.js';

/** How a scenario came out. Plain JSON: it goes from process to process. */
export interface Result {
  readonly name: string;
  readonly fault: string;
  readonly seed: number;
  readonly tookMs: number;
  /** False where what was revoked before the fault may be in use after it. */
  readonly isPromised: boolean;
  readonly violations: readonly Pick<Violation, 'invariant' | 'message'>[];
  /** By column of the table. */
  readonly figures: Readonly<Record<string, string>>;
  /** What share of its tests each invariant lost because somebody waited for a processor: those that lost any. */
  readonly excused?: Excused;
  /** Where the run itself failed: nothing is said of the product then. */
  readonly error?: string;
  /** Folder with the history and the violations in full. */
  readonly keptIn?: string;
}

export function hasPassed({ violations, error }: Result): boolean {
  return violations.length === 0 && error === undefined;
}
