import type { Output } from './output.js';

const QUIET_MS = 1000;

/** Says on a terminal that it is still at it. */
export async function working<T>(work: Promise<T>, output: Output, what: string): Promise<T> {
  const startedAtMs = performance.now();
  const timer = setInterval(() => { output.progress(`${what}... ${Math.round((performance.now() - startedAtMs) / 1000)} s`); }, QUIET_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    output.endProgress();
  }
}
