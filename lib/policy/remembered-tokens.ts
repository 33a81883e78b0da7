/** How many characters at a token's end find it: of its signature, so that the whole token need not be hashed. */
const TAIL_LENGTH = 24;

interface Remembered<T> {
  readonly tail: string;
  readonly token: string;
  readonly value: T;
  /** On the monotonic clock, in whole milliseconds: a small integer stands in the object itself. */
  readonly sinceMs: number;
}

export interface RememberOptions {
  /** Most tokens remembered at once, 2 to 1,000,000, some 3 KB each. Default 10,000. */
  readonly maxTokens: number;
  /** How long after its verification a token is verified anew, 1 to 86,400,000 milliseconds. Default 3,600,000: an hour. */
  readonly maxAgeMs: number;
}

/**
 * What was found out about tokens, by the whole token. Kept in two generations, the older of which is dropped whenever the
 * younger is full: what is in use stays, and nothing has to be sorted.
 */
export class RememberedTokens<T> {
  readonly #generationSize: number;
  readonly #maxAgeMs: number;
  #young = new Map<string, Remembered<T>>();
  #old = new Map<string, Remembered<T>>();

  constructor({ maxTokens, maxAgeMs }: RememberOptions) {
    this.#generationSize = Math.floor(maxTokens / 2);
    this.#maxAgeMs = maxAgeMs;
  }

  get(token: string): T | undefined {
    const tail = token.slice(-TAIL_LENGTH);
    const remembered = this.#young.get(tail) ?? this.#rejuvenated(tail);
    // The tail only finds: two tokens may end alike, and a forged one can be made to.
    if (remembered?.token !== token) return undefined;
    return performance.now() - remembered.sinceMs < this.#maxAgeMs ? remembered.value : undefined;
  }

  set(token: string, value: T): void {
    this.#put({ tail: token.slice(-TAIL_LENGTH), token, value, sinceMs: Math.floor(performance.now()) });
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  #rejuvenated(tail: string): Remembered<T> | undefined {
    const remembered = this.#old.get(tail);
    if (remembered !== undefined) this.#put(remembered);
    return remembered;
  }

  /** By the tail that was there first: one cut from this request would keep its whole header alive. */
  #put(remembered: Remembered<T>): void {
    const { tail } = remembered;
    if (this.#young.size >= this.#generationSize && !this.#young.has(tail)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(tail, remembered);
  }
}
