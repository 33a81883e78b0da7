import { StoreUnavailableError } from '../../errors.js';

/**
 * Rejects where `answer` takes longer. An event loop that was held up finds the timer due before it has read what arrived
 * meanwhile, so once the time is up the loop gets one more turn: a busy process is not mistaken for a Redis that is gone.
 */
export function inTime<T>(answer: Promise<T>, deadlineMs: number, address: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => { reject(new StoreUnavailableError(`${address} cannot answer (timed out).`)); };
    const timer = setTimeout(() => { setImmediate(late); }, deadlineMs);
    answer.then(resolve, reject).finally(() => { clearTimeout(timer); });
  });
}
