import { isUnavailable } from '../errors.js';
import type { Events, LiveTokenEvents } from './events.js';

/** How the store last answered. */
export type LiveState = 'starting' | 'live' | 'unavailable' | 'closed';

type Operation = LiveTokenEvents['unavailable']['operation'];

/** Watches what is asked of the store, and tells when it cannot answer. */
export class StoreState {
  readonly #events: Events;
  #state: LiveState = 'starting';

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
