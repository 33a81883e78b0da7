/** A table as it is printed; what it holds is in the JSON as well, unrounded. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes?: readonly string[];
}

export function render(table: Table, markdown: boolean): string {
  return markdown ? asMarkdown(table) : asText(table);
}

function asText({ title, columns, rows, notes = [] }: Table): string {
  const all = [columns, ...rows];
  const widths = columns.map((_, i) => Math.max(...all.map(row => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ').trimEnd();
  const rule = widths.map(width => '-'.repeat(width)).join('  ');
  return ['', title, '', line(columns), rule, ...rows.map(line), ...notes.map(note => `  ${note}`), ''].join('\n');
}

function asMarkdown({ title, columns, rows, notes = [] }: Table): string {
  const line = (row: readonly string[]): string => `| ${row.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = columns.map((_, i) => (i === 0 ? '---' : '---:'));
  return ['', `### ${title}`, '', line(columns), line(rule), ...rows.map(line), '', ...notes.map(note => `- ${note}`), ''].join('\n');
}

export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

export const count = (value: number): string => Math.round(value).toLocaleString('en');

/** Three significant digits are more than most runs can tell. */
export const short = (value: number): string =>
  Number.isFinite(value) ? (Math.abs(value) >= 100 ? count(value) : String(Number(value.toPrecision(3)))) : '-';
