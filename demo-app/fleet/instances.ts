import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Instance } from './fleet.js';

export interface RunningInstances {
  readonly instances: readonly Instance[];
  close(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('instance.ts', import.meta.url));

/** Processes of the demo on one Redis, each at a free port. They end with this one, however it ends. */
export async function startInstances(count: number, redisUrl: string): Promise<RunningInstances> {
  const children = Array.from({ length: count }, () => startChild(redisUrl));
  const close = async (): Promise<void> => {
    await Promise.all(children.map(end));
  };
  try {
    const urls = await Promise.all(children.map(urlOf));
    return { instances: urls.map((url, i) => ({ name: `Instance ${i + 1}`, url })), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function startChild(redisUrl: string): ChildProcess {
  // Its errors are shown, but nothing of what it tells: what happens is on the console.
  return fork(PROGRAM, { env: { ...process.env, REDIS_URL: redisUrl }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

async function urlOf(child: ChildProcess): Promise<string> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`An instance ended (exit code ${String(code)}) before it could serve; what it said stands above.`);
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [{ readonly url: string }];
  ended.catch(() => undefined); // its end is no surprise any more
  return message.url;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  if (child.connected) child.disconnect();
  await gone;
}
