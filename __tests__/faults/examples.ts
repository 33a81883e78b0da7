import type { Bounds, Invariant } from './checker.js';
import type { HistoryEvent } from './history.js';
import { examined, violated, WALL_MS } from './made-up.js';

export type Example = readonly [when: string, history: readonly HistoryEvent[], bounds?: Partial<Bounds>];

/** Each must be found to violate this invariant and no other, and each of the others to violate none. */
export function examples(invariant: Invariant, { bad, good }: { readonly bad: readonly Example[]; readonly good: readonly Example[] }): void {
  for (const [when, history, bounds] of bad) {
    it(`${invariant} is violated when ${when}`, () => {
      expect(violated(history, bounds)).toEqual([invariant]);
    });
  }
  for (const [when, history, bounds] of good) {
    it(`${invariant} is not violated when ${when}`, () => {
      expect(violated(history, bounds)).toEqual([]);
    });
  }
  it(`${invariant} is put to the test by what violates it`, () => {
    for (const [, history, bounds] of bad) expect(examined(invariant, history, bounds)).toBeGreaterThan(0);
  });
}

/** The target of a user, as a token lists it. */
export const user = (number: number): string[] => [`subject:${number}`];

/** Of a revocation, an epoch by the monotonic clock. */
export const atEpoch = (atMs: number): { epochMs: number } => ({ epochMs: WALL_MS + atMs });

/** For histories in which nobody can tell, and that is beside the point. */
export const quiet: Partial<Bounds> = { strayUnavailable: Infinity };
