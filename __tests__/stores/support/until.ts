import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 10;

/** Far more than anything waited for may take. Without an end, a loop would outlive its test and keep jest from ending. */
const GIVE_UP_MS = 60_000;

/** Resolves when it holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAtMs = Date.now() + GIVE_UP_MS;
  while (!(await holds())) {
    if (Date.now() > giveUpAtMs) throw new Error('What was waited for did not come.');
    await sleep(POLL_MS);
  }
}

/** The same for what may reject meanwhile, because a server is on its way back. */
export async function untilResolved<T>(ask: () => Promise<T>): Promise<T> {
  const answers: T[] = [];
  await until(async () => {
    const [result] = await Promise.allSettled([ask()]);
    if (result.status === 'fulfilled') answers.push(result.value);
    return answers.length > 0;
  });
  return answers[0]!;
}
