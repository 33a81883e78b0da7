import { isUnavailable } from '../errors.js';
import type { Events, LiveTokenEvents } from './events.js';

/** How the store last answered. */
export type LiveState = 'starting' | 'live' | 'unavailable' | 'closed';

type Operation = LiveTokenEvents['unavailable']['operation'];

/** How often the store is asked for no other reason than to know whether it answers. */
const LOOK_EVERY_MS = 500;

/** Watches what is asked of the store, and tells when it cannot answer. */
export class StoreState {
  readonly #events: Events;
  #state: LiveState = 'starting';
  /** On the monotonic clock. */
  #lookAgainAtMs = -Infinity;

  constructor(events: Events) {
    this.#events = events;
  }

  get current(): LiveState {
    return this.#state;
  }

  close(): void {
    this.#state = 'closed';
  }

  /** A check was answered, from memory or by the store itself. */
  answered(): void {
    this.#moveTo('live');
  }

  /** Asks without waiting, for whoever looks at `current` from time to time: where no requests come in, nobody else asks. */
  lookAgain(ask: () => Promise<unknown>): void {
    if (this.#state === 'closed' || performance.now() < this.#lookAgainAtMs) return;
    this.#lookAgainAtMs = Infinity;
    const done = (): void => { this.#lookAgainAtMs = performance.now() + LOOK_EVERY_MS; };
    // That it could not tell has been noted; of any other failure the next check will tell its caller.
    void this.observe('check', Promise.resolve().then(ask)).then(done, done);
  }

  async observe<T>(operation: Operation, work: Promise<T>): Promise<T> {
    try {
      const result = await work;
      this.answered();
      return result;
    } catch (error) {
      if (isUnavailable(error)) this.#failed(operation, error.message);
      throw error;
    }
  }

  #failed(operation: Operation, message: string): void {
    this.#moveTo('unavailable');
    this.#events.emit('unavailable', { operation, message });
  }

  #moveTo(state: LiveState): void {
    if (this.#state !== 'closed') this.#state = state;
  }
}
