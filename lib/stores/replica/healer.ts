import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable } from '../../errors.js';
import type { TargetKey } from '../../model/target-key.js';
import { MAX_BATCH } from '../store.js';
import type { Archive, KnownRevocation } from './archive.js';
import { forgettingMs } from './forgetting-clock.js';
import { LocalRevocations } from './local-revocations.js';
import type { Doubt, ResyncCause } from './log-tail.js';

/** What was given back to a store that had lost it. */
export interface Healing {
  /** What the store had done; `lost`: it forgot, unnoticed by the log, what this process had recorded in it. */
  readonly cause: ResyncCause | 'lost';
  /** Revocations that this process wrote back. Others may have written back more. */
  readonly revocations: number;
}

export interface HealerOptions {
  readonly archive: Archive;
  /** Writes revocations back. False where this process may not write. */
  restore(revocations: readonly KnownRevocation[]): Promise<boolean>;
  /** All that was known is in the store again. `incarnations`: of the data in which it was known. `torn`: of the log, as it was read. False as above. */
  settle(incarnations: readonly string[], torn?: string): Promise<boolean>;
  healed(healing: Healing): void;
}

/**
 * How long others have, once all was lost, to give back what this process may never have heard of: what was revoked just before, or while
 * it was cut off. Until then it neither claims to know everything nor calls the loss settled.
 */
export const OTHERS_MS = 1000;

/** What one instance has written back the others see in the log, so they do not all begin at the same time. */
const SPREAD_MS = 500;

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 1000;

/** Most of what was recorded here and has not come back through the log. */
const MAX_UNSEEN = 100_000;

/**
 * Gives back what a store has lost. Whenever the log had to be read again from its start, what it tells is noted; once it has been read
 * to its end, whatever this process knows beyond that is written back. The same for what this process has recorded itself, when the log
 * has come past that moment without telling of it. To write back what is there already does no harm.
 */
export class Healer {
  readonly #options: HealerOptions;
  readonly #signal: AbortSignal;
  /** What the log has told since it was read again; `undefined` while there is nothing to compare. */
  #told: LocalRevocations | undefined;
  #cause: Healing['cause'] = 'lost';
  /**
   * Of the data that was followed before. Whatever it was doubted for, other data may have taken its place, and that loss is then
   * settled; it may be lost once more before it is.
   */
  readonly #incarnations = new Set<string>();
  #torn: string | undefined;
  /** On the monotonic clock: not before this. */
  #settleAtMs = -Infinity;
  /** The same: what was asked for before this may be settled by now. Infinity where this process may not settle anything. */
  #settledAtMs = -Infinity;
  #run = 0;
  /** Written back since the log was first doubted, which may have happened again meanwhile. */
  #restored = 0;
  #isRunning = false;
  readonly #unseen = new Map<TargetKey, KnownRevocation & { readonly atMs: number }>();

  constructor(options: HealerOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** The log is being read again. What was about to be written back may be in it, or more be missing. */
  doubted({ cause, incarnation, torn }: Doubt): void {
    this.#told = new LocalRevocations();
    this.#cause = cause;
    this.#torn = torn;
    if (incarnation !== undefined) this.#incarnations.add(incarnation);
    if (cause === 'wiped') this.#settleAtMs = performance.now() + OTHERS_MS;
    this.#run += 1;
    this.#isRunning = false;
  }

  /** What this process knows is not all there was: to write it back would settle nothing. */
  gaveUp(): void {
    this.#run += 1;
    this.#endRun();
  }

  /** True where nobody here is about to settle it; then the log has to be told again. */
  unsettled(doubt: Doubt, askedAtMs: number): boolean {
    if (this.#told === undefined) {
      if (askedAtMs <= this.#settledAtMs) return false;
      this.doubted(doubt);
      return true;
    }
    if (doubt.incarnation !== undefined) this.#incarnations.add(doubt.incarnation);
    return false;
  }

  /** The log has told this. */
  told(revocation: KnownRevocation): void {
    const { key, epochMs, keepUntilMs } = revocation;
    this.#told?.merge(key, epochMs, keepUntilMs, forgettingMs());
    const own = this.#unseen.get(key);
    if (own !== undefined && own.epochMs <= epochMs) this.#unseen.delete(key);
  }

  /** This process has recorded this, and the log has not told it yet. */
  recorded(revocation: KnownRevocation): void {
    if (this.#unseen.size < MAX_UNSEEN) this.#unseen.set(revocation.key, { ...revocation, atMs: performance.now() });
  }

  /** The log has told everything up to this instant of the monotonic clock. */
  proven(atMs: number): void {
    if (this.#told !== undefined && !this.#isRunning) this.#compare(this.#told, ++this.#run).catch(warn);
    const lost = [...this.#unseen.values()].filter(own => own.atMs < atMs);
    for (const { key } of lost) this.#unseen.delete(key);
    if (lost.length > 0) this.#giveBack(lost).catch(warn);
  }

  async #compare(told: LocalRevocations, run: number): Promise<void> {
    this.#isRunning = true;
    const isOver = (): boolean => this.#signal.aborted || this.#run !== run;
    await this.#pause(Math.random() * SPREAD_MS);
    for (const chunk of this.#options.archive.chunks(forgettingMs())) {
      for (let i = 0; i < chunk.length; i += MAX_BATCH) {
        // As late as can be: others may be writing back the same.
        const missing = chunk.slice(i, i + MAX_BATCH).filter(each => told.merge(each.key, each.epochMs, each.keepUntilMs, forgettingMs()) !== 'known');
        const written = await this.#restore(missing, isOver);
        this.#restored += written;
        if (isOver()) return;
        // Whoever may only read leaves it to others, and settles nothing.
        if (written < missing.length) { this.#endRun(Infinity); return; }
      }
      await nextTurn();
    }
    await this.#pause(Math.max(0, this.#settleAtMs - performance.now()));
    const isSettled = await this.#insist(() => this.#options.settle([...this.#incarnations], this.#torn), isOver);
    if (isOver()) return;
    const revocations = this.#restored;
    this.#endRun(isSettled === true ? performance.now() : Infinity);
    if (isSettled === true) this.#options.healed({ cause: this.#cause, revocations });
  }

  #endRun(settledAtMs = -Infinity): void {
    this.#settledAtMs = settledAtMs;
    this.#told = undefined;
    this.#isRunning = false;
    this.#restored = 0;
    this.#incarnations.clear();
  }

  async #giveBack(lost: readonly KnownRevocation[]): Promise<void> {
    const revocations = await this.#restore(lost, () => this.#signal.aborted);
    if (revocations > 0) this.#options.healed({ cause: 'lost', revocations });
  }

  async #restore(missing: readonly KnownRevocation[], isOver: () => boolean): Promise<number> {
    let restored = 0;
    for (let i = 0; i < missing.length; i += MAX_BATCH) {
      const batch = missing.slice(i, i + MAX_BATCH);
      if ((await this.#insist(() => this.#options.restore(batch), isOver)) !== true) return restored;
      restored += batch.length;
    }
    return restored;
  }

  /** A store that has just come back may go away again: repeated until it is done, or no longer to be done. */
  async #insist<T>(work: () => Promise<T>, isOver: () => boolean): Promise<T | undefined> {
    for (let failures = 0; !isOver(); failures++) {
      try {
        return await work();
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        await this.#pause(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10)));
      }
    }
    return undefined;
  }

  async #pause(ms: number): Promise<void> {
    try {
      await sleep(ms, undefined, { signal: this.#signal, ref: false });
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    }
  }
}

/** Not what a store does that is away. What this process knows it goes on refusing. */
function warn(error: unknown): void {
  const name = error instanceof Error ? error.name : typeof error;
  process.emitWarning(`Writing revocations back to their store failed (${name}).`, { code: 'LIVETOKEN_HEALING' });
}
