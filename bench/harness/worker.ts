import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Answer, Answers, Question } from './serve-worker.js';
import type { Settings } from './settings.js';

/** A process of its own that answers questions. */
export interface Worker<A extends Answers> {
  ask<N extends keyof A & string>(name: N, ...input: Parameters<A[N]>): Promise<Awaited<ReturnType<A[N]>>>;
  stop(): Promise<void>;
}

/**
 * @param script a module that calls `serveWorker`
 * @param execArgv further flags of node, as in `['--expose-gc']`
 */
export function startWorker<A extends Answers>(script: URL, { profile }: Settings, execArgv: readonly string[] = []): Worker<A> {
  const profiling = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile];
  const child = fork(script, {
    execArgv: ['--import', 'tsx', ...profiling, ...execArgv],
    env: { ...process.env, NODE_ENV: 'production' },
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const questions = new Questions(child);
  return {
    ask: (name, input?: unknown) => questions.ask(name, input) as Promise<never>,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}

class Questions {
  readonly #child: ChildProcess;
  readonly #open = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #asked = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (answer: Answer) => {
      const waiting = this.#open.get(answer.id);
      this.#open.delete(answer.id);
      if ('error' in answer) waiting?.reject(new Error(`In a worker: ${answer.error}`));
      else waiting?.resolve(answer.result);
    });
    child.once('exit', code => {
      for (const { reject } of this.#open.values()) reject(new Error(`A worker ended with exit code ${code ?? 'none'}.`));
    });
  }

  ask(name: string, input: unknown): Promise<unknown> {
    const id = this.#asked++;
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject });
      this.#child.send({ id, name, input } satisfies Question);
    });
  }
}
