import type { Socket } from 'node:net';

/** What becomes of the bytes that go one way. */
export interface Passage {
  /** They wait, and nothing of them is lost. */
  readonly isHeld?: boolean;
  /** They are gone. TCP knows no such thing as a stretch that is missing: a lane that lost some never delivers again. */
  readonly isLost?: boolean;
  readonly delayMs?: number;
  /** So many at a time, each an arrival of its own. */
  readonly sliceBytes?: number;
  /** Half of what comes next, and then the end. */
  readonly isCut?: boolean;
}

/** More than this waits at its source. */
const MAX_QUEUED_BYTES = 1 << 20;

interface Queued {
  readonly dueMs: number;
  /** `undefined`: its source has ended. */
  readonly bytes: Buffer | undefined;
}

/** One direction of a connection: what arrives from one socket goes to the other, in order, as the passage of the moment says. */
export class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #queue: Queued[] = [];
  #queuedBytes = 0;
  #passage: Passage;
  #isLost = false;
  #wasReset = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, passage: Passage) {
    this.#from = from;
    this.#to = to;
    this.#passage = passage;
    from.on('data', bytes => { this.#take(bytes); });
    from.on('end', () => { this.#take(undefined); });
    from.on('close', hadError => {
      this.#wasReset = hadError;
      this.#pump();
    });
    to.on('drain', () => { this.#pump(); });
    to.on('close', () => { clearTimeout(this.#timer); });
    this.#flow();
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  change(passage: Passage): void {
    this.#passage = passage;
    this.#pump();
  }

  /** Nothing is delivered any more, ever, and neither end hears of the other's. */
  lose(): void {
    this.#isLost = true;
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    this.#flow();
  }

  #take(bytes: Buffer | undefined): void {
    if (this.#passage.isLost === true) this.lose();
    if (this.#isLost) return;
    this.#queue.push({ dueMs: performance.now() + (this.#passage.delayMs ?? 0), bytes });
    this.#queuedBytes += bytes?.length ?? 0;
    this.#pump();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    // A connection that was reset is so at both ends. One that ended well has said so already.
    if (this.#wasReset && !this.#isLost && this.#passage.isHeld !== true) this.#to.resetAndDestroy();
    while (this.#mayDeliver()) {
      const next = this.#queue[0]!;
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => { this.#pump(); }, waitMs);
        break;
      }
      this.#queue.shift();
      this.#queuedBytes -= next.bytes?.length ?? 0;
      if (next.bytes === undefined) this.#to.end();
      else if (this.#deliver(next.bytes)) break;
    }
    this.#flow();
  }

  #mayDeliver(): boolean {
    return this.#queue.length > 0 && this.#passage.isHeld !== true && !this.#to.writableNeedDrain && !this.#to.destroyed;
  }

  /** Answers whether the rest has to wait for the next turn of the event loop. */
  #deliver(bytes: Buffer): boolean {
    const { sliceBytes = Infinity, isCut = false } = this.#passage;
    if (isCut && bytes.length > 1) {
      this.#to.end(bytes.subarray(0, bytes.length >>> 1));
      this.lose();
      this.#from.destroy();
      return true;
    }
    if (bytes.length <= sliceBytes) {
      this.#to.write(bytes);
      return false;
    }
    this.#to.write(bytes.subarray(0, sliceBytes));
    this.#queue.unshift({ dueMs: 0, bytes: bytes.subarray(sliceBytes) });
    this.#queuedBytes += bytes.length - sliceBytes;
    setImmediate(() => { this.#pump(); });
    return true;
  }

  #flow(): void {
    const mustWait = !this.#isLost && (this.#passage.isHeld === true || this.#queuedBytes > MAX_QUEUED_BYTES);
    if (mustWait) this.#from.pause();
    else this.#from.resume();
  }
}
