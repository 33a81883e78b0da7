import type { TargetKey } from '../model/target-key.js';
import type { KnownRevocation } from './replica/archive.js';

/** One revocation, as instances follow them. Entries are chained: each names the nonce of the one before. */
export interface LogEntry {
  /** Position in the log. */
  readonly id: string;
  readonly key: TargetKey;
  /** Milliseconds since 1970; Infinity for what is dead for good. */
  readonly epochMs: number;
  /** By the store's clock. */
  readonly keepUntilMs: number;
  readonly nonce: string;
  readonly previous: string;
}

/** What the log looks like now. Ids and numbers alone would not show a wipe, nor another history after a failover. */
export interface LogHead {
  /** Drawn anew with the data; `undefined` where nothing was ever recorded. */
  readonly incarnation: string | undefined;
  /** The entry at the position asked for, where it is still there. */
  readonly entry: LogEntry | undefined;
  /** What the store's clock said when it answered, milliseconds since 1970. */
  readonly nowMs: number;
  /**
   * The instant of our monotonic clock up to which whoever answered is known to be the one to ask. Absent where nobody could be
   * mistaken for him.
   */
  readonly provenUntilMs?: number;
  /** Given where the log lacks entries that it should still have: another text for another such event, SHORT until it has one. */
  readonly torn?: string | undefined;
  /** The incarnation of data that was lost, where nobody has settled that: whoever has not followed it may not answer. */
  readonly lost?: string | undefined;
}

/** The same, looked at before the entries after that position were read. */
export interface LogReply extends LogHead {
  readonly entries: readonly LogEntry[];
}

/** Follows the log over a connection of its own. Once a call has rejected, the follower is of no more use: close it, make another. */
export interface LogFollower {
  /**
   * @param at position of the last entry seen
   * @param isComplete whether whoever asks has had all there was: then he may go on from a store that has lost something. Default false
   */
  head(at: string, isComplete?: boolean): Promise<LogHead>;
  /** The entries after a position, oldest first. */
  page(after: string, limit: number): Promise<readonly LogEntry[]>;
  /** Every revocation that the store keeps, whatever its log has of them. What is recorded meanwhile may be missing: the log has that. */
  kept(): AsyncIterable<readonly KnownRevocation[]>;
  /** The same as a page, but waits for one to come, `waitMs` at most: an empty answer was given no sooner. */
  wait(after: string, limit: number, waitMs: number): Promise<LogReply>;
  close(): void;
}

/** What is torn, and nobody has noted when. */
export const SHORT = 'short';

/** Stands for the incarnation of lost data that somebody expected, and that nobody of whom he knows has seen. */
export const EXPECTED = 'expected';

/** Before the first entry. */
export const LOG_START = '0-0';
