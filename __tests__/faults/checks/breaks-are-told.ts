import type { Told } from '../history.js';
import type { Bounds } from './bounds.js';
import type { FaultSpan, Run } from './run.js';
import type { Finding, Violation } from './violation.js';

/**
 * I9: a fork, a wipe or a gap is told by every instance with a copy, as a `replica` with a cause to read anew or as `dataLoss`, between
 * its beginning and `noticeMs` after it is healed. Not asked are instances that began or ended meanwhile, and faults into which another
 * one breaks.
 */
export function breaksAreTold(run: Run, { noticeMs }: Bounds): Finding {
  const copies = new Set(run.measured.filter(({ replica }) => replica !== undefined).map(({ instance }) => instance));
  const telling = run.told.filter(tells);
  const violations: Violation[] = [];
  let examined = 0;
  for (const fault of run.faults) {
    const { beginMs, healedMs, breaks, event, name } = fault;
    const dueMs = healedMs + noticeMs;
    if (breaks === undefined || dueMs > run.endMs || isInterrupted(fault, dueMs, run)) continue;
    for (const instance of copies) {
      const life = run.lives.get(instance);
      if (life === undefined || life.fromMs > beginMs || life.toMs < dueMs) continue;
      examined += 1;
      const byMs = dueMs + run.heldUp.ms(instance, beginMs, dueMs);
      if (telling.some(told => told.instance === instance && told.atMs >= beginMs && told.atMs <= byMs)) continue;
      const message = `${instance} did not tell of the ${breaks} that "${name}" made, within ${noticeMs} ms of its end`;
      violations.push({ invariant: 'I9', message, atMs: dueMs, events: [event] });
    }
  }
  return { violations, examined };
}

function tells({ name, details }: Told): boolean {
  return name === 'dataLoss' || (name === 'replica' && details['resync'] !== undefined);
}

function isInterrupted(fault: FaultSpan, dueMs: number, { faults }: Run): boolean {
  return faults.some(other => other !== fault && other.beginMs <= dueMs && other.healedMs >= fault.beginMs);
}
