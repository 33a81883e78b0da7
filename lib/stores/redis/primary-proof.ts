import { USELESS_MS } from './connections.js';
import type { StateSigns } from './state-signs.js';

/** By so much the wall clock may run ahead of the monotonic one between two looks. More is a machine that slept, or a clock that was set. */
const ASLEEP_MS = 100;

/**
 * Tells how long ago a server certainly was the primary, though a primary that was cut off, or stopped and resumed, answers as if
 * nothing had happened.
 *
 * Writers move a counter (`beat`) and wait until replicas have that; then, and only then, they write the number down beside it
 * (`proven`). So where a number was not reached yet when this process looked, and is proven now, replicas took writes from this
 * server after that look: whatever was acknowledged until then is in it. One that has lost its replicas can move its counter but
 * proves nothing more. Only our own monotonic clock is used; but it stands still while a machine sleeps, so looks from before that are
 * worth nothing.
 */
export class PrimaryProof {
  /** How many replicas must have acknowledged. */
  readonly replicas: number;
  readonly #withinMs: number;
  /** What was seen of one server, oldest first. */
  #looks: { readonly atMs: number; readonly beat: number }[] = [];
  #unprovenSinceMs: number | undefined;
  /** By how much the wall clock was ahead of the monotonic one, and since when the machine has been awake. */
  #aheadMs = Infinity;
  #awakeSinceMs = -Infinity;

  /**
   * @param withinMs looks older than this are of no use to anybody
   * @param replicas how many must have acknowledged
   */
  constructor(withinMs: number, replicas: number) {
    this.#withinMs = withinMs;
    this.replicas = replicas;
  }

  /**
   * @param atMs when the server was asked for these signs, by the monotonic clock
   * @returns the instant of that clock until which the server that gave them certainly was the primary; -Infinity: unknown
   */
  provenUntilMs(atMs: number, { beat, proven }: StateSigns): number {
    this.#noticeSleep();
    if (atMs < this.#awakeSinceMs) return -Infinity;
    const untilMs = this.#looks.findLast(each => each.beat < proven)?.atMs ?? -Infinity;
    this.#remember(atMs, beat);
    if (atMs - untilMs <= this.#withinMs) this.#unprovenSinceMs = undefined;
    else this.#unprovenSinceMs ??= atMs;
    return untilMs;
  }

  /** Whether the server has proved nothing for so long that another one should be looked for. */
  isUselessAt(atMs: number): boolean {
    return this.#unprovenSinceMs !== undefined && atMs - this.#unprovenSinceMs >= this.#withinMs + USELESS_MS;
  }

  /** After connecting anew: what another server counted means nothing here. */
  forget(): void {
    this.#looks = [];
    this.#unprovenSinceMs = undefined;
  }

  #noticeSleep(): void {
    const nowMs = performance.now();
    const aheadMs = Date.now() - nowMs;
    if (aheadMs - this.#aheadMs > ASLEEP_MS) {
      this.forget();
      this.#awakeSinceMs = nowMs;
    }
    this.#aheadMs = aheadMs;
  }

  /** Of looks in quick succession the first will do: to date a proof too early is the safe side. */
  #remember(atMs: number, beat: number): void {
    const last = this.#looks.at(-1);
    if (last !== undefined && atMs - last.atMs < this.#withinMs / 50) return;
    this.#looks = this.#looks.filter(look => atMs - look.atMs <= this.#withinMs);
    this.#looks.push({ atMs, beat });
  }
}
