import { randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leash, type Leash } from './leash.ts';
import { launchRedis, type RedisProcess } from './redis-process.ts';

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
  /** SIGKILL, as in a crash: files stay, for `restart`. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, and nobody answers. */
  pause(): void;
  resume(): void;
  /** A new process on the same port and the same files. Ends the old one first, if need be. */
  restart(): Promise<void>;
}

export interface RedisOptions {
  /** Further options for the command line, as in `['--appendonly', 'yes']`. */
  readonly args?: readonly string[];
  /** Default: one that is free. */
  readonly port?: number;
  /** Text of a configuration file, which the server may rewrite: a Sentinel does not start without one. Default: no file. */
  readonly config?: string;
}

/** A real redis-server with nothing in it, for whoever wants to stop, kill or reconfigure one. */
export async function startRedis({ args = [], port, config }: RedisOptions = {}): Promise<RedisServer> {
  const home = await makeHome();
  const configFile = config === undefined ? undefined : join(home.directory, 'redis.conf');
  const launch = (on: number) => launchRedis({ ...home, port: on, args, configFile });
  try {
    if (configFile !== undefined) await writeFile(configFile, config ?? '');
    const [chosen, first] = port === undefined ? await onFreePort(launch) : [port, await launch(port)];
    return handle(home, chosen, first, () => launch(chosen));
  } catch (error) {
    await home.remove();
    throw error;
  }
}

interface Home {
  readonly directory: string;
  readonly leash: Leash;
  remove(): Promise<void>;
}

async function makeHome(): Promise<Home> {
  const directory = await mkdtemp(join(tmpdir(), 'livetoken-redis-'));
  const held = leash(directory);
  return {
    directory,
    leash: held,
    async remove() {
      await rm(directory, { recursive: true, force: true });
      held.release(); // last, lest an interruption leaves files behind
    },
  };
}

function handle(home: Home, port: number, first: RedisProcess, launch: () => Promise<RedisProcess>): RedisServer {
  let current = first;
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return current.pid;
    },
    async stop() {
      await current.kill();
      await home.remove();
    },
    kill: () => current.kill(),
    pause() {
      current.signal('SIGSTOP');
    },
    resume() {
      current.signal('SIGCONT');
    },
    async restart() {
      await current.kill();
      current = await launch();
    },
  };
}

/**
 * Tries ports until Redis gets one: asking for a free one first would leave a gap in which another test takes it.
 * All are below the range that the kernel lends to outgoing connections. In that range a client that
 * reconnects to a killed server can be lent the server's own port and end up connected to itself.
 */
async function onFreePort(launch: (port: number) => Promise<RedisProcess>): Promise<[number, RedisProcess]> {
  for (let attempt = 1; ; attempt += 1) {
    const port = randomInt(15_000, 32_000);
    try {
      return [port, await launch(port)];
    } catch (error) {
      if (attempt === maxAttempts || !isClash(error)) throw error;
    }
  }
}

const maxAttempts = 10;

const isClash = (error: unknown): boolean => error instanceof Error && /address already in use/i.test(error.message);
