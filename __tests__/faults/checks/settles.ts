import { OBSERVER, type Measured } from '../history.js';
import type { Bounds } from './bounds.js';
import { windowsOf, type FaultSpan, type Run } from './run.js';
import type { Finding, Violation } from './violation.js';
import type { Windows } from './windows.js';

/**
 * I3: every check settles within `settleMs`, and nothing is pending at the end. What those between question and answer waited for a
 * processor is added, and so is what the run itself was held up; an instance that a fault itself stopped or killed is not asked.
 */
export function settles(run: Run, bounds: Bounds): Finding {
  const stopped = stoppedInstances(run.faults);
  const violations: Violation[] = [];
  const counts = { examined: 0, excused: 0 };
  for (const check of run.checks) {
    const { instance, fromMs, toMs, status } = check;
    if (stopped.get(instance)?.touch(fromMs, toMs) === true) continue;
    const tookMs = toMs - fromMs;
    const overMs = tookMs - bounds.settleMs - bounds.settleSlackMs;
    const isLate = overMs > 0 && overMs > run.heldUp.ms(instance, fromMs, toMs);
    if (overMs > 0 && !isLate && status !== 0) counts.excused += 1;
    else counts.examined += 1;
    if (!isLate && status !== 0) continue;
    const what = status === 0 ? 'never answered' : 'answered late';
    violations.push({ invariant: 'I3', message: `${instance} ${what}: a check took ${tookMs.toFixed(1)} ms`, atMs: fromMs, events: [check] });
  }
  return { violations: [...violations, ...pendingAtTheEnd(run)], ...counts };
}

/** Of each instance that faults stop or kill, when. */
export function stoppedInstances(faults: readonly FaultSpan[]): ReadonlyMap<string, Windows> {
  const names = new Set(faults.flatMap(({ instances = [] }) => instances));
  return new Map([...names].map(name => [name, windowsOf(faults.filter(({ instances }) => instances?.includes(name) === true))]));
}

function pendingAtTheEnd({ measured, faults }: Run): Violation[] {
  const last = new Map<string, Measured>();
  for (const each of measured) if (each.instance !== OBSERVER) last.set(each.instance, each);
  const wasKilled = ({ instance, atMs }: Measured): boolean =>
    faults.some(({ instances, healedMs }) => instances?.includes(instance) === true && healedMs >= atMs);
  return [...last.values()]
    .filter(each => each.pending > 0 && !wasKilled(each))
    .map(each => ({ invariant: 'I3', message: `${each.instance} had ${each.pending} requests pending at the end`, atMs: each.atMs, events: [each] }));
}
