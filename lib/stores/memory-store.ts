import { ClosedError, InvalidTargetError, StoreFullError } from '../errors.js';
import type { OnceKey } from '../model/once-key.js';
import { mergeRevocations, type Revocation } from '../model/revocation.js';
import type { TargetKey } from '../model/target-key.js';
import { badOption, onlyKnown, wholeNumber } from '../option-checks.js';
import { ActiveIndex } from './active-index.js';
import { assertCursor, memberKey } from './active-member.js';
import { ExpiringMap } from './expiring-map.js';
import type { LocalView, Lookup } from './local-view.js';
import { MemoryAuditLog } from './memory-audit-log.js';
import {
  assertBatch,
  assertKeepForMs,
  assertLimit,
  assertRevokedAt,
  assertTracked,
  isWorthWriting,
  MAX_EPOCH_AHEAD_MS,
  type AuditEntry,
  type AuditQuery,
  type Page,
  type RecordedRevocation,
  type RevocationStore,
  type RevocationWrite,
  type TrackedToken,
  type Use,
} from './store.js';

export interface MemoryStoreOptions {
  /** Most revocations, most tracked tokens, and most used-up ones, held at once, at least 1; beyond it writes reject with StoreFullError. Default 1,000,000. */
  readonly maxEntries?: number;
  /** How many revocations `live.history` tells of, at least 1; older ones leave. Default 10,000. */
  readonly maxAuditEntries?: number;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * The embedded store, for development, tests and applications of a single process. What it holds is gone with the process: a
 * restart brings revoked tokens back. With more than one instance, or across deployments, use `redisStore`.
 *
 * @throws TypeError for a bad option
 */
export function memoryStore(options: MemoryStoreOptions = {}): RevocationStore {
  onlyKnown('memoryStore', options, ['maxEntries', 'maxAuditEntries', 'now']);
  if (options.now !== undefined && typeof options.now !== 'function') {
    throw badOption('now', options.now, 'a function answering milliseconds since 1970');
  }
  return new MemoryStore({
    maxEntries: wholeNumber('maxEntries', options.maxEntries ?? 1_000_000, { min: 1, unit: 'of entries' }),
    maxAuditEntries: wholeNumber('maxAuditEntries', options.maxAuditEntries ?? 10_000, { min: 1, unit: 'of entries' }),
    now: options.now ?? Date.now,
  });
}

class MemoryStore implements RevocationStore, LocalView {
  readonly name = 'memory';
  readonly local = this;
  readonly #options: Required<MemoryStoreOptions>;
  readonly #revocations: ExpiringMap<TargetKey, Revocation>;
  readonly #tracked: ExpiringMap<TargetKey, TrackedToken>;
  readonly #active = new ActiveIndex();
  readonly #used: ExpiringMap<OnceKey, number>;
  readonly #audit: MemoryAuditLog;
  readonly #listeners = new Set<(key: TargetKey) => void>();
  #version = 0;
  #closed = false;

  constructor(options: Required<MemoryStoreOptions>) {
    this.#options = options;
    this.#revocations = new ExpiringMap(options.now);
    this.#used = new ExpiringMap(options.now);
    this.#audit = new MemoryAuditLog(options.maxAuditEntries);
    this.#tracked = new ExpiringMap(options.now, (_key, token) => { this.#active.remove(token); });
  }

  async epochs(keys: readonly TargetKey[]): Promise<readonly (number | undefined)[]> {
    this.#assertOpen();
    return keys.map(key => this.#revocations.get(key)?.epochMs);
  }

  get version(): number | undefined {
    return this.#closed ? undefined : this.#version;
  }

  lookup(keys: readonly TargetKey[]): Lookup {
    return {
      epochsMs: () => keys.map(key => this.#revocations.get(key)?.epochMs),
      mayHaveChangedSince: version => version !== this.#version,
    };
  }

  subscribe(listener: (key: TargetKey) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async record(writes: readonly RevocationWrite[]): Promise<readonly RecordedRevocation[]> {
    this.#assertOpen();
    assertBatch(writes);
    const nowMs = this.#options.now();
    for (const { epoch } of writes) {
      if (typeof epoch === 'number' && epoch !== Infinity && epoch > nowMs + MAX_EPOCH_AHEAD_MS) {
        throw new InvalidTargetError('An epoch cannot lie in the future.');
      }
    }
    this.#makeRoom(this.#revocations, writes.map(({ key }) => key));
    return writes.map(write => this.#recordOne(write, nowMs));
  }

  async audit(query: AuditQuery): Promise<Page<AuditEntry>> {
    this.#assertOpen();
    return this.#audit.page(query);
  }

  async track(token: TrackedToken): Promise<void> {
    this.#assertOpen();
    assertTracked(token);
    if (token.expiresAtMs <= this.#options.now() || this.#tracked.get(token.key) !== undefined) return;
    this.#makeRoom(this.#tracked, [token.key]);
    this.#tracked.set(token.key, token, token.expiresAtMs);
    if (token.revokedAtMs === undefined) this.#active.add(token);
  }

  async tracked(keys: readonly TargetKey[]): Promise<readonly (TrackedToken | undefined)[]> {
    this.#assertOpen();
    return keys.map(key => this.#tracked.get(key));
  }

  async active(target: TargetKey, { cursor, limit }: { readonly cursor?: string; readonly limit: number }): Promise<Page<TrackedToken>> {
    this.#assertOpen();
    assertLimit(limit);
    if (cursor !== undefined) assertCursor(cursor);
    const members = this.#active.page(target, cursor, this.#options.now(), limit);
    const items = members.map(member => this.#tracked.get(memberKey(member))).filter(token => token !== undefined);
    const last = members.at(-1);
    return { items, ...(members.length === limit && last !== undefined && { cursor: last }) };
  }

  async retire(tokens: readonly TrackedToken[], revokedAtMs: number): Promise<number> {
    this.#assertOpen();
    assertRevokedAt(revokedAtMs);
    let retired = 0;
    for (const { key } of tokens) {
      const token = this.#tracked.get(key);
      if (token === undefined || token.revokedAtMs !== undefined) continue;
      this.#active.remove(token);
      this.#tracked.set(key, { ...token, revokedAtMs }, token.expiresAtMs);
      retired += 1;
    }
    return retired;
  }

  async useOnce(key: OnceKey, keepForMs: number): Promise<Use> {
    this.#assertOpen();
    assertKeepForMs(keepForMs);
    const nowMs = this.#options.now();
    const firstAtMs = this.#used.get(key);
    if (firstAtMs !== undefined) return { isFirst: false, firstAtMs, nowMs };
    this.#makeRoom(this.#used, [key]);
    this.#used.set(key, nowMs, nowMs + keepForMs);
    return { isFirst: true, firstAtMs: nowMs, nowMs };
  }

  async firstUseMs(key: OnceKey): Promise<number | undefined> {
    this.#assertOpen();
    return this.#used.get(key);
  }

  retainLog(): void {
    // No log: nobody outside this process follows this store.
  }

  async ready(): Promise<void> {
    this.#assertOpen();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#revocations.clear();
    this.#tracked.clear();
    this.#active.clear();
    this.#used.clear();
    this.#audit.clear();
  }

  #recordOne({ key, epoch, keepForMs, note }: RevocationWrite, nowMs: number): RecordedRevocation {
    const previous = this.#revocations.get(key);
    const wanted = { epochMs: epoch === 'now' ? nowMs : epoch, keepUntilMs: nowMs + keepForMs };
    const merged = previous === undefined ? wanted : mergeRevocations(previous, wanted);
    const changed = previous === undefined || merged.epochMs > previous.epochMs;
    if (!isWorthWriting(previous, merged)) return { ...(previous ?? merged), recordedAtMs: nowMs, changed };
    this.#revocations.set(key, merged, merged.keepUntilMs);
    if (changed) {
      this.#version += 1;
      this.#audit.add(note, nowMs, merged.epochMs);
      for (const listener of this.#listeners) listener(key);
    }
    return { ...merged, recordedAtMs: nowMs, changed };
  }

  /** What is there already needs no room: a full store still takes a later epoch for what it knows. */
  #makeRoom<K, V>(map: ExpiringMap<K, V>, keys: readonly K[]): void {
    const { maxEntries } = this.#options;
    if (map.size + keys.length <= maxEntries) return;
    map.sweep();
    const fresh = new Set(keys.filter(key => map.get(key) === undefined));
    if (map.size + fresh.size <= maxEntries) return;
    throw new StoreFullError(`The memory store holds its maximum of ${maxEntries} entries: raise maxEntries or use redisStore.`);
  }

  #assertOpen(): void {
    if (this.#closed) throw new ClosedError('The store is closed.');
  }
}
