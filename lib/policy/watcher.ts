import { setImmediate as nextTurn } from 'node:timers/promises';
import { ClosedError, InvalidTokenError, isUnavailable } from '../errors.js';
import type { Claims } from '../model/claims.js';
import type { TargetKey } from '../model/target-key.js';
import { badOption, choice, onlyKnown } from '../option-checks.js';
import type { Events } from './events.js';
import type { Configuration } from './options.js';
import type { StoreState } from './store-state.js';
import type { Fault, TokenCheck } from './token-check.js';

export interface WatchOptions {
  /**
   * What the token holds open: the response, stream or socket. When it closes, the watch ends. Without it, a watch lasts until its
   * token has expired.
   */
  readonly until?: Closable;
  /**
   * What to do when nobody can tell any longer whether the token was revoked. `deny`: the signal aborts. `allow`: it waits until
   * somebody can. Default `deny`.
   */
  readonly onUnavailable?: 'deny' | 'allow';
}

/** What every response, stream and socket of Node is, and those of the package `ws`. */
export interface Closable {
  once(event: 'close', listener: () => void): unknown;
  off(event: 'close', listener: () => void): unknown;
  /** True where it has closed already. */
  readonly destroyed?: boolean;
  /** The same of a WebSocket, where it is 3. */
  readonly readyState?: unknown;
}

interface Watch {
  readonly check: TokenCheck;
  readonly aborter: AbortController;
  readonly keepsOnUnavailable: boolean;
  readonly until: Closable | undefined;
  readonly end: () => void;
  expiry?: NodeJS.Timeout;
}

/** How often the store is asked about watched tokens while this process cannot tell by itself. */
const ASK_EVERY_MS = 500;

/** Watched tokens that one question to the store is about. */
const TOKENS_A_QUESTION = 100;

/** Watches looked at before everything else gets its turn: some 10 ms of work. */
const WATCHES_A_TURN = 250;

/** The longest that a timer of Node can wait. */
const MAX_TIMER_MS = 2_147_483_647;

/**
 * Watches over tokens that something longer than a request depends on. Where this process holds the revocations itself, a
 * revocation ends the watches that it concerns and costs the others nothing; where it does not, or not at the moment, the store is
 * asked about all of them twice a second.
 */
export class Watcher {
  readonly #config: Configuration;
  readonly #events: Events;
  readonly #state: StoreState;
  readonly #prepare: (claims: Claims) => TokenCheck | InvalidTokenError;
  readonly #watches = new Set<Watch>();
  readonly #byTarget = new Map<TargetKey, Set<Watch>>();
  readonly #unasked: Watch[] = [];
  #unsubscribe: (() => void) | undefined;
  #asking: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(config: Configuration, events: Events, state: StoreState, prepare: (claims: Claims) => TokenCheck | InvalidTokenError) {
    this.#config = config;
    this.#events = events;
    this.#state = state;
    this.#prepare = prepare;
  }

  /** Watches that have not ended. */
  get size(): number {
    return this.#watches.size;
  }

  watch(claims: Claims, options: WatchOptions): AbortSignal {
    const { until, keepsOnUnavailable } = parseOptions(options);
    if (this.#closed) return AbortSignal.abort(closed());
    const check = this.#prepare(claims);
    if (check instanceof InvalidTokenError) return AbortSignal.abort(check);
    const fault = faultOf(check);
    if (fault !== undefined) return AbortSignal.abort(errorFor(fault));
    const watch: Watch = { check, aborter: new AbortController(), keepsOnUnavailable, until, end: () => { this.#end(watch); } };
    // What has closed already would never say so again.
    if (until === undefined || !isClosed(until)) this.#begin(watch);
    return watch.aborter.signal;
  }

  close(): void {
    this.#closed = true;
    for (const watch of this.#watches) this.#abort(watch, closed());
  }

  #begin(watch: Watch): void {
    if (this.#watches.size === 0) this.#start();
    this.#watches.add(watch);
    for (const key of watch.check.keys) {
      const watches = this.#byTarget.get(key);
      if (watches === undefined) this.#byTarget.set(key, new Set([watch]));
      else watches.add(watch);
    }
    watch.until?.once('close', watch.end);
    this.#awaitExpiry(watch);
    if (!this.#canTell) this.#askSoon(watch);
  }

  /** False where it has ended before. */
  #end(watch: Watch): boolean {
    if (!this.#watches.delete(watch)) return false;
    clearTimeout(watch.expiry);
    // A socket may see many tokens, one after the other.
    watch.until?.off('close', watch.end);
    for (const key of watch.check.keys) {
      const watches = this.#byTarget.get(key);
      watches?.delete(watch);
      if (watches?.size === 0) this.#byTarget.delete(key);
    }
    if (this.#watches.size === 0) this.#stop();
    return true;
  }

  /** Answers may come for a watch that has ended meanwhile: nobody is to hear of those. */
  #abort(watch: Watch, reason: Error): void {
    if (this.#end(watch)) watch.aborter.abort(reason);
  }

  #start(): void {
    this.#unsubscribe = this.#config.store.local?.subscribe(key => { void this.#revoked(key); });
    this.#askLater();
  }

  #stop(): void {
    this.#unsubscribe?.();
    clearTimeout(this.#asking);
    this.#asking = undefined;
  }

  /** Looks at each: its token may be younger than the epoch. */
  async #revoked(key: TargetKey): Promise<void> {
    for (const [i, watch] of [...(this.#byTarget.get(key) ?? [])].entries()) {
      if (i > 0 && i % WATCHES_A_TURN === 0) await nextTurn();
      this.#review(watch);
    }
  }

  #review(watch: Watch): void {
    const fault = faultOf(watch.check);
    if (fault !== undefined) this.#abort(watch, errorFor(fault));
  }

  /** Then it was and will be told of every revocation, and what is watched needs no question. */
  get #canTell(): boolean {
    return this.#config.store.local?.version !== undefined;
  }

  /** Watches that begin together are asked about together. */
  #askSoon(watch: Watch): void {
    if (this.#unasked.push(watch) === 1) setImmediate(() => { void this.#ask(this.#unasked.splice(0)); });
  }

  #askLater(): void {
    this.#asking = setTimeout(() => { void this.#askAgain(); }, ASK_EVERY_MS).unref();
  }

  async #askAgain(): Promise<void> {
    const asking = this.#asking;
    if (!this.#canTell) await this.#ask([...this.#watches]);
    // Meanwhile the last watch may have ended, and another have begun that asks for itself.
    if (asking === this.#asking) this.#askLater();
  }

  async #ask(watches: readonly Watch[]): Promise<void> {
    for (let i = 0; i < watches.length; i += TOKENS_A_QUESTION) {
      // A copy that has caught up meanwhile answers at once: everything else gets its turn all the same.
      if (i > 0) await nextTurn();
      try {
        await this.#askTogether(watches.slice(i, i + TOKENS_A_QUESTION));
      } catch (error) {
        // For all that are left: if each of their questions had to fail first, the last would hear of it far too late.
        for (const watch of watches.slice(i)) this.#couldNotTell(watch, error as Error);
        return;
      }
    }
  }

  /** One question about several tokens: they share some of their targets. */
  async #askTogether(watches: readonly Watch[]): Promise<void> {
    const keys = [...new Set(watches.flatMap(({ check }) => check.keys))];
    const epochsMs = await this.#state.observe('check', this.#config.store.epochs(keys));
    const epochOf = new Map(keys.map((key, i) => [key, epochsMs[i]]));
    for (const watch of watches) {
      const verdict = watch.check.judge(watch.check.keys.map(key => epochOf.get(key)));
      if (!verdict.live) this.#abort(watch, errorFor(verdict));
    }
  }

  #couldNotTell(watch: Watch, error: Error): void {
    // A copy that was out of date may have caught up before its store gave up.
    if (isUnavailable(error) && this.#canTell) return;
    if (isUnavailable(error) && watch.keepsOnUnavailable) this.#events.emit('allowedUnchecked', { message: error.message });
    else this.#abort(watch, error);
  }

  #awaitExpiry(watch: Watch): void {
    const remainingMs = watch.check.facts.expiresAtMs + this.#config.clockToleranceMs - this.#config.now();
    watch.expiry = setTimeout(() => {
      this.#review(watch);
      // Too early: its token lives longer than a timer can wait, or the clock was put back.
      if (this.#watches.has(watch)) this.#awaitExpiry(watch);
    }, Math.min(remainingMs, MAX_TIMER_MS)).unref();
  }
}

/** A mistake must show before anything is watched. */
function parseOptions(options: WatchOptions): { readonly until: Closable | undefined; readonly keepsOnUnavailable: boolean } {
  onlyKnown('watch', options, ['until', 'onUnavailable']);
  const { until, onUnavailable = 'deny' } = options;
  const { once, off } = (until ?? {}) as Partial<Closable>;
  const isClosable = until === undefined || (typeof once === 'function' && typeof off === 'function');
  if (!isClosable) throw badOption('until', until, 'a response, stream or socket, whose event close ends the watch');
  return { until, keepsOnUnavailable: choice('onUnavailable', onUnavailable, ['deny', 'allow']) === 'allow' };
}

function isClosed({ destroyed, readyState }: Closable): boolean {
  return destroyed === true || readyState === 3;
}

function faultOf(check: TokenCheck): Fault | undefined {
  return check.isKnownLive() ? undefined : check.knownFault();
}

function errorFor({ reason, message }: Fault): InvalidTokenError {
  return new InvalidTokenError(reason, message);
}

function closed(): ClosedError {
  return new ClosedError('The store is closed.');
}
