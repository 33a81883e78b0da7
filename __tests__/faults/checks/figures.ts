import type { Checked, HistoryEvent, Outcome } from '../history.js';
import { DEFAULT_BOUNDS, type Bounds } from './bounds.js';
import { DeadSince } from './coverage.js';
import { copyStates, stateOf } from './recovers.js';
import { readRun, type FaultSpan, type Run } from './run.js';
import { isAccepted, isRefused, isUnavailable, tokenOf } from './verdicts.js';
import { firstIndex } from './windows.js';

/**
 * What a fault did. Counts are of what started from its beginning until `copyRecoveryMs` after its end, or until the next one began.
 * Times to recover are looked for until the next fault begins. All times are milliseconds.
 */
export interface FaultFigures {
  readonly name: string;
  readonly lastedMs: number;
  readonly checks: number;
  readonly accepted: number;
  readonly refused: number;
  readonly unavailable: number;
  readonly other: number;
  readonly worstSettleMs: number;
  /** From an acknowledgement to the start of the last check that accepted all the same. 0: none did. */
  readonly worstLatenessMs: number;
  /** Of all instances, the longest. */
  readonly longestOutageMs: number;
  /** How long after its end the times below were looked for: until the next fault began, or the history ended. */
  readonly watchedMs: number;
  /** Of the instance that took longest; `undefined` where one gave none. */
  readonly toFirstAnswerMs: number | undefined;
  /** Of the instance that took longest; `undefined` where one did not come to it, or there is none with a copy. */
  readonly toCopyLiveMs: number | undefined;
  readonly revocations: Readonly<Record<Outcome, number>>;
  readonly instances: Readonly<Record<string, InstanceFigures>>;
}

export interface InstanceFigures {
  /** From the start of the first check that went without an answer to the next answer that says something of Redis. */
  readonly longestOutageMs: number;
  /** From the end of the fault to the first answer other than 503, if there was none such at its end; 0 where nothing went unanswered. */
  readonly toFirstAnswerMs: number | undefined;
  /** From the end of the fault until the copy was live; 0 where it was all along. Absent without a copy, and where the instance began later. */
  readonly toCopyLiveMs?: number | undefined;
}

/** What each fault of a history did, in the order in which they began. */
export function figures(history: Iterable<HistoryEvent>, bounds: Partial<Bounds> = {}): readonly FaultFigures[] {
  const all = { ...DEFAULT_BOUNDS, ...bounds };
  const run = readRun(history, all);
  const dead = new DeadSince(run);
  const copies = copyStates(run);
  return run.faults.map((fault, i) => figuresOf({ fault, nextMs: nextBegin(run.faults, i), run, dead, copies }, all));
}

/** Of the faults that begin once this one is over. */
function nextBegin(faults: readonly FaultSpan[], index: number): number {
  const { healedMs } = faults[index]!;
  return faults.slice(index + 1).find(({ beginMs }) => beginMs >= healedMs)?.beginMs ?? Infinity;
}

interface Scene {
  readonly fault: FaultSpan;
  readonly nextMs: number;
  readonly run: Run;
  readonly dead: DeadSince;
  readonly copies: ReturnType<typeof copyStates>;
}

function figuresOf(scene: Scene, { copyRecoveryMs }: Bounds): FaultFigures {
  const { fault, nextMs, run, dead } = scene;
  const { name, beginMs, healedMs } = fault;
  const untilMs = Math.min(healedMs + copyRecoveryMs, nextMs);
  const during = startedBetween(run.checks, beginMs, untilMs);
  const latenesses = during.filter(isAccepted).map(check => check.fromMs - (dead.of(check, tokenOf(run, check))?.sinceMs ?? Infinity));
  const revocations = { ok: 0, failed: 0, indeterminate: 0 };
  for (const { fromMs, outcome } of run.revoked) if (fromMs >= beginMs && fromMs <= untilMs) revocations[outcome] += 1;
  const instances = instanceFigures(scene);
  const each = Object.values(instances);
  return {
    name,
    lastedMs: Math.min(healedMs, run.endMs) - beginMs,
    checks: during.length,
    accepted: during.filter(isAccepted).length,
    refused: during.filter(isRefused).length,
    unavailable: during.filter(isUnavailable).length,
    other: during.filter(check => !isAccepted(check) && !isRefused(check) && !isUnavailable(check)).length,
    worstSettleMs: most(during.map(({ fromMs, toMs }) => toMs - fromMs)),
    worstLatenessMs: most(latenesses),
    watchedMs: Math.max(0, Math.min(nextMs, run.endMs) - healedMs),
    longestOutageMs: most(each.map(({ longestOutageMs }) => longestOutageMs)),
    toFirstAnswerMs: slowest(each.map(({ toFirstAnswerMs }) => toFirstAnswerMs)),
    toCopyLiveMs: slowest(each.filter(figure => 'toCopyLiveMs' in figure).map(({ toCopyLiveMs }) => toCopyLiveMs)),
    revocations,
    instances,
  };
}

function startedBetween(checks: readonly Checked[], fromMs: number, toMs: number): readonly Checked[] {
  const [first, last] = [firstIndex(checks.length, i => checks[i]!.fromMs >= fromMs), firstIndex(checks.length, i => checks[i]!.fromMs > toMs)];
  return checks.slice(first, last);
}

/** Checks that began before a fault and were answered during it are no older. */
const LONGEST_CHECK_MS = 10_000;

function instanceFigures(scene: Scene): Record<string, InstanceFigures> {
  const { fault, nextMs, run } = scene;
  const checks = new Map<string, Checked[]>();
  for (const check of startedBetween(run.checks, fault.beginMs - LONGEST_CHECK_MS, nextMs)) {
    if (check.toMs < fault.beginMs || asksNobody(check) || hasEnded(check.instance, scene)) continue;
    const same = checks.get(check.instance);
    if (same === undefined) checks.set(check.instance, [check]);
    else same.push(check);
  }
  const copies = toCopyLive(scene);
  return Object.fromEntries(
    [...checks].map(([instance, of]) => {
      of.sort((a, b) => a.toMs - b.toMs);
      return [instance, { ...answers(of, fault), ...(copies.has(instance) && { toCopyLiveMs: copies.get(instance) }) }];
    }),
  );
}

/** What has expired, or is known to be revoked, is refused whether Redis can be asked or not. */
function asksNobody(check: Checked): boolean {
  return isRefused(check) && (check.error === 'expired' || check.error === 'revoked');
}

/** The fault ended it for good: there was nothing for it to recover from. */
function hasEnded(instance: string, { fault: { healedMs, instances }, run }: Scene): boolean {
  return instances?.includes(instance) === true && (run.lives.get(instance)?.toMs ?? -Infinity) <= healedMs;
}

/** @param checks by when they were answered */
function answers(checks: readonly Checked[], { healedMs }: FaultSpan): Pick<InstanceFigures, 'longestOutageMs' | 'toFirstAnswerMs'> {
  let longestOutageMs = 0;
  let toFirstAnswerMs: number | undefined = 0;
  let outMs: number | undefined;
  for (const check of checks) {
    if (isUnavailable(check)) {
      outMs ??= check.fromMs;
      longestOutageMs = Math.max(longestOutageMs, check.toMs - outMs);
    } else if (outMs !== undefined) {
      longestOutageMs = Math.max(longestOutageMs, check.toMs - outMs);
      // The outage that the end of the fault fell into, or the first one after it.
      if (toFirstAnswerMs === 0 && check.toMs > healedMs) toFirstAnswerMs = check.toMs - healedMs;
      outMs = undefined;
    }
  }
  return { longestOutageMs, toFirstAnswerMs: outMs === undefined ? toFirstAnswerMs : undefined };
}

/** Of each instance with a copy that had begun before the fault was over: a new one has nothing to recover from. */
function toCopyLive({ fault: { beginMs, healedMs }, nextMs, copies }: Scene): Map<string, number | undefined> {
  const found = new Map<string, number | undefined>();
  const wasLive = new Map<string, boolean>();
  for (const event of copies) {
    const { instance, atMs } = event;
    const isLive = stateOf(event) === 'live';
    if (atMs <= healedMs) {
      wasLive.set(instance, isLive);
      if (atMs >= beginMs) found.set(instance, isLive ? 0 : undefined);
    } else if (atMs < nextMs && wasLive.has(instance)) {
      // The end of a fault that is short may come before its effect.
      if (!isLive && found.get(instance) === 0) found.set(instance, undefined);
      if (!found.has(instance)) found.set(instance, isLive && wasLive.get(instance) === true ? 0 : undefined);
      if (isLive && found.get(instance) === undefined) found.set(instance, atMs - healedMs);
    }
  }
  return found;
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}

function slowest(values: readonly (number | undefined)[]): number | undefined {
  return values.length === 0 || values.includes(undefined) ? undefined : most(values as readonly number[]);
}
