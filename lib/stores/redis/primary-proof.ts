import type { StateSigns } from './state-signs.js';

/**
 * Tells how long ago a server certainly was the primary, though a primary that was cut off, or stopped and resumed, answers as if
 * nothing had happened.
 *
 * Writers move a counter (`beat`) and wait until replicas have that; then, and only then, they write the number down beside it
 * (`proven`). So where a number was not reached yet when this process looked, and is proven now, replicas took writes from this
 * server after that look: whatever was acknowledged until then is in it. One that has lost its replicas can move its counter but
 * proves nothing more. Only our own monotonic clock is used.
 */
export class PrimaryProof {
  readonly #withinMs: number;
  /** What was seen of one server, oldest first. */
  #looks: { readonly atMs: number; readonly beat: number }[] = [];

  /** @param withinMs looks older than this are of no use to anybody */
  constructor(withinMs: number) {
    this.#withinMs = withinMs;
  }

  /**
   * @param atMs when the server was asked for these signs, by the monotonic clock
   * @returns the instant of that clock until which the server that gave them certainly was the primary; -Infinity: unknown
   */
  provenUntilMs(atMs: number, { beat, proven }: StateSigns): number {
    const look = this.#looks.findLast(each => each.beat < proven);
    this.#remember(atMs, beat);
    return look?.atMs ?? -Infinity;
  }

  /** After connecting anew: what another server counted means nothing here. */
  forget(): void {
    this.#looks = [];
  }

  /** Of looks in quick succession the first will do: to date a proof too early is the safe side. */
  #remember(atMs: number, beat: number): void {
    const last = this.#looks.at(-1);
    if (last !== undefined && atMs - last.atMs < this.#withinMs / 50) return;
    this.#looks = this.#looks.filter(look => atMs - look.atMs <= this.#withinMs);
    this.#looks.push({ atMs, beat });
  }
}
