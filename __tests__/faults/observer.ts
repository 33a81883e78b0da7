import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ProcessorWaits } from './processor-waits.js';
import { monotonicMs, OBSERVER, type HistoryEvent } from './history.js';

const EVERY_MS = 100;

/** The histogram counts its own resolution as delay. */
const RESOLUTION_MS = 10;

/** How long the event loop of this process was held up since it was last asked, milliseconds: all times together, because many short ones add up. */
export function loopDelays(): () => number {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  return () => {
    const heldUpMs = delay.count === 0 ? 0 : Math.max(0, delay.count * (delay.mean / 1e6 - RESOLUTION_MS));
    delay.reset();
    return heldUpMs;
  };
}

/**
 * Tells how this process itself was doing, and the servers: they may be what was late, and not an instance. Answers with what ends that.
 *
 * @param servers their process ids
 */
export function observeOneself(record: (event: HistoryEvent) => void, pending: () => number, servers: () => Iterable<number>): () => void {
  const heldUpMs = loopDelays();
  const [waits, waitsOfServers] = [new ProcessorWaits(), new ProcessorWaits()];
  record({ event: 'clock', atMs: monotonicMs(), wallMs: Date.now() });
  const timer = setInterval(() => {
    const { rss: rssBytes, heapUsed: heapBytes } = process.memoryUsage();
    const delays = { loopDelayMs: heldUpMs(), waitedMs: waits.longestMs([process.pid]), serversWaitedMs: waitsOfServers.longestMs(servers()) };
    record({ event: 'measured', instance: OBSERVER, atMs: monotonicMs(), rssBytes, heapBytes, liveBytes: heapBytes, state: 'live', pending: pending(), ...delays });
  }, EVERY_MS);
  return () => { clearInterval(timer); };
}
