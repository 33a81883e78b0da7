import { setTimeout as sleep } from 'node:timers/promises';
import { EXPECTED, LOG_START, SHORT, type LogEntry, type LogFollower, type LogHead } from '../log.js';
import type { KnownRevocation } from './archive.js';

/**
 * Why the log is read again from its start: our place in it is gone, or some of it that nobody was to take away (`trimmed`), another
 * history stands there, or the data is another.
 */
export type ResyncCause = 'trimmed' | 'fork' | 'wiped';

export interface Doubt {
  readonly cause: ResyncCause;
  /** Of the data that was followed until then, all of it. */
  readonly incarnation: string | undefined;
  /** What was said of the tear in the log that the next reading makes up for. */
  readonly torn?: string | undefined;
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
  /** Everything recorded up to this instant of the monotonic clock, and of the wall clock, has been applied. */
  proven(atMs: number, wallMs: number): void;
  /** What was proven before holds no longer. */
  doubted(doubt: Doubt): void;
  /**
   * Data was lost that is all known here, and by what was asked for at this instant nobody has settled that. Answers whether to read the
   * log again, so that what it lacks can be given back: what was proven holds all the same.
   */
  unsettled(doubt: Doubt, askedAtMs: number): boolean;
  /** The connection was lost, or never made; it will be tried again. */
  lost(error: unknown): void;
}

/** Entries in one reply: more would keep the event loop for too long. */
const PAGE = 500;

/** The shortest wait there is: for an answer, not for news. */
const MOMENT_MS = 1;

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
  /** How far the wall clock was ahead of the monotonic one before the last wait: a machine may be suspended until its reply is read. */
  #wallAheadMs = 0;
  /** Whether the log ended at our place when it was last read. */
  #isAtEnd = false;
  /** Whether all there was has been applied at some time: what the log loses after that is known here. */
  #isComplete = false;
  /** The data that was followed since: whoever had everything, and went on from there, misses nothing of it when it is lost. */
  readonly #followed = new Set<string>();
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
    await this.#resume(follower, signal);
    await this.#catchUp(follower);
    onProgress();
    while (!signal.aborted) await this.#waitForMore(follower, this.#waitMs);
  }

  /** Whether the log still holds our place, with the same entry at it, in the same data. */
  async #resume(follower: LogFollower, signal: AbortSignal): Promise<void> {
    const head = await this.#head(follower, signal);
    const { torn } = head;
    this.#heard(head);
    const lacksAll = this.#isNewlyTorn(torn) || (torn !== undefined && !this.#isComplete);
    const cause = this.#causeOfDoubt(head);
    if (cause !== undefined && !(lacksAll && cause === 'trimmed')) this.#startOver(cause);
    this.#incarnation = head.incarnation;
    if (lacksAll) await this.#findAll(follower, torn);
    this.#torn = torn;
  }

  /** A tear is being noted by whoever saw it. Only what was noted before all is read can be called mended afterwards. */
  async #head(follower: LogFollower, signal: AbortSignal): Promise<LogHead> {
    const ask = (): Promise<LogHead> => follower.head(this.#cursor, this.#isComplete);
    const head = await ask();
    if (head.torn !== SHORT) return head;
    await pause(0, signal);
    return ask();
  }

  #heard({ nowMs, provenUntilMs = Infinity, lost, incarnation }: LogHead): void {
    this.#provenUntilMs = provenUntilMs;
    this.#observer.clock(nowMs);
    if (lost === undefined || this.#hasFollowed(lost, incarnation)) return;
    // It was lost before we came, and never known here: to have read all that is left does not make us complete.
    this.#isComplete = false;
    this.#followed.clear();
    throw new HistoryChanged('wiped');
  }

  #follow(): void {
    const isBelieved = this.#isComplete && this.#provenUntilMs !== -Infinity;
    if (isBelieved && this.#incarnation !== undefined) this.#followed.add(this.#incarnation);
  }

  /** Whoever expected data found none before what is there now began: what was followed until then is what is missing. */
  #hasFollowed(lost: string, incarnation: string | undefined): boolean {
    return lost === EXPECTED ? [...this.#followed].some(followed => followed !== incarnation) : this.#followed.has(lost);
  }

  #causeOfDoubt({ incarnation, entry }: LogHead): ResyncCause | undefined {
    if (this.#incarnation !== undefined && incarnation !== this.#incarnation) return 'wiped';
    if (this.#cursor === LOG_START) return undefined;
    if (entry === undefined) return 'trimmed';
    return entry.nonce === this.#nonce ? undefined : 'fork';
  }

  /**
   * Where the log lacks something that a beginner needs, or that came and went while we were away, the store itself still has it. What
   * it has is the log's to tell again: then it is known here in any case.
   */
  async #findAll(follower: LogFollower, torn: string | undefined): Promise<void> {
    this.#toStart();
    this.#observer.doubted({ cause: 'trimmed', incarnation: this.#followedNow(), isComplete: true, torn });
    for await (const revocations of follower.kept()) {
      for (const revocation of revocations) this.#observer.found(revocation);
    }
  }

  async #catchUp(follower: LogFollower): Promise<void> {
    let asked: Promise<readonly LogEntry[]> | undefined = askPage(follower, this.#cursor);
    while (asked !== undefined) {
      const entries: readonly LogEntry[] = await asked;
      const last = entries.at(-1);
      // The store reads the next page while we apply this one.
      asked = last !== undefined && entries.length === PAGE ? askPage(follower, last.id) : undefined;
      this.#take(entries);
    }
    this.#isAtEnd = true;
    // The log may have gone meanwhile, and would look as if it ended here: only its next answer tells.
    await this.#waitForMore(follower, MOMENT_MS);
  }

  async #waitForMore(follower: LogFollower, waitMs: number): Promise<void> {
    this.#wallAheadMs = Date.now() - performance.now();
    const sentAtMs = performance.now();
    const { entries, ...head } = await follower.wait(this.#cursor, PAGE, waitMs);
    this.#heard(head);
    // The first revocation ever makes the incarnation; a later change means that the data was lost and begun anew.
    const isTorn = this.#isNewlyTorn(head.torn);
    const cause = this.#causeOfDoubt(head) ?? (isTorn ? 'trimmed' : undefined);
    // The entry at our place may leave when it is old, with the one that comes after it.
    const isOld = cause === 'trimmed' && !isTorn && entries[0]?.previous === this.#nonce;
    if (cause !== undefined && !isOld) throw new HistoryChanged(cause);
    this.#incarnation = head.incarnation;
    this.#torn = head.torn;
    // What comes now may be of other data already, and show that this was lost.
    if (this.#isAtEnd && head.entry !== undefined) this.#follow();
    this.#take(entries);
    this.#isAtEnd = entries.length < PAGE;
    // Nothing came although the store waited: then there was nothing when it answered, which was no sooner than this.
    if (entries.length === 0) this.#caughtUp(Math.min(performance.now(), sentAtMs + Math.max(0, waitMs - TIMER_NOISE_MS)));
    else if (entries.length < PAGE) this.#caughtUp(sentAtMs);
    if (head.lost !== undefined) await this.#settle(follower, head.lost, sentAtMs);
  }

  /** That it was settled may be lost again, and with it what was written back: an older file does that, or a failover. */
  async #settle(follower: LogFollower, lost: string, askedAtMs: number): Promise<void> {
    if (!this.#observer.unsettled({ cause: 'wiped', incarnation: lost, isComplete: true, torn: this.#torn }, askedAtMs)) return;
    this.#toStart();
    await this.#catchUp(follower);
  }

  /** All that this server had at that instant has been applied; that is all there was, as far as it was the one to ask. */
  #caughtUp(atMs: number): void {
    const provenAtMs = Math.min(atMs, this.#provenUntilMs);
    this.#isComplete ||= provenAtMs !== -Infinity;
    this.#follow();
    this.#observer.proven(provenAtMs, provenAtMs + this.#wallAheadMs);
  }

  /** The log stays torn until somebody has written back what it lacks; to read it again once is enough, also where it was noted since. */
  #isNewlyTorn(torn: string | undefined): boolean {
    return torn !== undefined && torn !== this.#torn && this.#torn !== SHORT;
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
    const incarnation = this.#followedNow();
    this.#toStart();
    // Otherwise it is to show whether other data stands behind what was first seen.
    if (cause === 'wiped') this.#incarnation = undefined;
    this.#observer.doubted({ cause, incarnation, isComplete: this.#isComplete, torn: this.#torn });
  }

  #toStart(): void {
    this.#isAtEnd = false;
    this.#cursor = LOG_START;
    this.#nonce = undefined;
  }

  /** Where it has not been read to its end, it may have had what nobody here knows. */
  #followedNow(): string | undefined {
    return this.#incarnation !== undefined && this.#followed.has(this.#incarnation) ? this.#incarnation : undefined;
  }
}

function askPage(follower: LogFollower, after: string): Promise<readonly LogEntry[]> {
  const entries = follower.page(after, PAGE);
  // Where the page before turns out to be of another history, nobody waits for this one, and its failure is of no interest.
  entries.catch(() => undefined);
  return entries;
}

async function pause(failures: number, signal: AbortSignal): Promise<void> {
  const baseMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
  try {
    await sleep(baseMs * (0.5 + Math.random() / 2), undefined, { signal, ref: false });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
