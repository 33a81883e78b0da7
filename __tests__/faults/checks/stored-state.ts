import type { Stored } from '../history.js';
import { windowsOf, type Run } from './run.js';
import type { Finding, Violation } from './violation.js';

type StoredRevocation = Stored['revocations'][number];

/**
 * I5: in one server, and one incarnation of the data, epochs and keepUntil never decrease, and nothing vanishes before its time,
 * unless a fault meanwhile may have lost it.
 */
export function neverDecreases(run: Run): Finding {
  const losing = windowsOf(run.faults.filter(({ mayLose, unpromised }) => mayLose === true || unpromised === true));
  const before = new Map<string, Stored>();
  const violations: Violation[] = [];
  let examined = 0;
  for (const after of run.stored) {
    const was = before.get(after.server);
    before.set(after.server, after);
    if (was?.incarnation === undefined || was.incarnation !== after.incarnation || losing.touch(was.atMs, after.atMs)) continue;
    const now = byTarget(after);
    for (const earlier of was.revocations) {
      if (earlier.epochMs === undefined || mayBeOver(run, earlier, after.atMs)) continue;
      examined += 1;
      const what = decrease(earlier, now.get(earlier.target));
      if (what === undefined) continue;
      violations.push({ invariant: 'I5', message: `in ${after.server}, ${what} of ${earlier.target}`, atMs: after.atMs, events: [was, after] });
    }
  }
  return { violations, examined };
}

function decrease(was: StoredRevocation, is: StoredRevocation | undefined): string | undefined {
  if (is?.epochMs === undefined) return 'the revocation vanished';
  if (epochOf(is) < epochOf(was)) return `the epoch fell from ${epochOf(was)} to ${epochOf(is)}`;
  const [keptMs, keepsMs] = [was.keepUntilMs ?? -Infinity, is.keepUntilMs ?? -Infinity];
  if (keepsMs < keptMs) return `keepUntil fell from ${keptMs} to ${keepsMs}`;
  return undefined;
}

/** I6: what is in the keys is in the log and the other way round, or has been repaired by the end. */
export function keysMatchLog(run: Run): Finding {
  const violations: Violation[] = [];
  let examined = 0;
  for (const stored of survivors(run)) {
    for (const revocation of stored.revocations) {
      if (mayBeOver(run, revocation, stored.atMs)) continue;
      examined += 1;
      const isPresent = revocation.epochMs !== undefined;
      if (isPresent === revocation.inLog) continue;
      const what = isPresent ? 'stands in its key and not in the log' : 'stands in the log and not in its key';
      violations.push({ invariant: 'I6', message: `in ${stored.server}, the revocation of ${revocation.target} ${what}`, atMs: stored.atMs, events: [stored] });
    }
  }
  return { violations, examined };
}

/** The last that was read of every server since the last fault. */
export function survivors({ stored, faults }: Run): Iterable<Stored> {
  const lastFaultMs = Math.max(-Infinity, ...faults.map(({ healedMs }) => healedMs));
  const last = new Map<string, Stored>();
  for (const each of stored) if (each.atMs > lastFaultMs) last.set(each.server, each);
  return last.values();
}

export function byTarget({ revocations }: Stored): ReadonlyMap<string, StoredRevocation> {
  return new Map(revocations.map(revocation => [revocation.target, revocation]));
}

export function epochOf({ epochMs }: StoredRevocation): number {
  return epochMs === 'final' ? Infinity : (epochMs ?? -Infinity);
}

/** What nobody knows the end of is left alone as well. */
function mayBeOver({ clock }: Run, { keepUntilMs }: StoredRevocation, atMs: number): boolean {
  return keepUntilMs === undefined || clock.latestMs(atMs) >= keepUntilMs;
}
