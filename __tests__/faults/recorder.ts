import type { HistoryEvent } from './history.js';

/** Keeps what happens, in the order in which it becomes known. */
export class Recorder {
  #events: HistoryEvent[] = [];

  readonly add = (event: HistoryEvent): void => {
    this.#events.push(event);
  };

  get events(): readonly HistoryEvent[] {
    return this.#events;
  }

  /** Answers with all that was kept, and begins anew. */
  take(): readonly HistoryEvent[] {
    const taken = this.#events;
    this.#events = [];
    return taken;
  }
}
