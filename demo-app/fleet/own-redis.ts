import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { RedisSwitch } from './fleet.js';

/** A redis-server of the demo's own, which keeps its data in files while it is switched off. */
export interface OwnRedis extends RedisSwitch {
  readonly url: string;
  /** Ends it for good, and removes its files. */
  close(): Promise<void>;
}

export function findRedisServer(path = process.env['PATH'] ?? ''): string | undefined {
  return path.split(delimiter).filter(directory => directory !== '').map(directory => join(directory, 'redis-server')).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for us: the same answer
  }
}

const ATTEMPTS = 10;

export async function startOwnRedis(program: string): Promise<OwnRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'livetoken-demo-redis-'));
  for (let attempt = 1; ; attempt += 1) {
    // Below the range that the kernel lends to outgoing connections: in it, who reconnects to a Redis that is off may get its very port.
    const launch: Launch = { program, directory, port: randomInt(15_000, 32_000) };
    try {
      return new SwitchableRedis(launch, await start(launch));
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

class SwitchableRedis implements OwnRedis {
  readonly url: string;
  readonly #launch: Launch;
  #running: ChildProcess | undefined;
  /** One change at a time. */
  #change: Promise<void> = Promise.resolve();

  constructor(launch: Launch, running: ChildProcess) {
    this.#launch = launch;
    this.#running = running;
    this.url = `redis://127.0.0.1:${launch.port}`;
  }

  get isOn(): boolean {
    return this.#running !== undefined;
  }

  turnOn(): Promise<void> {
    return this.#next(async () => {
      this.#running ??= await start(this.#launch);
    });
  }

  turnOff(): Promise<void> {
    return this.#next(() => this.#end('keep\n'));
  }

  close(): Promise<void> {
    return this.#next(async () => {
      await this.#end('');
      // What was switched off has left them.
      await rm(this.#launch.directory, { recursive: true, force: true });
    });
  }

  #next(change: () => Promise<void>): Promise<void> {
    this.#change = this.#change.then(change, change);
    return this.#change;
  }

  async #end(word: string): Promise<void> {
    const shell = this.#running;
    if (shell === undefined) return;
    const gone = once(shell, 'exit');
    shell.stdin?.end(word);
    await gone;
    this.#running = undefined;
  }
}

interface Launch {
  readonly program: string;
  readonly directory: string;
  readonly port: number;
}

/**
 * Runs Redis until its standard input ends, and then kills it as a crash would: so it goes with this process, however that ends.
 * The files go too, unless it is told to keep them.
 */
const KEEPER = 'dir=$1; shift; "$@" </dev/null & pid=$!; read -r word; kill -9 "$pid"; wait; [ "$word" = keep ] || rm -rf "$dir"';

/** Written to its file before anybody gets an answer: what was revoked is there after a crash of Redis. */
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];

async function start({ program, directory, port }: Launch): Promise<ChildProcess> {
  const redis = [program, '--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--maxmemory-policy', 'noeviction', ...DURABLE];
  // Detached: Ctrl-C is for this process, which ends Redis last.
  const shell = spawn('sh', ['-c', KEEPER, 'keeper', directory, ...redis], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  const said = await firstWord(shell);
  if (said.includes('Ready to accept connections')) return shell;
  shell.stdin.end('keep\n');
  throw new Error(`redis-server did not start: ${said.trim().split('\n').at(-1) ?? ''}`);
}

const START_TIMEOUT_MS = 10_000;

/** What Redis has said by the time that it serves, or has given up. */
async function firstWord(shell: ChildProcess): Promise<string> {
  let said = '';
  const heard = new Promise<void>(resolve => {
    // Read on for ever: who writes into a full pipe stands still.
    shell.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += said.length < 10_000 ? text : '';
      if (/Ready to accept connections|Failed listening|Can't|Fatal|FATAL/.test(said)) resolve();
    });
    shell.once('exit', () => { resolve(); });
    setTimeout(resolve, START_TIMEOUT_MS).unref();
  });
  await heard;
  return said;
}
