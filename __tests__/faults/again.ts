import type { Invariant } from './checker.js';
import { hasPassed, type Result } from './result.js';

/** All that a machine that is busy with other things can break: how long something takes. I6 asks for what is mended by the end. */
const TIMING: readonly Invariant[] = ['I3', 'I4', 'I6'];

/** Whether a failure may say nothing of the product, so that the fault is worth playing once more. What came once is enough for all else. */
export function mayPlayAgain(result: Result): boolean {
  return !hasPassed(result) && result.violations.every(({ invariant }) => TIMING.includes(invariant));
}
