import type { TargetKey } from '../../model/target-key.js';
import type { Lookup } from '../local-view.js';
import { CompactTable, type Merged } from './compact-table.js';
import { fingerprinter, type Fingerprint } from './fingerprint.js';

/** Versions are kept by groups of targets, a power of two of them: a change is news to the tokens of one group only. */
const GROUPS = 8192;

/** The revocations that this process knows. Only ever told more: nothing is evicted, and nothing un-revokes. */
export class LocalRevocations {
  readonly #fingerprint = fingerprinter();
  /** Tokens, grants, sessions: many, and their epoch is Infinity. */
  #dead = new CompactTable(false);
  /** Users, clients, organisations: fewer. */
  #epochs = new CompactTable(true);
  /** Whether one of them ever had to stand in the other's table. As long as none has, a look-up need not look twice. */
  #isMixed = false;
  /** The version at which each group of targets last changed. */
  readonly #changedAt = new Float64Array(GROUPS);
  #version = 0;
  /** The latest time that a look-up went by. The wall clock may be ahead of the one that merging goes by, and may be put back. */
  #lookedAtMs = -Infinity;

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

  epochMs(key: TargetKey, nowMs: number): number | undefined {
    return this.#epochMs(sought(key, this.#fingerprint), nowMs);
  }

  lookup(keys: readonly TargetKey[]): Lookup {
    const targets = keys.map(key => sought(key, this.#fingerprint));
    const groups = targets.map(({ fingerprint }) => groupOf(fingerprint));
    return {
      epochsMs: () => {
        const nowMs = Date.now();
        if (nowMs > this.#lookedAtMs) this.#lookedAtMs = nowMs;
        return targets.map(target => this.#epochMs(target, nowMs));
      },
      mayHaveChangedSince: version => {
        for (const group of groups) if ((this.#changedAt[group] as number) > version) return true;
        return false;
      },
    };
  }

  merge(key: TargetKey, epochMs: number, keepUntilMs: number, nowMs: number): Merged {
    const { fingerprint, isFinal } = sought(key, this.#fingerprint);
    const hasEpoch = epochMs !== Infinity;
    if (hasEpoch === isFinal) this.#isMixed = true;
    const merged = (hasEpoch ? this.#epochs : this.#dead).merge(fingerprint, epochMs, keepUntilMs, nowMs, this.#lookedAtMs);
    if (merged !== 'later') return merged;
    this.#version += 1;
    this.#changedAt[groupOf(fingerprint)] = this.#version;
    return merged;
  }

  /** Forgets all, which nothing but the end of the process is a reason for. */
  clear(): void {
    this.#dead = new CompactTable(false);
    this.#epochs = new CompactTable(true);
  }

  /** A small step of letting expired entries leave. */
  sweep(nowMs: number): void {
    this.#dead.sweep(nowMs);
    this.#epochs.sweep(nowMs);
  }

  #epochMs({ fingerprint, isFinal }: Sought, nowMs: number): number | undefined {
    if (!this.#isMixed) return (isFinal ? this.#dead : this.#epochs).epochMs(fingerprint, nowMs);
    return this.#dead.epochMs(fingerprint, nowMs) ?? this.#epochs.epochMs(fingerprint, nowMs);
  }
}

interface Sought {
  readonly fingerprint: Fingerprint;
  /** Whether it is the key of a token, grant or session, which have no epoch. */
  readonly isFinal: boolean;
}

function sought(key: TargetKey, fingerprint: (text: string) => Fingerprint): Sought {
  const isFinal = key.startsWith('token:') || key.startsWith('grant:') || key.startsWith('session:');
  return { fingerprint: fingerprint(key), isFinal };
}

function groupOf({ low }: Fingerprint): number {
  return low & (GROUPS - 1);
}
