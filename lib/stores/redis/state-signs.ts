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

const FIELDS = ['incarnation', 'acknowledged', 'proven', 'torn', 'lost', 'length'] as const;

/** Asks for the signs. `needsRole`: also for the role of the server, which a node of a cluster tells by redirecting us. */
export function signReads({ state }: RedisKeys, needsRole: boolean): readonly Read[] {
  return [['hmget', state, ...FIELDS], ...(needsRole ? [['role'] as const] : [])];
}

/** @throws StoreUnavailableError where the server is not a primary, or its signs cannot be read */
export function readSigns([state, role]: readonly unknown[], address: string): StateSigns {
  if (Array.isArray(role) && role[0] !== 'master') throw new StoreUnavailableError(`${address} is a replica, or has become one.`);
  if (!Array.isArray(state)) throw new StoreUnavailableError(`The state of the store at ${address} cannot be read.`);
  const [incarnation, beat, proven, torn, lost, length] = state as (string | null)[];
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
