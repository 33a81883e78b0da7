import { InvalidTokenError } from './errors.js';
import { LiveTokens } from './live-tokens.js';
import { isPlainObject, type Claims } from './model/claims.js';
import { badOption } from './option-checks.js';
import type { AccessTokenRules } from './policy/access-token.js';
import { Activity, ACTIVITY } from './policy/activity.js';
import type { LiveAuth } from './policy/authenticator.js';
import { Events, type Listener, type LiveTokenEvents } from './policy/events.js';
import type { Health } from './policy/store-reports.js';
import { refusal, type Verdict } from './policy/token-check.js';
import type { TokenCredential, TokenJudge } from './policy/token-judge.js';
import type { WatchOptions } from './policy/watcher.js';
import type { Consistency, RevocationStore } from './stores/store.js';
import { decodeJsonObject, parseCompactJws } from './verifier/compact-jws.js';

/** Judges the tokens of several issuers, each by its own keys, claims mapping and revocations. Made by `liveIssuers`. */
export class LiveIssuers implements TokenJudge {
  /** A Map: no issuer is found on a prototype. */
  readonly #byIssuer: ReadonlyMap<string, LiveTokens>;
  readonly #each: readonly LiveTokens[];
  readonly #maxTokenLength: number;
  /** Of tokens that are none of theirs. */
  readonly #activity = new Activity();
  readonly #events = new Events(this.#activity.counts);

  constructor(issuers: Readonly<Record<string, LiveTokens>>) {
    const parsed = parseIssuers(issuers);
    this.#byIssuer = parsed.byIssuer;
    this.#each = parsed.each;
    this.#maxTokenLength = parsed.maxTokenLength;
  }

  /** @internal For `instrument` of livetoken/opentelemetry. */
  get [ACTIVITY](): readonly Activity[] {
    return [this.#activity, ...this.#each.flatMap(live => live[ACTIVITY])];
  }

  /** True where the tokens of every issuer can be handed over as strings. */
  get verifies(): boolean {
    return this.#each.every(live => live.verifies);
  }

  /** Who judges, and revokes, tokens with these verified claims; `undefined` where none of the issuers has issued them. */
  of(claims: Claims): LiveTokens | undefined {
    if (!isPlainObject(claims) || !Object.hasOwn(claims, 'iss')) return undefined;
    return this.#byIssuer.get(claims['iss'] as string);
  }

  /**
   * As of LiveTokens, by the issuer that the token names. Naming one gains nothing: that issuer's own keys say whether it is true.
   *
   * @throws InvalidTokenError, with reason `wrong_issuer` where nobody was asked; StoreUnavailableError
   */
  async authenticate(credential: TokenCredential, rules: AccessTokenRules = {}): Promise<LiveAuth> {
    const live = this.#judgeOf(credential);
    const auth = await live.authenticate(credential, rules);
    // The way was chosen by what the token says of itself; what was verified in the end must say the same.
    if (this.of(auth.claims) !== live) throw this.#refused(wrongIssuer());
    return auth;
  }

  /** As of LiveTokens. Asking each is faster than reading the token: whoever remembers it has verified it. */
  recall(token: string, rules: AccessTokenRules = {}): LiveAuth | undefined {
    for (const live of this.#each) {
      const auth = live.recall(token, rules);
      // An issuer whose verify function takes any `iss` may remember a token that names another one.
      if (auth !== undefined && this.of(auth.claims) === live) return auth;
    }
    return undefined;
  }

  /**
   * As of LiveTokens: whether a token with these verified claims may be used now.
   *
   * @throws StoreUnavailableError (rejects) when the store of its issuer cannot tell: deny then
   */
  async check(claims: Claims, options: { readonly consistency?: Consistency } = {}): Promise<Verdict> {
    const live = this.of(claims);
    return live === undefined ? refusal(this.#refused(notOurs(claims))) : live.check(claims, options);
  }

  /** As of LiveTokens: aborts once the token with these verified claims is revoked at its issuer, or expires. */
  watch(claims: Claims, options: WatchOptions = {}): AbortSignal {
    return this.of(claims)?.watch(claims, options) ?? AbortSignal.abort(notOurs(claims));
  }

  /** Calls `listener` at every such event of every issuer, and for tokens of none of them. Answers with what ends that. */
  on<E extends keyof LiveTokenEvents>(event: E, listener: Listener<E>): () => void {
    const ends = [this.#events, ...this.#each].map(each => each.on(event, listener));
    return () => { for (const end of ends) end(); };
  }

  /** Resolves once every issuer's store can serve; rejects with what is wrong with the first that cannot. */
  async ready(): Promise<void> {
    await Promise.all(this.#each.map(live => live.ready()));
  }

  /** By issuer. */
  health(): Readonly<Record<string, Health>> {
    return Object.fromEntries([...this.#byIssuer].map(([issuer, live]) => [issuer, live.health()]));
  }

  /** Closes every issuer's LiveTokens. */
  async close(): Promise<void> {
    await Promise.all(this.#each.map(live => live.close()));
  }

  #judgeOf(credential: TokenCredential): LiveTokens {
    try {
      const claims = typeof credential === 'string' ? this.#unverifiedClaims(credential) : credential.claims;
      const live = this.of(claims);
      if (live === undefined) throw notOurs(claims);
      return live;
    } catch (error) {
      throw error instanceof InvalidTokenError ? this.#refused(error) : error;
    }
  }

  /** Read with the greatest of the limits; the issuer applies its own. */
  #unverifiedClaims(token: string): Claims {
    return decodeJsonObject(parseCompactJws(token, this.#maxTokenLength).encodedPayload);
  }

  #refused(error: InvalidTokenError): InvalidTokenError {
    this.#activity.counts.checked('verification', 'refused', error.reason);
    this.#events.emit('refused', { reason: error.reason });
    return error;
  }
}

/**
 * Several issuers behind one guard: takes the place of what `createLiveTokens` answers in `requireLiveToken` and `isRevoked`. Tokens
 * are told apart by their exact `iss`, which must be among the claims that each issuer's `verify` function answers.
 *
 * @param issuers by `iss`, each with a LiveTokens and a store of its own, so that no issuer's revocations reach another's tokens. An
 *   issuer that is known by several names has the same LiveTokens under each.
 * @throws TypeError where they are not kept apart: a store is shared, or two have the same namespace
 */
export function liveIssuers(issuers: Readonly<Record<string, LiveTokens>>): LiveIssuers {
  return new LiveIssuers(issuers);
}

interface Issuers {
  readonly byIssuer: ReadonlyMap<string, LiveTokens>;
  readonly each: readonly LiveTokens[];
  readonly maxTokenLength: number;
}

const EXAMPLE = "an object such as { 'https://a.example': liveA, 'https://b.example': liveB }";

function parseIssuers(given: Readonly<Record<string, LiveTokens>>): Issuers {
  if (!isPlainObject(given)) throw badOption('The argument of liveIssuers', given, EXAMPLE);
  const byIssuer = new Map(Object.entries(given));
  if (byIssuer.size === 0) throw new TypeError(`liveIssuers was given no issuer; give ${EXAMPLE}.`);
  if (byIssuer.has('')) throw new TypeError('liveIssuers was given an issuer without a name; name each by the exact iss of its tokens.');
  const configurations = new Map([...byIssuer].map(([issuer, live]) => [live, configurationOf(issuer, live)]));
  assertApart([...configurations.values()].map(({ store }) => store));
  return {
    byIssuer,
    each: [...configurations.keys()],
    maxTokenLength: Math.max(...[...configurations.values()].map(({ maxTokenLength }) => maxTokenLength)),
  };
}

function configurationOf(issuer: string, live: LiveTokens): ReturnType<typeof LiveTokens.configurationOf> & object {
  const configuration = LiveTokens.configurationOf(live);
  if (configuration !== undefined) return configuration;
  throw badOption(`The issuer ${issuer} given to liveIssuers`, live, 'what createLiveTokens({ ... }) answers');
}

/** Ids mean something within their issuer only: two that share a store would share the revocations of everyone called alice. */
function assertApart(stores: readonly RevocationStore[]): void {
  if (new Set(stores).size < stores.length) {
    throw new TypeError('Two issuers given to liveIssuers share a store; give each createLiveTokens a store of its own.');
  }
  const places = stores.flatMap(({ name, namespace }) => (namespace === undefined ? [] : [`${name} ${namespace}`]));
  if (new Set(places).size < places.length) {
    throw new TypeError("Two issuers given to liveIssuers share a namespace; give each redisStore one of its own: redisStore(client, { namespace: 'a' }).");
  }
}

function notOurs(claims: Claims): InvalidTokenError {
  return isPlainObject(claims) ? wrongIssuer() : new InvalidTokenError('malformed', 'The payload is not a plain object.');
}

function wrongIssuer(): InvalidTokenError {
  return new InvalidTokenError('wrong_issuer', 'The token is from another issuer.');
}
