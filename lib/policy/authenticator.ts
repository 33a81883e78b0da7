import { InvalidTokenError, isUnavailable, StoreUnavailableError } from '../errors.js';
import { isPlainObject, type Claims } from '../model/claims.js';
import type { Target } from '../model/target.js';
import { tokenFacts } from '../model/token-facts.js';
import type { Consistency } from '../stores/store.js';
import type { VerifyOptions, VerifyToken } from '../verifier/jwt-verifier.js';
import { parseCompactJws } from '../verifier/compact-jws.js';
import { accessTokenFault, type AccessTokenRules, type VerifiedToken } from './access-token.js';
import { RunningCheck, type Activity } from './activity.js';
import type { Events, LiveTokenEvents } from './events.js';
import type { Configuration } from './options.js';
import { isOutage } from './outage.js';
import { RememberedTokens } from './remembered-tokens.js';
import type { StoreState } from './store-state.js';
import { refusal, TokenCheck, type Verdict } from './token-check.js';
import type { TokenCredential } from './token-judge.js';

/** A token that may be used now. */
export interface LiveAuth {
  readonly claims: Claims;
  /** As it was sent; absent where other middleware handed over claims alone. */
  readonly token?: string;
}

/** What is known of a token whose signature holds. */
interface KnownToken extends VerifiedToken {
  /** An error where such a token could not be revoked, and so is refused. */
  readonly check: TokenCheck | InvalidTokenError;
  /** The rules that it was last found to keep, where they cannot change. */
  keptRules?: AccessTokenRules;
}

/** Says whose token it is and whether it may be used: signature, what it is for, liveness. */
export class Authenticator {
  readonly #config: Configuration;
  readonly #events: Events;
  readonly #state: StoreState;
  readonly #activity: Activity;
  readonly #remembered: RememberedTokens<KnownToken> | undefined;
  #keysVersion: number | undefined;

  constructor(config: Configuration, events: Events, state: StoreState, activity: Activity) {
    this.#config = config;
    this.#events = events;
    this.#state = state;
    this.#activity = activity;
    this.#remembered = config.remember && new RememberedTokens(config.remember);
  }

  async verify(token: string, options?: VerifyOptions): Promise<VerifiedToken> {
    const { verify, maxTokenLength, tokenUse } = this.#config;
    if (verify === undefined) throw new TypeError('createLiveTokens was given no verify function; give one, such as jwtVerifier({ ... }).');
    const { header } = parseCompactJws(token, maxTokenLength);
    const claims = await verifiedClaims(verify, token, options);
    return { claims, header, use: tokenUse(claims, header) };
  }

  /**
   * An error where such a token could not be revoked, and so is refused.
   *
   * @param toleranceMs of what verified it: a token must not live longer for being remembered
   */
  prepare(claims: Claims, toleranceMs = Infinity): TokenCheck | InvalidTokenError {
    try {
      const clockToleranceMs = Math.min(toleranceMs, this.#config.clockToleranceMs);
      return new TokenCheck(tokenFacts(claims, this.#config), this.#config, clockToleranceMs);
    } catch (error) {
      if (error instanceof InvalidTokenError) return error;
      throw error;
    }
  }

  async check(claims: Claims, consistency?: Consistency): Promise<Verdict> {
    const running = new RunningCheck(this.#activity);
    try {
      return running.judged(await this.#judge(this.prepare(claims), running, consistency));
    } catch (error) {
      throw running.failed(error);
    }
  }

  /** What can be said without waiting: the token is remembered, and known to be live. `undefined`: ask `authenticate`. */
  recall(token: string, rules: AccessTokenRules): LiveAuth | undefined {
    const known = this.#recalled(token);
    if (known === undefined || !this.#isKnownLive(known, rules) || !keeps(known, rules)) return undefined;
    this.#activity.counts.checks.remembered.live += 1;
    return { claims: known.claims, token };
  }

  async authenticate(credential: TokenCredential, rules: AccessTokenRules): Promise<LiveAuth> {
    const running = new RunningCheck(this.#activity);
    try {
      const known = await this.#admit(credential, rules, running);
      if (this.#isKnownLive(known, rules)) running.endedInMemory();
      else running.ended(await this.#assertLive(known.check, rules, running));
      return typeof credential === 'string' ? { claims: known.claims, token: credential } : { claims: known.claims };
    } catch (error) {
      throw running.failed(error);
    }
  }

  async #admit(credential: TokenCredential, rules: AccessTokenRules, running: RunningCheck): Promise<KnownToken> {
    try {
      const known = typeof credential === 'string' ? await this.#known(credential, running) : this.#handedOver(credential);
      const fault = accessTokenFault(known, rules);
      if (fault !== undefined) throw fault;
      return known;
    } catch (error) {
      if (error instanceof InvalidTokenError) this.#refuse(error.reason);
      throw error;
    }
  }

  #isKnownLive({ check }: KnownToken, { consistency }: AccessTokenRules): boolean {
    const isKnown = consistency !== 'strong' && !(check instanceof InvalidTokenError) && check.isKnownLive();
    if (isKnown) this.#state.answered();
    return isKnown;
  }

  async #assertLive(check: KnownToken['check'], rules: AccessTokenRules, running: RunningCheck): Promise<'live' | 'allowed_unchecked'> {
    try {
      const verdict = await this.#judge(check, running, rules.consistency);
      if (!verdict.live) throw new InvalidTokenError(verdict.reason, verdict.message);
      return 'live';
    } catch (error) {
      if (rules.onUnavailable !== 'allow' || !isUnavailable(error)) throw error;
      this.#events.emit('allowedUnchecked', { message: error.message });
      return 'allowed_unchecked';
    }
  }

  async #judge(check: TokenCheck | InvalidTokenError, running: RunningCheck, consistency: Consistency = 'bounded'): Promise<Verdict> {
    const verdict = check instanceof InvalidTokenError ? refusal(check) : await this.#verdict(check, running, consistency);
    if (!verdict.live) this.#refuse(verdict.reason, verdict.target);
    return verdict;
  }

  async #verdict(check: TokenCheck, running: RunningCheck, consistency: Consistency): Promise<Verdict> {
    const known = check.known(consistency);
    if (known === undefined) {
      running.path = 'direct';
      return this.#state.observe('check', this.#activity.asking(consistency, () => check.ask(consistency)));
    }
    // A fault that is known here stands whether or not the store answers, so it says nothing of the store.
    if (known.live) this.#state.answered();
    if (known.live || known.reason === 'revoked') running.path = running.memory;
    return known;
  }

  async #known(token: string, running: RunningCheck): Promise<KnownToken> {
    const recalled = this.#recalled(token);
    if (recalled !== undefined) {
      running.memory = 'remembered';
      return recalled;
    }
    const keysVersion = this.#config.verify?.keysVersion;
    const { claims, header = {}, use } = await this.verify(token);
    const known = { claims, header, use, check: this.prepare(claims, this.#config.verify?.clockToleranceMs) };
    // What was verified with keys that have been replaced meanwhile holds for this request only.
    if (keysVersion === this.#config.verify?.keysVersion) this.#remember(token, known);
    return known;
  }

  #recalled(token: string): KnownToken | undefined {
    const keysVersion = this.#config.verify?.keysVersion;
    if (keysVersion !== this.#keysVersion) this.#remembered?.clear();
    this.#keysVersion = keysVersion;
    return this.#remembered?.get(token);
  }

  /** The same claims serve every request of the token: nobody may change them. */
  #remember(token: string, known: KnownToken): void {
    if (this.#remembered === undefined) return;
    deepFreeze(known.claims);
    this.#remembered.set(token, known);
  }

  #handedOver({ claims, header = {} }: Exclude<TokenCredential, string>): KnownToken {
    if (!isPlainObject(claims)) throw new InvalidTokenError('malformed', 'The payload is not a plain object.');
    return { claims, header, use: this.#config.tokenUse(claims, header), check: this.prepare(claims) };
  }

  #refuse(reason: LiveTokenEvents['refused']['reason'], target?: Target): void {
    this.#events.emit('refused', { reason, ...(target !== undefined && { target: target.kind }) });
  }
}

/** A guard asks with the same rules at every request. */
function keeps(known: KnownToken, rules: AccessTokenRules): boolean {
  if (known.keptRules === rules) return true;
  if (accessTokenFault(known, rules) !== undefined) return false;
  if (Object.isFrozen(rules)) known.keptRules = rules;
  return true;
}

/** What a verify function throws means "refused", unless it is about its keys being out of reach: then nobody can tell. */
async function verifiedClaims(verify: VerifyToken, token: string, options: VerifyOptions | undefined): Promise<Claims> {
  let claims: Claims;
  try {
    claims = await verify(token, options);
  } catch (error) {
    if (error instanceof InvalidTokenError || isUnavailable(error)) throw error;
    if (isOutage(error)) throw new StoreUnavailableError('The keys that tokens are verified with are out of reach.');
    throw new InvalidTokenError('not_verified', 'The token could not be verified.');
  }
  if (!isPlainObject(claims)) throw new InvalidTokenError('malformed', 'The payload is not a plain object.');
  return claims;
}

/** Plain objects and arrays, as JSON makes them. A verify function may put other things among its claims, which stay as they are. */
function deepFreeze(value: unknown, seen = new Set<unknown>()): void {
  if (!(isPlainObject(value) || Array.isArray(value)) || seen.has(value)) return;
  seen.add(Object.freeze(value));
  for (const each of Object.values(value)) deepFreeze(each, seen);
}
