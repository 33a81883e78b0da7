import type { TargetKey } from '../../model/target-key.js';
import type { Lookup } from '../local-view.js';
import { CompactTable } from './compact-table.js';
import { fingerprinter, type Fingerprint } from './fingerprint.js';

/** Versions are kept by groups of targets, a power of two of them: a change is news to the tokens of one group only. */
const GROUPS = 8192;

/** The revocations that this process knows. Only ever told more: nothing is evicted, and nothing un-revokes. */
export class LocalRevocations {
  readonly #fingerprint = fingerprinter();
  /** Tokens, grants, sessions: many, and their epoch is Infinity. */
  readonly #dead = new CompactTable(false);
  /** Users, clients, organisations: fewer. */
  readonly #epochs = new CompactTable(true);
  /** Whether one of them ever had to stand in the other's table. As long as none has, a look-up need not look twice. */
  #isMixed = false;
  /** The version at which each group of targets last changed. */
  readonly #changedAt = new Float64Array(GROUPS);
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

  epochMs(key: TargetKey, nowMs: number): number | undefined {
    return this.#epochMs(this.#sought(key), nowMs);
  }

  lookup(keys: readonly TargetKey[]): Lookup {
    const targets = keys.map(key => this.#sought(key));
    const groups = targets.map(({ fingerprint }) => groupOf(fingerprint));
    return {
      epochsMs: () => {
        const nowMs = Date.now();
        return targets.map(target => this.#epochMs(target, nowMs));
      },
      mayHaveChangedSince: version => {
        for (const group of groups) if ((this.#changedAt[group] as number) > version) return true;
        return false;
      },
    };
  }

  /** True where that may have changed a verdict. */
  merge(key: TargetKey, epochMs: number, keepUntilMs: number, nowMs: number): boolean {
    const { fingerprint, table } = this.#sought(key);
    const fitting = epochMs === Infinity ? this.#dead : this.#epochs;
    if (fitting !== table) this.#isMixed = true;
    if (!fitting.merge(fingerprint, epochMs, keepUntilMs, nowMs)) return false;
    this.#version += 1;
    this.#changedAt[groupOf(fingerprint)] = this.#version;
    return true;
  }

  /** A small step of letting expired entries leave. */
  sweep(nowMs: number): void {
    this.#dead.sweep(nowMs);
    this.#epochs.sweep(nowMs);
  }

  #sought(key: TargetKey): Sought {
    return { fingerprint: this.#fingerprint(key), table: isDeadForGood(key) ? this.#dead : this.#epochs };
  }

  #epochMs({ fingerprint, table }: Sought, nowMs: number): number | undefined {
    if (!this.#isMixed) return table.epochMs(fingerprint, nowMs);
    return this.#dead.epochMs(fingerprint, nowMs) ?? this.#epochs.epochMs(fingerprint, nowMs);
  }
}

interface Sought {
  readonly fingerprint: Fingerprint;
  /** Where it stands, if it does. */
  readonly table: CompactTable;
}

/** The key of a token, grant or session, which have no epoch. */
function isDeadForGood(key: TargetKey): boolean {
  return key.startsWith('token:') || key.startsWith('grant:') || key.startsWith('session:');
}

function groupOf({ low }: Fingerprint): number {
  return low & (GROUPS - 1);
}
