import { inTime } from '../../in-time.js';
import { badOption } from '../../option-checks.js';
import { FailureWindows } from './failure-windows.js';
import { Turns } from './turns.js';

/** Counts failures by key, for all instances. What the limiters of rate-limiter-flexible are. */
export interface FailureCounter {
  /** What has been counted, and in how many milliseconds it is forgotten; `null` where nothing has. */
  get(key: string): Promise<{ readonly consumedPoints: number; readonly msBeforeNext: number } | null>;
  /** Counts one more. Beyond its limit it may reject with what it has counted, which is no failure. */
  consume(key: string): Promise<unknown>;
}

/** What a limiter of rate-limiter-flexible is to be made with. */
export interface FailureCounterSettings {
  /** Tells its keys from those of others in the same Redis. */
  readonly keyPrefix: string;
  /** Failures at which the key has to wait, at least 1. */
  readonly points: number;
  /** Seconds after the first of them in which they are forgotten, at least 1. */
  readonly duration: number;
}

export type MakeFailureCounter = (settings: FailureCounterSettings) => FailureCounter;

/** A shared counter that takes longer is not waited for, and for a while not asked. */
const TIME_LIMIT_MS = 500;
const RETRY_MS = 1000;

/**
 * Counts in this process, and in the shared counter where there is one. Who has failed here too often waits, whatever that one says
 * or does not say: while it is out of reach, nobody begins anew and nobody who has not failed is turned away.
 */
export class InsuredCounter {
  readonly #limit: number;
  readonly #own: FailureWindows;
  readonly #turns: Turns;
  readonly #shared: FailureCounter | undefined;
  #failedAtMs = -Infinity;
  #hasWarned = false;

  constructor(settings: FailureCounterSettings, make: MakeFailureCounter | undefined) {
    this.#limit = settings.points;
    this.#own = new FailureWindows(settings.duration * 1000);
    this.#turns = new Turns(settings.points, this.#own);
    this.#shared = make && assertCounter(make(settings));
  }

  /** For how long the key has to wait; 0 for not at all. */
  async waitMs(key: string): Promise<number> {
    const { failures, leftMs } = this.#own.of(key);
    if (failures >= this.#limit) return leftMs;
    return this.#ask(async shared => {
      const counted: unknown = await shared.get(key);
      return counted === null ? 0 : this.#waitOf(counted);
    });
  }

  /**
   * Makes the attempt once it is the key's turn. Goes by what has failed in this process alone: to ask a shared counter before each turn
   * would make all wait in line for it. So each process makes as many at once as may fail in all.
   */
  inTurn<T>(key: string, attempt: () => Promise<T>): Promise<T> {
    return this.#turns.take(key, attempt);
  }

  /** Counted in this process when the call returns, and everywhere when it resolves. */
  async count(key: string): Promise<void> {
    this.#own.add(key);
    await this.#ask(async shared => {
      await shared.consume(key).catch((error: unknown) => this.#waitOf(error));
      return 0;
    });
  }

  /** @throws TypeError for what is no count: a limiter on Redis may answer NaN where Redis answered an error */
  #waitOf(counted: unknown): number {
    const { consumedPoints, msBeforeNext } = (counted ?? {}) as Readonly<Record<string, unknown>>;
    if (!Number.isFinite(consumedPoints) || !Number.isFinite(msBeforeNext)) throw counted instanceof Error ? counted : new TypeError('no count');
    return (consumedPoints as number) >= this.#limit ? Math.max(msBeforeNext as number, 1) : 0;
  }

  async #ask(work: (shared: FailureCounter) => Promise<number>): Promise<number> {
    if (this.#shared === undefined || performance.now() - this.#failedAtMs < RETRY_MS) return 0;
    try {
      const answer = await inTime(work(this.#shared), TIME_LIMIT_MS, () => new Error('It took too long.'));
      this.#hasWarned = false;
      return answer;
    } catch (error) {
      this.#failed(error);
      return 0;
    }
  }

  /** Once an outage. The message of the error may quote what was sent. */
  #failed(error: unknown): void {
    this.#failedAtMs = performance.now();
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const name = error instanceof Error ? error.name : typeof error;
    const text = `The limiter that oauth.failedAttempts was given does not answer (${name}); failures are counted in this process only.`;
    process.emitWarning(text, { code: 'LIVETOKEN_FAILED_ATTEMPTS' });
  }
}

function assertCounter(made: unknown): FailureCounter {
  const { get, consume } = (made ?? {}) as Partial<Readonly<Record<keyof FailureCounter, unknown>>>;
  if (typeof get === 'function' && typeof consume === 'function') return made as FailureCounter;
  throw badOption('What oauth.failedAttempts.limiter answers', made, 'a limiter with get and consume, such as new RateLimiterRedis({ storeClient, ...settings })');
}
