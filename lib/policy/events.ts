import type { RefusalReason } from '../errors.js';
import type { TargetKey } from '../model/target-key.js';
import type { TargetKind } from '../model/target.js';
import { badOption } from '../option-checks.js';
import type { Counts } from './counts.js';
import type { Healing } from '../stores/replica/healer.js';
import type { ResyncCause } from '../stores/replica/log-tail.js';
import type { ReplicaState } from '../stores/replica/replica-state.js';
import type { StoreWarning } from '../stores/store-warning.js';

/** What happened, for logs, metrics and alarms. Never holds a token or the id of a token, grant or session. */
export interface LiveTokenEvents {
  /** Something was revoked, or was again. */
  revoked: {
    readonly kind: TargetKind;
    readonly key: TargetKey;
    /** In words, as in the audit log. */
    readonly target: string;
    /** Milliseconds since 1970; Infinity for what is dead for good, of which JSON makes `null`. */
    readonly epoch: number;
    /** False where it was revoked at least as late before. */
    readonly changed: boolean;
    readonly actor?: string;
    readonly reason?: string;
    readonly requestId?: string;
    /** Tracked tokens that this ended. */
    readonly count?: number;
  };
  /**
   * A refresh token was used again: it was stolen, or its client did not get the answer to its first use. Its whole grant is being
   * revoked: `revoked` follows, or `unavailable` where that could not be recorded.
   */
  replayed: {
    readonly kind: 'grant';
    readonly key: TargetKey;
    /** In words, as in the audit log. */
    readonly target: string;
    /** By the store's clock. What comes soon after the first use is a client that tries again, as a rule: see `graceMs`. */
    readonly sinceFirstUseMs: number;
    readonly actor?: string;
    readonly requestId?: string;
  };
  /** A token was refused. `target`: the kind of target whose revocation refused it. */
  refused: { readonly reason: RefusalReason; readonly target?: TargetKind };
  /** The store could not tell or record. */
  unavailable: { readonly operation: 'check' | 'revoke' | 'redeem' | 'track' | 'list'; readonly message: string };
  /** The copy of the revocations in this process changed its state; `resync`: why it is read anew, where it is. */
  replica: { readonly state: ReplicaState; readonly resync?: ResyncCause };
  /**
   * The store had lost revocations, and this process has written back those that it knew. `cause`: what had become of the store;
   * `lost`: it had forgotten what this process recorded in it, without a trace. Told also where others were quicker, with 0.
   */
  healed: Healing;
  /**
   * How the server that keeps the revocations is set up endangers them, or no longer does (`isOver`). Told once, not at every check
   * of the server. Without a listener it becomes a warning of the process, with the code `LIVETOKEN_STORE`.
   */
  storeWarning: StoreWarning & { readonly isOver: boolean };
  /** A token could not be checked and its request, or its watch, went on all the same: `onUnavailable` says `allow` there. */
  allowedUnchecked: { readonly message: string };
}

export type Listener<E extends keyof LiveTokenEvents> = (event: LiveTokenEvents[E]) => void;

const EVENTS: readonly (keyof LiveTokenEvents)[] = ['revoked', 'replayed', 'refused', 'unavailable', 'replica', 'healed', 'storeWarning', 'allowedUnchecked'];

/** Listeners observe and never decide: whatever one does, the request goes on. */
export class Events {
  readonly #listeners = new Map<keyof LiveTokenEvents, Set<(event: never) => unknown>>();
  readonly #counts: Counts;

  constructor(counts: Counts) {
    this.#counts = counts;
  }

  on<E extends keyof LiveTokenEvents>(event: E, listener: Listener<E>): () => void {
    if (typeof listener !== 'function') throw badOption('The listener given to on', listener, 'a function');
    if (!EVENTS.includes(event)) throw badOption('The event given to on', event, EVENTS.map(each => `'${each}'`).join(' or '));
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Answers whether anybody was told. */
  emit<E extends keyof LiveTokenEvents>(event: E, details: LiveTokenEvents[E]): boolean {
    Object.freeze(details);
    this.#counts.told(event, details);
    // A copy: a listener that takes itself off and puts itself back would be met again and again.
    const listeners = [...(this.#listeners.get(event) ?? [])];
    for (const listener of listeners) void this.#call(event, listener as Listener<E>, details);
    return listeners.length > 0;
  }

  async #call<E extends keyof LiveTokenEvents>(event: E, listener: Listener<E>, details: LiveTokenEvents[E]): Promise<void> {
    try {
      // Awaited, so that a listener that rejects is caught like one that throws.
      await (listener as (event: LiveTokenEvents[E]) => unknown)(details);
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      process.emitWarning(`A listener of the event "${event}" failed (${name}); the request went on.`, { code: 'LIVETOKEN_LISTENER' });
    }
  }
}
