import { OBSERVER, type Measured, type Told } from '../history.js';
import type { Bounds } from './bounds.js';
import type { Run } from './run.js';
import { excusedInstances } from './settles.js';
import { recoveredMs, spellAt, spellsOf, type Spell } from './spells.js';
import { isUnavailable } from './verdicts.js';
import type { Finding, Violation } from './violation.js';

/**
 * I4: once all faults are healed, guards answer within `guardRecoveryMs` (`failoverRecoveryMs` after a failover), copies are live within
 * `copyRecoveryMs`, and it stays so until the next fault begins. An instance that is new is given as long.
 */
export function recovers(run: Run, bounds: Bounds): Finding {
  const guards = guardsAnswer(run, bounds);
  const copies = copiesAreLive(run, bounds);
  return { violations: [...guards.violations, ...copies.violations], examined: guards.examined + copies.examined };
}

/** What an event loop that was held up for long made its instance miss. */
const STALL_LASTS_MS = 1000;

function guardsAnswer(run: Run, bounds: Bounds): Finding {
  const due = dueAt(run, bounds, false);
  const excused = excusedInstances(run.faults);
  const violations: Violation[] = [];
  let examined = 0;
  for (const check of run.checks) {
    const { instance, fromMs, toMs, status } = check;
    const spell = due(instance, fromMs, toMs);
    if (spell === undefined) continue;
    examined += 1;
    if (!isUnavailable(check) || wasHeldUp(run, bounds, instance, fromMs, toMs) || excused.get(instance)?.touch(fromMs, toMs) === true) continue;
    const message = `${instance} answered ${status || 'nothing'} ${since(spell, fromMs)}`;
    violations.push({ invariant: 'I4', message, atMs: fromMs, events: [...spell.after.map(({ event }) => event), check] });
  }
  return { violations: violations.length > bounds.strayUnavailable ? violations : [], examined };
}

function copiesAreLive(run: Run, bounds: Bounds): Finding {
  const due = dueAt(run, bounds, true);
  const reported = new Map<string, Spell>();
  const violations: Violation[] = [];
  let examined = 0;
  for (const event of copyStates(run)) {
    const { instance, atMs } = event;
    const state = stateOf(event);
    const spell = due(instance, atMs, atMs);
    if (spell === undefined || state === 'closed') continue;
    examined += 1;
    if (state === 'live' || reported.get(instance) === spell || wasHeldUp(run, bounds, instance, atMs, atMs)) continue;
    reported.set(instance, spell);
    const message = `the copy of ${instance} was ${state} ${since(spell, atMs)}`;
    violations.push({ invariant: 'I4', message, atMs, events: [...spell.after.map(fault => fault.event), event] });
  }
  return { violations, examined };
}

/** The spell without a fault that an instant lies in, where by then the instance should have recovered. */
function dueAt(run: Run, bounds: Bounds, ofCopies: boolean): (instance: string, fromMs: number, toMs: number) => Spell | undefined {
  const spells = spellsOf(run);
  const due = new Map(spells.map(spell => [spell, recoveredMs(spell, bounds, ofCopies)]));
  const youthMs = ofCopies ? bounds.copyRecoveryMs : bounds.guardRecoveryMs;
  return (instance, fromMs, toMs) => {
    const spell = spellAt(spells, fromMs, toMs);
    const bornMs = run.lives.get(instance)?.fromMs ?? Infinity;
    return spell !== undefined && fromMs > due.get(spell)! && fromMs > bornMs + youthMs ? spell : undefined;
  };
}

function wasHeldUp({ heldUp }: Run, { stallMs }: Bounds, instance: string, fromMs: number, toMs: number): boolean {
  return heldUp.ms(instance, fromMs - STALL_LASTS_MS, toMs) >= stallMs;
}

function since({ after, fromMs }: Spell, atMs: number): string {
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
