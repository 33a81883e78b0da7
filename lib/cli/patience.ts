import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable } from '../errors.js';

/** How long a connection that broke is given to come back. */
const PATIENCE_MS = 3000;

const PAUSE_MS = 100;

/** As a store words it where no answer came, and not where it has one that it does not like. */
const MOMENTARY = /cannot answer \((?:not connected|timed out)\)/;

/**
 * Asks again where the connection broke meanwhile. An application refuses such a request and answers the next one; here there is no next
 * one. All that is asked with it may be asked twice: a revocation too. The second may be some seconds later than the first, and then ends
 * what was issued between them as well; a revocation that is lost would spare what it was meant for.
 */
export async function patiently<T>(ask: (attempt: number) => Promise<T>): Promise<T> {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask(attempt);
    } catch (error) {
      if (!isUnavailable(error) || !MOMENTARY.test(error.message) || performance.now() > giveUpAtMs) throw error;
    }
    await sleep(PAUSE_MS);
  }
}
