/**
 * What can be wrong with the server that keeps the revocations. Stable: code may branch on it.
 *
 * | code | what it means | checks |
 * |---|---|---|
 * | `eviction_policy` | keys may be evicted when memory is full, and with them revocations | refused while `maxmemory` is set |
 * | `evicted_keys` | keys were evicted; revocations may have been among them | refused where it happened while this process ran |
 * | `not_primary` | it is a replica, which lags | refused |
 * | `unsupported_version` | it lacks commands that are needed | refused |
 * | `unsupported_mode` | a Sentinel, or a node of a cluster that was given as a single server | refused |
 * | `data_loss` | everything was forgotten, and no copy has given it back yet | refused, as `onDataLoss` says |
 * | `memory_nearly_full` | soon nothing can be recorded | answered |
 * | `no_persistence` | a restart forgets everything | answered |
 * | `snapshots_only` | a crash forgets what came after the last snapshot | answered |
 * | `persistence_failing` | it cannot write to its disk | answered |
 * | `clock_difference` | its clock and that of this process are more than two seconds apart | answered |
 * | `not_checked` | it does not say, or may not be asked | answered |
 */
export type StoreWarningCode =
  | 'eviction_policy'
  | 'evicted_keys'
  | 'not_primary'
  | 'unsupported_version'
  | 'unsupported_mode'
  | 'data_loss'
  | 'memory_nearly_full'
  | 'no_persistence'
  | 'snapshots_only'
  | 'persistence_failing'
  | 'clock_difference'
  | 'not_checked';

export interface StoreWarning {
  readonly code: StoreWarningCode;
  /** For people: what was found, why it matters, what to do. */
  readonly message: string;
  /** True where checks that the server would have to answer are refused (503) for as long as this stands. */
  readonly refuses: boolean;
  /** Of `clock_difference`: the server's clock minus this process's, milliseconds. */
  readonly differenceMs?: number;
}

/** Called when a warning comes up, and, with `isOver`, when it no longer holds. */
export type StoreWarningListener = (warning: StoreWarning, isOver: boolean) => void;

/** Watches over the server that keeps the revocations. */
export interface ServerMonitor {
  /** What stands against it now. */
  readonly warnings: readonly StoreWarning[];
  /** Answers with what ends that. */
  onWarning(listener: StoreWarningListener): () => void;
  /** Settles what `data_loss` says, after what must not live was revoked again. Rejects with a StoreUnavailableError. */
  acceptDataLoss(): Promise<void>;
}
