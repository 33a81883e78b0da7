import { readFileSync } from 'node:fs';
import path from 'node:path';

const DOCS = path.join(__dirname, '../../../docs');

export const PAGE = readFileSync(path.join(DOCS, 'observability.md'), 'utf8');

const sections = new Map(PAGE.split(/^## /m).slice(1).map(section => {
  const [title = '', ...lines] = section.split('\n');
  return [title, lines.join('\n')] as const;
}));

export function sectionOf(title: string): string {
  const found = sections.get(title);
  if (found === undefined) throw new Error(`The page has no section "${title}".`);
  return found;
}

/** The sections that show a program, one each. */
export const PROGRAMS: ReadonlyMap<string, string> = new Map(
  [...sections].flatMap(([title, text]) => [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => [title, code] as const)),
);

export function programUnder(title: string): string {
  const code = PROGRAMS.get(title);
  if (code === undefined) throw new Error(`There is no program under "${title}".`);
  return code;
}

/** First cells of the rows of a table, as they are meant: without quotes, with the bars that Markdown cannot have. */
export function firstCells(section: string): readonly string[] {
  return [...section.matchAll(/^\| `((?:[^`])+)` \|/gm)].map(([, cell = '']) => cell.replaceAll('\\|', '|'));
}

interface Target {
  readonly expr: string;
  readonly refId: string;
  readonly legendFormat: string;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly (Target & { readonly datasource: { readonly uid: string } })[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string | { readonly query: string };
}

export interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
}

export const DASHBOARD = JSON.parse(readFileSync(path.join(DOCS, 'grafana-dashboard.json'), 'utf8')) as Dashboard;

export const EXPRESSIONS: readonly string[] = DASHBOARD.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
