import { badOption, flag, onlyKnown, wholeNumber } from '../../option-checks.js';

/**
 * How far a write must have got before it counts as recorded.
 *
 * `'primary'`: the primary has it. A failover may lose it.
 * `{ replicas }`: so many replicas have it too, in memory; while fewer do, writes are answered 503 and may be repeated. To lose nothing
 * even when the network falls apart, name all replicas that may become the primary: of two, one that has it may be cut off together
 * with the primary, while the other takes over.
 * `{ replicas, onDisk: true }`: the primary and so many replicas have it on their disks, so that it survives all of them losing power.
 */
export type Acknowledge = 'primary' | ReplicaAcknowledgement;

export interface ReplicaAcknowledgement {
  /**
   * Replicas that must have the write, 1 to 10; with `onDisk` also 0. Keep one more than that running, or the loss of one stops all
   * revoking.
   */
  readonly replicas: number;
  /** How long a write waits for them, milliseconds, 1 to 5,000. Default 500, with `onDisk` 2,000. */
  readonly timeoutMs?: number;
  /**
   * Wait until it is on disk too (WAITAOF): Redis 7.2 or later, with `appendonly yes` at the primary and those replicas. A write then
   * takes as long as they need: with `appendfsync everysec` up to a second. Default false.
   */
  readonly onDisk?: boolean;
  /**
   * How long ago a server must have proved, at most, that it is still the primary, milliseconds, 200 to 60,000. Default 1,000. A
   * primary that was cut off from its replicas, or stopped and resumed after another one took its place, answers as if nothing had
   * happened; from here on it is not believed. So while fewer replicas acknowledge than `replicas`, checks are refused too (503).
   */
  readonly provenWithinMs?: number;
}

/** `undefined` where the primary alone is enough. */
export function parseAcknowledge(acknowledge: Acknowledge = 'primary'): Required<ReplicaAcknowledgement> | undefined {
  if (acknowledge === 'primary') return undefined;
  if (typeof acknowledge !== 'object' || (acknowledge as unknown) === null) {
    throw badOption('acknowledge', acknowledge, "'primary', or the replicas that must have a write, such as { replicas: 1 }");
  }
  onlyKnown('acknowledge', acknowledge, ['replicas', 'timeoutMs', 'onDisk', 'provenWithinMs']);
  const onDisk = flag('acknowledge.onDisk', acknowledge.onDisk);
  return {
    onDisk,
    replicas: wholeNumber('acknowledge.replicas', acknowledge.replicas, { min: onDisk ? 0 : 1, max: 10, unit: 'of replicas' }),
    timeoutMs: wholeNumber('acknowledge.timeoutMs', acknowledge.timeoutMs ?? (onDisk ? 2000 : 500), { min: 1, max: 5000, unit: 'of milliseconds' }),
    provenWithinMs: wholeNumber('acknowledge.provenWithinMs', acknowledge.provenWithinMs ?? 1000, { min: 200, max: 60_000, unit: 'of milliseconds' }),
  };
}
