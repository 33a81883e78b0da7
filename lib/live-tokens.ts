import { InvalidTokenError, isUnavailable, StoreUnavailableError } from './errors.js';
import { isPlainObject, type Claims } from './model/claims.js';
import { keepForMs, keepTokenForMs } from './model/retention.js';
import { targetKey } from './model/target-key.js';
import { describeTarget, type Target } from './model/target.js';
import { tokenFacts, type TokenFacts } from './model/token-facts.js';
import { assertAccessToken, type AccessTokenRules, type VerifiedToken } from './policy/access-token.js';
import { judge, type Verdict } from './policy/checker.js';
import { Events, type Listener, type LiveTokenEvents } from './policy/events.js';
import { isOutage } from './policy/outage.js';
import { parseOptions, type Configuration, type LiveTokensOptions } from './policy/options.js';
import { assertRevocable, auditFields, recordRevocations, type Receipt, type Revocable, type RevokeOptions } from './policy/revoker.js';
import { Tracker, type IssuedToken } from './policy/tracker.js';
import { MAX_BATCH, type AuditEntry, type Page } from './stores/store.js';
import type { VerifyToken } from './verifier/jwt-verifier.js';
import { parseCompactJws } from './verifier/compact-jws.js';

/** How the store last answered. */
export type LiveState = 'starting' | 'live' | 'unavailable' | 'closed';

export interface Health {
  readonly store: string;
  readonly state: LiveState;
}

/** A token that may be used now. */
export interface LiveAuth {
  readonly claims: Claims;
  /** As it was sent; absent where other middleware handed over claims alone. */
  readonly token?: string;
}

/** Revokes tokens, and tells which are live. Made by `createLiveTokens`. */
export class LiveTokens {
  readonly #config: Configuration;
  readonly #events = new Events();
  readonly #tracker: Tracker | undefined;
  #state: LiveState = 'starting';

  constructor(options: LiveTokensOptions) {
    this.#config = parseOptions(options);
    this.#tracker = this.#config.tracking ? new Tracker(this.#config) : undefined;
    this.#config.store.retainLog(keepForMs(this.#config));
  }

  /** True where tokens can be handed over as strings. */
  get verifies(): boolean {
    return this.#config.verify !== undefined;
  }

  /** True where the issuing side reports its tokens with `track`. */
  get tracks(): boolean {
    return this.#tracker !== undefined;
  }

  /** True where tokens name the organisation that they are for. */
  get knowsOrganisations(): boolean {
    return this.#config.claims.organisation !== undefined;
  }

  /**
   * Checks signature and standard claims, and says what the token is for. Not whether it is live: see `check`.
   *
   * @throws InvalidTokenError; StoreUnavailableError or another error of status 503 that `verify` rejected with
   */
  async verify(token: string): Promise<VerifiedToken> {
    const { verify, maxTokenLength, tokenUse } = this.#config;
    if (verify === undefined) throw new TypeError('createLiveTokens was given no verify function; give one, such as jwtVerifier({ ... }).');
    const { header } = parseCompactJws(token, maxTokenLength);
    const claims = await verifiedClaims(verify, token);
    return { claims, header, use: tokenUse(claims, header) };
  }

  /**
   * Whether a token with these verified claims may be used now. Framework-neutral: for GraphQL, sockets, jobs.
   *
   * @throws StoreUnavailableError (rejects) when the store cannot tell: deny then
   */
  async check(claims: Claims): Promise<Verdict> {
    const verdict = await this.#observe('check', judge(claims, this.#config));
    if (!verdict.live) this.#refuse(verdict.reason, verdict.target);
    return verdict;
  }

  /**
   * All that the guard asks of a token: signature, times, being an access token, being live. Takes a token, or claims that
   * something else has verified.
   *
   * @throws InvalidTokenError; StoreUnavailableError
   */
  async authenticate(credential: string | { readonly claims: Claims }, rules: AccessTokenRules = {}): Promise<LiveAuth> {
    const { claims } = await this.#admit(credential, rules);
    await this.#assertLive(claims, rules);
    return typeof credential === 'string' ? { claims, token: credential } : { claims };
  }

  /** The ids, times and targets that the claims mapping finds. Throws InvalidTokenError where the token could not be revoked. */
  facts(claims: Claims): TokenFacts {
    return tokenFacts(claims, this.#config);
  }

  /**
   * Revokes a target, or a token given as a string: a refresh token with all of its grant, an access token by itself.
   *
   * @throws InvalidTargetError and InvalidTokenError before anything is written; StoreUnavailableError when it may not have been
   *   recorded (do it again: that does no harm)
   */
  async revoke(what: Target | string, options: RevokeOptions = {}): Promise<Receipt> {
    const target = typeof what === 'string' ? this.revocable(await this.verify(what)) : { target: what };
    const [receipt] = await this.#record([target], options);
    return receipt as Receipt;
  }

  /** Revokes several targets: up to 64 at once, all or none; more in such batches. */
  async revokeAll(targets: readonly Target[], options: RevokeOptions = {}): Promise<readonly Receipt[]> {
    // All of them before the first batch is written: a mistake in the last one must not leave half of them revoked.
    assertRevocable(targets.map(target => ({ target })), options, this.#config);
    const receipts: Receipt[] = [];
    for (let i = 0; i < targets.length; i += MAX_BATCH) {
      receipts.push(...(await this.#record(targets.slice(i, i + MAX_BATCH).map(target => ({ target })), options)));
    }
    return receipts;
  }

  /** Revokes one verified token. `reach`: the token alone, or its whole grant (where it names one). Default as in `revoke`. */
  async revokeVerified(token: VerifiedToken, options: RevokeOptions & { readonly reach?: 'token' | 'grant' } = {}): Promise<Receipt> {
    const [receipt] = await this.#record([this.revocable(token, options.reach)], options);
    return receipt as Receipt;
  }

  /**
   * What revoking this token would revoke.
   *
   * @throws InvalidTokenError where it cannot be revoked, or has expired
   */
  revocable({ claims, use }: VerifiedToken, reach: 'token' | 'grant' = use === 'refresh' ? 'grant' : 'token'): Revocable {
    const facts = this.facts(claims);
    const ownKeepForMs = keepTokenForMs(this.#config, facts.expiresAtMs, this.#config.now());
    // Not every verify function looks at exp, and a refresh token found in an old backup must not end what its grant has now.
    if (ownKeepForMs === 0) throw new InvalidTokenError('expired', 'The token has expired.');
    const grant = facts.targets.find(({ kind }) => kind === 'grant');
    if (reach === 'grant' && grant !== undefined) return { target: grant };
    const own = facts.targets.find(({ kind }) => kind === 'token');
    if (own === undefined) throw new InvalidTokenError('unrevocable', 'The token has no id, so it cannot be revoked by itself.');
    return { target: own, keepForMs: ownKeepForMs };
  }

  /**
   * Reports an issued token. Needs the option `tracking`.
   *
   * @param claims as they were signed
   * @param details anything to be shown of the token later; plain JSON, at most 8 KiB together with its ids
   */
  async track(claims: Claims, details?: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#observe('track', this.#tracking().track(claims, details));
  }

  /** The tracked token of this id, dead or alive. Needs the option `tracking`. */
  async find(id: string, organisation?: string): Promise<IssuedToken | undefined> {
    const target = { kind: 'token', id, ...(organisation !== undefined && { organisation }) } as const;
    return this.#observe('list', this.#tracking().find(target));
  }

  /**
   * Live tokens under a target (an organisation, user, session...), soonest to expire first. Needs the option `tracking`.
   *
   * @param page `limit` 1 to 1,000, default 100; `cursor` from the page before. Go on while a page has a cursor: a page may hold
   *   fewer than its limit and not be the last.
   */
  async list(target: Target, page: { readonly cursor?: string; readonly limit?: number } = {}): Promise<Page<IssuedToken>> {
    return this.#observe('list', this.#tracking().list(target, page));
  }

  /** The audit log, oldest first. */
  async audit(page: { readonly after?: string; readonly limit?: number } = {}): Promise<Page<AuditEntry>> {
    return this.#observe('list', this.#config.store.audit({ limit: 100, ...page }));
  }

  /** Calls `listener` at every such event, and answers with a function that ends it. What a listener throws is only warned of. */
  on<E extends keyof LiveTokenEvents>(event: E, listener: Listener<E>): () => void {
    return this.#events.on(event, listener);
  }

  /** Resolves once the store can serve; rejects with what is wrong and what to do. Requests are answered 503 until then. */
  async ready(): Promise<void> {
    await this.#observe('check', this.#config.store.ready());
  }

  health(): Health {
    return { store: this.#config.store.name, state: this.#state };
  }

  /** Closes the store. Whoever asks afterwards is answered 503. */
  async close(): Promise<void> {
    this.#state = 'closed';
    await this.#config.store.close();
  }

  async #admit(credential: string | { readonly claims: Claims }, rules: AccessTokenRules): Promise<VerifiedToken> {
    try {
      const token = typeof credential === 'string' ? await this.verify(credential) : this.#handedOver(credential.claims);
      assertAccessToken(token, rules);
      return token;
    } catch (error) {
      if (error instanceof InvalidTokenError) this.#refuse(error.reason);
      throw error;
    }
  }

  async #assertLive(claims: Claims, { onUnavailable = 'deny' }: AccessTokenRules): Promise<void> {
    try {
      const verdict = await this.check(claims);
      if (!verdict.live) throw new InvalidTokenError(verdict.reason, verdict.message);
    } catch (error) {
      if (onUnavailable !== 'allow' || !isUnavailable(error)) throw error;
      this.#events.emit('allowedUnchecked', { message: error.message });
    }
  }

  #handedOver(claims: Claims): VerifiedToken {
    if (!isPlainObject(claims)) throw new InvalidTokenError('malformed', 'The payload is not a plain object.');
    return { claims, use: this.#config.tokenUse(claims, {}) };
  }

  async #record(revocables: readonly Revocable[], options: RevokeOptions): Promise<readonly Receipt[]> {
    const receipts = await this.#observe('revoke', recordRevocations(revocables, options, this.#config));
    const counted = [];
    for (const receipt of receipts) counted.push(await this.#retire(receipt));
    for (const receipt of counted) this.#announce(receipt, options);
    return counted;
  }

  /** The revocation stands by now. Where counting fails it stands without a count. */
  async #retire(receipt: Receipt): Promise<Receipt> {
    if (this.#tracker === undefined) return receipt;
    try {
      const { target, epoch, recordedAt } = receipt;
      return { ...receipt, count: await this.#observe('list', this.#tracker.retire(target, epoch, recordedAt)) };
    } catch (error) {
      if (isUnavailable(error)) return receipt;
      throw error;
    }
  }

  #announce({ target, epoch, changed, count }: Receipt, options: RevokeOptions): void {
    const { kind } = target;
    const fields = { ...auditFields(options), ...(count !== undefined && { count }) };
    this.#events.emit('revoked', { kind, key: targetKey(target), target: describeTarget(target), epoch, changed, ...fields });
  }

  #refuse(reason: LiveTokenEvents['refused']['reason'], target?: Target): void {
    this.#events.emit('refused', { reason, ...(target !== undefined && { target: target.kind }) });
  }

  #tracking(): Tracker {
    if (this.#tracker !== undefined) return this.#tracker;
    throw new TypeError('Tracking is off; give createLiveTokens the option tracking: true and call track wherever tokens are issued.');
  }

  async #observe<T>(operation: LiveTokenEvents['unavailable']['operation'], work: Promise<T>): Promise<T> {
    try {
      const result = await work;
      if (this.#state !== 'closed') this.#state = 'live';
      return result;
    } catch (error) {
      if (isUnavailable(error)) this.#failed(operation, error.message);
      throw error;
    }
  }

  #failed(operation: LiveTokenEvents['unavailable']['operation'], message: string): void {
    if (this.#state !== 'closed') this.#state = 'unavailable';
    this.#events.emit('unavailable', { operation, message });
  }
}

/**
 * Makes JWTs revocable: one object for the guard, the router and whoever issues tokens.
 *
 * @throws TypeError for a bad option, saying what to write instead
 */
export function createLiveTokens(options: LiveTokensOptions): LiveTokens {
  return new LiveTokens(options);
}

/** What a verify function throws means "refused", unless it is about its keys being out of reach: then nobody can tell. */
async function verifiedClaims(verify: VerifyToken, token: string): Promise<Claims> {
  let claims: Claims;
  try {
    claims = await verify(token);
  } catch (error) {
    if (error instanceof InvalidTokenError || isUnavailable(error)) throw error;
    if (isOutage(error)) throw new StoreUnavailableError('The keys that tokens are verified with are out of reach.');
    throw new InvalidTokenError('not_verified', 'The token could not be verified.');
  }
  if (!isPlainObject(claims)) throw new InvalidTokenError('malformed', 'The payload is not a plain object.');
  return claims;
}
