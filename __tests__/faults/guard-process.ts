import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { monotonicMs, type HistoryEvent } from './history.js';
import type { FromInstance, InstanceSettings, ToInstance } from './instance-messages.js';

/** An instance, as its parent sees it. */
export interface GuardProcess {
  readonly name: string;
  readonly mode: InstanceSettings['mode'];
  readonly port: number;
  /** Resolves once its store is ready. */
  readonly ready: Promise<void>;
  stall(forMs: number): void;
  /** SIGKILL. */
  kill(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('./instance.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Far above what it takes to start, on a machine that is busy. */
const START_DEADLINE_MS = 20_000;

/** Resolves once it listens. */
export async function startGuard(settings: InstanceSettings, record: (event: HistoryEvent) => void): Promise<GuardProcess> {
  const { name, mode } = settings;
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', ENTRY], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const said: string[] = [];
  hear(child, name, event => {
    if (event.event === 'said') said.push(event.line);
    record(event);
  });
  const listening = answer(child, 'listening', said);
  const ready = answer(child, 'ready', said).then(() => undefined);
  ready.catch(() => undefined); // it may never be, and whoever waits for it hears of that
  send(child, { to: 'start', settings });
  const { port } = await listening;
  return {
    ...{ name, mode, port, ready },
    stall: forMs => { send(child, { to: 'stall', forMs }); },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}

function send(child: ChildProcess, message: ToInstance): void {
  if (child.connected) child.send(message);
}

function hear(child: ChildProcess, instance: string, record: (event: HistoryEvent) => void): void {
  child.on('message', (message: FromInstance) => {
    if (message.from === 'event') record(message.event);
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', line => {
      record({ event: 'said', instance, atMs: monotonicMs(), line });
    });
  }
}

/** @param said its last words, should it end before */
function answer<F extends FromInstance['from']>(child: ChildProcess, from: F, said: readonly string[]): Promise<Extract<FromInstance, { from: F }>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { reject(new Error(`An instance was not ${from} within ${START_DEADLINE_MS} ms.`)); }, START_DEADLINE_MS).unref();
    child.on('message', (message: FromInstance) => {
      if (message.from !== from) return;
      clearTimeout(timer);
      resolve(message as Extract<FromInstance, { from: F }>);
    });
    child.once('close', code => {
      clearTimeout(timer);
      reject(new Error(`An instance ended with ${code ?? 'a signal'} before it was ${from}: ${said.slice(-8).join('\n')}`));
    });
  });
}
