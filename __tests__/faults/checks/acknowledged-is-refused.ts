import type { Checked } from '../history.js';
import type { Bounds } from './bounds.js';
import { DeadSince, type Cover } from './coverage.js';
import { AllowedLateness, type Lateness } from './lateness.js';
import type { Run } from './run.js';
import { isAccepted, isRefused, tokenOf } from './verdicts.js';
import type { Finding, Violation } from './violation.js';

/** Of the revocations that copies are told of while all is well, so many may be told late: p99.9. */
const ONE_LATE_IN = 1000;

/**
 * I1: an acknowledged revocation is never accepted by a check that starts more than X later, on any instance. Nor is a token that
 * has expired: it was revoked, so to speak, when it was issued.
 *
 * What counts is when the check started, which is no later than when it was judged, and when the acknowledgement arrived, which is
 * no sooner than when the revocation was recorded: the product is given the benefit of both.
 */
export function acknowledgedIsRefused(run: Run, bounds: Bounds): Finding {
  const dead = new DeadSince(run);
  const allowed = new AllowedLateness(run, bounds);
  const violations: Violation[] = [];
  const copies = new CopiesWhileWell();
  let examined = 0;
  for (const check of run.checks) {
    if (!isAccepted(check) && !isRefused(check)) continue;
    const token = tokenOf(run, check);
    if (isAccepted(check) && run.clock.hasExpired(token, check.fromMs)) violations.push(accepted(run, check, 'that had expired'));
    const cover = dead.of(check, token);
    if (cover === undefined || check.fromMs <= cover.sinceMs) continue;
    examined += 1;
    const lateMs = check.fromMs - cover.sinceMs;
    const lateness = allowed.of(check, cover.sinceMs);
    const isTooLate = isAccepted(check) && lateMs > lateness.mostMs;
    const isLate = isAccepted(check) && lateMs > lateness.usualMs;
    if (isTooLate) violations.push(lateAcceptance(run, check, cover, lateness.mostMs, lateness));
    else if (lateness.usualMs < lateness.mostMs && lateMs <= lateness.mostMs) {
      copies.saw(check, isLate ? lateAcceptance(run, check, cover, lateness.usualMs, lateness) : undefined);
    }
  }
  return { violations: [...violations, ...copies.tooManyLate()], examined };
}

/** Each token that died, on each copy, counts once: with the last of its late acceptances, if there was one. */
class CopiesWhileWell {
  readonly #seen = new Set<string>();
  readonly #late = new Map<string, Violation>();

  saw({ instance, token }: Checked, late: Violation | undefined): void {
    const pair = `${instance} ${token}`;
    this.#seen.add(pair);
    if (late !== undefined) this.#late.set(pair, late);
  }

  tooManyLate(): Iterable<Violation> {
    return this.#late.size > Math.floor(this.#seen.size / ONE_LATE_IN) ? this.#late.values() : [];
  }
}

function lateAcceptance(run: Run, check: Checked, { revoked, sinceMs }: Cover, allowedMs: number, { because }: Lateness): Violation {
  const what = `whose revocation (${revoked.target}) was acknowledged ${(check.fromMs - sinceMs).toFixed(1)} ms before; ${allowedMs.toFixed(0)} ms are allowed, ${because}`;
  const { events, ...violation } = accepted(run, check, what);
  return { ...violation, events: [events[0]!, revoked, check] };
}

function accepted(run: Run, check: Checked, what: string): Violation {
  const message = `${check.instance} accepted token ${check.token}, ${what}`;
  return { invariant: 'I1', message, atMs: check.fromMs, events: [tokenOf(run, check), check] };
}
