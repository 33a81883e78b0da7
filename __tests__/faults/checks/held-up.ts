import { OBSERVER, type Measured } from '../history.js';
import { firstIndex } from './windows.js';

/**
 * How long those were held up that stand between a question and its answer: the instance, the servers, and the run itself, which the
 * ways between them go through. They may have waited at the same time, so the one that waited longest counts, and not all together.
 *
 * What a process did itself is no excuse for it: were it one, a product that keeps its own event loop busy would excuse itself.
 */
export class HeldUp {
  readonly #waits = new Map<string, Amounts>();
  readonly #ofServers = new Amounts();
  readonly #loopOfRun = new Amounts();

  /** @param measured by time */
  constructor(measured: readonly Measured[], noiseMs: number) {
    for (const { instance, atMs, loopDelayMs, waitedMs = 0, serversWaitedMs = 0 } of measured) {
      const waits = this.#waits.get(instance) ?? new Amounts();
      this.#waits.set(instance, waits);
      waits.add(atMs, waitedMs);
      if (instance !== OBSERVER) continue;
      this.#ofServers.add(atMs, serversWaitedMs);
      this.#loopOfRun.add(atMs, loopDelayMs > noiseMs ? loopDelayMs : 0);
    }
  }

  /** Longest that one of them waited for a processor in this time, milliseconds. */
  waitedMs(instance: string, fromMs: number, toMs: number): number {
    const waits = [this.#waits.get(instance), this.#waits.get(OBSERVER), this.#ofServers];
    return Math.max(0, ...waits.map(each => each?.within(fromMs, toMs) ?? 0));
  }

  /** The same where the run's own instants are compared: it may have been busy itself when it should have noted one. */
  ms(instance: string, fromMs: number, toMs: number): number {
    return Math.max(this.waitedMs(instance, fromMs, toMs), this.#loopOfRun.within(fromMs, toMs));
  }
}

/** What was measured again and again. */
class Amounts {
  readonly #atMs: number[] = [];
  /** Of all before the index. */
  readonly #sumsMs = [0];

  add(atMs: number, ms: number): void {
    this.#atMs.push(atMs);
    this.#sumsMs.push(this.#sumsMs.at(-1)! + ms);
  }

  /** A measurement speaks of all since the one before it: up to the first that was made after the end. No more than the time there was. */
  within(fromMs: number, toMs: number): number {
    const { length } = this.#atMs;
    const first = firstIndex(length, i => this.#atMs[i]! >= fromMs);
    const last = firstIndex(length, i => this.#atMs[i]! >= toMs);
    return Math.min(this.#sumsMs[Math.min(last + 1, length)]! - this.#sumsMs[first]!, toMs - fromMs);
  }
}
