import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findRedis } from './find-redis.ts';
import type { Leash } from './leash.ts';

export interface RedisProcess {
  readonly pid: number;
  signal(name: NodeJS.Signals): void;
  /** SIGKILL; resolves once the process is gone. */
  kill(): Promise<void>;
}

export interface Launch {
  readonly directory: string;
  readonly port: number;
  readonly args: readonly string[];
  readonly configFile?: string | undefined;
  readonly leash: Leash;
}

const startDeadlineMs = 10_000;
const pollMs = 10;

/** Resolves when this very process answers PING. Rejects with what Redis had to say if it does not come to that. */
export async function launchRedis(launch: Launch): Promise<RedisProcess> {
  const { child, pid } = await spawnRedis(launch);
  launch.leash.hold(pid);
  child.once('exit', () => launch.leash.hold());
  try {
    await untilReady(child, pid, launch.port);
  } catch (cause) {
    await killAndWait(child);
    throw new Error(`redis-server did not start: ${await lastWords(launch)}`, { cause });
  }
  return { pid, signal: (name) => child.kill(name), kill: () => killAndWait(child) };
}

async function spawnRedis({ directory, port, args, configFile }: Launch): Promise<{ child: ChildProcess; pid: number }> {
  const log = openSync(logOf(directory), 'w');
  const fixed = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--daemonize', 'no'];
  const transient = ['--save', '', '--appendonly', 'no'];
  const file = configFile === undefined ? [] : [configFile]; // taken for one in the first place only
  const child = spawn(findRedis(), [...file, ...fixed, ...transient, ...args], { stdio: ['ignore', log, log] });
  closeSync(log);
  child.unref(); // a server somebody forgot must not keep jest waiting
  await once(child, 'spawn');
  return { child, pid: child.pid! };
}

async function killAndWait(child: ChildProcess): Promise<void> {
  if (hasExited(child)) return;
  child.ref();
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

function hasExited({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function untilReady(child: ChildProcess, pid: number, port: number): Promise<void> {
  const deadline = Date.now() + startDeadlineMs;
  while (Date.now() < deadline) {
    if (hasExited(child)) throw new Error('It exited.');
    if (isReady(await greet(port), pid)) return;
    await sleep(pollMs);
  }
  throw new Error(`No answer within ${startDeadlineMs} ms.`);
}

/** On a port that was taken, somebody else's Redis would answer PING just as well: hence the process id. */
function isReady(reply: string, pid: number): boolean {
  const isOurs = reply.startsWith('+PONG') && reply.includes(`\nprocess_id:${pid}\r`);
  return isOurs || reply.startsWith('-NOAUTH');
}

/** All that the server says, or nothing if it does not listen yet. */
function greet(port: number): Promise<string> {
  return new Promise((resolve) => {
    let reply = '';
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('utf8');
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('data', (text: string) => (reply += text));
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      resolve(reply);
    });
    socket.write('PING\r\nINFO server\r\nQUIT\r\n');
  });
}

async function lastWords({ directory }: Launch): Promise<string> {
  return (await readFile(logOf(directory), 'utf8')).trim().split('\n').slice(-5).join('\n');
}

const logOf = (directory: string): string => join(directory, 'redis.log');
