import { type Clock, type Fault, type HistoryEvent, type Issued, type Measured, type Revoked, type Stored } from './history.js';

/** How far back a revocation may matter: logins last a minute as a rule, and what is dead for good stays so. */
const REVOCATIONS_MATTER_MS = 600_000;

/** How long after its end a token may still be asked about. */
const TOKENS_MATTER_MS = 60_000;

const LONG_RUN_EVERY_MS = 5000;

/** Cuts an endless history into pieces, each with what of those before it must be known. */
export class Segments {
  /** The latest: over hours clocks drift apart. */
  #clock: Clock | undefined;
  #issued: readonly Issued[] = [];
  #revoked: readonly Revoked[] = [];
  /** All of them: what they excuse concerns the revocations that are still known. */
  #faults: readonly Fault[] = [];
  /** The last of every server: what was there must still be. */
  #stored: readonly Stored[] = [];
  readonly #measured: Measured[] = [];
  readonly #measuredAtMs = new Map<string, number>();

  /** How the instances were doing over all of it, so thinned out that it never gets long. */
  get longRun(): readonly HistoryEvent[] {
    return this.#clock === undefined ? this.#measured : [this.#clock, ...this.#measured];
  }

  /** @param events since the last piece */
  next(events: readonly HistoryEvent[]): readonly HistoryEvent[] {
    const known = [...(this.#clock === undefined ? [] : [this.#clock]), ...this.#issued, ...this.#revoked, ...this.#faults, ...this.#stored];
    const history = [...known, ...events];
    this.#remember(history, events);
    return history;
  }

  #remember(history: readonly HistoryEvent[], events: readonly HistoryEvent[]): void {
    this.#clock = events.findLast(event => event.event === 'clock') ?? this.#clock;
    const endMs = events.reduce((latest, event) => Math.max(latest, 'atMs' in event ? event.atMs : event.toMs), 0);
    const nowMs = Date.now();
    this.#issued = history.filter(event => event.event === 'issued').filter(({ expiresAtMs }) => expiresAtMs > nowMs - TOKENS_MATTER_MS);
    this.#revoked = history.filter(event => event.event === 'revoked').filter(({ toMs }) => toMs > endMs - REVOCATIONS_MATTER_MS);
    // Whether what they broke was noticed has been judged.
    this.#faults = history.filter(event => event.event === 'fault').map(({ breaks: _, ...fault }) => fault);
    const stored = history.filter(event => event.event === 'stored').sort((a, b) => a.atMs - b.atMs);
    this.#stored = [...new Map(stored.map(each => [each.server, each])).values()];
    for (const event of events) {
      if (event.event !== 'measured' || event.atMs < (this.#measuredAtMs.get(event.instance) ?? -Infinity) + LONG_RUN_EVERY_MS) continue;
      this.#measuredAtMs.set(event.instance, event.atMs);
      this.#measured.push(event);
    }
  }
}
