import { StoreUnavailableError } from '../../errors.js';
import { inTime } from '../../in-time.js';
import type { RedisClient } from './connections.js';
import { summary } from './redis-errors.js';

/** What a server says of itself. Times are milliseconds since 1970. */
export interface ServerReport {
  /** The fields of INFO; `undefined` where it may not be asked. */
  readonly info: ReadonlyMap<string, string> | undefined;
  /** Its clock; `undefined` where it may not be asked. */
  readonly clockMs: number | undefined;
  /** Our clock, before we asked and after the answer. */
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  /** What the state says of data that was lost: what is not settled, and what of `losses` is. `incarnation`: of what is there now. */
  readonly incarnation: string | undefined;
  readonly lost: string | undefined;
  readonly settled: readonly string[];
  /** True for a node of a cluster that sends us to another one for our keys. */
  readonly isElsewhere: boolean;
  /** Questions that it would not answer, with the first word of what it said: `INFO: NOPERM`. */
  readonly refused: readonly string[];
}

/** Far above what INFO takes, and not on the path of any request. */
const DEADLINE_MS = 1000;

/**
 * INFO without sections, because several of them at once need Redis 7. HMGET is there for its key too: on a cluster all three go to the
 * node that has it, whereas INFO and TIME alone go to any.
 *
 * @throws whatever keeps the server from answering at all (rejects)
 * @param losses incarnations of data that this process knows to have been lost
 */
export async function askServer(connection: RedisClient, key: string, losses: readonly string[], address: string): Promise<ServerReport> {
  const sentAtMs = Date.now();
  const commands = [['hmget', key, 'incarnation', 'lost', ...losses.map(loss => `settled:${loss}`)], ['time'], ['info']];
  const replies = (await inTime(connection.pipeline(commands).exec(), DEADLINE_MS, () => new StoreUnavailableError(`${address} cannot answer (timed out).`))) ?? [];
  const receivedAtMs = Date.now();
  const errors = replies.map(([error]) => error).filter(error => error !== null);
  const broken = errors.find(error => !isReply(error) || (connection.isCluster && isRedirection(error)));
  if (broken !== undefined) throw broken;
  const [[, state] = [null], [timeError, time] = [null], [infoError, info] = [null]] = replies;
  const [incarnation, lost, ...settled] = Array.isArray(state) ? (state as (string | null)[]) : [];
  return {
    incarnation: incarnation ?? undefined,
    lost: lost ?? undefined,
    settled: losses.filter((_, i) => typeof settled[i] === 'string'),
    info: typeof info === 'string' ? readInfo(info) : undefined,
    clockMs: readClock(time),
    ...{ sentAtMs, receivedAtMs },
    isElsewhere: errors.some(isRedirection),
    refused: [...refusal('TIME', timeError), ...refusal('INFO', infoError)],
  };
}

/** An error that the server answered with, and not one of the way there. */
function isReply(error: Error): boolean {
  return error.name === 'ReplyError';
}

function refusal(command: string, error: Error | null): readonly string[] {
  return error === null ? [] : [`${command}: ${summary(error)}`];
}

/** A cluster client follows these by itself; where it could not, its map of the cluster is out of date. */
function isRedirection(error: Error): boolean {
  return /^(MOVED|ASK) /.test(error.message);
}

function readInfo(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).filter(line => !line.startsWith('#'));
  return new Map(lines.map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

function readClock(time: unknown): number | undefined {
  if (!Array.isArray(time)) return undefined;
  const [seconds = NaN, micros = NaN] = time.map(Number);
  return Number.isFinite(seconds + micros) ? seconds * 1000 + micros / 1000 : undefined;
}
