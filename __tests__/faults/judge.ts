import { checkHistory, figures, type Bounds, type FaultFigures, type Invariant, type Report, type Violation } from './checker.js';
import type { Fault, HistoryEvent } from './history.js';

export interface Judgement {
  readonly violations: readonly Violation[];
  /** What no run may be without a test of, and this one is. */
  readonly untested: readonly Invariant[];
  /** What share of its tests each invariant lost because somebody waited for a processor: those that lost any. */
  readonly excused: Excused;
  /** By column of the table. */
  readonly figures: Readonly<Record<string, string>>;
}

export type Excused = Readonly<Partial<Record<Invariant, number>>>;

/** Without a violation of these nothing is said where they were never put to the test. */
const ALWAYS_TESTED = ['I1', 'I3', 'I4'] as const;

export const COLUMNS = ['answered', '503', 'longest without an answer', 'first answer after', 'copies live after', 'latest acceptance'] as const;

/** Holds a history against the invariants, and says in a few figures what the (first) fault in it did. */
export function judge(history: readonly HistoryEvent[], bounds: Partial<Bounds>): Judgement {
  const report = checkHistory(history, bounds);
  const [first] = figures(history, bounds);
  const words = first === undefined ? {} : inWords(first, toCopiesLive(first, history));
  return { violations: report.violations, untested: untested(report, bounds), excused: excused(report), figures: words };
}

export function untested({ examined }: Pick<Report, 'examined'>, bounds: Partial<Bounds>): readonly Invariant[] {
  return ALWAYS_TESTED.filter(invariant => examined[invariant] === 0 && bounds.untested?.includes(invariant) !== true);
}

export function excused(report: Pick<Report, 'examined' | 'excused'>): Excused {
  const lost = Object.entries(report.excused).filter(([, count]) => count > 0) as [Invariant, number][];
  return Object.fromEntries(lost.map(([invariant, count]) => [invariant, count / (count + report.examined[invariant])]));
}

/** Of the copies that were there when the fault began: `none`, or the slowest; one that started later had other things to do first. */
function toCopiesLive({ name, instances }: FaultFigures, history: readonly HistoryEvent[]): number | 'none' | undefined {
  const begin = history.find(event => event.event === 'fault' && event.name === name);
  const wereThere = new Set(history.flatMap(event => (event.event === 'measured' && event.atMs < (begin as Fault).atMs ? [event.instance] : [])));
  const copies = Object.entries(instances).filter(([instance, figure]) => wereThere.has(instance) && 'toCopyLiveMs' in figure);
  if (copies.length === 0) return 'none';
  const times = copies.map(([, { toCopyLiveMs }]) => toCopyLiveMs);
  return times.includes(undefined) ? undefined : Math.max(...(times as number[]));
}

function inWords(figure: FaultFigures, copiesLiveMs: number | 'none' | undefined): Record<(typeof COLUMNS)[number], string> {
  const { checks, unavailable, other, watchedMs } = figure;
  return {
    'answered': String(checks - unavailable - other),
    '503': percent(unavailable, checks),
    'longest without an answer': inSeconds(figure.longestOutageMs),
    'first answer after': recovery(figure.toFirstAnswerMs, watchedMs),
    'copies live after': copiesLiveMs === 'none' ? '-' : recovery(copiesLiveMs, watchedMs),
    'latest acceptance': `${figure.worstLatenessMs.toFixed(0)} ms`,
  };
}

function percent(part: number, all: number): string {
  return all === 0 ? '-' : `${((100 * part) / all).toFixed(0)} %`;
}

/** @param watchedMs for so long it was waited for */
function recovery(ms: number | undefined, watchedMs: number): string {
  return ms === undefined ? `more than ${inSeconds(watchedMs)}` : inSeconds(ms);
}

export function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
