import { checkHistory, figures, type Bounds, type FaultFigures, type Violation } from './checker.js';
import type { Fault, HistoryEvent } from './history.js';

export interface Judgement {
  readonly violations: readonly Violation[];
  /** By column of the table. */
  readonly figures: Readonly<Record<string, string>>;
}

export const COLUMNS = ['answered', '503', 'longest without an answer', 'first answer after', 'copies live after', 'latest acceptance'] as const;

/** Holds a history against the invariants, and says in a few figures what the (first) fault in it did. */
export function judge(history: readonly HistoryEvent[], bounds: Partial<Bounds>): Judgement {
  const { violations } = checkHistory(history, bounds);
  const [first] = figures(history, bounds);
  return { violations, figures: first === undefined ? {} : inWords(first, toCopiesLive(first, history)) };
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
  const { checks, unavailable, other } = figure;
  return {
    'answered': String(checks - unavailable - other),
    '503': percent(unavailable, checks),
    'longest without an answer': seconds(figure.longestOutageMs),
    'first answer after': seconds(figure.toFirstAnswerMs),
    'copies live after': copiesLiveMs === 'none' ? '-' : seconds(copiesLiveMs),
    'latest acceptance': `${figure.worstLatenessMs.toFixed(0)} ms`,
  };
}

function percent(part: number, all: number): string {
  return all === 0 ? '-' : `${((100 * part) / all).toFixed(0)} %`;
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? 'never' : `${(ms / 1000).toFixed(2)} s`;
}
