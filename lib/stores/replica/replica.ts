import { ClosedError, StoreUnavailableError } from '../../errors.js';
import type { OnceKey } from '../../model/once-key.js';
import type { TargetKey } from '../../model/target-key.js';
import { badOption, flag, onlyKnown, wholeNumber } from '../../option-checks.js';
import type { LocalView, Lookup } from '../local-view.js';
import type { LogEntry } from '../log.js';
import type {
  AuditEntry,
  AuditQuery,
  Consistency,
  FollowableStore,
  Page,
  RecordedRevocation,
  ReplicaMonitor,
  RevocationStore,
  RevocationWrite,
  TrackedToken,
  Use,
} from '../store.js';
import { Archive, type KnownRevocation } from './archive.js';
import type { Merged } from './compact-table.js';
import { forgettingMs } from './forgetting-clock.js';
import { Healer, OTHERS_MS, type Healing } from './healer.js';
import { LocalRevocations } from './local-revocations.js';
import { LogTail, type Doubt } from './log-tail.js';
import type { ServerMonitor } from '../store-warning.js';
import type { ReplicaFigures, ReplicaListener, ReplicaState } from './replica-state.js';

export interface ReplicaOptions {
  /** Oldest proof of being up to date on which an answer is given from memory, milliseconds, 200 to 60,000. Default 1,000. */
  readonly maxStalenessMs?: number;
  /** Most revocations held, at least 1, at some 40 bytes each (15 without `heal`); beyond it checks ask the store again. Default 50,000,000. */
  readonly maxEntries?: number;
  /**
   * Whether this process writes back what the store has lost and it still knows: after a failover, a restore from an old snapshot,
   * a wipe. Takes 23 bytes more a revocation (31 with an epoch). Default true.
   */
  readonly heal?: boolean;
  /** How long `ready()` waits for the copy to be complete, milliseconds, at least 1. Default 30,000. */
  readonly syncTimeoutMs?: number;
}

/** Longest a read waits for news. Half the bound leaves as much for a late reply. */
const MAX_WAIT_MS = 500;

/** Expired entries leave a 256th of the table at a time: all of it about once in four minutes. */
const SWEEP_EVERY_MS = 1000;

/**
 * A copy of a store's revocations in this process, fed by its log: what `redisStore` makes by default. While the copy can prove that it is fresh it answers from
 * memory; otherwise the store is asked. The copy forgets nothing before its time, whatever the store may have lost.
 *
 * @throws TypeError for a bad option
 */
export function replicate(store: FollowableStore, options: ReplicaOptions = {}): Replica {
  if (typeof (store as Partial<FollowableStore> | undefined)?.follow !== 'function') {
    throw badOption('The store given to replicate', store, 'one whose log can be followed, such as redisStore(client, { replica: false })');
  }
  return new Replica(store, parseReplicaOptions(options));
}

export function parseReplicaOptions(options: ReplicaOptions): Required<ReplicaOptions> {
  onlyKnown('replica', options, ['maxStalenessMs', 'maxEntries', 'heal', 'syncTimeoutMs']);
  return {
    maxStalenessMs: wholeNumber('maxStalenessMs', options.maxStalenessMs ?? 1000, { min: 200, max: 60_000, unit: 'of milliseconds' }),
    maxEntries: wholeNumber('maxEntries', options.maxEntries ?? 50_000_000, { min: 1, unit: 'of entries' }),
    heal: flag('heal', options.heal ?? true),
    syncTimeoutMs: wholeNumber('syncTimeoutMs', options.syncTimeoutMs ?? 30_000, { min: 1, unit: 'of milliseconds' }),
  };
}

export class Replica implements RevocationStore, LocalView, ReplicaMonitor {
  readonly name: string;
  readonly namespace?: string;
  readonly server?: ServerMonitor;
  readonly local = this;
  readonly replica = this;
  readonly revocations = new LocalRevocations();
  readonly #store: FollowableStore;
  readonly #options: Required<ReplicaOptions>;
  readonly #closing = new AbortController();
  readonly #archive = new Archive();
  readonly #healer: Healer | undefined;
  readonly #sweeper: NodeJS.Timeout;
  readonly #following: Promise<void>;
  readonly #listeners = new Set<ReplicaListener>();
  readonly #healingListeners = new Set<(healing: Healing) => void>();
  readonly #subscribers = new Set<(key: TargetKey) => void>();
  #state: ReplicaState = 'starting';
  /** On the monotonic clock, and the same instant on the other. */
  #provenAtMs = -Infinity;
  #provenWallMs = -Infinity;
  /** The same: what is proven before this proves nothing, since others may still give back what was lost. */
  #heldUntilMs = -Infinity;
  /** How far this process's clock is ahead of the store's. */
  #aheadMs = 0;
  #lagMs: number | undefined;
  #resyncs = 0;
  #isOverfull = false;
  readonly #waiting = new Set<() => void>();

  constructor(store: FollowableStore, options: Required<ReplicaOptions>) {
    this.name = store.name;
    if (store.namespace !== undefined) this.namespace = store.namespace;
    if (store.server !== undefined) this.server = store.server;
    this.#store = store;
    this.#options = options;
    const observer = {
      clock: (nowMs: number): void => { this.#aheadMs = aheadMs(nowMs); },
      apply: (entry: LogEntry): void => { this.#apply(entry); },
      proven: (atMs: number, wallMs: number): void => { this.#proven(atMs, wallMs); },
      found: (revocation: KnownRevocation): void => { this.#merge(this.#onOurClock(revocation)); },
      doubted: (doubt: Doubt): void => { this.#doubted(doubt); },
      unsettled: (doubt: Doubt, askedAtMs: number): boolean => this.#healer?.unsettled(doubt, askedAtMs) ?? false,
      lost: (): void => { this.#refresh(); },
    };
    if (options.heal) this.#healer = this.#makeHealer();
    const waitMs = Math.min(MAX_WAIT_MS, Math.floor(options.maxStalenessMs / 2), store.hearEveryMs ?? Infinity);
    this.#following = new LogTail(() => store.follow(), observer, waitMs).run(this.#closing.signal);
    this.#sweeper = setInterval(() => { this.#sweep(); }, SWEEP_EVERY_MS).unref();
  }

  /** Whether memory may answer. By both clocks: the monotonic one stands still while a machine is suspended, the other one may be put back. */
  get isFresh(): boolean {
    const { maxStalenessMs } = this.#options;
    return performance.now() - this.#provenAtMs <= maxStalenessMs && Date.now() - this.#provenWallMs <= maxStalenessMs && !this.#isOverfull;
  }

  get figures(): ReplicaFigures {
    const { entries } = this.revocations;
    const bytes = this.revocations.bytes + this.#archive.bytes;
    const ageMs = performance.now() - this.#provenAtMs;
    return { state: this.#refresh(), entries, bytes, ageMs, lagMs: this.#lagMs, resyncs: this.#resyncs };
  }

  onChange(listener: ReplicaListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onHealed(listener: (healing: Healing) => void): () => void {
    this.#healingListeners.add(listener);
    return () => this.#healingListeners.delete(listener);
  }

  get version(): number | undefined {
    return this.isFresh ? this.revocations.version : undefined;
  }

  lookup(keys: readonly TargetKey[]): Lookup {
    return this.revocations.lookup(keys);
  }

  subscribe(listener: (key: TargetKey) => void): () => void {
    this.#subscribers.add(listener);
    return () => this.#subscribers.delete(listener);
  }

  async epochs(keys: readonly TargetKey[], consistency: Consistency = 'bounded'): Promise<readonly (number | undefined)[]> {
    const lookup = this.lookup(keys);
    if (consistency === 'bounded' && this.isFresh) return lookup.epochsMs();
    const stored = await this.#store.epochs(keys);
    // After a failover or a wipe the store may lack what is known here.
    return lookup.epochsMs().map((epochMs, i) => later(epochMs, stored[i]));
  }

  /** What this process has revoked it knows at once, before the log brings it back. */
  async record(writes: readonly RevocationWrite[]): Promise<readonly RecordedRevocation[]> {
    const recorded = await this.#store.record(writes);
    for (const [i, { epochMs, keepUntilMs, recordedAtMs }] of recorded.entries()) {
      const recorded = { key: (writes[i] as RevocationWrite).key, epochMs, keepUntilMs: keepUntilMs + aheadMs(recordedAtMs) };
      if (this.#merge(recorded) !== 'known') this.#healer?.recorded(recorded);
    }
    return recorded;
  }

  audit(query: AuditQuery): Promise<Page<AuditEntry>> {
    return this.#store.audit(query);
  }

  track(token: TrackedToken): Promise<void> {
    return this.#store.track(token);
  }

  tracked(keys: readonly TargetKey[]): Promise<readonly (TrackedToken | undefined)[]> {
    return this.#store.tracked(keys);
  }

  active(target: TargetKey, page: { readonly cursor?: string; readonly limit: number }): Promise<Page<TrackedToken>> {
    return this.#store.active(target, page);
  }

  retire(tokens: readonly TrackedToken[], revokedAtMs: number): Promise<number> {
    return this.#store.retire(tokens, revokedAtMs);
  }

  useOnce(key: OnceKey, keepForMs: number): Promise<Use> {
    return this.#store.useOnce(key, keepForMs);
  }

  firstUseMs(key: OnceKey): Promise<number | undefined> {
    return this.#store.firstUseMs(key);
  }

  retainLog(longestMs: number): void {
    this.#store.retainLog(longestMs);
  }

  async ready(): Promise<void> {
    await this.#store.ready();
    this.#assertOpen();
    if (this.isFresh) return;
    await new Promise<void>(resolve => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, this.#options.syncTimeoutMs).unref();
      this.#waiting.add(wake);
    });
    this.#assertOpen();
    if (this.#refresh() === 'live') return;
    throw new StoreUnavailableError(
      `The copy of the revocations was not complete after ${this.#options.syncTimeoutMs} ms; until it is, every check asks the store.`,
    );
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#closing.abort();
    this.#provenAtMs = -Infinity;
    this.#moveTo('closed');
    this.revocations.clear();
    this.#archive.clear();
    this.#wake();
    await this.#following;
    await this.#store.close();
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new ClosedError('The store is closed.');
  }

  #apply({ id, key, epochMs, keepUntilMs }: LogEntry): void {
    const told = this.#onOurClock({ key, epochMs, keepUntilMs });
    this.#merge(told);
    this.#healer?.told(told);
    this.#lagMs = Date.now() - Number.parseInt(id, 10);
  }

  #onOurClock({ key, epochMs, keepUntilMs }: KnownRevocation): KnownRevocation {
    return { key, epochMs, keepUntilMs: keepUntilMs + this.#aheadMs };
  }

  #merge({ key, epochMs, keepUntilMs }: KnownRevocation): Merged {
    const merged = this.revocations.merge(key, epochMs, keepUntilMs, forgettingMs());
    if (merged === 'known') return merged;
    if (this.#options.heal) this.#archive.add(key, epochMs, keepUntilMs);
    if (merged === 'later') for (const tell of this.#subscribers) tell(key);
    return merged;
  }

  #makeHealer(): Healer {
    const store = this.#store;
    return new Healer(
      {
        archive: this.#archive,
        restore: revocations => store.restore(revocations),
        settle: (incarnations, torn) => store.settle(incarnations, torn),
        healed: healing => { for (const listener of this.#healingListeners) listener(healing); },
      },
      this.#closing.signal,
    );
  }

  #proven(atMs: number, wallMs: number): void {
    if (this.#closing.signal.aborted) return;
    if (performance.now() >= this.#heldUntilMs && atMs > this.#provenAtMs) {
      this.#provenAtMs = atMs;
      this.#provenWallMs = wallMs;
    }
    if (this.#refresh() === 'live') this.#wake();
    this.#healer?.proven(atMs);
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  /** What is known stays known; only the claim to know everything is given up until the log has been read again. */
  #doubted(doubt: Doubt): void {
    this.#resyncs += 1;
    if (doubt.isComplete) this.#healer?.doubted(doubt);
    else this.#healer?.gaveUp();
    this.#provenAtMs = -Infinity;
    if (doubt.cause === 'wiped') this.#heldUntilMs = performance.now() + OTHERS_MS;
    this.#moveTo('stale', doubt.cause);
  }

  #refresh(): ReplicaState {
    if (this.#state === 'closed') return this.#state;
    if (this.isFresh) this.#moveTo('live');
    else if (this.#state === 'live') this.#moveTo('stale');
    return this.#state;
  }

  #moveTo(state: ReplicaState, cause?: Doubt['cause']): void {
    if (this.#state === state && cause === undefined) return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state, cause);
  }

  #sweep(): void {
    this.revocations.sweep(forgettingMs());
    this.#archive.sweep(forgettingMs());
    this.#isOverfull = this.revocations.entries > this.#options.maxEntries;
    this.#refresh();
  }
}

/** keepUntil is by the store's clock and judged by ours: what is kept must not leave sooner because ours is ahead. */
function aheadMs(storeNowMs: number): number {
  return Math.max(0, Date.now() - storeNowMs);
}

function later(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || (other !== undefined && other > one) ? other : one;
}
