import type { Checked, Clock, Fault, FaultNature, HistoryEvent, Issued, Measured, Revoked, Said, Stored, Told } from '../history.js';
import type { Bounds } from './bounds.js';
import { HeldUp } from './held-up.js';
import { WallClock } from './wall-clock.js';
import { Windows, type Window } from './windows.js';

/** A fault from its begin to its end. */
export interface FaultSpan extends FaultNature {
  readonly name: string;
  readonly beginMs: number;
  /** Infinity where it was never healed. */
  readonly healedMs: number;
  readonly event: Fault;
}

/** A history, sorted once and for all. */
export interface Run {
  readonly tokens: ReadonlyMap<number, Issued>;
  /** By when they started. */
  readonly checks: readonly Checked[];
  /** By when they were answered. */
  readonly revoked: readonly Revoked[];
  /** By when they began. */
  readonly faults: readonly FaultSpan[];
  readonly told: readonly Told[];
  readonly measured: readonly Measured[];
  readonly stored: readonly Stored[];
  readonly said: readonly Said[];
  /** Of each instance, when it was first and last heard of. */
  readonly lives: ReadonlyMap<string, Window>;
  readonly endMs: number;
  readonly clock: WallClock;
  readonly heldUp: HeldUp;
}

/** @throws TypeError for a history in which something is missing that every check relies on */
export function readRun(history: Iterable<HistoryEvent>, bounds: Bounds): Run {
  const kinds = sortOut(history);
  const clocks = byTime(of<Clock>(kinds, 'clock'));
  if (clocks.length === 0) throw new TypeError('The history does not say what the clocks said: begin it with an event `clock`.');
  const measured = byTime(of<Measured>(kinds, 'measured'));
  const checks = of<Checked>(kinds, 'checked').sort((a, b) => a.fromMs - b.fromMs);
  const tokens = new Map(of<Issued>(kinds, 'issued').map(issued => [issued.token, issued]));
  const unknown = checks.find(({ token }) => !tokens.has(token));
  if (unknown !== undefined) throw new TypeError(`The history does not say what token ${unknown.token} is: it was checked, and never issued.`);
  const lives = livesOf(kinds);
  return {
    ...{ tokens, checks, measured, lives },
    revoked: of<Revoked>(kinds, 'revoked').sort((a, b) => a.toMs - b.toMs),
    faults: spans(byTime(of<Fault>(kinds, 'fault'))),
    told: byTime(of<Told>(kinds, 'told')),
    stored: byTime(of<Stored>(kinds, 'stored')),
    said: of<Said>(kinds, 'said'),
    endMs: latest(kinds),
    clock: new WallClock(clocks, bounds),
    heldUp: new HeldUp(measured, bounds.loopNoiseMs),
  };
}

type Kinds = ReadonlyMap<string, HistoryEvent[]>;

function sortOut(history: Iterable<HistoryEvent>): Kinds {
  const kinds = new Map<string, HistoryEvent[]>();
  for (const event of history) {
    const same = kinds.get(event.event);
    if (same === undefined) kinds.set(event.event, [event]);
    else same.push(event);
  }
  return kinds;
}

function of<E extends HistoryEvent>(kinds: Kinds, name: E['event']): E[] {
  return (kinds.get(name) ?? []) as E[];
}

function byTime<E extends { readonly atMs: number }>(events: E[]): E[] {
  return events.sort((a, b) => a.atMs - b.atMs);
}

function endOf(event: HistoryEvent): number {
  return 'toMs' in event ? event.toMs : event.atMs;
}

function latest(kinds: Kinds): number {
  let latestMs = -Infinity;
  for (const events of kinds.values()) for (const event of events) latestMs = Math.max(latestMs, endOf(event));
  return latestMs;
}

function livesOf(kinds: Kinds): Map<string, Window> {
  const lives = new Map<string, { fromMs: number; toMs: number }>();
  for (const name of ['measured', 'told', 'checked'] as const) {
    for (const event of of<Measured | Told | Checked>(kinds, name)) {
      // No answer is no sign of life.
      if ('status' in event && event.status === 0) continue;
      const [fromMs, toMs] = 'fromMs' in event ? [event.fromMs, event.toMs] : [event.atMs, event.atMs];
      const life = lives.get(event.instance);
      if (life === undefined) lives.set(event.instance, { fromMs, toMs });
      else {
        life.fromMs = Math.min(life.fromMs, fromMs);
        life.toMs = Math.max(life.toMs, toMs);
      }
    }
  }
  return lives;
}

function spans(events: readonly Fault[]): FaultSpan[] {
  const found: FaultSpan[] = [];
  const open = new Map<string, number>();
  for (const event of events) {
    const { name, atMs, phase, event: _, ...nature } = event;
    const at = open.get(name);
    if (phase === 'begin') {
      if (at !== undefined) throw new TypeError(`The history has the fault "${name}" begin twice without an end.`);
      open.set(name, found.length);
      found.push({ ...nature, name, event, beginMs: atMs, healedMs: Infinity });
    } else {
      if (at === undefined) throw new TypeError(`The history has the fault "${name}" end without a beginning.`);
      open.delete(name);
      found[at] = { ...found[at]!, healedMs: atMs };
    }
  }
  return found;
}

/** When one of these faults was in force, or had been not longer than `tailMs` ago. */
export function windowsOf(faults: readonly FaultSpan[], tailMs = 0): Windows {
  return new Windows(faults.map(({ beginMs, healedMs }) => ({ fromMs: beginMs, toMs: healedMs + tailMs })));
}
