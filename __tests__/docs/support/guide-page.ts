import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A task of the guide. */
export interface Task {
  readonly title: string;
  readonly text: string;
  /** Its blocks of TypeScript: one, or something is wrong. */
  readonly programs: readonly string[];
  /** Its other blocks, by their language. */
  readonly configurations: ReadonlyMap<string, string>;
}

const page = readFileSync(path.join(__dirname, '../../../docs/guide.md'), 'utf8');

export const TASKS: readonly Task[] = page.split(/^## /m).slice(1).map(section => {
  const [title = '', ...lines] = section.split('\n');
  const body = lines.join('\n');
  const fences = [...body.matchAll(/^```(\w*)\n(.*?)^```$/gms)];
  return {
    title,
    text: body.replaceAll(/^```.*?^```$/gms, '').trim(),
    programs: fences.flatMap(([, language, code = '']) => (language === 'ts' ? [code] : [])),
    configurations: new Map(fences.flatMap(([, language = '', code = '']) => (language === 'ts' ? [] : [[language, code]]))),
  };
});

export function configurationOf(title: string, language: string): string {
  const code = TASKS.find(task => task.title === title)?.configurations.get(language);
  if (code === undefined) throw new Error(`The guide has no ${language} under "${title}".`);
  return code;
}

export function programOf(title: string): string {
  const code = TASKS.find(task => task.title === title)?.programs[0];
  if (code === undefined) throw new Error(`The guide has no program under "${title}".`);
  return code;
}
