import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { until } from '../../stores/support/until.js';
import { sharedRedisUrl } from '../../support/redis-url.js';
import { compileLibrary, type Compiled } from './compiled.js';

const ROOT = path.join(__dirname, '../../..');

let compiled: Promise<Compiled> | undefined;

async function commandLine(settings: Settings): Promise<readonly [string, ...string[]]> {
  if (settings.fromSource === true) return [process.execPath, '--import', 'tsx', path.join(ROOT, 'lib/cli/main.ts')];
  return [process.execPath, (await library()).main];
}

export function library(): Promise<Compiled> {
  compiled ??= compileLibrary();
  return compiled;
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Settings {
  readonly env?: Readonly<Record<string, string>>;
  /** What stands on standard input. Default: nothing. */
  readonly input?: string;
  /** Through tsx, which finds the sources where a config file names the package. Default: as it is published, compiled. */
  readonly fromSource?: boolean;
}

/** A command that runs, and what it has printed so far. */
export interface Running {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ended>;
}

const running = new Set<ChildProcess>();

/** The settings of whoever runs the tests must not reach the command. */
function environment(env: Settings['env'] = {}): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, TERM: 'xterm', LIVETOKEN_REDIS_URL: sharedRedisUrl(), ...env };
}

export async function start(args: readonly string[], settings: Settings = {}): Promise<Running> {
  const [program, ...own] = await commandLine(settings);
  return follow(spawn(program, [...own, ...args], { cwd: ROOT, env: environment(settings.env), stdio: 'pipe' }), settings.input ?? '');
}

/** The same with a terminal of its own, to which `typed` is written once `asked` stands on it. What it shows is in `stdout`. */
export async function inTerminal(args: readonly string[], { asked, typed, ...settings }: { readonly asked: RegExp; readonly typed: string } & Settings): Promise<Ended> {
  // In place of the shell, which would end by a Ctrl-C on its own account, whatever the command makes of it.
  const line = `exec ${[...await commandLine(settings), ...args].map(part => `'${part}'`).join(' ')}`;
  const terminal = follow(spawn('script', ['-q', '-e', '-c', line, '/dev/null'], { cwd: ROOT, env: environment(settings.env), stdio: 'pipe' }));
  await printed(terminal, asked);
  terminal.child.stdin!.write(typed);
  const ended = await terminal.ended;
  terminal.child.stdin!.end();
  return ended;
}

function follow(child: ChildProcess, input?: string): Running {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name]?.setEncoding('utf8').on('data', (text: string) => { texts[name] += text; });
  running.add(child);
  // One that ends without reading its input breaks the pipe.
  child.stdin?.on('error', () => undefined);
  if (input !== undefined) child.stdin?.end(input);
  const ended = once(child, 'close').then(([status]): Ended => {
    running.delete(child);
    return { status: status as number | null, ...texts };
  });
  return { child, stdout: () => texts.stdout, stderr: () => texts.stderr, ended };
}

/** Resolves once this stands on one of its outputs; rejects if it ends before. */
export async function printed(process: Running, pattern: RegExp): Promise<void> {
  const isPrinted = (): boolean => pattern.test(process.stdout()) || pattern.test(process.stderr());
  let hasEnded = false;
  void process.ended.then(() => { hasEnded = true; });
  await until(() => isPrinted() || hasEnded);
  if (!isPrinted()) throw new Error(`It ended without printing ${pattern.source}:\n${process.stdout()}${process.stderr()}`);
}

export async function livetoken(args: readonly string[], settings: Settings = {}): Promise<Ended> {
  return (await start(args, settings)).ended;
}

/** Its one JSON document. */
export async function answer(args: readonly string[], settings: Settings = {}) {
  const { status, stdout, stderr } = await livetoken([...args, '--json'], settings);
  if (stdout === '') throw new Error(`It answered nothing: ${stderr}`);
  return { status, document: JSON.parse(stdout), stderr };
}

/** Ends what a failed test has left behind, and removes what was compiled. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map(async child => {
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }));
  await (await compiled)?.remove();
  compiled = undefined;
}
