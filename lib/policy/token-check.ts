import type { InvalidTokenError, RefusalReason } from '../errors.js';
import { targetKey, type TargetKey } from '../model/target-key.js';
import type { Target } from '../model/target.js';
import type { TokenFacts } from '../model/token-facts.js';
import { refusingTarget } from '../model/verdict.js';
import type { Lookup } from '../stores/local-view.js';
import type { Consistency } from '../stores/store.js';
import type { Configuration } from './options.js';

/** Whether a token may be used now, and if not, why. */
export type Verdict = { readonly live: true; readonly token: TokenFacts } | Fault;

/** Why a token may not be used now. */
export interface Fault {
  readonly live: false;
  readonly reason: RefusalReason;
  readonly message: string;
  /** The target whose revocation refuses the token, where that is the reason. */
  readonly target?: Target;
}

/**
 * Times are kept from here on: milliseconds since 1970 are too large for a small integer, and each would be an object of its own
 * in another place of the memory, at every request.
 */
const STARTED_AT_MS = Date.now();

/** Twelve days before that. */
const LONG_AGO_MS = -0x4000_0000;

/** Whether this is a time at which the token may be used, and whether it is revoked. Whether it could be, its facts have shown. */
export class TokenCheck {
  readonly facts: TokenFacts;
  /** Of its targets, in order. */
  readonly keys: readonly TargetKey[];
  readonly #config: Configuration;
  readonly #clockToleranceMs: number;
  readonly #lookup: Lookup | undefined;
  /** When it may be used: milliseconds from the start of this process, by its clock. */
  readonly #fromMs: number;
  readonly #untilMs: number;
  #liveAtVersion: number | undefined;

  constructor(facts: TokenFacts, config: Configuration, clockToleranceMs: number) {
    this.facts = facts;
    this.keys = facts.targets.map(targetKey);
    this.#config = config;
    this.#clockToleranceMs = clockToleranceMs;
    this.#lookup = config.store.local?.lookup(this.keys);
    this.#fromMs = Math.max(LONG_AGO_MS, ...this.#beginnings().map(({ fromMs }) => fromMs - STARTED_AT_MS));
    this.#untilMs = facts.expiresAtMs + clockToleranceMs - STARTED_AT_MS;
  }

  /**
   * True where this process knows, without asking anybody, that the token may be used now. A token that was live stays live
   * until this process learns of a revocation, so most of the time one comparison tells.
   */
  isKnownLive(): boolean {
    const nowMs = this.#config.now() - STARTED_AT_MS;
    if (nowMs < this.#fromMs || nowMs >= this.#untilMs) return false;
    const version = this.#config.store.local?.version;
    if (version === undefined || this.#lookup === undefined) return false;
    if (version === this.#liveAtVersion) return true;
    const isNews = this.#liveAtVersion === undefined || this.#lookup.mayHaveChangedSince(this.#liveAtVersion);
    if (isNews && this.#revoked(this.#lookup.epochsMs()) !== undefined) return false;
    this.#liveAtVersion = version;
    return true;
  }

  /**
   * What this process can hold against the token without asking anybody: its time, or a revocation that is known here. That holds
   * also while the process may not know all, for nothing ever un-revokes.
   */
  knownFault(): Fault | undefined {
    return this.#untimely() ?? this.#revoked(this.#lookup?.epochsMs() ?? []);
  }

  /** What can be said without asking anybody; `undefined`: `ask`. */
  known(consistency: Consistency): Verdict | undefined {
    return consistency === 'bounded' && this.isKnownLive() ? this.#live() : this.knownFault();
  }

  /** Rejects with StoreUnavailableError when nobody can tell. */
  async ask(consistency: Consistency): Promise<Verdict> {
    return this.judge(await this.#config.store.epochs(this.keys, consistency));
  }

  /** @param epochsMs of `keys`, as the store told them */
  judge(epochsMs: readonly (number | undefined)[]): Verdict {
    return this.#untimely() ?? this.#revoked(epochsMs) ?? this.#live();
  }

  #live(): Verdict {
    return { live: true, token: this.facts };
  }

  #revoked(epochsMs: readonly (number | undefined)[]): Fault | undefined {
    const target = this.facts.targets[refusingTarget(this.facts.judgedFromMs, epochsMs)];
    return target && { live: false, reason: 'revoked', message: 'The token was revoked.', target };
  }

  /**
   * Times before which a token may not be used. `exp` and `nbf` are judged here too, whoever verified the token: revocations are
   * kept for as long as this tolerance lets a token live.
   */
  #beginnings(): readonly Beginning[] {
    const { issuedAtMs, notBeforeMs = -Infinity } = this.facts;
    const boundedFromMs = boundedFrom(this.facts, this.#config);
    const toleranceMs = this.#clockToleranceMs;
    return [
      { fromMs: notBeforeMs - toleranceMs, reason: 'not_yet_valid', message: 'The token is not valid yet.' },
      // A token from the future would escape every epoch until its time comes.
      { fromMs: issuedAtMs - toleranceMs, reason: 'issued_in_future', message: 'The token was issued in the future.' },
      { fromMs: boundedFromMs - toleranceMs, reason: 'lifetime_too_long', message: 'The token lives longer than maxLifetime allows.' },
    ];
  }

  #untimely(): Fault | undefined {
    const nowMs = this.#config.now();
    if (nowMs - STARTED_AT_MS >= this.#untilMs) return { live: false, reason: 'expired', message: 'The token has expired.' };
    const early = this.#beginnings().find(({ fromMs }) => nowMs < fromMs);
    return early && { live: false, reason: early.reason, message: early.message };
  }
}

export function refusal({ reason, message }: InvalidTokenError): Fault {
  return { live: false, reason, message };
}

interface Beginning {
  readonly fromMs: number;
  readonly reason: RefusalReason;
  readonly message: string;
}

/** Of a token that does not say when it was issued, only what is left of its life can be held against maxLifetime. */
function boundedFrom({ issuedAtMs, expiresAtMs }: TokenFacts, { maxLifetimeMs, unsafe }: Configuration): number {
  return issuedAtMs !== -Infinity || unsafe.acceptAnyLifetime === true ? -Infinity : expiresAtMs - maxLifetimeMs;
}
