import { InvalidTokenError, isUnavailable, type RefusalReason } from '../errors.js';
import type { Target } from '../model/target.js';
import type { Consistency, RevocationStore } from '../stores/store.js';
import { Counts, type CheckPath, type CheckResult } from './counts.js';
import type { Health } from './store-reports.js';
import type { Verdict } from './token-check.js';

/**
 * Where `livetoken/opentelemetry` finds what to read, of a LiveTokens or LiveIssuers. A registered symbol: the package may be loaded
 * twice, with `import` and with `require`, and one may be shown what the other has made.
 */
export const ACTIVITY: unique symbol = Symbol.for('livetoken.activity');

/** What is called around work while somebody instruments it. It observes and never decides. */
export interface Observer {
  /** A check that was waited for has ended. Those that are answered from memory at once are too short to be timed. */
  checked(path: Exclude<CheckPath, 'remembered'>, durationMs: number): void;
  /** Calls `ask`, which asks the store about one token. */
  asking(consistency: Consistency, ask: () => Promise<Verdict>): Promise<Verdict>;
  /** Calls `record`, which revokes these. */
  revoking<T>(targets: readonly Target[], record: () => Promise<T>): Promise<T>;
}

/** What belongs to a store, where there is one. */
export interface ActivitySource {
  readonly store: RevocationStore;
  readonly health: () => Health;
  readonly watches: () => number;
}

/** What one LiveTokens has done, for whoever measures it, and who is to be told while it works. */
export class Activity {
  readonly counts = new Counts();
  readonly source: ActivitySource | undefined;
  observer: Observer | undefined;

  constructor(source?: ActivitySource) {
    this.source = source;
  }

  revoking<T>(targets: readonly Target[], record: () => Promise<T>): Promise<T> {
    return this.observer === undefined ? record() : this.observer.revoking(targets, record);
  }

  asking(consistency: Consistency, ask: () => Promise<Verdict>): Promise<Verdict> {
    return this.observer === undefined ? ask() : this.observer.asking(consistency, ask);
  }
}

/** A check that is under way, to be counted once: when it ends. */
export class RunningCheck {
  path: CheckPath = 'verification';
  /** Which path it is, where memory tells. */
  memory: 'remembered' | 'replica' = 'replica';
  readonly #activity: Activity;
  readonly #startedAtMs: number | undefined;

  constructor(activity: Activity) {
    this.#activity = activity;
    this.#startedAtMs = activity.observer && performance.now();
  }

  endedInMemory(): void {
    this.path = this.memory;
    this.ended('live');
  }

  /** Answers with the verdict. */
  judged(verdict: Verdict): Verdict {
    if (verdict.live) this.ended('live');
    else this.ended(verdict.reason === 'revoked' ? 'revoked' : 'refused', verdict.reason);
    return verdict;
  }

  /** Answers with the error. What is neither a refusal nor an outage is a mistake in somebody's code, and no check. */
  failed(error: unknown): unknown {
    if (error instanceof InvalidTokenError) this.ended(error.reason === 'revoked' ? 'revoked' : 'refused', error.reason);
    else if (isUnavailable(error)) this.ended('unavailable');
    return error;
  }

  ended(result: CheckResult, reason?: RefusalReason): void {
    const { counts, observer } = this.#activity;
    counts.checked(this.path, result, reason);
    // Seldom waited for, and then as short as those that are not: they would tell nothing of how long such checks take.
    if (this.path === 'remembered' || this.#startedAtMs === undefined) return;
    observer?.checked(this.path, performance.now() - this.#startedAtMs);
  }
}
