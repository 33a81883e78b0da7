import { OBSERVER, type Measured } from '../history.js';
import { firstIndex } from './windows.js';

interface Delays {
  readonly atMs: readonly number[];
  /** Of all before the index. */
  readonly sumsMs: readonly number[];
}

/** How long event loops were held up, by what the processes measured themselves. */
export class HeldUp {
  readonly #delays: ReadonlyMap<string, Delays>;

  /** @param measured by time */
  constructor(measured: readonly Measured[], noiseMs: number) {
    const delays = new Map<string, { atMs: number[]; sumsMs: number[] }>();
    for (const { instance, atMs, loopDelayMs } of measured) {
      const of = delays.get(instance) ?? { atMs: [], sumsMs: [0] };
      of.atMs.push(atMs);
      of.sumsMs.push(of.sumsMs.at(-1)! + (loopDelayMs > noiseMs ? loopDelayMs : 0));
      delays.set(instance, of);
    }
    this.#delays = delays;
  }

  /** Most that the instance, and the run itself, may have been held up in this time, milliseconds. */
  ms(instance: string, fromMs: number, toMs: number): number {
    return this.#of(instance, fromMs, toMs) + this.#of(OBSERVER, fromMs, toMs);
  }

  /** A measurement speaks of all since the one before it: up to the first that was made after the end. */
  #of(instance: string, fromMs: number, toMs: number): number {
    const delays = this.#delays.get(instance);
    if (delays === undefined) return 0;
    const { atMs, sumsMs } = delays;
    const first = firstIndex(atMs.length, i => atMs[i]! >= fromMs);
    const last = firstIndex(atMs.length, i => atMs[i]! >= toMs);
    return sumsMs[Math.min(last + 1, atMs.length)]! - sumsMs[first]!;
  }
}
