import { readFile, writeFile } from 'node:fs/promises';
import type { FaultFigures } from './checker.js';
import { COLUMNS } from './judge.js';
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

export function asText(results: readonly Result[]): string {
  return aligned(rows(results, ({ name }) => name), 2);
}

/** Of each kind of fault, the worst of all times that it was played. */
export function nemesisTable(faults: readonly FaultFigures[]): string {
  const names = [...new Set(faults.map(({ name }) => name))].sort();
  const worst = (of: readonly FaultFigures[], figure: (each: FaultFigures) => number | undefined): string => {
    const values = of.map(figure).filter(value => value !== undefined);
    return values.length === 0 ? '-' : `${(Math.max(...values) / 1000).toFixed(2)} s`;
  };
  const body = names.map(name => {
    const of = faults.filter(fault => fault.name === name);
    const latest = worst(of, ({ worstLatenessMs }) => worstLatenessMs);
    return [name, String(of.length), worst(of, ({ longestOutageMs }) => longestOutageMs), worst(of, ({ toFirstAnswerMs }) => toFirstAnswerMs), worst(of, ({ toCopyLiveMs }) => toCopyLiveMs), latest];
  });
  return aligned([['fault', 'times', ...COLUMNS.slice(2)], ...body], 1);
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
