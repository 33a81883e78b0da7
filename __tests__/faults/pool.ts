import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Result } from './result.js';
import type { Scenario } from './scenario.js';
import type { ToWorker } from './worker.js';

const ENTRY = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** Plays all of them, so many at a time, and tells of each as it ends. */
export async function playAll(scenarios: readonly Scenario[], seed: number, sideBySide: number, onResult: (result: Result) => void): Promise<readonly Result[]> {
  // Those that take longest first: else the last one would keep everybody waiting.
  const waiting = [...scenarios].sort((a, b) => b.aboutMs - a.aboutMs);
  const results: Result[] = [];
  const work = async (): Promise<void> => {
    const worker = startWorker();
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = await playOn(worker, next, seed);
      results.push(result);
      onResult(result);
    }
    worker.disconnect();
  };
  await Promise.all(Array.from({ length: Math.min(sideBySide, scenarios.length) }, work));
  return scenarios.map(({ name }) => results.find(result => result.name === name)!);
}

function startWorker(): ChildProcess {
  return fork(ENTRY, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

function playOn(worker: ChildProcess, { name }: Scenario, seed: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => { reject(new Error(`The process that played "${name}" ended with ${code ?? 'a signal'}.`)); };
    worker.once('exit', ended);
    worker.once('message', (result: Result) => {
      worker.off('exit', ended);
      resolve(result);
    });
    worker.send({ play: name, seed } satisfies ToWorker);
  });
}
