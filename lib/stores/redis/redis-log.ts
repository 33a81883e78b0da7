import type { LogEntry, LogFollower, LogHead, LogReply } from '../log.js';
import { StoreUnavailableError } from '../../errors.js';
import type { RedisClient } from './connections.js';
import type { RedisKeys } from './keys.js';
import { readLogText } from './log-text.js';
import type { PrimaryProof } from './primary-proof.js';
import type { ServerChecks } from './server-checks.js';
import { readSigns, signReads } from './state-signs.js';
import { readTogether } from './together.js';

type StreamEntry = readonly [id: string, fields: readonly string[]];

/** A cluster sends TIME to any of its nodes. A script goes where its key is: to the node whose clock dates the log. */
const TIME_SCRIPT = { numberOfKeys: 1, lua: "return redis.call('TIME')" };

/**
 * A page of the log as one text, a line an entry: its id, then what `readLogText` reads. Whoever starts reads all of a log, and
 * taking apart a reply of nested arrays would take our process longer than everything else that it does with the entries.
 */
const PAGE_SCRIPT = {
  numberOfKeys: 1,
  lua: `
local entries = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])
for i, entry in ipairs(entries) do entries[i] = entry[1] .. ' ' .. entry[2][2] end
return table.concat(entries, '\\n')
`,
};

interface Scripts {
  livetokenTime(key: string): Promise<string[]>;
  livetokenPage(key: string, after: string, limit: number): Promise<string>;
}

/** Follows the stream of one namespace. `connection` is the follower's own: a blocking read keeps it to itself. */
export class RedisLog implements LogFollower {
  readonly #connection: RedisClient & Scripts;
  readonly #keys: RedisKeys;
  readonly #server: ServerChecks;
  readonly #proof: PrimaryProof | undefined;

  /** @param proof kept by this follower alone; absent where a server is believed without */
  constructor(connection: RedisClient, keys: RedisKeys, server: ServerChecks, proof?: PrimaryProof) {
    this.#connection = connection as RedisClient & Scripts;
    this.#connection.defineCommand('livetokenTime', TIME_SCRIPT);
    this.#connection.defineCommand('livetokenPage', PAGE_SCRIPT);
    this.#keys = keys;
    this.#server = server;
    this.#proof = proof;
  }

  async head(at: string): Promise<LogHead> {
    await untilReady(this.#connection);
    await this.#server.admit(this.#connection);
    const [signs, entries, nowMs] = await Promise.all([this.#signs(), this.#connection.xrange(this.#keys.log, at, at), this.#nowMs()]);
    const entry = entries[0] && readEntry(entries[0]);
    return { ...signs, entry, nowMs };
  }

  async page(after: string, limit: number): Promise<readonly LogEntry[]> {
    const page = await this.#connection.livetokenPage(this.#keys.log, after, limit);
    return page === '' ? [] : page.split('\n').map(readLine);
  }

  async wait(after: string, limit: number, waitMs: number): Promise<LogReply> {
    this.#server.assertFollowable();
    // All leave together; the signs are looked at before the read starts to wait, and the clock when it is over.
    const [signs, streams, nowMs] = await Promise.all([
      this.#signs(),
      this.#connection.xread('COUNT', limit, 'BLOCK', waitMs, 'STREAMS', this.#keys.log, after),
      this.#nowMs(),
    ]);
    // No entries: null from Redis, an empty array from some that speak its protocol.
    const entries = (streams as readonly [string, readonly StreamEntry[]][] | null)?.[0]?.[1] ?? [];
    return { ...signs, entries: entries.map(readEntry), nowMs };
  }

  close(): void {
    if (this.#connection.status !== 'end') this.#connection.disconnect();
  }

  async #signs(): Promise<Pick<LogReply, 'incarnation' | 'provenUntilMs'>> {
    const atMs = performance.now();
    const reads = signReads(this.#keys, this.#proof !== undefined && !this.#connection.isCluster);
    const { incarnation, ...beats } = readSigns(await readTogether(this.#connection, reads), 'The log');
    if (this.#proof === undefined) return { incarnation };
    return { incarnation, provenUntilMs: this.#proof.provenUntilMs(atMs, { incarnation, ...beats }) };
  }

  async #nowMs(): Promise<number> {
    const reply = await (this.#connection.isCluster ? this.#connection.livetokenTime(this.#keys.log) : this.#connection.time());
    const [seconds = NaN, micros = NaN] = reply.map(Number);
    const nowMs = seconds * 1000 + Math.floor(micros / 1000);
    if (Number.isNaN(nowMs)) throw new StoreUnavailableError('The clock of the store cannot be read.');
    return nowMs;
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

function readEntry([id, fields]: StreamEntry): LogEntry {
  return readLogText(id, fields[1] ?? '');
}

function readLine(line: string): LogEntry {
  const end = line.indexOf(' ');
  return readLogText(line.slice(0, end), line.slice(end + 1));
}
