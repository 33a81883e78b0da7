import { StoreUnavailableError } from '../../errors.js';
import type { OnceKey } from '../../model/once-key.js';
import type { TargetKey } from '../../model/target-key.js';
import { Circuit } from './circuit.js';
import { leave, renew, type RedisClient } from './connections.js';
import type { DataLoss } from './data-loss.js';
import { bucketField, type RedisKeys } from './keys.js';
import { readRevocation } from './numbers.js';
import type { PrimaryProof } from './primary-proof.js';
import { readSigns, signReads, type StateSigns } from './state-signs.js';
import { readTogether, type Read } from './together.js';

export interface ReadOptions {
  readonly keys: RedisKeys;
  /** The server, for messages. */
  readonly address: string;
  /** Where writes wait for replicas: how long ago the server must have proved that it is the primary, at most, milliseconds. */
  readonly provenWithinMs: number | undefined;
  readonly deadlineMs: number;
  readonly loss: DataLoss;
}

/**
 * Asks Redis what is revoked, in one round trip, and with it what tells whether to believe the answer.
 *
 * @throws StoreUnavailableError, or what ioredis rejects with (rejects)
 */
export class RevocationReads {
  readonly #connection: RedisClient;
  readonly #options: ReadOptions;
  readonly #circuit: Circuit;
  readonly #proof: PrimaryProof | undefined;
  readonly #signReads: readonly Read[];

  constructor(connection: RedisClient, proof: PrimaryProof | undefined, options: ReadOptions) {
    this.#connection = connection;
    this.#options = options;
    // It may be the connection alone that is dead: a new one finds out sooner than waiting for this one.
    this.#circuit = new Circuit({ deadlineMs: options.deadlineMs, address: options.address, onSilence: () => { renew(connection); } });
    this.#proof = proof;
    connection.on('ready', () => { this.#circuit.close(); });
    if (proof !== undefined) connection.on('close', () => { proof.forget(); });
    this.#signReads = signReads(options.keys, proof?.replicas ?? 0, connection.isCluster);
  }

  async epochs(keys: readonly TargetKey[]): Promise<readonly (number | undefined)[]> {
    const values = await this.#askBelieved(keys.map(key => ['hget', this.#options.keys.bucket(key), bucketField(key)] as const));
    // Whether keepUntil has passed is not looked at: our clock is not Redis's. A revocation that has expired and not been swept
    // yet refuses only tokens that have expired too.
    return values.map(value => (value === null ? undefined : this.#epoch(value as string)));
  }

  async firstUse(key: OnceKey): Promise<string | undefined> {
    const [use] = await this.#askBelieved([['get', this.#options.keys.used(key)]]);
    return (use as string | null) ?? undefined;
  }

  /** Looks at the signs alone. `isProven`: whether they are good enough for an answer. */
  async look(): Promise<StateSigns & { readonly isProven: boolean }> {
    const atMs = performance.now();
    const signs = this.#signs(await this.#ask(this.#signReads));
    return { ...signs, isProven: this.#isProven(atMs, signs) };
  }

  /**
   * The signs come last: what happens to the data before it is read shows in them. On a cluster each command is redirected by itself,
   * and the node that gave the answer may have lost its place before it gave the signs; so they come first, too, for the proof.
   */
  async #askBelieved(reads: readonly Read[]): Promise<unknown[]> {
    const atMs = performance.now();
    const before = this.#connection.isCluster && this.#proof !== undefined ? this.#signReads : [];
    const values = await this.#ask([...before, ...reads, ...this.#signReads]);
    const signs = this.#signs(values.splice(before.length + reads.length));
    this.#options.loss.observe(signs.incarnation, signs.lost, atMs);
    this.#options.loss.assertWhole();
    const proving = before.length === 0 ? signs : this.#signs(values.splice(0, before.length));
    if (!this.#isProven(atMs, proving)) throw new StoreUnavailableError(unproven(this.#options));
    return values;
  }

  #signs(replies: readonly unknown[]): StateSigns {
    try {
      return readSigns(replies, this.#options.address);
    } catch (error) {
      leave(this.#connection);
      throw error;
    }
  }

  #ask(reads: readonly Read[]): Promise<unknown[]> {
    return this.#circuit.ask(() => readTogether(this.#connection, reads));
  }

  #isProven(atMs: number, signs: StateSigns): boolean {
    if (this.#proof === undefined) return true;
    const untilMs = this.#proof.provenUntilMs(atMs, signs);
    if (this.#proof.isUselessAt(atMs)) leave(this.#connection);
    return performance.now() - untilMs <= (this.#options.provenWithinMs ?? Infinity);
  }

  #epoch(value: string): number {
    const { epochMs } = readRevocation(value);
    if (Number.isNaN(epochMs)) throw new StoreUnavailableError(`${this.#options.address} holds a revocation that cannot be read.`);
    return epochMs;
  }
}

/** For whoever finds this at night. */
export function unproven({ address, provenWithinMs }: Pick<ReadOptions, 'address' | 'provenWithinMs'>): string {
  return (
    `${address} has not proved for ${provenWithinMs ?? 0} ms that it is the primary: too few replicas acknowledge what it writes. It may be cut ` +
    'off, with another primary elsewhere; then nothing is to be done. Otherwise bring its replicas back (INFO replication shows them), mend its disk, where it refuses writes for that (MISCONF), or let a ' +
    'slot that is being moved arrive (CLUSTER NODES shows it).'
  );
}
