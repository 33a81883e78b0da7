import { checkHistory, figures, type Bounds, type FaultFigures, type Invariant, type Report, type Violation } from './checker.js';
import type { HistoryEvent } from './history.js';
import { excused, untested, type Excused } from './judge.js';

/** What comes out of a history that is judged a segment at a time. */
export class Totals {
  readonly #faults: FaultFigures[] = [];
  readonly #violations: Violation[] = [];
  #counts: Pick<Report, 'examined' | 'excused'> = checkNothing();
  #checks = 0;
  #revocations = 0;

  get faults(): readonly FaultFigures[] {
    return this.#faults;
  }

  get violations(): readonly Violation[] {
    return this.#violations;
  }

  get checks(): number {
    return this.#checks;
  }

  get revocations(): number {
    return this.#revocations;
  }

  /** What no run may be without a test of, and this one is. */
  get untested(): readonly Invariant[] {
    return untested(this.#counts, {});
  }

  get excused(): Excused {
    return excused(this.#counts);
  }

  /** @param events of a segment alone: its history begins with much that was counted before */
  count(events: readonly HistoryEvent[]): void {
    for (const { event } of events) {
      if (event === 'checked') this.#checks += 1;
      else if (event === 'revoked') this.#revocations += 1;
    }
  }

  /** Answers with what is wrong with this segment. */
  judge(history: readonly HistoryEvent[], bounds: Partial<Bounds>): readonly Violation[] {
    const report = checkHistory(history, bounds);
    this.add(report.violations);
    // The history begins with the faults of those before.
    this.#faults.push(...figures(history, bounds).slice(this.#faults.length));
    this.#counts = { examined: sum(this.#counts.examined, report.examined), excused: sum(this.#counts.excused, report.excused) };
    return report.violations;
  }

  add(violations: readonly Violation[]): void {
    this.#violations.push(...violations);
  }
}

type Counts = Readonly<Record<Invariant, number>>;

function checkNothing(): Pick<Report, 'examined' | 'excused'> {
  return checkHistory([{ event: 'clock', atMs: 0, wallMs: 0 }]);
}

function sum(one: Counts, other: Counts): Counts {
  return Object.fromEntries(Object.entries(one).map(([invariant, count]) => [invariant, count + other[invariant as Invariant]])) as Counts;
}
