import { readFileSync } from 'node:fs';

/** How long a process was ready to run and waited for a processor, since this was last called; milliseconds. 0 where the system does not tell. */
export class ProcessorWaits {
  readonly #knownMs = new Map<number, number>();

  /** The longest of these. */
  longestMs(pids: Iterable<number>): number {
    let longestMs = 0;
    for (const pid of pids) longestMs = Math.max(longestMs, this.#sinceLastMs(pid));
    return longestMs;
  }

  #sinceLastMs(pid: number): number {
    const totalMs = waitedMs(pid);
    const beforeMs = this.#knownMs.get(pid) ?? totalMs;
    this.#knownMs.set(pid, totalMs);
    return Math.max(0, totalMs - beforeMs);
  }
}

/** Of its main thread, which is the only one that serves, here as in Redis. Linux counts it in nanoseconds; a process that is gone, or another system, does not. */
function waitedMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return 0;
    throw error;
  }
}
