import { setTimeout as sleep } from 'node:timers/promises';
import { LOG_START, type LogEntry, type LogFollower } from '../log.js';
import type { KnownRevocation } from './archive.js';

/**
 * Why the log is read again from its start: our place in it is gone, or some of it that nobody was to take away (`trimmed`), another
 * history stands there, or the data is another.
 */
export type ResyncCause = 'trimmed' | 'fork' | 'wiped';

export interface Doubt {
  readonly cause: ResyncCause;
  /** Of the data that was followed until then. */
  readonly incarnation: string | undefined;
  /** Whether all there was is known here, so that what the log will not tell again is what it lacks. */
  readonly isComplete: boolean;
}

/** What the tail tells whoever holds the copy. */
export interface TailObserver {
  /** What the store's clock says now, milliseconds since 1970; told before the entries that came with it are applied. */
  clock(nowMs: number): void;
  apply(entry: LogEntry): void;
  /** This stands in the store, though its log may lack it. */
  found(revocation: KnownRevocation): void;
  /** Everything recorded up to this instant of the monotonic clock has been applied. */
  proven(atMs: number): void;
  /** What was proven before holds no longer. */
  doubted(doubt: Doubt): void;
  /** The connection was lost, or never made; it will be tried again. */
  lost(error: unknown): void;
}

/** Entries in one reply: more would keep the event loop for too long. */
const PAGE = 500;

/** Timers of the store may fire this much early by our clock. */
const TIMER_NOISE_MS = 10;

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 400;

class HistoryChanged extends Error {
  readonly resync: ResyncCause;
  constructor(resync: ResyncCause) {
    super(resync);
    this.resync = resync;
  }
}

/**
 * Reads a log from its start to its end and on from there, for ever. A connection that fails is thrown away and replaced, and
 * the reading goes on where it was, if the log still holds that place and the same history; from the start, if not.
 */
export class LogTail {
  readonly #connect: () => LogFollower;
  readonly #observer: TailObserver;
  readonly #waitMs: number;
  #cursor = LOG_START;
  #nonce: string | undefined;
  #incarnation: string | undefined;
  #provenUntilMs = Infinity;
  /** Whether all there was has been applied at some time: what the log loses after that is known here. */
  #isComplete = false;
  /** What was said of the tear in the log that we have made up for. */
  #torn: string | undefined;

  constructor(connect: () => LogFollower, observer: TailObserver, waitMs: number) {
    this.#connect = connect;
    this.#observer = observer;
    this.#waitMs = waitMs;
  }

  /** Resolves once `signal` is aborted. Never rejects and never gives up before. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const follower = this.#connect();
      const stop = (): void => { follower.close(); };
      signal.addEventListener('abort', stop);
      try {
        await this.#read(follower, signal, () => { failures = 0; });
      } catch (error) {
        this.#failed(error, signal);
      } finally {
        signal.removeEventListener('abort', stop);
        follower.close();
      }
      await pause(failures++, signal);
    }
  }

  async #read(follower: LogFollower, signal: AbortSignal, onProgress: () => void): Promise<void> {
    await this.#resume(follower);
    await this.#catchUp(follower);
    onProgress();
    while (!signal.aborted) await this.#waitForMore(follower);
  }

  /** Whether the log still holds our place, with the same entry at it, in the same data. */
  async #resume(follower: LogFollower): Promise<void> {
    const { incarnation, entry, nowMs, provenUntilMs = Infinity, torn } = await follower.head(this.#cursor, this.#isComplete);
    this.#provenUntilMs = provenUntilMs;
    this.#observer.clock(nowMs);
    const lacksAll = this.#isNewlyTorn(torn) || (torn !== undefined && !this.#isComplete);
    const cause = this.#causeOfDoubt(incarnation, entry);
    if (cause !== undefined && !(lacksAll && cause === 'trimmed')) this.#startOver(cause);
    this.#incarnation = incarnation;
    if (lacksAll) await this.#findAll(follower);
    this.#torn = torn;
  }

  /** @param entry what stands at our place */
  #causeOfDoubt(incarnation: string | undefined, entry: LogEntry | undefined): ResyncCause | undefined {
    if (this.#incarnation !== undefined && incarnation !== this.#incarnation) return 'wiped';
    if (this.#cursor === LOG_START) return undefined;
    if (entry === undefined) return 'trimmed';
    return entry.nonce === this.#nonce ? undefined : 'fork';
  }

  /**
   * Where the log lacks something that a beginner needs, or that came and went while we were away, the store itself still has it. What
   * it has is the log's to tell again: then it is known here in any case.
   */
  async #findAll(follower: LogFollower): Promise<void> {
    this.#cursor = LOG_START;
    this.#nonce = undefined;
    this.#observer.doubted({ cause: 'trimmed', incarnation: this.#incarnation, isComplete: true });
    for await (const revocations of follower.kept()) {
      for (const revocation of revocations) this.#observer.found(revocation);
    }
  }

  async #catchUp(follower: LogFollower): Promise<void> {
    let asked: AskedPage | undefined = askPage(follower, this.#cursor);
    while (asked !== undefined) {
      const { sentAtMs } = asked;
      const entries: readonly LogEntry[] = await asked.entries;
      const last = entries.at(-1);
      // The store reads the next page while we apply this one.
      asked = last !== undefined && entries.length === PAGE ? askPage(follower, last.id) : undefined;
      this.#take(entries);
      if (asked === undefined) this.#caughtUp(sentAtMs);
    }
  }

  async #waitForMore(follower: LogFollower): Promise<void> {
    const sentAtMs = performance.now();
    const { incarnation, entries, nowMs, provenUntilMs = Infinity, torn } = await follower.wait(this.#cursor, PAGE, this.#waitMs);
    this.#provenUntilMs = provenUntilMs;
    this.#observer.clock(nowMs);
    // The first revocation ever makes the incarnation; a later change means that the data was lost and begun anew.
    if (this.#incarnation !== undefined && incarnation !== this.#incarnation) throw new HistoryChanged('wiped');
    this.#incarnation = incarnation;
    if (this.#isNewlyTorn(torn)) throw new HistoryChanged('trimmed');
    this.#torn = torn;
    this.#take(entries);
    // Nothing came although the store waited: then there was nothing when it answered, which was no sooner than this.
    if (entries.length === 0) this.#caughtUp(sentAtMs + Math.max(0, this.#waitMs - TIMER_NOISE_MS));
    else if (entries.length < PAGE) this.#caughtUp(sentAtMs);
  }

  /** All that this server had at that instant has been applied; that is all there was, as far as it was the one to ask. */
  #caughtUp(atMs: number): void {
    const provenAtMs = Math.min(atMs, this.#provenUntilMs);
    this.#isComplete ||= provenAtMs !== -Infinity;
    this.#observer.proven(provenAtMs);
  }

  /** The log stays torn until somebody has written back what it lacks; to read it again once is enough. */
  #isNewlyTorn(torn: string | undefined): boolean {
    return torn !== undefined && torn !== this.#torn;
  }

  #take(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      if (this.#nonce !== undefined && entry.previous !== this.#nonce) throw new HistoryChanged('fork');
      this.#observer.apply(entry);
      this.#cursor = entry.id;
      this.#nonce = entry.nonce;
    }
  }

  #failed(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    if (error instanceof HistoryChanged) this.#startOver(error.resync);
    else this.#observer.lost(error);
  }

  #startOver(cause: ResyncCause): void {
    const incarnation = this.#incarnation;
    this.#cursor = LOG_START;
    this.#nonce = undefined;
    this.#incarnation = undefined;
    this.#observer.doubted({ cause, incarnation, isComplete: this.#isComplete });
  }
}

interface AskedPage {
  readonly entries: Promise<readonly LogEntry[]>;
  readonly sentAtMs: number;
}

function askPage(follower: LogFollower, after: string): AskedPage {
  const sentAtMs = performance.now();
  const entries = follower.page(after, PAGE);
  // Where the page before turns out to be of another history, nobody waits for this one, and its failure is of no interest.
  entries.catch(() => undefined);
  return { entries, sentAtMs };
}

async function pause(failures: number, signal: AbortSignal): Promise<void> {
  const baseMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
  try {
    await sleep(baseMs * (0.5 + Math.random() / 2), undefined, { signal, ref: false });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
