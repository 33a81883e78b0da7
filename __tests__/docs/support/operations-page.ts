import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Redis } from 'ioredis';
import type { Express } from 'express';
import type { LiveTokens } from 'livetoken';

const ROOT = path.join(__dirname, '../../..');

export const PAGE = readFileSync(path.join(ROOT, 'docs/operations.md'), 'utf8');

/** What stands under a heading of the second rank. */
export function sectionOf(title: string): string {
  const section = PAGE.split(/^## /m).find(each => each.startsWith(`${title}\n`));
  if (section === undefined) throw new Error(`docs/operations.md has nothing under "${title}".`);
  return section;
}

/** Its lines for redis-cli, be they in blocks or in the text. */
export function redisLines(text: string): readonly string[] {
  return [...text.matchAll(/redis-cli ([A-Z][^`\n]+)/g)].map(([, line = '']) => line);
}

/** Its lines for the command line of the package, in blocks and in the text; those with a placeholder are left out. */
export function commandLines(text: string): readonly string[] {
  return [...text.matchAll(/npx livetoken ([a-z][^`\n]+)/g)].map(([, line = '']) => line).filter(line => !line.includes('<'));
}

export function codeIn(title: string): readonly string[] {
  return [...sectionOf(title).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
}

/** As a shell would take it apart. */
export function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

/** Sends a line as redis-cli would. */
export async function runRedisLine(redis: Redis, line: string): Promise<unknown> {
  const [command = '', ...args] = wordsOf(line);
  return redis.call(command, ...args);
}

type Script = (values: { readonly live: LiveTokens; readonly app?: Express; readonly console?: Pick<Console, 'log'> }) => Promise<void>;
const AsyncFunction = (async () => undefined).constructor as new (...parts: readonly string[]) => Script;

/** Runs code of the page where `live`, and what else it names, is what is given here. */
export async function runCode(code: string, values: Parameters<Script>[0]): Promise<void> {
  await new AsyncFunction('{ live, app, console }', code)(values);
}

interface Ended {
  readonly status: number;
  readonly output: string;
}

/** Runs a line of the command line of the package, from its sources. */
export function runCommandLine(line: string, redisUrl: string): Promise<Ended> {
  const args = ['--import', 'tsx', path.join(ROOT, 'lib/cli/main.ts'), ...wordsOf(line)];
  const env = { ...process.env, LIVETOKEN_REDIS_URL: redisUrl };
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, args, { cwd: ROOT, env }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(new Error('node cannot be run.', { cause: error }));
      else resolve({ status: Number(error?.code ?? 0), output: `${stdout}${stderr}` });
    });
    // Nobody types anything.
    child.stdin?.end();
  });
}
