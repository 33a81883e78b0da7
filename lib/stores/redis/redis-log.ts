import { once } from 'node:events';
import type { TargetKey } from '../../model/target-key.js';
import { SHORT, type LogEntry, type LogFollower, type LogHead, type LogReply } from '../log.js';
import { StoreUnavailableError } from '../../errors.js';
import type { KnownRevocation } from '../replica/archive.js';
import { letGo, type RedisClient } from './connections.js';
import type { DataLoss } from './data-loss.js';
import type { RedisKeys } from './keys.js';
import { readLogText } from './log-text.js';
import { readRevocation } from './numbers.js';
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

/** What is in some buckets. There may be 32,768 of them, most of them empty: a command for each would take seconds. */
const KEPT_SCRIPT = {
  lua: `
local contents = {}
for i, bucket in ipairs(KEYS) do contents[i] = redis.call('HGETALL', bucket) end
return contents
`,
};

interface Scripts {
  livetokenKept(numberOfKeys: number, ...buckets: string[]): Promise<string[][]>;
  livetokenTime(key: string): Promise<string[]>;
  livetokenPage(key: string, after: string, limit: number): Promise<string>;
}

/** Follows the stream of one namespace. `connection` is the follower's own: a blocking read keeps it to itself. */
export class RedisLog implements LogFollower {
  readonly #connection: RedisClient & Scripts;
  readonly #keys: RedisKeys;
  readonly #server: ServerChecks;
  readonly #loss: DataLoss;
  readonly #proof: PrimaryProof | undefined;
  readonly #closing = new AbortController();

  /** @param proof kept by this follower alone; absent where a server is believed without */
  constructor(connection: RedisClient, keys: RedisKeys, server: ServerChecks, loss: DataLoss, proof?: PrimaryProof) {
    this.#connection = connection as RedisClient & Scripts;
    this.#connection.defineCommand('livetokenTime', TIME_SCRIPT);
    this.#connection.defineCommand('livetokenPage', PAGE_SCRIPT);
    this.#connection.defineCommand('livetokenKept', KEPT_SCRIPT);
    this.#keys = keys;
    this.#server = server;
    this.#loss = loss;
    this.#proof = proof;
  }

  async head(at: string, isComplete = false): Promise<LogHead> {
    await this.#untilReady();
    await this.#server.admit(this.#connection, isComplete);
    const [place, nowMs] = await Promise.all([this.#place(at), this.#nowMs()]);
    return headOf(place, nowMs);
  }

  async page(after: string, limit: number): Promise<readonly LogEntry[]> {
    const page = await this.#connection.livetokenPage(this.#keys.log, after, limit);
    return page === '' ? [] : page.split('\n').map(readLine);
  }

  async *kept(): AsyncGenerator<readonly KnownRevocation[]> {
    for (const buckets of this.#keys.allBuckets()) {
      const contents = await this.#connection.livetokenKept(buckets.length, ...buckets.map(({ name }) => name));
      yield buckets.flatMap(({ keyOf }, i) => pairs(contents[i] ?? []).map(([field, value]) => readKept(keyOf(field), value)));
    }
  }

  async wait(after: string, limit: number, waitMs: number): Promise<LogReply> {
    this.#server.assertFollowable();
    // All leave together; our place is looked at before the read starts to wait, and the clock when it is over.
    const [place, streams, nowMs] = await Promise.all([
      this.#place(after),
      this.#connection.xread('COUNT', limit, 'BLOCK', waitMs, 'STREAMS', this.#keys.log, after),
      this.#nowMs(),
    ]);
    // No entries: null from Redis, an empty array from some that speak its protocol.
    const entries = (streams as readonly [string, readonly StreamEntry[]][] | null)?.[0]?.[1] ?? [];
    return { ...headOf(place, nowMs), entries: entries.map(readEntry) };
  }

  close(): void {
    this.#closing.abort();
    letGo(this.#connection);
  }

  /** A connection that is let go of before it is made again says nothing of that. */
  async #untilReady(): Promise<void> {
    if (this.#connection.status !== 'ready') await once(this.#connection, 'ready', { signal: this.#closing.signal });
  }

  async #place(at: string): Promise<Place> {
    const atMs = performance.now();
    const { log } = this.#keys;
    const reads = signReads(this.#keys, this.#proof?.replicas ?? 0, this.#connection.isCluster);
    // The length after what it should be: what is written in between makes it no shorter.
    const replies = await readTogether(this.#connection, [...reads, ['xrange', log, at, at], ['xlen', log]]);
    const [found, length] = replies.splice(-2) as [readonly StreamEntry[], number];
    const signs = readSigns(replies, 'The log');
    const { incarnation, torn, lost, logLength } = signs;
    this.#loss.observe(incarnation, lost, atMs);
    const isShort = length < logLength;
    if (isShort) this.#loss.tornSeen();
    const provenUntilMs = this.#proof?.provenUntilMs(atMs, signs);
    // The next connection may end at another server.
    if (this.#proof?.isUselessAt(atMs) === true) throw new StoreUnavailableError('Who keeps the log has not proved for long that it is the primary.');
    return {
      ...{ incarnation, torn, isShort },
      entry: found[0] && readEntry(found[0]),
      lost: this.#loss.refuses(lost) ? lost : undefined,
      ...(provenUntilMs !== undefined && { provenUntilMs }),
    };
  }

  async #nowMs(): Promise<number> {
    const reply = await (this.#connection.isCluster ? this.#connection.livetokenTime(this.#keys.log) : this.#connection.time());
    const [seconds = NaN, micros = NaN] = reply.map(Number);
    const nowMs = seconds * 1000 + Math.floor(micros / 1000);
    if (Number.isNaN(nowMs)) throw new StoreUnavailableError('The clock of the store cannot be read.');
    return nowMs;
  }
}

type Place = Omit<LogHead, 'nowMs'> & { readonly isShort: boolean };

function headOf({ isShort, ...place }: Place, nowMs: number): LogHead {
  return { ...place, nowMs, torn: tornAt(place.torn, nowMs) ?? (isShort ? SHORT : undefined) };
}

/** What was torn long ago lacks nothing that would still matter. */
function tornAt(torn: string | undefined, nowMs: number): string | undefined {
  return torn !== undefined && Number(torn) > nowMs ? torn : undefined;
}

function pairs(texts: readonly string[]): readonly (readonly [field: string, value: string])[] {
  return texts.flatMap((field, i) => (i % 2 === 0 ? [[field, texts[i + 1] as string] as const] : []));
}

function readKept(key: TargetKey, value: string): KnownRevocation {
  const revocation = readRevocation(value);
  if (Number.isNaN(revocation.epochMs)) throw new StoreUnavailableError('The store holds a revocation that cannot be read.');
  return { key, ...revocation };
}

function readEntry([id, fields]: StreamEntry): LogEntry {
  return readLogText(id, fields[1] ?? '');
}

function readLine(line: string): LogEntry {
  const end = line.indexOf(' ');
  return readLogText(line.slice(0, end), line.slice(end + 1));
}
