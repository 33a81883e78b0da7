import type { Claims } from './model/claims.js';
import type { OnceKey } from './model/once-key.js';
import { keepForMs } from './model/retention.js';
import type { Target } from './model/target.js';
import { tokenFacts, type TokenFacts } from './model/token-facts.js';
import type { AccessTokenRules, VerifiedToken } from './policy/access-token.js';
import { Activity, ACTIVITY } from './policy/activity.js';
import { Authenticator, type LiveAuth } from './policy/authenticator.js';
import { Events, type Listener, type LiveTokenEvents } from './policy/events.js';
import { readHistory, type HistoryPage, type HistoryQuery } from './policy/history.js';
import { parseOptions, type Configuration, type LiveTokensOptions } from './policy/options.js';
import { previewRevocation, type Preview, type PreviewOptions } from './policy/preview.js';
import { Redeemer, type RedeemOptions, type Redemption } from './policy/redeemer.js';
import type { Receipt, Revocable, RevokeOptions } from './policy/revocation-request.js';
import { Revoker } from './policy/revoker.js';
import { healthOf, reportStore, type Health } from './policy/store-reports.js';
import { StoreState } from './policy/store-state.js';
import type { Verdict } from './policy/token-check.js';
import type { TokenCredential, TokenJudge } from './policy/token-judge.js';
import { Tracker, type IssuedToken } from './policy/tracker.js';
import { Watcher, type WatchOptions } from './policy/watcher.js';
import type { Consistency, Page } from './stores/store.js';
import type { VerifyOptions } from './verifier/jwt-verifier.js';

/** Revokes tokens, and tells which are live. Made by `createLiveTokens`. */
export class LiveTokens implements TokenJudge {
  readonly #config: Configuration;
  readonly #activity: Activity;
  readonly #events: Events;
  readonly #state: StoreState;
  readonly #authenticator: Authenticator;
  readonly #watcher: Watcher;
  readonly #tracker: Tracker | undefined;
  readonly #revoker: Revoker;
  readonly #redeemer: Redeemer;

  constructor(options: LiveTokensOptions) {
    const config = parseOptions(options);
    this.#config = config;
    this.#activity = new Activity({ store: config.store, health: () => this.health(), watches: () => this.#watcher.size });
    this.#events = new Events(this.#activity.counts);
    this.#state = new StoreState(this.#events);
    this.#authenticator = new Authenticator(config, this.#events, this.#state, this.#activity);
    this.#watcher = new Watcher(config, this.#events, this.#state, claims => this.#authenticator.prepare(claims));
    this.#tracker = config.tracking ? new Tracker(config) : undefined;
    this.#revoker = new Revoker(config, this.#events, this.#state, this.#tracker);
    this.#redeemer = new Redeemer(config, this.#events, this.#state, this.#tracker, (grant, by) => this.revoke(grant, by));
    config.store.retainLog(keepForMs(config));
    reportStore(config.store, this.#events);
  }

  /** For whoever keeps several of them apart; `undefined` of anything else. */
  static configurationOf(value: unknown): Configuration | undefined {
    return typeof value === 'object' && value !== null && #config in value ? value.#config : undefined;
  }

  /** @internal For `instrument` of livetoken/opentelemetry. */
  get [ACTIVITY](): readonly Activity[] {
    return [this.#activity];
  }

  /** True where tokens can be handed over as strings. */
  get verifies(): boolean {
    return this.#config.verify !== undefined;
  }

  /** True where the issuing side reports its tokens with `track`. */
  get tracks(): boolean {
    return this.#tracker !== undefined;
  }

  /** True where tokens name organisations, their own or any others. False where there is a single tenant. */
  get namesOrganisations(): boolean {
    const { organisation, organisations } = this.#config.claims;
    return (organisation ?? organisations) !== undefined;
  }

  /** True where each token names the one organisation that it is for, within which its id counts. */
  get namesOwnOrganisation(): boolean {
    return this.#config.claims.organisation !== undefined;
  }

  /**
   * Checks signature and standard claims, and says what the token is for. Not whether it is live: see `check`.
   *
   * @param options `ignoreNotBefore`: also a token that is not valid yet, to revoke it
   * @throws InvalidTokenError; StoreUnavailableError or another error of status 503 that `verify` rejected with
   */
  verify(token: string, options?: VerifyOptions): Promise<VerifiedToken> {
    return this.#authenticator.verify(token, options);
  }

  /**
   * Whether a token with these verified claims may be used now. Framework-neutral: for GraphQL, sockets, jobs.
   *
   * @param options `consistency: 'strong'` asks the shared store itself. Default `bounded`.
   * @throws StoreUnavailableError (rejects) when the store cannot tell: deny then
   */
  check(claims: Claims, { consistency }: { readonly consistency?: Consistency } = {}): Promise<Verdict> {
    return this.#authenticator.check(claims, consistency);
  }

  /**
   * All that the guard asks of a token: signature, times, being an access token, being live. Takes a token, or claims that
   * something else has verified, with the header of their token where that is at hand.
   *
   * @throws InvalidTokenError; StoreUnavailableError
   */
  authenticate(credential: TokenCredential, rules: AccessTokenRules = {}): Promise<LiveAuth> {
    return this.#authenticator.authenticate(credential, rules);
  }

  /**
   * The same without waiting, for a token that was seen before and is known to be live. `undefined` says nothing about the
   * token: ask `authenticate`.
   */
  recall(token: string, rules: AccessTokenRules = {}): LiveAuth | undefined {
    return this.#authenticator.recall(token, rules);
  }

  /**
   * An AbortSignal that aborts once the token with these verified claims is revoked or expires, for whatever outlives the request
   * that opened it: sockets, server-sent events, long downloads. Already aborted where the token may not be used now. Its `reason`
   * is an InvalidTokenError, or a StoreUnavailableError where nobody can tell.
   */
  watch(claims: Claims, options: WatchOptions = {}): AbortSignal {
    return this.#watcher.watch(claims, options);
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
    const revocable = await this.#revocableOf(what);
    return this.#activity.revoking([revocable.target], () => this.#revoker.revoke(revocable, options));
  }

  /** Revokes several targets: up to 64 at once, all or none; more in such batches. */
  async revokeAll(targets: readonly Target[], options: RevokeOptions = {}): Promise<readonly Receipt[]> {
    return this.#activity.revoking(targets, () => this.#revoker.revokeAll(targets, options));
  }

  /** Revokes one verified token. `reach`: the token alone, or its whole grant (where it names one). Default as in `revoke`. */
  async revokeVerified(token: VerifiedToken, options: RevokeOptions & { readonly reach?: 'token' | 'grant' } = {}): Promise<Receipt> {
    const revocable = this.revocable(token, options.reach);
    return this.#activity.revoking([revocable.target], () => this.#revoker.revoke(revocable, options));
  }

  /**
   * What revoking this token would revoke.
   *
   * @throws InvalidTokenError where it cannot be revoked, or has expired
   */
  revocable(token: VerifiedToken, reach?: 'token' | 'grant'): Revocable {
    return this.#revoker.revocable(token, reach);
  }

  /**
   * What `revoke` of the same would end, among the tracked tokens, and whose they are. Writes nothing. Needs the option `tracking`.
   *
   * Reads every one of them, a page at a time: the more there are, the longer it takes. Until when something was issued is judged by
   * the clock of this process, where a revocation goes by the store's.
   *
   * @param what a target, or a token given as a string
   * @throws as `revoke` does; TypeError without tracking
   */
  async preview(what: Target | string, options: PreviewOptions = {}): Promise<Preview> {
    const tracker = this.#tracking();
    const revocable = await this.#revocableOf(what);
    return this.#state.observe('list', previewRevocation(revocable, options, this.#config, tracker));
  }

  /**
   * Uses a refresh token up, so that its issuer may give new tokens for it (RFC 9700 sections 2.2.2 and 4.14.2). Of all uses, at
   * whatever instance, one is the first; any other, beyond the grace, is a replay: it is refused and ends the grant, with all tokens
   * that it has, also those that the first use was just given.
   *
   * What the caller sees to: that these are the claims of a refresh token (`verify` says `use: 'refresh'`; an opaque one is known to
   * the issuer, also after it was used) and of the client that presents it; and that all new tokens carry what is answered here.
   * That a token was used is kept in the store, and nowhere else: it is as durable as that.
   *
   * @throws InvalidTokenError `revoked`, `replayed`, `unrevocable` (no token id, or no grant) and as `check`; StoreUnavailableError
   *   when the store cannot tell, also where a replay could not be recorded. The use itself may have been recorded then: see
   *   `graceMs` for the client that tries again
   */
  redeem(claims: Claims, options: RedeemOptions = {}): Promise<Redemption> {
    return this.#redeemer.redeem(claims, options);
  }

  /**
   * True for exactly one of all who ever ask with this key. For what this package itself accepts once, such as a client's assertion.
   *
   * @param keepForMs how long it is remembered, integer milliseconds
   * @throws StoreUnavailableError (rejects); it may have been used up then
   */
  async useOnce(key: OnceKey, keepForMs: number): Promise<boolean> {
    return (await this.#state.observe('check', this.#config.store.useOnce(key, keepForMs))).isFirst;
  }

  /** Whether a refresh token has been used, be it within its grace. `check` tells nothing of that. Rejects as `check` does. */
  isRedeemed(claims: Claims): Promise<boolean> {
    return this.#redeemer.isRedeemed(claims);
  }

  /**
   * Reports an issued token. Needs the option `tracking`.
   *
   * @param claims as they were signed
   * @param details anything to be shown of the token later; plain JSON, at most 8 KiB together with its ids
   */
  async track(claims: Claims, details?: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#state.observe('track', this.#tracking().track(claims, details));
  }

  /** The tracked token of this id, dead or alive. Needs the option `tracking`. */
  async find(id: string, organisation?: string): Promise<IssuedToken | undefined> {
    const target = { kind: 'token', id, ...(organisation !== undefined && { organisation }) } as const;
    return this.#state.observe('list', this.#tracking().find(target));
  }

  /**
   * Live tokens under a target (an organisation, user, session...), soonest to expire first. Needs the option `tracking`.
   *
   * @param page `limit` 1 to 1,000, default 100; `cursor` from the page before. Go on while a page has a cursor: a page may hold
   *   fewer than its limit and not be the last.
   */
  async list(target: Target, page: { readonly cursor?: string; readonly limit?: number } = {}): Promise<Page<IssuedToken>> {
    return this.#state.observe('list', this.#tracking().list(target, page));
  }

  /**
   * Who revoked what, when and why, newest first: for as long as the store keeps it (`auditRetentionMs` of `redisStore`,
   * `maxAuditEntries` of `memoryStore`). What changed nothing, since the same was revoked before, is not in it.
   *
   * Go on while a page has a cursor: a page may hold fewer than its limit, or none, and not be the last, because a call looks at a
   * thousand entries at most. To follow what is revoked, read with `order: 'oldest'` and begin each call at the last cursor, or the
   * last `id`, that came.
   *
   * @throws InvalidTargetError for a target, organisation, instant, cursor or limit that is none; TypeError for another bad option;
   *   StoreUnavailableError (rejects)
   */
  async history(query: HistoryQuery = {}): Promise<HistoryPage> {
    return this.#state.observe('list', readHistory(query, this.#config.store));
  }

  /** Calls `listener` at every such event, and answers with a function that ends it. What a listener throws is only warned of. */
  on<E extends keyof LiveTokenEvents>(event: E, listener: Listener<E>): () => void {
    return this.#events.on(event, listener);
  }

  /** Resolves once the store can serve; rejects with what is wrong and what to do. Requests are answered 503 until then. */
  async ready(): Promise<void> {
    await this.#state.observe('check', this.#config.store.ready());
  }

  /** Whether checks are answered, and how the store and its copy are doing: for readiness probes. Never waits and never throws. */
  health(): Health {
    return healthOf(this.#config.store, this.#state);
  }

  /**
   * Ends the refusals after Redis has lost its data and no running copy had it all (`storeWarning` with the code `data_loss`). First
   * revoke again what must not live, or everything: what was revoked before is forgotten. Does nothing where nothing was lost.
   *
   * @throws StoreUnavailableError (rejects)
   */
  async acceptDataLoss(): Promise<void> {
    await this.#config.store.server?.acceptDataLoss();
  }

  /** Closes the store and ends every watch. Whoever asks afterwards is answered 503. */
  async close(): Promise<void> {
    this.#state.close();
    this.#watcher.close();
    await this.#config.store.close();
  }

  async #revocableOf(what: Target | string): Promise<Revocable> {
    return typeof what === 'string' ? this.revocable(await this.verify(what, { ignoreNotBefore: true })) : { target: what };
  }

  #tracking(): Tracker {
    if (this.#tracker !== undefined) return this.#tracker;
    throw new TypeError('Tracking is off; give createLiveTokens the option tracking: true and call track wherever tokens are issued.');
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
