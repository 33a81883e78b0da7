import type { Answer } from './lanes.js';

/** What somebody has clicked for, and all instances are watched for. */
export type ClickKind = 'revoke' | 'off' | 'on';

/** An answer that comes later than this has another cause. */
const LONGEST_MS = 15_000;

/**
 * From the click to the answer that changes. It runs here and not in the page: when an answer has come is known here, while a page
 * may be busy, or be drawn by a machine that is. The page says how long ago the click was when it told of it.
 */
export class Stopwatch {
  readonly #now: () => number;
  #running: { readonly kind: ClickKind; readonly sinceMs: number } | undefined;

  /** @param now milliseconds since any instant */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  start(kind: ClickKind, clickedAgoMs: number): void {
    this.#running = { kind, sinceMs: this.#now() - clickedAgoMs };
  }

  /** It came to nothing. */
  forget(): void {
    this.#running = undefined;
  }

  /** How long after the click this answer came; `undefined` where it is not what was clicked for. */
  measure(answer: Answer): number | undefined {
    if (this.#running === undefined || !isMeant(this.#running.kind, answer)) return undefined;
    const afterMs = this.#now() - this.#running.sinceMs;
    return afterMs <= LONGEST_MS ? afterMs : undefined;
  }
}

function isMeant(kind: ClickKind, { status, reason }: Answer): boolean {
  if (kind === 'revoke') return status === 401 && reason === 'revoked';
  return status === (kind === 'off' ? 503 : 200);
}
