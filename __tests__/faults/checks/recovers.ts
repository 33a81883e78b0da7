import { OBSERVER, type Checked, type Measured, type Revoked, type Told } from '../history.js';
import type { Bounds } from './bounds.js';
import type { Run } from './run.js';
import { recoveredMs, spellAt, spellsOf, type Spell } from './spells.js';
import { isUnavailable } from './verdicts.js';
import type { Finding, Violation } from './violation.js';

/**
 * I4: once all faults are healed, guards answer within `guardRecoveryMs` (`failoverRecoveryMs` after a failover), copies are live and
 * revocations acknowledged within `copyRecoveryMs`, and it stays so until the next fault begins. An instance that is new is given as
 * long. Writes are waited for longer than reads before their connection is taken for dead, and so they come back later.
 */
export function recovers(run: Run, bounds: Bounds): Finding {
  const counts = { examined: 0, excused: 0 };
  const guards = guardsAnswer(run, bounds, counts);
  return { violations: [...guards, ...copiesAreLive(run, bounds, counts)], ...counts };
}

interface Counts {
  examined: number;
  excused: number;
}

/** For how long it makes an instance miss something that somebody waited for a processor. */
const STALL_LASTS_MS = 1000;

function guardsAnswer(run: Run, bounds: Bounds, counts: Counts): readonly Violation[] {
  const due = { checked: dueAt(run, bounds, false), revoked: dueAt(run, bounds, true) };
  const violations: Violation[] = [];
  for (const asked of [...run.checks, ...run.revoked.filter(isAsked)]) {
    const { instance, fromMs, toMs, status } = asked;
    const since = due[asked.event](instance, fromMs, toMs);
    if (since === undefined || isExcused(run, bounds, asked, since, counts)) continue;
    if (asked.event === 'checked' ? !isUnavailable(asked) : isDone(asked)) continue;
    const what = asked.event === 'checked' ? '' : ` to the revocation of ${asked.target}`;
    const message = `${instance} answered ${status === 0 ? 'nothing' : status}${what} ${howLong(since.spell, fromMs)}`;
    violations.push({ invariant: 'I4', message, atMs: fromMs, events: [...since.spell.after.map(({ event }) => event), asked] });
  }
  return violations.length > bounds.strayUnavailable ? violations : [];
}

type Asked = Revoked & { readonly status: number };

/** And not what the product did by itself. */
function isAsked(revoked: Revoked): revoked is Asked {
  return revoked.status !== undefined;
}

/** Or turned down for its caller, whose own token may be dead (401), or because what it is to end is over (2xx, and nothing written). */
function isDone({ outcome, status }: Asked): boolean {
  return outcome === 'ok' || (outcome === 'failed' && (status === 401 || (status >= 200 && status < 300)));
}

function copiesAreLive(run: Run, bounds: Bounds, counts: Counts): readonly Violation[] {
  const due = dueAt(run, bounds, true);
  const reported = new Map<string, Spell>();
  const violations: Violation[] = [];
  for (const event of copyStates(run)) {
    const { instance, atMs } = event;
    const state = stateOf(event);
    const since = due(instance, atMs, atMs);
    if (since === undefined || state === 'closed' || isExcused(run, bounds, { instance, fromMs: atMs, toMs: atMs }, since, counts)) continue;
    const { spell } = since;
    if (state === 'live' || reported.get(instance) === spell) continue;
    reported.set(instance, spell);
    const message = `the copy of ${instance} was ${state} ${howLong(spell, atMs)}`;
    violations.push({ invariant: 'I4', message, atMs, events: [...spell.after.map(fault => fault.event), event] });
  }
  return violations;
}

interface Since {
  readonly spell: Spell;
  /** When the instance could begin to recover, or began to live. */
  readonly fromMs: number;
  readonly dueMs: number;
}

/** The spell without a fault that an instant lies in, where by then the instance should have recovered. */
function dueAt(run: Run, bounds: Bounds, isPatient: boolean): (instance: string, fromMs: number, toMs: number) => Since | undefined {
  const spells = spellsOf(run);
  const due = new Map(spells.map(spell => [spell, recoveredMs(spell, bounds, isPatient)]));
  const youthMs = isPatient ? bounds.copyRecoveryMs : bounds.guardRecoveryMs;
  return (instance, fromMs, toMs) => {
    const spell = spellAt(spells, fromMs, toMs);
    if (spell === undefined) return undefined;
    const bornMs = run.lives.get(instance)?.fromMs ?? Infinity;
    const dueMs = Math.max(due.get(spell)!, bornMs + youthMs);
    return fromMs > dueMs ? { spell, fromMs: Math.max(spell.fromMs, bornMs), dueMs } : undefined;
  };
}

type Asking = Pick<Checked, 'instance' | 'fromMs' | 'toMs'>;

/**
 * Who waited for a processor for long just now may miss something, and has as much more time to recover as was waited since. What
 * nobody could have broken is not put to the test, however it came out.
 */
function isExcused({ heldUp }: Run, { stallMs }: Bounds, { instance, fromMs, toMs }: Asking, since: Since, counts: Counts): boolean {
  const lateMs = fromMs - since.dueMs;
  const isHeldUp = heldUp.waitedMs(instance, fromMs - STALL_LASTS_MS, toMs) >= stallMs || heldUp.waitedMs(instance, since.fromMs, fromMs) >= lateMs;
  counts[isHeldUp ? 'excused' : 'examined'] += 1;
  return isHeldUp;
}

function howLong({ after, fromMs }: Spell, atMs: number): string {
  if (after.length === 0) return 'before there was any fault';
  return `${(atMs - fromMs).toFixed(0)} ms after ${after.map(({ name }) => `"${name}"`).join(', ')} was healed`;
}

/** All that tells how copies were doing, by time. */
export function copyStates({ measured, told }: Run): readonly (Measured | Told)[] {
  const states: (Measured | Told)[] = measured.filter(({ instance, replica }) => instance !== OBSERVER && replica !== undefined);
  return [...states, ...told.filter(({ name }) => name === 'replica')].sort((a, b) => a.atMs - b.atMs);
}

export function stateOf(event: Measured | Told): string {
  return event.event === 'measured' ? event.replica! : String(event.details['state']);
}
