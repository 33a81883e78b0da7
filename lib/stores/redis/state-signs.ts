import { StoreUnavailableError } from '../../errors.js';
import { readMs } from './numbers.js';
import type { RedisKeys } from './keys.js';
import type { Read } from './together.js';

/** What the state of a namespace says of the server that answers. Read in one go with whatever is asked of it. */
export interface StateSigns {
  /** `undefined` where nothing was ever recorded. */
  readonly incarnation: string | undefined;
  /** How often replicas were asked to acknowledge, and the last of these that they did acknowledge: see PrimaryProof. */
  readonly beat: number;
  readonly proven: number;
  /** Until when it matters that the log lacks entries, milliseconds since 1970 by the clock of the store. */
  readonly torn: string | undefined;
  /** The incarnation of data that was lost, and not settled. */
  readonly lost: string | undefined;
  /** Of the log, as those who write to it left it. */
  readonly logLength: number;
}

const FIELDS = ['incarnation', 'acknowledged', 'torn', 'lost', 'length'] as const;

/**
 * Asks for the signs.
 *
 * @param replicas how many must have acknowledged a proof; 0 where a server is believed without
 * @param isCluster a node of a cluster tells that it is no primary by redirecting us, and is not asked for its role
 */
export function signReads({ state }: RedisKeys, replicas: number, isCluster: boolean): readonly Read[] {
  return [['hmget', state, ...FIELDS, `proven:${replicas}`], ...(isCluster ? [] : [['role'] as const])];
}

/** @throws StoreUnavailableError where the server is not a primary, or its signs cannot be read */
export function readSigns([state, role]: readonly unknown[], address: string): StateSigns {
  if (Array.isArray(role) && role[0] !== 'master') throw new StoreUnavailableError(`${address} is a replica, or has become one.`);
  if (!Array.isArray(state)) throw new StoreUnavailableError(`The state of the store at ${address} cannot be read.`);
  const [incarnation, beat, torn, lost, length, proven] = state as (string | null)[];
  return {
    incarnation: incarnation ?? undefined,
    beat: count(beat),
    proven: count(proven),
    torn: torn ?? undefined,
    lost: lost ?? undefined,
    logLength: count(length),
  };
}

/** What was never counted is 0. What cannot be read proves nothing. */
function count(text: string | null | undefined): number {
  const value = readMs(text ?? '0');
  return Number.isNaN(value) ? 0 : value;
}
