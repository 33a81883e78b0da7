import type { RefusalReason } from '../errors.js';
import type { TargetKind } from '../model/target.js';
import type { Healing } from '../stores/replica/healer.js';
import type { LiveTokenEvents } from './events.js';

/**
 * Who told what a check answered.
 *
 * - `remembered`: memory, about a token whose signature was checked at an earlier request
 * - `replica`: memory, about a token that this process had not seen, or claims that were handed over
 * - `direct`: the shared store, which was asked
 * - `verification`: the token itself: its signature, its claims or its times. Nothing was looked up.
 */
export type CheckPath = 'remembered' | 'replica' | 'direct' | 'verification';

/** What a check answered. `refused`: for any other reason than a revocation. `unavailable`: nobody could tell. */
export type CheckResult = 'live' | 'revoked' | 'refused' | 'unavailable' | 'allowed_unchecked';

export type StoreOperation = LiveTokenEvents['unavailable']['operation'];

type Numbers<K extends string> = Record<K, number>;

/** What can come of a check on each path; `refused` apart, which is counted by its reason. */
export interface CheckCounts {
  readonly remembered: Numbers<'live' | 'revoked'>;
  readonly replica: Numbers<'live' | 'revoked'>;
  readonly direct: Numbers<'live' | 'revoked' | 'unavailable' | 'allowed_unchecked'>;
  readonly verification: Numbers<'unavailable'>;
}

/**
 * What has happened since this process began. Plain integers: most checks do nothing else than add one to one of them. Each stands
 * here from the start, with 0, so that whoever watches them sees the first time too.
 */
export class Counts {
  readonly checks: CheckCounts = {
    remembered: { live: 0, revoked: 0 },
    replica: { live: 0, revoked: 0 },
    direct: { live: 0, revoked: 0, unavailable: 0, allowed_unchecked: 0 },
    verification: { unavailable: 0 },
  };
  /** By path and reason, those that there were. */
  readonly refused = new Map<CheckPath, Map<RefusalReason, number>>();
  readonly revocations: Numbers<TargetKind> = { token: 0, grant: 0, session: 0, subject: 0, member: 0, client: 0, organisation: 0, all: 0 };
  readonly storeErrors: Numbers<StoreOperation> = { check: 0, revoke: 0, redeem: 0, track: 0, list: 0 };
  readonly healings: Numbers<Healing['cause']> = { trimmed: 0, fork: 0, wiped: 0, lost: 0 };
  healedRevocations = 0;
  replays = 0;
  allowedUnchecked = 0;

  checked(path: CheckPath, result: CheckResult, reason: RefusalReason | undefined): void {
    const counts: Partial<Numbers<CheckResult>> = this.checks[path];
    if (result !== 'refused') counts[result] = (counts[result] ?? 0) + 1;
    else if (reason !== undefined) this.#refused(path, reason);
  }

  /** What is told is counted, whether or not anybody listens. Refusals are not: those of checks are counted with their path. */
  told<E extends keyof LiveTokenEvents>(event: E, details: LiveTokenEvents[E]): void {
    const count = ON_EVENT[event] as ((counts: Counts, details: LiveTokenEvents[E]) => void) | undefined;
    count?.(this, details);
  }

  #refused(path: CheckPath, reason: RefusalReason): void {
    const byReason = this.refused.get(path) ?? new Map<RefusalReason, number>();
    this.refused.set(path, byReason.set(reason, (byReason.get(reason) ?? 0) + 1));
  }
}

const ON_EVENT: { readonly [E in keyof LiveTokenEvents]?: (counts: Counts, details: LiveTokenEvents[E]) => void } = {
  revoked(counts, { kind }) { counts.revocations[kind] += 1; },
  replayed(counts) { counts.replays += 1; },
  unavailable(counts, { operation }) { counts.storeErrors[operation] += 1; },
  healed(counts, { cause, revocations }) {
    counts.healings[cause] += 1;
    counts.healedRevocations += revocations;
  },
  allowedUnchecked(counts) { counts.allowedUnchecked += 1; },
};
