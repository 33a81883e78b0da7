import type { TargetKey } from '../../model/target-key.js';
import { CompactTable } from './compact-table.js';
import { fingerprinter, type Fingerprint } from './fingerprint.js';

/** The revocations that this process knows. Only ever told more: nothing is evicted, and nothing un-revokes. */
export class LocalRevocations {
  readonly #fingerprint = fingerprinter();
  /** Tokens, grants, sessions: many, and their epoch is always Infinity. */
  readonly #dead = new CompactTable(false);
  readonly #epochs = new CompactTable(true);
  #version = 0;

  /** Moves whenever a verdict may have changed: what was found live at this version is live. */
  get version(): number {
    return this.#version;
  }

  get entries(): number {
    return this.#dead.size + this.#epochs.size;
  }

  get bytes(): number {
    return this.#dead.bytes + this.#epochs.bytes;
  }

  /** Computed once a token: all that a later look-up needs. */
  fingerprint(key: TargetKey): Fingerprint {
    return this.#fingerprint(key);
  }

  epochMs(fingerprint: Fingerprint, nowMs: number): number | undefined {
    return this.#dead.epochMs(fingerprint, nowMs) ?? this.#epochs.epochMs(fingerprint, nowMs);
  }

  merge(key: TargetKey, epochMs: number, keepUntilMs: number, nowMs: number): void {
    const table = epochMs === Infinity ? this.#dead : this.#epochs;
    if (table.merge(this.#fingerprint(key), epochMs, keepUntilMs, nowMs)) this.#version += 1;
  }

  /** A small step of letting expired entries leave. */
  sweep(nowMs: number): void {
    this.#dead.sweep(nowMs);
    this.#epochs.sweep(nowMs);
  }
}
