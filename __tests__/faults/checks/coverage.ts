import type { Checked, Issued, Revoked } from '../history.js';
import type { FaultSpan, Run } from './run.js';
import { firstIndex } from './windows.js';

export interface Cover {
  readonly revoked: Revoked;
  /** Tokens issued at or before this are covered. */
  readonly epochMs: number;
  readonly sinceMs: number;
}

/** Which revocation was the first to cover a token. */
export class Coverage {
  readonly #targets = new Map<string, { epochsMs: number[]; earliest: Cover[] }>();
  readonly #known = new Map<number, Cover | undefined>();

  constructor(covers: readonly Cover[]) {
    // Latest epoch first: whoever is covered by one is covered by all before it, of which the earliest in time is kept.
    for (const cover of [...covers].sort((a, b) => (a.epochMs === b.epochMs ? 0 : b.epochMs - a.epochMs))) {
      const { target } = cover.revoked;
      const of = this.#targets.get(target) ?? { epochsMs: [], earliest: [] };
      of.epochsMs.push(cover.epochMs);
      of.earliest.push(earlier(of.earliest.at(-1), cover));
      this.#targets.set(target, of);
    }
  }

  first(token: Issued): Cover | undefined {
    if (this.#known.has(token.token)) return this.#known.get(token.token);
    let first: Cover | undefined;
    for (const target of token.targets) {
      const of = this.#targets.get(target);
      if (of === undefined) continue;
      // The rule of the product: an epoch at or after the time of issue.
      const covering = firstIndex(of.epochsMs.length, i => of.epochsMs[i]! < token.issuedAtMs);
      const earliest = of.earliest[covering - 1];
      if (earliest !== undefined) first = earlier(first, earliest);
    }
    this.#known.set(token.token, first);
    return first;
  }
}

function earlier(one: Cover | undefined, other: Cover): Cover {
  return one !== undefined && one.sinceMs <= other.sinceMs ? one : other;
}

/**
 * By when each token was certainly dead: a revocation that covers it was acknowledged. What was revoked before the end of a fault
 * for which nothing is promised counts no longer once that fault has begun.
 */
export class DeadSince {
  readonly #acknowledged: readonly Cover[];
  readonly #void: readonly { readonly beginMs: number; readonly voidUntilMs: number }[];
  readonly #coverages = new Map<number, Coverage>();

  constructor({ revoked, faults }: Run) {
    this.#acknowledged = revoked
      .filter(({ outcome }) => outcome === 'ok')
      .map(each => ({ revoked: each, epochMs: each.epochMs ?? Infinity, sinceMs: each.toMs }));
    this.#void = voids(faults);
  }

  of(check: Checked, token: Issued): Cover | undefined {
    const begun = firstIndex(this.#void.length, i => this.#void[i]!.beginMs > check.toMs);
    return this.#coverage(this.#void[begun - 1]?.voidUntilMs ?? -Infinity).first(token);
  }

  #coverage(voidUntilMs: number): Coverage {
    let coverage = this.#coverages.get(voidUntilMs);
    if (coverage === undefined) {
      coverage = new Coverage(this.#acknowledged.filter(({ revoked }) => revoked.fromMs > voidUntilMs));
      this.#coverages.set(voidUntilMs, coverage);
    }
    return coverage;
  }
}

function voids(faults: readonly FaultSpan[]): { beginMs: number; voidUntilMs: number }[] {
  let voidUntilMs = -Infinity;
  return faults
    .filter(({ unpromised }) => unpromised === true)
    .map(({ beginMs, healedMs }) => ({ beginMs, voidUntilMs: (voidUntilMs = Math.max(voidUntilMs, healedMs)) }));
}

/** Kinds that die for good, whatever is issued afterwards. */
export const FINAL = /^(token|grant|session):/;

/** All that may have been revoked, from when it may have been. */
export function possibleCoverage(run: Run, lateWriteMs: number): Coverage {
  const covers = run.revoked
    .filter(({ outcome }) => outcome !== 'failed')
    .map(revoked => ({ revoked, epochMs: latestEpoch(revoked, run, lateWriteMs), sinceMs: revoked.fromMs }));
  return new Coverage(covers);
}

/** An epoch is the store's time of the write. One that nobody acknowledged may have been on its way for as long as a fault lasted. */
function latestEpoch({ outcome, epochMs, issuedBeforeMs, target, fromMs, toMs }: Revoked, { faults, clock }: Run, lateWriteMs: number): number {
  if (outcome === 'ok') return epochMs ?? Infinity;
  if (FINAL.test(target)) return Infinity;
  if (issuedBeforeMs !== undefined) return issuedBeforeMs;
  let writtenMs = toMs;
  for (const { beginMs, healedMs } of faults) if (beginMs <= writtenMs && healedMs >= fromMs) writtenMs = Math.max(writtenMs, healedMs);
  return clock.latestMs(writtenMs + lateWriteMs);
}
