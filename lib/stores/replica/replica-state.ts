import type { ResyncCause } from './log-tail.js';

/**
 * `starting`: has not caught up yet. `live`: answers from memory. `stale`: cannot prove that it is up to date, so every check
 * asks the store. `closed`: for good.
 */
export type ReplicaState = 'starting' | 'live' | 'stale' | 'closed';

export interface ReplicaFigures {
  readonly state: ReplicaState;
  /** Revocations held. */
  readonly entries: number;
  readonly bytes: number;
  /** Milliseconds since the replica last knew that it had caught up; Infinity before the first time. */
  readonly ageMs: number;
  /** Milliseconds from the recording of the last entry to its arrival here, by the two clocks. */
  readonly lagMs: number | undefined;
  /** How often the log had to be read again from its start. */
  readonly resyncs: number;
}

/** `cause` is given where the log is being read again from its start. */
export type ReplicaListener = (state: ReplicaState, cause?: ResyncCause) => void;
