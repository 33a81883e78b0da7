import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** A redis-server of our own, empty, that keeps nothing on disk. */
export interface BenchRedis {
  readonly url: string;
  /** For whatever the bench itself has to ask. */
  readonly client: Redis;
  /** Microseconds of CPU that the server has used so far. */
  cpuMicros(): Promise<number>;
  stop(): Promise<void>;
}

const MISSING = 'redis-server is not on the PATH. Install it (Debian and Ubuntu: apt-get install redis-server; macOS: brew install redis).';

export function redisVersion(): string {
  try {
    const answer = execFileSync('redis-server', ['--version'], { encoding: 'utf8' });
    return /\bv=(\S+)/.exec(answer)?.[1] ?? 'unknown';
  } catch (cause) {
    throw new Error(MISSING, { cause });
  }
}

export async function startRedis(args: readonly string[] = []): Promise<BenchRedis> {
  for (let attempt = 1; ; attempt += 1) {
    // Below the ports that the kernel lends to outgoing connections.
    const started = await tryStart(randomInt(15_000, 32_000), args);
    if (started !== undefined) return started;
    if (attempt === 10) throw new Error('redis-server did not start on any of 10 ports.');
  }
}

async function tryStart(port: number, args: readonly string[]): Promise<BenchRedis | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'livetoken-bench-'));
  const fixed = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', [...fixed, ...args], { stdio: 'ignore' });
  const end = (): void => {
    server.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', end);
  const url = `redis://127.0.0.1:${port}`;
  const client = await connectTo(url, server);
  if (client !== undefined) return { url, client, cpuMicros: () => cpuMicros(client), stop: () => stop(client, server, end) };
  end();
  process.off('exit', end);
  return undefined;
}

/** `undefined` where another process has that port: it would answer PING just as well. */
async function connectTo(url: string, server: ChildProcess): Promise<Redis | undefined> {
  while (server.exitCode === null) {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    // What went wrong shows in the answer that does not come.
    client.on('error', () => undefined);
    const info = await client.info('server').catch(() => '');
    if (info.includes(`\nprocess_id:${server.pid ?? 'none'}\r`)) return client;
    client.disconnect();
    await sleep(20);
  }
  return undefined;
}

async function cpuMicros(client: Redis): Promise<number> {
  const info = await client.info('cpu');
  const seconds = ['used_cpu_user', 'used_cpu_sys'].map(name => Number(new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1] ?? 0));
  return seconds.reduce((sum, each) => sum + each, 0) * 1e6;
}

async function stop(client: Redis, server: ChildProcess, end: () => void): Promise<void> {
  client.disconnect();
  const exit = once(server, 'exit');
  end();
  process.off('exit', end);
  await exit;
}
