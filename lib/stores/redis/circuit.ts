import { StoreUnavailableError } from '../../errors.js';
import { inTime } from '../../in-time.js';

export interface CircuitOptions {
  /** Longest that one answer is waited for, milliseconds. */
  readonly deadlineMs: number;
  /** The server, for messages. */
  readonly address: string;
  /** Called when the server is first believed to hang. */
  readonly onSilence?: () => void;
}

/** So many in a row, with no answer between them, are no coincidence. */
const TIMEOUTS_TO_OPEN = 5;

const FIRST_PAUSE_MS = 100;
/** Longest that a server that is back goes unnoticed: recovery is to take no more than a second. */
const LAST_PAUSE_MS = 500;

/**
 * Stops asking a server that does not answer. Every question settles by its deadline; after a few that did not, the server is believed
 * to hang, and only one question at a time is still sent, after a pause, to find out whether it is back. All others are refused at once:
 * their callers do not wait for nothing, their commands do not pile up here, and the server does not find them all when it comes back.
 *
 * Only silence counts. A server that answers with an error answers, and one that is not connected costs nothing to ask.
 */
export class Circuit {
  readonly #options: CircuitOptions;
  #timeouts = 0;
  #pauseMs = FIRST_PAUSE_MS;
  /** On the monotonic clock: from when on it may be asked again; `undefined` while it answers. */
  #askAgainAtMs: number | undefined;

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  /** @throws StoreUnavailableError (rejects) at the deadline, or at once while the server is believed to hang */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    const isProbe = this.#askAgainAtMs !== undefined;
    if (isProbe) this.#takeTurn();
    const { deadlineMs } = this.#options;
    const answer = await inTime(question(), deadlineMs, () => {
      this.#timedOut(isProbe);
      return this.#silent('timed out');
    });
    this.close();
    return answer;
  }

  /** It answers, or there is a new connection to try. */
  close(): void {
    this.#timeouts = 0;
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#askAgainAtMs = undefined;
  }

  /** One question may go, and the next one only after another pause. */
  #takeTurn(): void {
    const nowMs = performance.now();
    if (nowMs < (this.#askAgainAtMs ?? -Infinity)) throw this.#silent('it did not answer a moment ago');
    this.#askAgainAtMs = nowMs + this.#options.deadlineMs + this.#pauseMs;
  }

  #timedOut(isProbe: boolean): void {
    this.#timeouts += 1;
    if (isProbe) this.#pauseMs = Math.min(LAST_PAUSE_MS, this.#pauseMs * 2);
    const isOpening = this.#askAgainAtMs === undefined && this.#timeouts >= TIMEOUTS_TO_OPEN;
    if (!isOpening) return;
    this.#askAgainAtMs = performance.now() + this.#pauseMs;
    this.#options.onSilence?.();
  }

  #silent(why: string): StoreUnavailableError {
    return new StoreUnavailableError(`${this.#options.address} cannot answer (${why}).`);
  }
}
