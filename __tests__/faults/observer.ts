import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ProcessorWaits } from './processor-waits.js';
import { monotonicMs, OBSERVER, type HistoryEvent } from './history.js';

const EVERY_MS = 100;

/** The histogram counts its own resolution as delay. */
const RESOLUTION_MS = 10;

/**
 * How long the event loop of this process was held up since it was last asked, milliseconds: all times together, because on a machine
 * that is busy with other things a process waits often, and never for long.
 */
export function loopDelays(): () => number {
  const waits = new ProcessorWaits();
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  return () => {
    const heldUpMs = delay.count === 0 ? 0 : Math.max(0, delay.count * (delay.mean / 1e6 - RESOLUTION_MS));
    delay.reset();
    // A loop that had nothing to do when it waited would not know.
    return Math.max(heldUpMs, waits.longestMs([process.pid]));
  };
}

/**
 * Tells how this process itself was doing, and the servers: they may be what was late, and not an instance. Answers with what ends that.
 *
 * @param servers their process ids
 */
export function observeOneself(record: (event: HistoryEvent) => void, pending: () => number, servers: () => Iterable<number>): () => void {
  const heldUpMs = loopDelays();
  const waits = new ProcessorWaits();
  record({ event: 'clock', atMs: monotonicMs(), wallMs: Date.now() });
  const timer = setInterval(() => {
    const { rss: rssBytes, heapUsed: heapBytes } = process.memoryUsage();
    const loopDelayMs = heldUpMs() + waits.longestMs(servers());
    record({ event: 'measured', instance: OBSERVER, atMs: monotonicMs(), rssBytes, heapBytes, liveBytes: heapBytes, state: 'live', pending: pending(), loopDelayMs });
  }, EVERY_MS);
  return () => { clearInterval(timer); };
}
