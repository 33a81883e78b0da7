import { createHash } from 'node:crypto';
import { StoreUnavailableError } from '../../errors.js';
import { inTime } from '../../in-time.js';
import type { ReplicaAcknowledgement } from './acknowledge-option.js';
import { BEAT_SCRIPT, PROVEN_SCRIPT } from './beat-scripts.js';
import { leave, renew, USELESS_MS, type RedisClient } from './connections.js';

/** A script with its arguments, the first of which is the number of keys. */
export interface ScriptCall {
  readonly lua: string;
  readonly args: readonly (string | number)[];
}

interface Write extends ScriptCall {
  readonly takeBack: ScriptCall | undefined;
  resolve(reply: unknown): void;
  reject(error: unknown): void;
  attempts: number;
  /** Whether Redis is sent the script and not just its hash. */
  isSpeltOut: boolean;
}

type Reply = readonly [error: Error | null, value: unknown];

/** Once for the hash, once for a node that turns out to be another, and once for both together. */
const MAX_ATTEMPTS = 3;

/** Most writes that wait for their turn. */
const MAX_WAITING = 10_000;

/** What has to be acknowledged, and in what time. `answerMs`: how long Redis may take to answer beside what it waits for. */
type Level = Required<ReplicaAcknowledgement> & { readonly answerMs: number };

/** How many times a proof is renewed, at least, in the time for which it is good. */
export const PROOFS_IN_TIME = 8;

/**
 * Writes that count only once so many replicas have them (WAIT), or have them on their disks as the primary has (WAITAOF).
 *
 * WAIT speaks of its own connection's writes, and blocks that connection: so there is one for nothing else, and what arrives while
 * it is blocked leaves together, under one WAIT. A pipeline keeps the writes and their WAIT together: on a cluster, WAIT by itself
 * goes to any node.
 *
 * Before WAIT goes a write that always changes something. To repeat a revocation may change nothing, and WAIT then asks for
 * nothing: on a new connection (Redis 7.2 or later) it would call acknowledged what the replicas still lack. Replicas get writes in
 * their order, so whoever has this one has all that went before. Once it is acknowledged its number is written down beside it, for
 * readers to see that this server is a primary: see PrimaryProof.
 */
export class AcknowledgedWrites {
  readonly connection: RedisClient;
  readonly #level: Level;
  readonly #stateKey: string;
  readonly #address: string;
  #waiting: Write[] = [];
  #isSending = false;
  #provedAtMs = -Infinity;
  /** Since when no write was acknowledged, though Redis took them. */
  #shortSinceMs: number | undefined;

  constructor(connection: RedisClient, level: Level, stateKey: string, address: string) {
    this.connection = connection;
    this.#level = level;
    this.#stateKey = stateKey;
    this.#address = address;
  }

  /**
   * Resolves with the reply of the script once enough replicas have what it wrote. Where they have not in time it rejects, and what
   * was written stays; but if there is something to take it back with, that is tried first.
   */
  run<T>(script: ScriptCall, takeBack?: ScriptCall): Promise<T> {
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(new StoreUnavailableError(`${this.#address} has too many writes waiting.`));
    return new Promise((resolve, reject) => {
      const settle = { resolve: (reply: unknown): void => { resolve(reply as T); }, reject };
      this.#waiting.push({ ...script, takeBack, ...settle, attempts: 0, isSpeltOut: false });
      if (!this.#isSending) void this.#sendAll();
    });
  }

  /** A write of nothing, to prove that the server is still the primary of enough replicas. */
  async beat(): Promise<void> {
    await this.run({ lua: 'return 1', args: [1, this.#stateKey] });
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    await Promise.resolve(); // whatever is asked in the same turn leaves together
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0);
      try {
        await this.#send(group);
      } catch (error) {
        // The connection is in trouble: who waits for it has waited long enough.
        for (const write of [...group, ...this.#waiting.splice(0)]) write.reject(error);
      }
    }
    this.#isSending = false;
  }

  /** Settles every write of the group, or puts it back to be sent again. Rejects where it cannot be told what became of them. */
  async #send(group: readonly Write[]): Promise<void> {
    const { replicas, timeoutMs, onDisk } = this.#level;
    const replies = await this.#exchange([
      ...group.map(({ lua, args, isSpeltOut }) => (isSpeltOut ? ['eval', lua, ...args] : ['evalsha', hash(lua), ...args])),
      ['eval', BEAT_SCRIPT, 1, this.#stateKey],
      // Through `call`: ioredis 5 does not know it by name.
      onDisk ? ['call', 'WAITAOF', 1, replicas, timeoutMs] : ['wait', replicas, timeoutMs],
    ]);
    const [touched, waited] = replies.slice(group.length) as [Reply, Reply];
    if (waited[0]) throw onDisk ? this.#cannotTell(waited[0]) : waited[0];
    const written = await this.#settleRefused(group, replies);
    const [onPrimary, count] = onDisk ? (waited[1] as [number, number]) : [1, Number(waited[1])];
    if (touched[0]) for (const write of written.keys()) write.reject(touched[0]);
    else if (onPrimary === 1 && count >= replicas) this.#acknowledge(written, touched[1] as number);
    else await this.#fallShort([...written.keys()], this.#shortOf(onPrimary, count));
  }

  #acknowledge(written: ReadonlyMap<Write, unknown>, beat: number): void {
    for (const [write, reply] of written) write.resolve(reply);
    const { replicas, provenWithinMs } = this.#level;
    this.#shortSinceMs = undefined;
    // While many writes come, not every one of them need prove it anew.
    const atMs = performance.now();
    if (atMs - this.#provedAtMs < provenWithinMs / PROOFS_IN_TIME / 2) return;
    this.#provedAtMs = atMs;
    // Where this fails the proof comes a little later, or not at all: that is what it is for.
    this.connection.eval(PROVEN_SCRIPT, 1, this.#stateKey, beat, replicas).catch(() => undefined);
  }

  /** Answers with what was written, and its replies. */
  async #settleRefused(group: readonly Write[], replies: readonly Reply[]): Promise<Map<Write, unknown>> {
    const written = new Map<Write, unknown>();
    const again: Write[] = [];
    let hasMoved = false;
    for (const [i, write] of group.entries()) {
      const [error, reply] = replies[i] as Reply;
      if (error === null) {
        written.set(write, reply);
        continue;
      }
      // Neither was executed. Left to ioredis, a script that Redis has forgotten would be sent again after its WAIT.
      const isUnknown = error.message.startsWith('NOSCRIPT');
      const isElsewhere = error.message.startsWith('MOVED');
      write.attempts += 1;
      write.isSpeltOut ||= isUnknown;
      hasMoved ||= isElsewhere;
      if ((isUnknown || isElsewhere) && write.attempts < MAX_ATTEMPTS) again.push(write);
      else write.reject(error);
    }
    // A pipeline with a WAIT in it is not redirected. A command by itself is, and the cluster's client learns from it.
    if (hasMoved) await this.connection.hget(this.#stateKey, 'incarnation');
    this.#waiting.unshift(...again);
    return written;
  }

  #shortOf(onPrimary: number, count: number): string {
    const { replicas, timeoutMs, onDisk } = this.#level;
    const isLate = onDisk && onPrimary === 0;
    return `${isLate ? 'not yet on its disk, and ' : ''}acknowledged by ${count} of ${replicas} replicas within ${timeoutMs} ms; repeat it`;
  }

  #cannotTell({ message }: Error): Error {
    // An error of the connection says nothing about the server.
    if (!message.startsWith('ERR ')) return new Error(message);
    return new StoreUnavailableError(
      `${this.#address} cannot say that a write is on disk: acknowledge.onDisk needs Redis 7.2 or later with appendonly yes. Nothing counts as recorded.`,
    );
  }

  async #fallShort(written: readonly Write[], few: string): Promise<void> {
    const nowMs = performance.now();
    this.#shortSinceMs ??= nowMs;
    const takenBack = await this.#takeBack(written);
    for (const write of written) {
      const what = takenBack.has(write) ? `A use was taken back at ${this.#address}, as it was` : `Recorded at ${this.#address}, but`;
      write.reject(new StoreUnavailableError(`${what} ${few}.`));
    }
    if (nowMs - this.#shortSinceMs >= USELESS_MS) leave(this.connection);
  }

  async #takeBack(written: readonly Write[]): Promise<ReadonlySet<Write>> {
    const takingBack = written.flatMap(write => (write.takeBack ? [{ write, ...write.takeBack }] : []));
    if (takingBack.length === 0) return new Set();
    const replies = await this.#exchange(takingBack.map(({ lua, args }) => ['eval', lua, ...args]));
    return new Set(takingBack.filter((_, i) => replies[i]?.[1] === 1).map(({ write }) => write));
  }

  async #exchange(commands: (string | number)[][]): Promise<readonly Reply[]> {
    // On a cluster a pipeline would wait for a connection, for however long that takes.
    if (this.connection.status !== 'ready') throw new Error('Connection is closed.');
    const { timeoutMs, answerMs } = this.#level;
    const replies = await inTime(this.connection.pipeline(commands).exec(), timeoutMs + answerMs, () => {
      // Nothing may come any more, and no server is proven meanwhile.
      renew(this.connection);
      return new Error('Command timed out');
    });
    if (replies?.length !== commands.length) throw new Error('unexpected reply');
    return replies;
  }
}

const hashes = new Map<string, string>();

/** What Redis knows a script by. */
function hash(lua: string): string {
  const known = hashes.get(lua) ?? createHash('sha1').update(lua).digest('hex');
  hashes.set(lua, known);
  return known;
}
