import { badOption, onlyKnown, wholeNumber } from '../../option-checks.js';

/**
 * How far a write must have got before it counts as recorded.
 *
 * `'primary'`: the primary has it. A failover may lose it.
 * `{ replicas }`: so many replicas have it too, in memory; while fewer do, writes are answered 503 and may be repeated.
 */
export type Acknowledge = 'primary' | ReplicaAcknowledgement;

export interface ReplicaAcknowledgement {
  /** Replicas that must have the write, 1 to 10. Keep one more than that running, or the loss of one stops all revoking. */
  readonly replicas: number;
  /** How long a write waits for them, milliseconds, 1 to 5,000. Default 500. */
  readonly timeoutMs?: number;
}

/** `undefined` where the primary alone is enough. */
export function parseAcknowledge(acknowledge: Acknowledge = 'primary'): Required<ReplicaAcknowledgement> | undefined {
  if (acknowledge === 'primary') return undefined;
  if (typeof acknowledge !== 'object' || (acknowledge as unknown) === null) {
    throw badOption('acknowledge', acknowledge, "'primary', or the replicas that must have a write, such as { replicas: 1 }");
  }
  onlyKnown('acknowledge', acknowledge, ['replicas', 'timeoutMs']);
  return {
    replicas: wholeNumber('acknowledge.replicas', acknowledge.replicas, { min: 1, max: 10, unit: 'of replicas' }),
    timeoutMs: wholeNumber('acknowledge.timeoutMs', acknowledge.timeoutMs ?? 500, { min: 1, max: 5000, unit: 'of milliseconds' }),
  };
}
