import { InvalidTargetError } from '../errors.js';
import type { OnceKey } from '../model/once-key.js';
import type { Revocation } from '../model/revocation.js';
import type { TargetKey } from '../model/target-key.js';
import type { TargetKind } from '../model/target.js';
import type { LocalView } from './local-view.js';
import type { LogFollower } from './log.js';
import type { KnownRevocation } from './replica/archive.js';
import type { Healing } from './replica/healer.js';
import type { ReplicaFigures, ReplicaListener } from './replica/replica-state.js';
import type { ServerMonitor } from './store-warning.js';

/** What is to be recorded of one target. */
export interface RevocationWrite {
  readonly key: TargetKey;
  /** `now` is the store's own clock; Infinity kills for good; a number is an instant in the past, milliseconds since 1970. */
  readonly epoch: 'now' | number;
  /** Milliseconds from the store's now, integer, at least 1. Never shortens what is kept already. */
  readonly keepForMs: number;
  readonly note: AuditNote;
}

/** What stands in the store after a write. Times are milliseconds since 1970 by the store's clock. */
export interface RecordedRevocation {
  readonly epochMs: number;
  readonly keepUntilMs: number;
  readonly recordedAtMs: number;
  /** False where the target was revoked at least as late before. */
  readonly changed: boolean;
}

/** Who revoked, and why. `target` describes the target without a token id, grant or session in clear. */
export interface AuditNote {
  readonly key: TargetKey;
  readonly target: string;
  /** The organisation that the target is or names, as its tokens carry it. */
  readonly organisation?: string;
  /** The user that the target is, everywhere or inside the organisation, in whole or in part; as its tokens carry it. */
  readonly subject?: string;
  readonly actor?: string;
  readonly reason?: string;
  readonly requestId?: string;
}

export interface AuditEntry extends AuditNote {
  /** Position in the log: opaque, to read on from. */
  readonly id: string;
  readonly atMs: number;
  /** Infinity for what is dead for good. */
  readonly epochMs: number;
  readonly kind: TargetKind;
}

/** A page of the audit log. */
export interface AuditQuery {
  /** What comes first. Default `oldest`. */
  readonly order?: 'newest' | 'oldest';
  /** Id of the last entry seen: entries that come after it in this order. */
  readonly after?: string;
  readonly limit: number;
  /**
   * Milliseconds since 1970. What was recorded before, or at `untilMs` or later, may be left out, as far as the store can tell
   * without looking; whoever asks looks at `atMs`.
   */
  readonly sinceMs?: number;
  readonly untilMs?: number;
}

/**
 * How fresh an answer must be. `bounded`: a copy in this process may answer while it can prove that it is no older than its
 * bound. `strong`: the shared store itself is asked.
 */
export type Consistency = 'bounded' | 'strong';

/** What is known of a use of something that may be used once. Times are milliseconds since 1970 by the store's clock. */
export interface Use {
  /** True for exactly one of all who ever use it, in whatever process. */
  readonly isFirst: boolean;
  readonly firstAtMs: number;
  readonly nowMs: number;
}

/** A token that was reported at issuance, so that it can be counted, listed and found. */
export interface TrackedToken {
  /** Key of its `token` target. */
  readonly key: TargetKey;
  /** Keys of all targets it falls under. */
  readonly targets: readonly TargetKey[];
  /** What epochs are compared with: when it was issued, or its grant began. */
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** JSON text, at most 8 KiB: what is to be shown of the token later. */
  readonly details: string;
  readonly revokedAtMs?: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Give it to the next call; absent on the last page. */
  readonly cursor?: string;
}

/**
 * Where revocations are kept. One contract, proved by one suite on every implementation.
 *
 * Every method rejects (StoreUnavailableError, StoreFullError, ClosedError) when it cannot do what it says: a store never
 * answers "not revoked" or "recorded" for want of knowing better. A write that rejected may have been applied all the same;
 * repeating it does no harm.
 */
export interface RevocationStore {
  /** What this store is, for people: `memory`, `redis`. */
  readonly name: string;

  /** What keeps it apart from others of its name in the same database. Absent where nobody else could share what it holds. */
  readonly namespace?: string;

  /** What this process holds of the revocations, for stores that hold any here. */
  readonly local?: LocalView;

  /** Of stores that keep a copy in this process: how it is doing, and what tells of its changes. */
  readonly replica?: ReplicaMonitor;

  /** Of stores on a server: what stands against how it is set up. */
  readonly server?: ServerMonitor;

  /** The epochs of the targets, in order, `undefined` where there is none. At most one round trip. Default `bounded`. */
  epochs(keys: readonly TargetKey[], consistency?: Consistency): Promise<readonly (number | undefined)[]>;

  /** Records all of them or none, each merged with what is there, with its note in the audit log. At most 64 at a time. */
  record(writes: readonly RevocationWrite[]): Promise<readonly RecordedRevocation[]>;

  /** Who revoked what, for as long as the store keeps that. */
  audit(query: AuditQuery): Promise<Page<AuditEntry>>;

  /** Remembers a token until it expires. Tracking a token twice keeps what was known of its revocation. */
  track(token: TrackedToken): Promise<void>;

  /** What is known of tokens by their `token` keys, in order. */
  tracked(keys: readonly TargetKey[]): Promise<readonly (TrackedToken | undefined)[]>;

  /** Tokens under a target that have neither expired nor been retired, soonest to expire first. */
  active(target: TargetKey, page: { readonly cursor?: string; readonly limit: number }): Promise<Page<TrackedToken>>;

  /** Marks tracked tokens as revoked. Answers how many were not before: of two callers exactly one counts each token. */
  retire(tokens: readonly TrackedToken[], revokedAtMs: number): Promise<number>;

  /** Uses what may be used once. `keepForMs`: how long it is remembered that it was, from its first use; integer, at least 1. */
  useOnce(key: OnceKey, keepForMs: number): Promise<Use>;

  /** When it was first used, milliseconds since 1970; `undefined` where it never was. */
  firstUseMs(key: OnceKey): Promise<number | undefined>;

  /** Tells the store, before the first write, how long at most anything is kept: a log to follow must not forget sooner. */
  retainLog(longestMs: number): void;

  /** Resolves once the store can serve; rejects with a StoreUnavailableError that says what is wrong. */
  ready(): Promise<void>;

  close(): Promise<void>;
}

/** Watches over a copy. */
export interface ReplicaMonitor {
  readonly figures: ReplicaFigures;
  /** Calls `listener` at every change of state, and at every resync with its cause. Answers with what ends that. */
  onChange(listener: ReplicaListener): () => void;
  /** Calls `listener` whenever the copy has given back what the store had lost. Answers with what ends that. */
  onHealed(listener: (healing: Healing) => void): () => void;
}

/** A store whose log of revocations can be followed, so that `replicate` can keep a copy of it. */
export interface FollowableStore extends RevocationStore {
  /** How often a follower must ask for news, milliseconds, where its being up to date depends on it. */
  readonly hearEveryMs?: number | undefined;

  /** Every follower has a connection of its own. */
  follow(): LogFollower;

  /**
   * Writes revocations back that the store has lost, at most 64 at a time, in any case into its log too. They are merged like any
   * other, and leave no note in the audit log. False where this process may not write. Rejects as `record` does.
   */
  restore(revocations: readonly KnownRevocation[]): Promise<boolean>;

  /**
   * All that a copy knew is in the store again. `incarnations`: of the data in which it was known, which may be what there is now.
   * `torn`: what was said of the log that it has been compared with. False where this process may not write.
   */
  settle(incarnations: readonly string[], torn?: string): Promise<boolean>;
}

/** Most revocations in one atomic write. */
export const MAX_BATCH = 64;

/** Most items on a page. */
export const MAX_PAGE = 1000;

/** Latest instant and longest time, of 15 digits: beyond every NumericDate, and no arithmetic leaves the safe integers. */
export const MAX_MS = 999_999_999_999_999;

/** Longest text kept of a tracked token, bytes of UTF-8. */
const MAX_DETAILS_BYTES = 8192;

/** Most targets that a tracked token is listed under. */
const MAX_LISTS = 512;

/** An epoch given as an instant may be this far ahead of the store's clock, which may run behind the application's. */
export const MAX_EPOCH_AHEAD_MS = 60_000;

/** keepUntil moves only by more than this, so that repeating a revocation writes nothing. The margin covers it many times. */
export const KEEP_SLACK_MS = 1000;

/** Throws InvalidTargetError unless the batch is one that every store can take: the Redis script is given checked numbers only. */
export function assertBatch(writes: readonly RevocationWrite[]): void {
  if (writes.length < 1 || writes.length > MAX_BATCH) throw new InvalidTargetError(`A write takes 1 to ${MAX_BATCH} revocations.`);
  for (const { epoch, keepForMs } of writes) {
    const epochIsSound = epoch === 'now' || epoch === Infinity || (Number.isSafeInteger(epoch) && epoch >= 0);
    if (!epochIsSound) throw new InvalidTargetError("An epoch is 'now', Infinity, or integer milliseconds since 1970.");
    assertKeepForMs(keepForMs);
  }
}

export function assertKeepForMs(keepForMs: number): void {
  if (isInstant(keepForMs) && keepForMs >= 1) return;
  throw new InvalidTargetError('keepForMs is an integer of milliseconds, at least 1 and of 15 digits at most.');
}

/** True where the merged revocation says enough more than the previous one to be written. */
export function isWorthWriting(previous: Revocation | undefined, merged: Revocation): boolean {
  if (previous === undefined || merged.epochMs > previous.epochMs) return true;
  return merged.keepUntilMs > previous.keepUntilMs + KEEP_SLACK_MS;
}

/** Throws InvalidTargetError unless every store can keep the token and list it: expiry is part of an index of fixed width. */
export function assertTracked({ targets, issuedAtMs, expiresAtMs, details, revokedAtMs }: TrackedToken): void {
  const issueIsSound = Number.isSafeInteger(issuedAtMs) || issuedAtMs === -Infinity;
  if (!issueIsSound || !isInstant(expiresAtMs)) throw new InvalidTargetError('The times of a tracked token are integer milliseconds.');
  if (revokedAtMs !== undefined) assertRevokedAt(revokedAtMs);
  if (targets.length > MAX_LISTS) throw new InvalidTargetError(`A tracked token falls under at most ${MAX_LISTS} targets.`);
  if (typeof details !== 'string' || Buffer.byteLength(details) > MAX_DETAILS_BYTES) {
    throw new InvalidTargetError(`The details of a tracked token are a text of at most ${MAX_DETAILS_BYTES} bytes.`);
  }
}

export function assertRevokedAt(revokedAtMs: number): void {
  if (!isInstant(revokedAtMs)) throw new InvalidTargetError('revokedAtMs is an integer of milliseconds since 1970.');
}

function isInstant(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= MAX_MS;
}

/** A position in the audit log comes from outside; `format` is what the store's own look like. */
export function assertPosition(after: string, format: RegExp): void {
  if (typeof after === 'string' && format.test(after)) return;
  throw new InvalidTargetError('The position in the audit log is not the id of an entry.');
}

export function assertLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_PAGE) throw new InvalidTargetError(`A page holds 1 to ${MAX_PAGE} items.`);
}
