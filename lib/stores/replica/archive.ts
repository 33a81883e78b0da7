import { Buffer } from 'node:buffer';
import type { TargetKey } from '../../model/target-key.js';

/** A revocation in full, so that it can be given back to a store that lost it. */
export interface KnownRevocation {
  readonly key: TargetKey;
  /** Infinity for what is dead for good. */
  readonly epochMs: number;
  /** By the clock of this process. */
  readonly keepUntilMs: number;
}

const PER_CHUNK = 4096;

/** So many sweeps go once through all of it, as in the table: one chunk at a time would not keep up with many revocations. */
const SWEEPS = 256;

/** 22 characters of base64url are 132 bits: with two more, 18 bytes. */
const HASH_BYTES = 18;
const HASH_LENGTH = 22;
const FILL = 'AA';

const KINDS = ['token', 'grant', 'session', 'subject', 'member', 'client', 'organisation', 'all'] as const;

/** Beyond the year 2106 it is never. */
const NEVER_S = 0xffff_ffff;

/**
 * What is kept of revocations to write them back after their store has lost them: 23 bytes each, 31 in a chunk that has an epoch. Only
 * appended to and read through; answers are the table's business. Chunks leave when all of theirs has expired, and are written anew
 * when most of it has.
 */
export class Archive {
  #chunks: Chunk[] = [];
  #sweeping = 0;

  get bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
  }

  add(key: TargetKey, epochMs: number, keepUntilMs: number): void {
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.isFull) this.#chunks.push((chunk = new Chunk()));
    chunk.add(key, epochMs, Math.min(NEVER_S, Math.ceil(keepUntilMs / 1000)));
  }

  /**
   * All that has not expired, a chunk at a time. Begins anywhere, so that many processes that write it back share the work instead of
   * racing for the same.
   */
  *chunks(nowMs: number): Generator<readonly KnownRevocation[]> {
    const chunks = [...this.#chunks];
    for (const chunk of fromAnywhere(chunks)) yield fromAnywhere(chunk.alive(nowMs));
  }

  /** A small step of letting what has expired leave. */
  sweep(nowMs: number): void {
    for (let chunks = Math.ceil(this.#chunks.length / SWEEPS); chunks > 0; chunks--) this.#sweepNext(nowMs);
  }

  clear(): void {
    this.#chunks = [];
  }

  #sweepNext(nowMs: number): void {
    const chunk = this.#chunks[this.#sweeping];
    if (chunk === undefined) {
      this.#sweeping = 0;
      return;
    }
    const alive = chunk.aliveCount(nowMs);
    if (alive * 2 > chunk.count) {
      this.#sweeping += 1;
      return;
    }
    this.#chunks.splice(this.#sweeping, 1);
    for (const { key, epochMs, keepUntilMs } of chunk.alive(nowMs)) this.add(key, epochMs, keepUntilMs);
  }
}

function fromAnywhere<T>(items: readonly T[]): readonly T[] {
  const start = Math.floor(Math.random() * items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}

class Chunk {
  readonly #hashes = Buffer.alloc(PER_CHUNK * HASH_BYTES);
  readonly #kinds = new Uint8Array(PER_CHUNK);
  readonly #expiriesS = new Uint32Array(PER_CHUNK);
  /** Only where one of them is not dead for good. */
  #epochsMs: Float64Array | undefined;
  count = 0;

  get bytes(): number {
    return PER_CHUNK * (HASH_BYTES + 1 + 4 + (this.#epochsMs === undefined ? 0 : 8));
  }

  get isFull(): boolean {
    return this.count === PER_CHUNK;
  }

  add(key: TargetKey, epochMs: number, expiryS: number): void {
    const i = this.count;
    const colon = key.indexOf(':');
    this.#kinds[i] = KINDS.indexOf(key.slice(0, colon) as (typeof KINDS)[number]);
    this.#hashes.write(key.slice(colon + 1) + FILL, i * HASH_BYTES, 'base64url');
    this.#expiriesS[i] = expiryS;
    if (epochMs !== Infinity) this.#epochsMs ??= new Float64Array(PER_CHUNK).fill(Infinity);
    if (this.#epochsMs !== undefined) this.#epochsMs[i] = epochMs;
    this.count += 1;
  }

  aliveCount(nowMs: number): number {
    let alive = 0;
    for (let i = 0; i < this.count; i++) if (this.#isAlive(i, nowMs)) alive += 1;
    return alive;
  }

  alive(nowMs: number): KnownRevocation[] {
    const alive: KnownRevocation[] = [];
    for (let i = 0; i < this.count; i++) if (this.#isAlive(i, nowMs)) alive.push(this.#at(i));
    return alive;
  }

  #isAlive(i: number, nowMs: number): boolean {
    return (this.#expiriesS[i] as number) * 1000 > nowMs;
  }

  #at(i: number): KnownRevocation {
    const hash = this.#hashes.toString('base64url', i * HASH_BYTES, (i + 1) * HASH_BYTES).slice(0, HASH_LENGTH);
    const key = `${KINDS[this.#kinds[i] as number] as string}:${hash}` as TargetKey;
    return { key, epochMs: this.#epochsMs?.[i] ?? Infinity, keepUntilMs: (this.#expiriesS[i] as number) * 1000 };
  }
}
