import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 10;

/** Resolves when it holds. That it never does is for the time limit of the test to say. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(POLL_MS);
}

/** The same for what may reject meanwhile, because a server is on its way back. */
export async function untilResolved<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const [result] = await Promise.allSettled([ask()]);
    if (result.status === 'fulfilled') return result.value;
    await sleep(POLL_MS);
  }
}
