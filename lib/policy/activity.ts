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

/**
 * What is called around work while somebody instruments it. It observes and never decides: what it answers, throws or rejects with
 * changes nothing of the work, which is done exactly once whether or not it is called here.
 */
export interface Observer {
  /** A check that was waited for has ended. Those that are answered from memory at once are too short to be timed. */
  checked(path: Exclude<CheckPath, 'remembered'>, durationMs: number): unknown;
  /** May call `ask`, which asks the store about one token. */
  asking(consistency: Consistency, ask: () => Promise<Verdict>): unknown;
  /** May call `record`, which revokes these. Nobody has looked at them yet: they may be anything. */
  revoking(targets: unknown, record: () => Promise<unknown>): unknown;
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
  /** The observer that has failed before. */
  #toldOf: Observer | undefined;

  constructor(source?: ActivitySource) {
    this.source = source;
  }

  revoking<T>(targets: readonly Target[], record: () => Promise<T>): Promise<T> {
    return this.#around(record, (observer, once) => observer.revoking(targets, once));
  }

  asking(consistency: Consistency, ask: () => Promise<Verdict>): Promise<Verdict> {
    return this.#around(ask, (observer, once) => observer.asking(consistency, once));
  }

  checked(path: Exclude<CheckPath, 'remembered'>, durationMs: number): void {
    this.observe(() => this.observer?.checked(path, durationMs));
  }

  /**
   * Calls what observes, and drops what it throws or rejects with: OpenTelemetry calls processors, samplers and readers of whoever wrote
   * them, and does not catch what they throw.
   */
  observe(call: () => unknown): void {
    void this.#drop(call);
  }

  #around<T>(work: () => Promise<T>, observe: (observer: Observer, once: () => Promise<T>) => unknown): Promise<T> {
    const { observer } = this;
    if (observer === undefined) return work();
    let result: Promise<T> | undefined;
    const once = (): Promise<T> => (result ??= work());
    this.observe(() => observe(observer, once));
    return once();
  }

  async #drop(call: () => unknown): Promise<void> {
    try {
      // The call itself is made before `observe` returns; only what it answers with is waited for.
      await call();
    } catch (error) {
      if (this.#toldOf === this.observer) return;
      this.#toldOf = this.observer;
      const name = error instanceof Error ? error.name : typeof error;
      const text = `What is reported to OpenTelemetry failed (${name}). Checks and revocations are as without it; metrics and spans may be missing. You are told of the first time only.`;
      process.emitWarning(text, { code: 'LIVETOKEN_TELEMETRY' });
    }
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
    this.#activity.counts.checked(this.path, result, reason);
    // Seldom waited for, and then as short as those that are not: they would tell nothing of how long such checks take.
    if (this.path === 'remembered' || this.#startedAtMs === undefined) return;
    this.#activity.checked(this.path, performance.now() - this.#startedAtMs);
  }
}
