import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = resolve(__dirname, '../../..');
const TSX = pathToFileURL(require.resolve('tsx')).href;

export type Environment = Readonly<Record<string, string>>;

/** A process of the demo or the walkthrough, and what it has printed so far. */
export interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Its exit code, once it has ended. */
  readonly exit: Promise<number | null>;
}

/** With these paths a process has its answers held against the OpenAPI document. */
const DESCRIBED = resolve(__dirname, '../../support/described/tsconfig.json');

/** Settings of whoever runs the tests, a file .env included, must not reach these processes. */
const NEUTRAL: Environment = { HOST: '', PORT: '0', REDIS_URL: '', BASE_URL: '', INSTANCES: '', TSX_TSCONFIG_PATH: DESCRIBED };

/** A variable that is `undefined` is not there at all. */
export function run(file: 'main.ts' | 'walkthrough.ts', environment: Readonly<Record<string, string | undefined>> = {}, cwd = ROOT, args: readonly string[] = []): Running {
  const env = { ...process.env, ...NEUTRAL, ...environment };
  return follow(spawn(process.execPath, ['--import', TSX, resolve(ROOT, 'demo-app', file), ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }));
}

export function npmRun(script: string, environment: Environment): Running {
  return follow(spawn('npm', ['run', script], { cwd: ROOT, env: { ...process.env, ...NEUTRAL, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] }));
}

const running = new Set<ChildProcess>();

function follow(child: ChildProcess): Running {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  running.add(child);
  // 'close' comes after the last output, 'exit' may not.
  const exit = once(child, 'close').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return { child, output: () => output, exit };
}

/** Ends what a failed test has left behind. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map(async (child) => {
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }));
}

/** Resolves once the process has printed this; rejects if it ends before. */
export async function printed(process: Running, pattern: RegExp): Promise<RegExpExecArray> {
  const ended = process.exit.then(() => 'ended' as const);
  for (;;) {
    const more = Promise.race([once(process.child.stdout!, 'data'), once(process.child.stderr!, 'data'), ended]);
    const match = pattern.exec(process.output());
    if (match) return match;
    if ((await more) === 'ended') break;
  }
  throw new Error(`It ended without printing ${pattern.source}:\n${process.output()}`);
}

export interface DemoProcess extends Running {
  readonly url: string;
}

/** @param args of its command line, such as `--fleet` */
export async function startDemoProcess(environment: Environment = {}, ...args: readonly string[]): Promise<DemoProcess> {
  const process = run('main.ts', environment, ROOT, args);
  const [, url] = await printed(process, /livetoken demo: (\S+) /);
  return { ...process, url: url! };
}

export async function stop({ child, exit }: Running, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  child.kill(signal);
  return exit;
}
