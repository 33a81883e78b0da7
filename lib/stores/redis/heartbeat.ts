import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable } from '../../errors.js';
import type { StateSigns } from './state-signs.js';

export interface HeartbeatOptions {
  readonly everyMs: number;
  look(): Promise<StateSigns & { readonly isProven: boolean }>;
  /** Asks the replicas for an acknowledgement, and writes down that there was one. Rejects where there was none. */
  beat(): Promise<unknown>;
  /** What to say where they acknowledge, and too late for a proof. */
  unproven(): Error;
}

/** Instances started together do not look together for ever: whoever looks first beats for all. */
const JITTER = 0.1;

/** Pause between two attempts to prove it at the start. */
const AGAIN_MS = 20;

/**
 * Keeps the proof of the primary young. Every instance looks a few times in the time for which a proof is good; whoever finds that
 * nobody has proved anything since its last look does it, so that any number of instances make for little more than one beat a look.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  #proven: number | undefined;
  #isBeating = false;
  #isStopped = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#schedule();
  }

  /** Resolves once the server has proved that it is the primary; rejects with what keeps it from that. */
  async untilProven(timeoutMs: number): Promise<void> {
    const giveUpAtMs = performance.now() + timeoutMs;
    const isTooLate = (): boolean => performance.now() >= giveUpAtMs;
    for (;;) {
      if ((await this.#options.look()).isProven) return;
      try {
        await this.#options.beat();
      } catch (error) {
        // Whoever may not write waits for another one's beat.
        if (isTooLate()) throw error;
      }
      if (isTooLate()) throw this.#options.unproven();
      await sleep(AGAIN_MS);
    }
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#isStopped) return;
    const delayMs = this.#options.everyMs * (1 - JITTER + 2 * JITTER * Math.random());
    this.#timer = setTimeout(() => void this.#look(), delayMs).unref();
  }

  async #look(): Promise<void> {
    try {
      const { proven } = await this.#options.look();
      if (proven === this.#proven) void this.#beat();
      this.#proven = proven;
    } catch (error) {
      // No answer is no proof, and whoever asks for something learns of it.
      if (!isUnavailable(error)) throw error;
    } finally {
      this.#schedule();
    }
  }

  async #beat(): Promise<void> {
    if (this.#isBeating) return;
    this.#isBeating = true;
    try {
      await this.#options.beat();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
    } finally {
      this.#isBeating = false;
    }
  }
}
