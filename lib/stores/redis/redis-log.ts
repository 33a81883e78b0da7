import type { LogEntry, LogFollower, LogHead, LogReply } from '../log.js';
import { StoreUnavailableError } from '../../errors.js';
import type { RedisClient } from './connections.js';
import type { RedisKeys } from './keys.js';
import { readMs } from './numbers.js';

type StreamEntry = readonly [id: string, fields: readonly string[]];

/** Follows the stream of one namespace. `connection` is the follower's own: a blocking read keeps it to itself. */
export class RedisLog implements LogFollower {
  readonly #connection: RedisClient;
  readonly #keys: RedisKeys;

  constructor(connection: RedisClient, keys: RedisKeys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  async head(at: string): Promise<LogHead> {
    await untilReady(this.#connection);
    const { log, state } = this.#keys;
    const [incarnation, entries] = await Promise.all([
      this.#connection.hget(state, 'incarnation'),
      this.#connection.xrange(log, at, at),
    ]);
    const entry = entries[0] && readEntry(entries[0]);
    return { incarnation: incarnation ?? undefined, entry };
  }

  async page(after: string, limit: number): Promise<readonly LogEntry[]> {
    const entries = await this.#connection.xrange(this.#keys.log, `(${after}`, '+', 'COUNT', limit);
    return entries.map(readEntry);
  }

  async wait(after: string, limit: number, waitMs: number): Promise<LogReply> {
    const { log, state } = this.#keys;
    // Both leave in one write; the look at the incarnation is answered before the read starts to wait.
    const [incarnation, streams] = await Promise.all([
      this.#connection.hget(state, 'incarnation'),
      this.#connection.xread('COUNT', limit, 'BLOCK', waitMs, 'STREAMS', log, after),
    ]);
    // No entries: null from Redis, an empty array from some that speak its protocol.
    const entries = (streams as readonly [string, readonly StreamEntry[]][] | null)?.[0]?.[1] ?? [];
    return { incarnation: incarnation ?? undefined, entries: entries.map(readEntry) };
  }

  close(): void {
    if (this.#connection.status !== 'end') this.#connection.disconnect();
  }
}

async function untilReady(connection: RedisClient): Promise<void> {
  if (connection.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    connection.once('ready', resolve);
    connection.once('error', reject);
    connection.once('end', () => { reject(new StoreUnavailableError('The connection to the log was closed.')); });
  });
}

/** Fields by position: `k` key, `e` epoch, `u` keepUntil, `n` nonce, `p` nonce of the entry before. */
function readEntry([id, fields]: StreamEntry): LogEntry {
  const [, key, , epoch = '', , keepUntil = '', , nonce, , previous] = fields;
  const entry = { id, key, epochMs: readMs(epoch), keepUntilMs: readMs(keepUntil), nonce, previous };
  const isSound = !Number.isNaN(entry.epochMs) && !Number.isNaN(entry.keepUntilMs) && previous !== undefined;
  if (!isSound) throw new StoreUnavailableError('The log holds an entry that cannot be read.');
  return entry as LogEntry;
}
