import type { Fingerprint } from './fingerprint.js';

/** Segments grow one at a time, so that no growth moves more than a 256th of the table. */
const SEGMENTS = 256;
const MIN_CAPACITY = 8;

/** Fullest a segment gets before it is rebuilt, and how full it is afterwards: between the two lies the memory per entry. */
const MAX_LOAD = 0.875;
const REBUILT_LOAD = 0.7;

/** Expiry is kept in whole seconds, rounded up; beyond the year 2106 it is never. */
const NEVER_S = 0xffff_ffff;

/** Clocks are compared anew with every reply: an expiry that moves by no more than this is the same. */
const EXPIRY_NOISE_S = 2;

/** What a merge brought: nothing new; that something is kept for longer; something that may change a verdict. */
export type Merged = 'known' | 'longer' | 'later';

/**
 * Revocations by fingerprint, in typed arrays: 12 bytes a slot for what is dead for good, 20 where an epoch is kept. Nothing is
 * ever evicted; expired entries leave when their segment is rebuilt, which `sweep` does to a segment at a time.
 */
export class CompactTable {
  readonly #segments: Segment[];
  #sweeping = 0;

  /** @param withEpochs false: every entry is dead for good, and its epoch Infinity */
  constructor(withEpochs: boolean) {
    this.#segments = Array.from({ length: SEGMENTS }, () => new Segment(withEpochs, MIN_CAPACITY));
  }

  /** Entries, among them expired ones that have not left yet. */
  get size(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.count, 0);
  }

  /** Bytes of all typed arrays. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** The epoch in milliseconds; `undefined` where there is none, or where it has expired. */
  epochMs(fingerprint: Fingerprint, nowMs: number): number | undefined {
    return this.#segmentOf(fingerprint).epochMs(fingerprint, nowMs);
  }

  /**
   * Merges: the later epoch, the later expiry.
   *
   * @param lookedAtMs the latest time that a look-up went by: what had expired then was told to be absent, though it may be kept by `nowMs`
   */
  merge(fingerprint: Fingerprint, epochMs: number, keepUntilMs: number, nowMs: number, lookedAtMs = -Infinity): Merged {
    const expiryS = Math.min(NEVER_S, Math.max(1, Math.ceil(keepUntilMs / 1000)));
    if (this.#segmentOf(fingerprint).isFull) this.#rebuild(fingerprint.high >>> 24, nowMs);
    return this.#segmentOf(fingerprint).merge(fingerprint, epochMs, expiryS, nowMs, lookedAtMs);
  }

  /** Lets the expired entries of the next segment leave. 256 calls go once round the table. */
  sweep(nowMs: number): void {
    const index = this.#sweeping;
    this.#sweeping = (index + 1) % SEGMENTS;
    if (this.#segments[index]?.hasExpired(nowMs) === true) this.#rebuild(index, nowMs);
  }

  #segmentOf({ high }: Fingerprint): Segment {
    return this.#segments[high >>> 24] as Segment;
  }

  #rebuild(index: number, nowMs: number): void {
    this.#segments[index] = (this.#segments[index] as Segment).rebuilt(nowMs);
  }
}

/** An open-addressing hash table with linear probing. A slot is free when its expiry is 0. */
class Segment {
  readonly #capacity: number;
  readonly #lows: Int32Array;
  readonly #highs: Int32Array;
  readonly #expiriesS: Uint32Array;
  readonly #epochsMs: Float64Array | undefined;
  count = 0;

  constructor(withEpochs: boolean, capacity: number) {
    this.#capacity = capacity;
    this.#lows = new Int32Array(capacity);
    this.#highs = new Int32Array(capacity);
    this.#expiriesS = new Uint32Array(capacity);
    this.#epochsMs = withEpochs ? new Float64Array(capacity) : undefined;
  }

  get bytes(): number {
    return this.#capacity * (this.#epochsMs === undefined ? 12 : 20);
  }

  get isFull(): boolean {
    return this.count + 1 > this.#capacity * MAX_LOAD;
  }

  epochMs(fingerprint: Fingerprint, nowMs: number): number | undefined {
    const slot = this.#slotOf(fingerprint);
    const expiryS = this.#expiriesS[slot] as number;
    if (expiryS === 0 || isExpired(expiryS, nowMs)) return undefined;
    return this.#epochsMs === undefined ? Infinity : this.#epochsMs[slot];
  }

  /** What has expired counts as absent, though it still stands in its slot. */
  merge(fingerprint: Fingerprint, epochMs: number, expiryS: number, nowMs: number, lookedAtMs: number): Merged {
    const slot = this.#slotOf(fingerprint);
    const wasS = this.#expiriesS[slot] as number;
    if (wasS === 0) {
      this.#lows[slot] = fingerprint.low;
      this.#highs[slot] = fingerprint.high;
      this.count += 1;
    }
    const isNew = wasS === 0 || isExpired(wasS, nowMs);
    const epochsMs = this.#epochsMs;
    const isLater = epochsMs !== undefined && (isNew || epochMs > (epochsMs[slot] as number));
    if (isLater) epochsMs[slot] = epochMs;
    // What is 'known' the archive does not hear of: moved a little here each time, it would last longer than what is written back.
    if (!isNew && !isLater && expiryS <= wasS + EXPIRY_NOISE_S) return 'known';
    this.#expiriesS[slot] = Math.max(expiryS, wasS);
    if (isNew || isLater) return 'later';
    return isExpired(wasS, lookedAtMs) ? 'later' : 'longer';
  }

  hasExpired(nowMs: number): boolean {
    return this.#expiriesS.some(expiryS => expiryS !== 0 && isExpired(expiryS, nowMs));
  }

  /** A segment with room again, holding what has not expired. */
  rebuilt(nowMs: number): Segment {
    const alive = this.#expiriesS.reduce((sum, expiryS) => sum + (expiryS !== 0 && !isExpired(expiryS, nowMs) ? 1 : 0), 0);
    const next = new Segment(this.#epochsMs !== undefined, Math.max(MIN_CAPACITY, Math.ceil(alive / REBUILT_LOAD)));
    for (let slot = 0; slot < this.#capacity; slot++) {
      const expiryS = this.#expiriesS[slot] as number;
      if (expiryS === 0 || isExpired(expiryS, nowMs)) continue;
      const fingerprint = { high: this.#highs[slot] as number, low: this.#lows[slot] as number };
      next.merge(fingerprint, this.#epochsMs?.[slot] ?? Infinity, expiryS, nowMs, -Infinity);
    }
    return next;
  }

  /** Where the fingerprint stands, or the free slot where it would. There is always a free one. */
  #slotOf({ high, low }: Fingerprint): number {
    const lows = this.#lows;
    const highs = this.#highs;
    const expiriesS = this.#expiriesS;
    const capacity = this.#capacity;
    let slot = Math.floor(((low >>> 0) / 0x1_0000_0000) * capacity);
    while (expiriesS[slot] !== 0 && (lows[slot] !== low || highs[slot] !== high)) slot = slot + 1 === capacity ? 0 : slot + 1;
    return slot;
  }
}

function isExpired(expiryS: number, nowMs: number): boolean {
  return expiryS !== NEVER_S && expiryS * 1000 <= nowMs;
}
