import { InvalidTokenError, isUnavailable } from '../errors.js';
import type { Claims } from '../model/claims.js';
import { onceKey, type OnceKey } from '../model/once-key.js';
import { keepTokenForMs } from '../model/retention.js';
import { targetKey } from '../model/target-key.js';
import { describeTarget, type Target } from '../model/target.js';
import { tokenFacts, type TokenFacts } from '../model/token-facts.js';
import { onlyKnown, wholeNumber } from '../option-checks.js';
import type { Use } from '../stores/store.js';
import type { Events } from './events.js';
import type { Configuration } from './options.js';
import { auditFields, type RevokeOptions } from './revocation-request.js';
import type { StoreState } from './store-state.js';
import { refusal, TokenCheck, type Fault } from './token-check.js';
import type { Tracker } from './tracker.js';

export interface RedeemOptions {
  /** Who presents the token. At most 256 characters. Where it is a replay, this goes into the audit log and the events. Default: nobody is named. */
  readonly actor?: string;
  /** Ties it to a request. At most 256 characters. Default: none. */
  readonly requestId?: string;
  /**
   * For how long after its first use a token may be used again, 0 to 60,000 milliseconds by the store's clock. Default 0: never.
   *
   * A client whose answer was lost tries again, and so does one that was answered 503: the first use may have been recorded all
   * the same. Without a grace that is a replay and ends the login; with one, whoever stole the token may use it unnoticed for as
   * long. A few seconds are enough for a client that tries again by itself.
   */
  readonly graceMs?: number;
}

/** What the tokens that are issued for a refresh token must carry. Times are milliseconds since 1970. */
export interface Redemption {
  /**
   * When the grant began. Every new token, access and refresh, is to carry it (`grant_iat_ms`, see `ClaimsMapping.grantedAtMs`): an
   * epoch since then refuses them all, also one that is set while they are being signed. 0 where nobody knows.
   */
  readonly grantedAtMs: number;
  /**
   * What to issue the new tokens at (`iat` its whole seconds, `iat_ms` all of it): the store's now at this use, or the issue time of
   * the refresh token where that is later. Not the time of signing: from here on their lifetime counts, so that no revocation is
   * forgotten before they have expired, however long it takes to sign them. An issuer that stamps them later than this may be
   * late by the margin (`marginMs`), no more.
   */
  readonly issueAtMs: number;
  /** True where the token had been used before, within the grace. */
  readonly repeated: boolean;
}

type Actor = Pick<RedeemOptions, 'actor' | 'requestId'>;
type RevokeGrant = (grant: Target, options: RevokeOptions) => Promise<unknown>;

/** A refresh token that may be used, once. */
interface Redeemable {
  readonly check: TokenCheck;
  readonly own: Target;
  readonly grant: Target;
  readonly once: OnceKey;
  readonly keepForMs: number;
}

/** Uses refresh tokens up, and takes a second use for what it may be: theft (RFC 9700 section 4.14.2). */
export class Redeemer {
  readonly #config: Configuration;
  readonly #events: Events;
  readonly #state: StoreState;
  readonly #tracker: Tracker | undefined;
  readonly #revoke: RevokeGrant;

  constructor(config: Configuration, events: Events, state: StoreState, tracker: Tracker | undefined, revoke: RevokeGrant) {
    this.#config = config;
    this.#events = events;
    this.#state = state;
    this.#tracker = tracker;
    this.#revoke = revoke;
  }

  async redeem(claims: Claims, options: RedeemOptions): Promise<Redemption> {
    const { graceMs, ...by } = parseOptions(options);
    const { store } = this.#config;
    const token = this.#redeemable(claims);
    const { check } = token;
    const use = await this.#state.observe('redeem', store.useOnce(token.once, token.keepForMs));
    // After the use: what was revoked by then is seen here, and what is revoked from here on is no earlier than `use.nowMs`.
    const epochsMs = await this.#state.observe('redeem', store.epochs(check.keys, 'strong'));
    // Its own revocation does not make a replay harmless: some issuers revoke used tokens, and the rest of the grant lives on.
    const apartFromItself = check.judge(epochsMs.with(check.facts.targets.indexOf(token.own), undefined));
    if (!use.isFirst && !isWithinGrace(use, graceMs) && apartFromItself.live) throw await this.#replayed(token.grant, use, by);
    const verdict = check.judge(epochsMs);
    if (!verdict.live) throw this.#refused(verdict);
    await this.#retire(token.own, use);
    return this.#redemption(check.facts, use);
  }

  async isRedeemed(claims: Claims): Promise<boolean> {
    const { tokenId, organisation } = tokenFacts(claims, this.#config);
    if (tokenId === undefined) return false;
    const firstUse = this.#config.store.firstUseMs(onceKeyOf(tokenId, organisation));
    return (await this.#state.observe('check', firstUse)) !== undefined;
  }

  #redeemable(claims: Claims): Redeemable {
    const check = new TokenCheck(this.#facts(claims), this.#config, this.#config.clockToleranceMs);
    const { targets, tokenId, organisation, expiresAtMs } = check.facts;
    const own = targets.find(({ kind }) => kind === 'token');
    const grant = targets.find(({ kind }) => kind === 'grant');
    if (tokenId === undefined || own === undefined) throw this.#unredeemable('it has no id, so nobody could tell a second use');
    if (grant === undefined) throw this.#unredeemable('it names no grant, so a second use could end nothing');
    // Its times alone: an expired token is not worth writing down.
    const timely = check.judge([]);
    if (!timely.live) throw this.#refused(timely);
    const keepForMs = keepTokenForMs(this.#config, expiresAtMs, this.#config.now());
    return { check, own, grant, once: onceKeyOf(tokenId, organisation), keepForMs };
  }

  #facts(claims: Claims): TokenFacts {
    try {
      return tokenFacts(claims, this.#config);
    } catch (error) {
      throw error instanceof InvalidTokenError ? this.#refused(refusal(error)) : error;
    }
  }

  #redemption({ issuedAtMs, judgedFromMs }: TokenFacts, { isFirst, nowMs }: Use): Redemption {
    const { issuerSkewMs } = this.#config;
    return {
      // As it was said: the skew will be taken off the new tokens' times again.
      grantedAtMs: Math.max(0, judgedFromMs + issuerSkewMs),
      issueAtMs: Math.max(nowMs, issuedAtMs + issuerSkewMs),
      repeated: !isFirst,
    };
  }

  /** Told before it is recorded, so that it is told where it cannot be; refused only after. */
  async #replayed(grant: Target, { firstAtMs, nowMs }: Use, by: Actor): Promise<InvalidTokenError> {
    const [key, target] = [targetKey(grant), describeTarget(grant)];
    this.#events.emit('replayed', { kind: 'grant', key, target, sinceFirstUseMs: nowMs - firstAtMs, ...by });
    await this.#revoke(grant, { ...by, reason: 'refresh token replayed' });
    return this.#refused({ reason: 'replayed', message: 'The refresh token was used before; its grant is revoked.' });
  }

  /** What is used up is no longer counted or listed. It is used up all the same where that cannot be noted. */
  async #retire(own: Target, { nowMs }: Use): Promise<void> {
    if (this.#tracker === undefined) return;
    try {
      await this.#state.observe('list', this.#tracker.retire(own, Infinity, nowMs));
    } catch (error) {
      if (!isUnavailable(error)) throw error;
    }
  }

  #unredeemable(why: string): InvalidTokenError {
    return this.#refused({ reason: 'unrevocable', message: `The refresh token cannot be redeemed: ${why}.` });
  }

  #refused({ reason, message, target }: Pick<Fault, 'reason' | 'message' | 'target'>): InvalidTokenError {
    this.#events.emit('refused', { reason, ...(target !== undefined && { target: target.kind }) });
    return new InvalidTokenError(reason, message);
  }
}

function onceKeyOf(tokenId: string, organisation: string | undefined): OnceKey {
  return organisation === undefined ? onceKey('refresh', tokenId) : onceKey('refresh', organisation, tokenId);
}

/** Both times are the store's. A clock that was put back meanwhile tells nothing, so it gives no grace. */
function isWithinGrace({ firstAtMs, nowMs }: Use, graceMs: number): boolean {
  return nowMs >= firstAtMs && nowMs - firstAtMs < graceMs;
}

/** A mistake must show before the token is used up. */
function parseOptions(options: RedeemOptions): Actor & { readonly graceMs: number } {
  onlyKnown('redeem', options, ['actor', 'requestId', 'graceMs']);
  const { actor, requestId } = auditFields(options);
  return {
    ...(actor !== undefined && { actor }),
    ...(requestId !== undefined && { requestId }),
    graceMs: wholeNumber('graceMs', options.graceMs ?? 0, { min: 0, max: 60_000, unit: 'of milliseconds' }),
  };
}
