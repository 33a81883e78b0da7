import { randomBytes } from 'node:crypto';
import { ClosedError, StoreUnavailableError } from '../../errors.js';
import type { OnceKey } from '../../model/once-key.js';
import type { TargetKey } from '../../model/target-key.js';
import type { LogFollower } from '../log.js';
import { activeMember, assertCursor, expiryPrefix, memberKey } from '../active-member.js';
import {
  assertBatch,
  assertKeepForMs,
  assertLimit,
  assertPosition,
  assertRevokedAt,
  assertTracked,
  KEEP_SLACK_MS,
  MAX_EPOCH_AHEAD_MS,
  type AuditEntry,
  type Page,
  type RecordedRevocation,
  type FollowableStore,
  type RevocationWrite,
  type TrackedToken,
  type Use,
} from '../store.js';
import type { ReplicaAcknowledgement } from './acknowledge-option.js';
import { AcknowledgedWrites } from './acknowledged.js';
import { becomesReady } from './becomes-ready.js';
import { acknowledging, deriveConnection, describeAddress, FOLLOWING, READ_DEADLINE_MS, READING, WRITING, type RedisClient } from './connections.js';
import { inTime } from './in-time.js';
import { bucketField, redisKeys, type RedisKeys } from './keys.js';
import { logName } from './log-text.js';
import { readEpoch } from './numbers.js';
import { TAKE_BACK_SCRIPT, USE_ONCE_SCRIPT } from './once-script.js';
import { AUDIT_POSITION, readAuditEntry, readFirstUseMs, readRecorded, readTracked, readUse, type UseReply } from './replies.js';
import { readTogether, runTogether } from './together.js';
import { RECORD_SCRIPT } from './record-script.js';
import { storeError, summary } from './redis-errors.js';
import { RedisLog } from './redis-log.js';
import { ServerChecks } from './server-checks.js';
import { RETIRE_SCRIPT, TRACK_SCRIPT } from './tracking-scripts.js';

export interface DirectStoreOptions {
  readonly namespace: string;
  readonly auditRetentionMs: number;
  readonly readyTimeoutMs: number;
  readonly checkEveryMs: number;
  readonly acceptEviction: boolean;
  /** `undefined`: the primary alone acknowledges. */
  readonly acknowledge: Required<ReplicaAcknowledgement> | undefined;
}

/** What `defineCommand` adds to a connection. The first argument is the number of keys. */
interface Scripts {
  livetokenRecord(...args: (string | number)[]): Promise<string[]>;
  livetokenTrack(...args: (string | number)[]): Promise<number>;
  livetokenRetire(...args: (string | number)[]): Promise<number>;
  livetokenUseOnce(...args: (string | number)[]): Promise<UseReply>;
}

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
  readonly #writer: RedisClient & Scripts;
  readonly #acknowledged: AcknowledgedWrites | undefined;
  #logRetentionMs = 0;
  #lastError: unknown;
  #readying: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(client: RedisClient, options: DirectStoreOptions) {
    this.#client = client;
    this.#options = options;
    this.namespace = options.namespace;
    this.#keys = redisKeys(options.namespace);
    this.#address = describeAddress(client);
    this.#reader = this.#listen(deriveConnection(client, READING));
    this.#writer = this.#listen(deriveConnection(client, WRITING)) as RedisClient & Scripts;
    const { checkEveryMs: everyMs, acceptEviction } = options;
    this.server = new ServerChecks([this.#reader, this.#writer], { address: this.#address, key: this.#keys.state, everyMs, acceptEviction });
    this.#acknowledged = this.#acknowledgedWrites(options.acknowledge);
    this.#writer.defineCommand('livetokenRecord', { lua: RECORD_SCRIPT });
    this.#writer.defineCommand('livetokenTrack', { lua: TRACK_SCRIPT });
    this.#writer.defineCommand('livetokenRetire', { lua: RETIRE_SCRIPT });
    this.#writer.defineCommand('livetokenUseOnce', { lua: USE_ONCE_SCRIPT });
  }

  async epochs(keys: readonly TargetKey[]): Promise<readonly (number | undefined)[]> {
    this.#assertOpen();
    if (keys.length === 0) return [];
    this.server.assertTrusted();
    const fields = keys.map(key => ['hget', this.#keys.bucket(key), bucketField(key)] as const);
    const values = await this.#ask(() => inTime(readTogether(this.#reader, fields), READ_DEADLINE_MS, this.#address));
    // Whether keepUntil has passed is not looked at: our clock is not Redis's. A revocation that has expired and not been swept
    // yet refuses only tokens that have expired too.
    return values.map(value => (value === null ? undefined : this.#epoch(value as string)));
  }

  async record(writes: readonly RevocationWrite[]): Promise<readonly RecordedRevocation[]> {
    this.#assertOpen();
    assertBatch(writes);
    const { log, audit, state } = this.#keys;
    const keys = [log, audit, state, ...writes.map(write => this.#keys.bucket(write.key))];
    const args = [
      ...[keys.length, ...keys],
      ...[nonce(16), nonce(6), this.#logRetentionMs, this.#options.auditRetentionMs, MAX_EPOCH_AHEAD_MS, KEEP_SLACK_MS],
      ...writes.flatMap(({ key, epoch, keepForMs, note }) => [logName(key), epoch === Infinity ? '*' : epoch, keepForMs, JSON.stringify(note)]),
    ];
    const reply = this.#ask(() => this.#acknowledged?.run<string[]>({ lua: RECORD_SCRIPT, args }) ?? this.#writer.livetokenRecord(...args));
    return readRecorded(await reply);
  }

  async audit({ after, limit }: { readonly after?: string; readonly limit: number }): Promise<Page<AuditEntry>> {
    this.#assertOpen();
    assertLimit(limit);
    if (after !== undefined) assertPosition(after, AUDIT_POSITION);
    const start = after === undefined ? '-' : `(${after}`;
    const items = await this.#ask(async () => (await this.#writer.xrange(this.#keys.audit, start, '+', 'COUNT', limit)).map(readAuditEntry));
    const last = items.at(-1);
    return { items, ...(items.length === limit && last && { cursor: last.id }) };
  }

  async track(token: TrackedToken): Promise<void> {
    this.#assertOpen();
    assertTracked(token);
    const { key, revokedAtMs, targets, issuedAtMs, expiresAtMs, details } = token;
    const keys = [this.#keys.tracked(key), ...targets.map(target => this.#keys.active(target))];
    const nowMs = Date.now();
    const ttlMs = expiresAtMs - nowMs;
    if (ttlMs < 1) return;
    const json = JSON.stringify({ targets, issuedAtMs, expiresAtMs, details });
    await this.#ask(() =>
      this.#writer.livetokenTrack(keys.length, ...keys, activeMember(token), json, ttlMs, expiryPrefix(nowMs), revokedAtMs ?? ''),
    );
  }

  async tracked(keys: readonly TargetKey[]): Promise<readonly (TrackedToken | undefined)[]> {
    this.#assertOpen();
    if (keys.length === 0) return [];
    return this.#ask(async () => {
      const fields = keys.map(key => ['hmget', this.#keys.tracked(key), 'json', 'revokedAt'] as const);
      const replies = await readTogether(this.#writer, fields);
      return keys.map((key, i) => readTracked(key, replies[i] as [string | null, string | null]));
    });
  }

  async active(target: TargetKey, { cursor, limit }: { readonly cursor?: string; readonly limit: number }): Promise<Page<TrackedToken>> {
    this.#assertOpen();
    assertLimit(limit);
    if (cursor !== undefined) assertCursor(cursor);
    const alive = expiryPrefix(Date.now() + 1);
    const start = cursor !== undefined && cursor > alive ? `(${cursor}` : `[${alive}`;
    const members = await this.#ask(() => this.#writer.zrangebylex(this.#keys.active(target), start, '+', 'LIMIT', 0, limit));
    const tokens = await this.tracked(members.map(memberKey));
    // Between the two questions a token may have been retired, or have expired.
    const items = tokens.filter(token => token !== undefined).filter(({ revokedAtMs }) => revokedAtMs === undefined);
    const last = members.at(-1);
    return { items, ...(members.length === limit && last !== undefined && { cursor: last }) };
  }

  async retire(tokens: readonly TrackedToken[], revokedAtMs: number): Promise<number> {
    this.#assertOpen();
    assertRevokedAt(revokedAtMs);
    if (tokens.length === 0) return 0;
    const pipeline = this.#writer.pipeline();
    for (const token of tokens) {
      const keys = [this.#keys.tracked(token.key), ...token.targets.map(target => this.#keys.active(target))];
      void (pipeline as unknown as Scripts).livetokenRetire(keys.length, ...keys, activeMember(token), revokedAtMs);
    }
    const replies = await this.#ask(() => runTogether(pipeline));
    return replies.filter(reply => reply === 1).length;
  }

  async useOnce(key: OnceKey, keepForMs: number): Promise<Use> {
    this.#assertOpen();
    assertKeepForMs(keepForMs);
    this.server.assertTrusted();
    const [used, name] = [this.#keys.used(key), nonce(9)];
    const args = [1, used, keepForMs, name];
    // Whoever is told to repeat a use would be taken for a thief, were the first attempt to stand.
    const takeBack = { lua: TAKE_BACK_SCRIPT, args: [1, used, name] };
    const once = this.#ask(() => this.#acknowledged?.run<UseReply>({ lua: USE_ONCE_SCRIPT, args }, takeBack) ?? this.#writer.livetokenUseOnce(...args));
    return readUse(await once);
  }

  async firstUseMs(key: OnceKey): Promise<number | undefined> {
    this.#assertOpen();
    this.server.assertTrusted();
    const use = await this.#ask(() => this.#writer.get(this.#keys.used(key)));
    return use === null ? undefined : readFirstUseMs(use);
  }

  /** A third connection: a blocking read keeps its own busy. */
  follow(): LogFollower {
    return new RedisLog(this.#listen(deriveConnection(this.#client, FOLLOWING)), this.#keys, this.server);
  }

  retainLog(longestMs: number): void {
    this.#logRetentionMs = Math.max(this.#logRetentionMs, longestMs);
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
    this.#reader.disconnect();
    this.#writer.disconnect();
    this.#acknowledged?.connection.disconnect();
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new ClosedError('The store is closed.');
  }

  async #ask<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await command();
    } catch (error) {
      throw storeError(error, this.#address);
    }
  }

  #epoch(value: string): number {
    const epochMs = readEpoch(value);
    if (Number.isNaN(epochMs)) throw new StoreUnavailableError(`${this.#address} holds a revocation that cannot be read.`);
    return epochMs;
  }

  async #connect(): Promise<void> {
    this.#assertOpen();
    const timeout = setTimeout(() => { timedOut.abort(); }, this.#options.readyTimeoutMs);
    const timedOut = new AbortController();
    const until = [timedOut.signal, this.#closing.signal];
    const connections = [this.#reader, this.#writer, ...(this.#acknowledged ? [this.#acknowledged.connection] : [])];
    const connected = await Promise.all(connections.map(connection => becomesReady(connection, until)));
    clearTimeout(timeout);
    this.#assertOpen();
    if (connected.includes(false)) throw this.#unreachable();
    await this.#ask(() => this.#reader.ping());
    await this.server.run();
    this.#assertOpen();
    this.server.assertTrusted();
  }

  #unreachable(): StoreUnavailableError {
    const why = this.#lastError === undefined ? 'no answer' : summary(this.#lastError);
    return new StoreUnavailableError(
      `${this.#address} cannot be reached (${why}). Check that it runs, its address, password and TLS; until then checks answer 503.`,
    );
  }

  #acknowledgedWrites(level: Required<ReplicaAcknowledgement> | undefined): AcknowledgedWrites | undefined {
    if (level === undefined) return undefined;
    const connection = this.#listen(deriveConnection(this.#client, acknowledging(level.timeoutMs)));
    return new AcknowledgedWrites(connection, level, this.#keys.state, this.#address);
  }

  /** Without a listener ioredis prints connection errors; they are kept instead, for whoever waits in `ready()`. */
  #listen(connection: RedisClient): RedisClient {
    connection.on('error', error => {
      this.#lastError = error;
    });
    return connection;
  }
}

function nonce(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}
