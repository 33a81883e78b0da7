import type { Checked, Revoked } from '../history.js';
import type { Bounds } from './bounds.js';
import { possibleCoverage } from './coverage.js';
import { epochsAreRight } from './epochs-are-right.js';
import { AllowedLateness } from './lateness.js';
import { windowsOf, type Run } from './run.js';
import { isAccepted, showsRevocation, tokenOf } from './verdicts.js';
import type { Finding, Violation } from './violation.js';
import { Windows } from './windows.js';

/**
 * I12: duplicates and reordering are harmless, which shows in that nothing un-revokes, acknowledged or not: a token that was refused as
 * revoked is not accepted later, and a target that is revoked again has an epoch no earlier than before, and none has another than it was asked for.
 *
 * A refusal shows that the revocation is in Redis, so that from then on all must know it within `maxStalenessMs` (whoever asks Redis, at
 * once); the instance that refused, while all is well, within the lateness of copies, since it may have asked Redis instead of its copy.
 * None of that holds across a fault in which Redis may lose something that it had not acknowledged, nor of what a copy knows after it and
 * has not written back yet.
 */
export function nothingRevives(run: Run, bounds: Bounds): Finding {
  const losing = windowsOf(run.faults.filter(({ mayLose, unpromised }) => mayLose === true || unpromised === true));
  const verdicts = acceptedAfterRefused(run, bounds, losing, givingBack(run, losing, bounds));
  const findings = [verdicts, epochsGoBack(run, bounds, losing), epochsAreRight(run)];
  return { violations: findings.flatMap(({ violations }) => violations), examined: findings.reduce((sum, { examined }) => sum + examined, 0) };
}

function acceptedAfterRefused(run: Run, bounds: Bounds, losing: Windows, givingBack: Windows): Finding {
  const allowed = new AllowedLateness(run, bounds);
  const refusals = refusalsOf(run, bounds, losing, givingBack);
  const everRefused = new Set(refusals.map(({ token }) => token));
  const first = new Refusals(losing, allowed);
  const violations: Violation[] = [];
  let [examined, next] = [0, 0];
  for (const check of run.checks) {
    if (!isAccepted(check) || !everRefused.has(check.token) || losing.touch(check.fromMs, check.toMs)) continue;
    for (; next < refusals.length && refusals[next]!.toMs < check.fromMs; next += 1) first.saw(refusals[next]!);
    examined += 1;
    const { byAnyone, byOneself } = first.before(check);
    const isLate = (refusal: Checked | undefined, which: 'mostMs' | 'usualMs'): boolean =>
      refusal !== undefined && check.fromMs - refusal.toMs > allowed.of(check, refusal.toMs)[which];
    if (isLate(byOneself, 'usualMs')) violations.push(revived(run, check, byOneself!));
    else if (isLate(byAnyone, 'mostMs')) violations.push(revived(run, check, byAnyone!));
  }
  return { violations, examined };
}

/** The first refusals of each token: between two faults that may lose something, and of each instance between any two faults. */
class Refusals {
  readonly #first = new Map<string, Checked>();
  readonly #losing: Windows;
  readonly #allowed: AllowedLateness;

  constructor(losing: Windows, allowed: AllowedLateness) {
    this.#losing = losing;
    this.#allowed = allowed;
  }

  /** @param refusal by when they were answered */
  saw(refusal: Checked): void {
    for (const key of this.#keys(refusal)) if (key !== undefined && !this.#first.has(key)) this.#first.set(key, refusal);
  }

  before(check: Checked): { readonly byAnyone: Checked | undefined; readonly byOneself: Checked | undefined } {
    const [anyone, oneself] = this.#keys(check);
    return { byAnyone: this.#first.get(anyone), byOneself: oneself === undefined ? undefined : this.#first.get(oneself) };
  }

  #keys(check: Checked): readonly [anyone: string, oneself: string | undefined] {
    const { token, instance, mode, fromMs } = check;
    const calm = this.#allowed.calm(check);
    return [`${token} ${this.#losing.endedBefore(fromMs)}`, calm === undefined ? undefined : `${token} ${instance} ${mode} ${calm}`];
  }
}

/** From a fault that may have lost something until there has been none of any kind for as long as copies may take to write it back. */
function givingBack({ faults }: Run, losing: Windows, { givingBackMs }: Bounds): Windows {
  const spans = losing.all.map(({ fromMs, toMs }) => {
    let untilMs = toMs + givingBackMs;
    for (const { beginMs, healedMs } of faults) if (beginMs <= untilMs && healedMs > fromMs) untilMs = Math.max(untilMs, healedMs + givingBackMs);
    return { fromMs, toMs: untilMs };
  });
  return new Windows(spans);
}

/** By when they were answered. */
function refusalsOf(run: Run, { lateWriteMs }: Bounds, losing: Windows, givingBack: Windows): Checked[] {
  const possible = possibleCoverage(run, lateWriteMs);
  return run.checks
    .filter(check => showsRevocation(check, tokenOf(run, check), run, possible) && !losing.touch(check.fromMs, check.toMs))
    .filter(({ mode, fromMs, toMs }) => mode === 'direct' || !givingBack.touch(fromMs, toMs))
    .sort((a, b) => a.toMs - b.toMs);
}

function revived(run: Run, check: Checked, refusal: Checked): Violation {
  const message = `${check.instance} accepted token ${check.token}, ${(check.fromMs - refusal.toMs).toFixed(1)} ms after ${refusal.instance} had refused it as revoked`;
  return { invariant: 'I12', message, atMs: check.fromMs, events: [tokenOf(run, check), refusal, check] };
}

function epochsGoBack({ revoked }: Run, { leastKeptMs }: Bounds, losing: Windows): Finding {
  const acknowledged = revoked.filter(({ outcome, fromMs, toMs }) => outcome === 'ok' && !losing.touch(fromMs, toMs));
  const latest = new Map<string, Revoked>();
  const violations: Violation[] = [];
  let [examined, next] = [0, 0];
  for (const again of [...acknowledged].sort((a, b) => a.fromMs - b.fromMs)) {
    for (; next < acknowledged.length && acknowledged[next]!.toMs < again.fromMs; next += 1) {
      const earlier = acknowledged[next]!;
      const known = latest.get(targetKey(earlier, losing));
      const isForgotten = known !== undefined && earlier.toMs - known.fromMs >= leastKeptMs;
      if (known === undefined || isForgotten || epochOf(earlier) >= epochOf(known)) latest.set(targetKey(earlier, losing), earlier);
    }
    const before = latest.get(targetKey(again, losing));
    if (before === undefined || again.toMs - before.fromMs >= leastKeptMs) continue;
    examined += 1;
    if (epochOf(again) >= epochOf(before)) continue;
    const message = `${again.target} was revoked again, and its epoch fell from ${epochOf(before)} to ${epochOf(again)}`;
    violations.push({ invariant: 'I12', message, atMs: again.toMs, events: [before, again] });
  }
  return { violations, examined };
}

function targetKey({ target, fromMs }: Revoked, losing: Windows): string {
  return `${target} ${losing.endedBefore(fromMs)}`;
}

function epochOf({ epochMs }: Revoked): number {
  return epochMs ?? Infinity;
}
