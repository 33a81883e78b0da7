import { readFile, writeFile } from 'node:fs/promises';
import type { FaultFigures } from './checker.js';
import { COLUMNS, inSeconds, type Excused } from './judge.js';
import { hasPassed, type Result } from './result.js';

type Row = readonly string[];

function rows(results: readonly Result[], fault: (result: Result) => string): readonly Row[] {
  return [['fault', 'result', ...COLUMNS], ...results.map(result => [fault(result), inWords(result), ...COLUMNS.map(column => figure(result, column))])];
}

/** Where nothing is promised there is no lateness either. */
function figure({ figures, isPromised }: Result, column: (typeof COLUMNS)[number]): string {
  return column === 'latest acceptance' && !isPromised ? '-' : (figures[column] ?? '');
}

function inWords(result: Result): string {
  if (hasPassed(result)) return result.isPromised ? 'held' : 'not promised';
  if (result.error !== undefined) return 'not played';
  const counts = new Map<string, number>();
  for (const { invariant } of result.violations) counts.set(invariant, (counts.get(invariant) ?? 0) + 1);
  return [...counts].map(([invariant, count]) => `${invariant} ${count}x`).join(' ');
}

/** With what was excused, where anything was. */
export function asText(results: readonly Result[]): string {
  const table = rows(results, ({ name }) => name);
  const excused = results.map(result => excusedInWords(result.excused ?? {}));
  const column = excused.some(each => each !== '-') ? ['excused', ...excused] : undefined;
  return aligned(table.map((row, i) => [...row, ...(column?.slice(i, i + 1) ?? [])]), 2);
}

/** `I4 12.5 %`: of what would have put I4 to the test, so much did not. */
export function excusedInWords(excused: Excused): string {
  return Object.entries(excused).map(([invariant, share]) => `${invariant} ${(100 * share).toFixed(1)} %`).join(' ') || '-';
}

/** Of each kind of fault, the worst of all times that it was played. */
export function nemesisTable(faults: readonly FaultFigures[]): string {
  const names = [...new Set(faults.map(({ name }) => name))].sort();
  const body = names.map(name => {
    const of = faults.filter(fault => fault.name === name);
    const [outage, latest] = [of.map(({ longestOutageMs }) => longestOutageMs), of.map(({ worstLatenessMs }) => worstLatenessMs)];
    const recoveries = [worst(of, 'toFirstAnswerMs'), worst(of, 'toCopyLiveMs')];
    return [name, String(of.length), inSeconds(Math.max(...outage)), ...recoveries, inSeconds(Math.max(...latest))];
  });
  return aligned([['fault', 'times', ...COLUMNS.slice(2)], ...body], 1);
}

/** Of those that came to it the slowest; beside it, how often one had not when the next fault began, and after how long at most. */
function worst(faults: readonly FaultFigures[], figure: 'toFirstAnswerMs' | 'toCopyLiveMs'): string {
  const timesOf = ({ instances }: FaultFigures): (number | undefined)[] => Object.values(instances).flatMap(each => (figure in each ? [each[figure]] : []));
  const times = faults.flatMap(timesOf);
  const known = times.filter(time => time !== undefined);
  const cutOff = faults.filter(fault => timesOf(fault).includes(undefined)).map(({ watchedMs }) => watchedMs);
  const [slowest, more] = [inSeconds(Math.max(0, ...known)), `${cutOff.length}x more than ${inSeconds(Math.max(0, ...cutOff))}`];
  if (times.length === 0) return '-';
  if (known.length === 0) return more;
  return cutOff.length === 0 ? slowest : `${slowest}, ${more}`;
}

/** @param texts so many columns are texts, the others figures */
function aligned(table: readonly Row[], texts: number): string {
  const widths = table[0]!.map((_, column) => Math.max(...table.map(row => row[column]!.length)));
  return table.map(row => row.map((cell, i) => (i < texts ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')).join('\n');
}

export function asMarkdown(results: readonly Result[]): string {
  const [head, ...body] = rows(results, ({ fault }) => fault);
  const line = (row: Row): string => `| ${row.join(' | ')} |`;
  return [line(head!), line(head!.map((_, i) => (i < 2 ? '---' : '---:'))), ...body.map(line)].join('\n');
}

const REPORT = new URL('../../docs/reliability.md', import.meta.url);
const BEGIN = '<!-- faults:begin -->';
const END = '<!-- faults:end -->';

/** Replaces what stands between the two marks. @throws Error (rejects) where they are not there */
export async function writeReport(table: string): Promise<void> {
  const text = await readFile(REPORT, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/reliability.md has no ${BEGIN} before ${END}.`);
  await writeFile(REPORT, `${text.slice(0, begin + BEGIN.length)}\n${table}\n${text.slice(end)}`);
}
