import { setTimeout as sleep } from 'node:timers/promises';

/** Far more than any promise may take; a test that waits for it has failed. */
const PENDING_MS = 8000;

/** What a promise came to: that it came to something at all is the point where a server does not answer. */
export async function outcome(promise: Promise<unknown>): Promise<unknown> {
  const settled = promise.then(
    value => ({ value }),
    (error: unknown) => ({ error }),
  );
  return Promise.race([settled, sleep(PENDING_MS, 'still pending', { ref: false })]);
}

/** The error that a promise rejects with, in time. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const settled = await outcome(promise);
  if (typeof settled === 'object' && settled !== null && 'error' in settled && settled.error instanceof Error) return settled.error;
  throw new Error(`It did not reject: ${JSON.stringify(settled)}`);
}
