import { ClosedError, StoreUnavailableError } from '../../errors.js';
import type { OnceKey } from '../../model/once-key.js';
import { targetKey, type TargetKey } from '../../model/target-key.js';
import type { LogFollower } from '../log.js';
import type { KnownRevocation } from '../replica/archive.js';
import {
  assertBatch,
  assertKeepForMs,
  type AuditEntry,
  type AuditQuery,
  type Page,
  type RecordedRevocation,
  type FollowableStore,
  type RevocationWrite,
  type TrackedToken,
  type Use,
} from '../store.js';
import type { ReplicaAcknowledgement } from './acknowledge-option.js';
import { AcknowledgedWrites, PROOFS_IN_TIME } from './acknowledged.js';
import { readAudit } from './audit-reads.js';
import { becomesReady } from './becomes-ready.js';
import { acknowledging, deriveConnection, describeAddress, FOLLOWING, letGo, READING, WRITING, type RedisClient } from './connections.js';
import { DataLoss, type OnDataLoss } from './data-loss.js';
import { Heartbeat } from './heartbeat.js';
import { redisKeys, type RedisKeys } from './keys.js';
import { readFirstUseMs } from './replies.js';
import { PrimaryProof } from './primary-proof.js';
import { RevocationReads, unproven } from './revocation-reads.js';
import { RevocationWrites } from './revocation-writes.js';
import { storeError, summary } from './redis-errors.js';
import { RedisLog } from './redis-log.js';
import { ServerChecks } from './server-checks.js';
import { TrackedTokens } from './tracked-tokens.js';

export interface DirectStoreOptions {
  readonly namespace: string;
  readonly auditRetentionMs: number;
  readonly readyTimeoutMs: number;
  readonly checkEveryMs: number;
  readonly acceptEviction: boolean;
  /** `undefined`: the primary alone acknowledges. */
  readonly acknowledge: Required<ReplicaAcknowledgement> | undefined;
  readonly acceptUnprovenPrimary: boolean;
  readonly onDataLoss: OnDataLoss;
  readonly expectData: boolean;
  readonly deadlineMs: number;
}

/** Of a deadline, for the way from Redis's connection to whoever asked: his promise settles some turns of the event loop later. */
const KEPT_BACK = 1 / 6;

/** A server that greets no sooner than this after the deadline could not answer a check in time either. */
const GREETING_EXTRA_MS = 100;

/** Asks Redis at every call, in one round trip each. */
export class DirectStore implements FollowableStore {
  readonly name = 'redis';
  readonly namespace: string;
  readonly server: ServerChecks;
  readonly #client: RedisClient;
  readonly #options: DirectStoreOptions;
  readonly #keys: RedisKeys;
  readonly #address: string;
  readonly #reader: RedisClient;
  readonly #writer: RedisClient;
  /** All that are not a follower's own. */
  readonly #connections: RedisClient[];
  readonly #acknowledged: AcknowledgedWrites | undefined;
  readonly #loss: DataLoss;
  readonly #tracking: TrackedTokens;
  readonly #reads: RevocationReads;
  readonly #writes: RevocationWrites;
  readonly #heartbeat: Heartbeat | undefined;
  #lastError: unknown;
  #readying: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(client: RedisClient, options: DirectStoreOptions) {
    this.#client = client;
    this.#options = options;
    this.namespace = options.namespace;
    this.#keys = redisKeys(options.namespace);
    this.#address = describeAddress(client);
    this.#reader = this.#connectTo(READING);
    this.#writer = this.#connectTo(WRITING);
    this.#connections = [this.#reader, this.#writer];
    const { checkEveryMs: everyMs, acceptEviction } = options;
    this.#loss = this.#dataLoss();
    const checks = { address: this.#address, key: this.#keys.state, everyMs, acceptEviction, loss: this.#loss };
    this.server = new ServerChecks([this.#reader, this.#writer], checks);
    this.#acknowledged = this.#acknowledgedWrites(options.acknowledge);
    this.#writes = new RevocationWrites(this.#writer, this.#acknowledged, {
      keys: this.#keys,
      auditRetentionMs: options.auditRetentionMs,
      recordedIn: incarnation => { this.#loss.recordedIn(incarnation); },
    });
    this.#reads = new RevocationReads(this.#reader, this.#primaryProof(), {
      keys: this.#keys,
      address: this.#address,
      provenWithinMs: this.#provenWithinMs,
      deadlineMs: Math.floor(options.deadlineMs * (1 - KEPT_BACK)),
      loss: this.#loss,
    });
    this.#heartbeat = this.#startHeartbeat();
    this.#tracking = new TrackedTokens(this.#writer, this.#keys, command => this.#ask(command));
  }

  async epochs(keys: readonly TargetKey[]): Promise<readonly (number | undefined)[]> {
    this.#assertOpen();
    if (keys.length === 0) return [];
    this.server.assertTrusted();
    return this.#ask(() => this.#reads.epochs(keys));
  }

  async record(writes: readonly RevocationWrite[]): Promise<readonly RecordedRevocation[]> {
    this.#assertOpen();
    assertBatch(writes);
    return this.#ask(() => this.#writes.record(writes));
  }

  async restore(revocations: readonly KnownRevocation[]): Promise<boolean> {
    return this.#ask(() => this.#writes.restore(revocations));
  }

  async settle(incarnations: readonly string[], torn = ''): Promise<boolean> {
    const mayWrite = await this.#ask(() => this.#writes.noteMended(torn));
    if (mayWrite) await this.#loss.settle(incarnations);
    return mayWrite;
  }

  async audit(query: AuditQuery): Promise<Page<AuditEntry>> {
    return this.#ask(() => readAudit(this.#writer, this.#keys.audit, query));
  }

  async track(token: TrackedToken): Promise<void> {
    this.#assertOpen();
    return this.#tracking.track(token);
  }

  async tracked(keys: readonly TargetKey[]): Promise<readonly (TrackedToken | undefined)[]> {
    this.#assertOpen();
    return this.#tracking.tracked(keys);
  }

  async active(target: TargetKey, page: { readonly cursor?: string; readonly limit: number }): Promise<Page<TrackedToken>> {
    this.#assertOpen();
    return this.#tracking.active(target, page);
  }

  async retire(tokens: readonly TrackedToken[], revokedAtMs: number): Promise<number> {
    this.#assertOpen();
    return this.#tracking.retire(tokens, revokedAtMs);
  }

  async useOnce(key: OnceKey, keepForMs: number): Promise<Use> {
    this.#assertOpen();
    assertKeepForMs(keepForMs);
    this.server.assertTrusted();
    return this.#ask(() => this.#writes.useOnce(key, keepForMs));
  }

  async firstUseMs(key: OnceKey): Promise<number | undefined> {
    this.#assertOpen();
    this.server.assertTrusted();
    const use = await this.#ask(() => this.#reads.firstUse(key));
    return use === undefined ? undefined : readFirstUseMs(use);
  }

  get hearEveryMs(): number | undefined {
    return this.#provenWithinMs === undefined ? undefined : Math.floor(this.#provenWithinMs / PROOFS_IN_TIME);
  }

  /** A third connection: a blocking read keeps its own busy. */
  follow(): LogFollower {
    return new RedisLog(this.#connectTo(FOLLOWING), this.#keys, this.server, this.#loss, this.#primaryProof());
  }

  retainLog(longestMs: number): void {
    this.#writes.logRetentionMs = Math.max(this.#writes.logRetentionMs, longestMs);
  }

  /** All who wait at a time wait together. */
  ready(): Promise<void> {
    this.#readying ??= this.#connect().finally(() => {
      this.#readying = undefined;
    });
    return this.#readying;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.server.close();
    this.#heartbeat?.stop();
    for (const connection of this.#connections) letGo(connection);
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new ClosedError('The store is closed.');
  }

  async #ask<T>(command: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    try {
      return await command();
    } catch (error) {
      throw storeError(error, this.#address);
    }
  }

  async #connect(): Promise<void> {
    this.#assertOpen();
    const timeout = setTimeout(() => { timedOut.abort(); }, this.#options.readyTimeoutMs);
    const timedOut = new AbortController();
    const until = [timedOut.signal, this.#closing.signal];
    const connected = await Promise.all(this.#connections.map(connection => becomesReady(connection, until)));
    clearTimeout(timeout);
    this.#assertOpen();
    if (connected.includes(false)) throw this.#unreachable();
    await this.#ask(() => this.#reader.ping());
    await this.server.run();
    this.#assertOpen();
    this.server.assertTrusted();
    if (this.#options.acknowledge?.onDisk === true) await this.#ask(async () => this.#acknowledged?.beat());
    if (this.#heartbeat !== undefined) await this.#heartbeat.untilProven(this.#options.readyTimeoutMs);
  }

  /** `undefined` where a server is believed without. */
  get #provenWithinMs(): number | undefined {
    const { acknowledge, acceptUnprovenPrimary } = this.#options;
    return acceptUnprovenPrimary || acknowledge?.replicas === 0 ? undefined : acknowledge?.provenWithinMs;
  }

  #primaryProof(): PrimaryProof | undefined {
    return this.#provenWithinMs === undefined ? undefined : new PrimaryProof(this.#provenWithinMs, this.#options.acknowledge?.replicas ?? 0);
  }

  #startHeartbeat(): Heartbeat | undefined {
    const { acknowledge } = this.#options;
    const withinMs = this.#provenWithinMs;
    if (acknowledge === undefined || withinMs === undefined) return undefined;
    // Disks take longer than a proof may: then beats have a connection of their own, and wait for the replicas alone.
    const ofMemory = { ...acknowledge, onDisk: false, timeoutMs: Math.min(acknowledge.timeoutMs, withinMs) };
    const beating = acknowledge.onDisk ? this.#acknowledgedWrites(ofMemory) : this.#acknowledged;
    return new Heartbeat({
      everyMs: Math.floor(withinMs / PROOFS_IN_TIME),
      look: () => this.#ask(() => this.#reads.look()),
      beat: () => this.#ask(async () => beating?.beat()),
      unproven: () => new StoreUnavailableError(unproven({ address: this.#address, provenWithinMs: withinMs })),
    });
  }

  #unreachable(): StoreUnavailableError {
    const why = this.#lastError === undefined ? 'no answer' : summary(this.#lastError);
    return new StoreUnavailableError(
      `${this.#address} cannot be reached (${why}). Check that it runs, its address, password and TLS; until then checks answer 503.`,
    );
  }

  #dataLoss(): DataLoss {
    const all = targetKey({ kind: 'all' });
    const note = { key: all, target: 'all', actor: 'livetoken', reason: 'data loss' };
    return new DataLoss({
      policy: this.#options.onDataLoss,
      expectData: this.#options.expectData,
      address: this.#address,
      stateKey: this.#keys.state,
      note: incarnation => this.#ask(() => this.#writes.noteLoss(incarnation)),
      settle: incarnations => this.#ask(() => this.#writes.settleLoss(incarnations)),
      noteTorn: () => this.#ask(() => this.#writes.noteTorn()),
      revokeAll: () => this.record([{ key: all, epoch: 'now', keepForMs: Math.max(1, this.#writes.logRetentionMs), note }]),
      noticed: () => { this.server.look(); },
    });
  }

  #acknowledgedWrites(level: Required<ReplicaAcknowledgement> | undefined): AcknowledgedWrites | undefined {
    if (level === undefined) return undefined;
    const connection = this.#connectTo(acknowledging(level.timeoutMs));
    this.#connections.push(connection);
    return new AcknowledgedWrites(connection, { ...level, answerMs: this.#options.deadlineMs }, this.#keys.state, this.#address);
  }

  /** Without a listener ioredis prints connection errors; they are kept instead, for whoever waits in `ready()`. */
  #connectTo(overrides: Parameters<typeof deriveConnection>[1]): RedisClient {
    const connection = deriveConnection(this.#client, overrides, this.#options.deadlineMs + GREETING_EXTRA_MS);
    connection.on('error', error => {
      this.#lastError = error;
    });
    return connection;
  }
}
