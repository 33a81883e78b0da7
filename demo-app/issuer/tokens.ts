import { setTimeout as sleep } from 'node:timers/promises';
import jwt from 'jsonwebtoken';
import { InvalidTokenError, StoreUnavailableError, type Claims, type LiveTokens } from 'livetoken';
import { ACCESS_LIFETIME_S, identityIn, REFRESH_LIFETIME_S, stamp } from './claims.js';
import type { RefreshTokens } from './refresh-tokens.js';
import type { SigningKeys } from './signing-keys.js';

export interface AccessToken {
  readonly token: string;
  readonly claims: Claims;
}

export interface TokenPair {
  readonly access: AccessToken;
  readonly refreshToken: string;
}

export interface TokensOptions {
  readonly live: LiveTokens;
  readonly keys: SigningKeys;
  readonly refreshTokens: RefreshTokens;
  /** The clock that revocations go by. By another one that runs ahead of it, tokens would escape revocations that come after them. */
  readonly now: () => Promise<number>;
}

/** A copy that has not heard of a revocation yet would let the new token be younger than it, and so escape it for good. */
const STRONG = { consistency: 'strong' } as const;

/** How many milliseconds a live issue time is waited for. */
const PATIENCE_MS = 1000;

/** Issues tokens, and reports each to livetoken before anybody has it, so that counts and lists are exact. */
export class Tokens {
  readonly #live: LiveTokens;
  readonly #keys: SigningKeys;
  readonly #refreshTokens: RefreshTokens;
  readonly #now: TokensOptions['now'];

  constructor({ live, keys, refreshTokens, now }: TokensOptions) {
    this.#live = live;
    this.#keys = keys;
    this.#refreshTokens = refreshTokens;
    this.#now = now;
  }

  /**
   * The issue time for somebody who is about to prove who they are. Ask for it before the proof is looked at: then a revocation
   * that comes while the token is being made still catches it.
   *
   * It lies after every revocation that has been acknowledged by now. In the same millisecond as one of them a token would be
   * dead on arrival, so the next millisecond is waited for.
   */
  async issueTime(identity: Claims): Promise<number> {
    for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += 1) {
      const issuedAtMs = await this.#now();
      const verdict = await this.#live.check(stamp(identity, issuedAtMs, ACCESS_LIFETIME_S), STRONG);
      if (verdict.live) return issuedAtMs;
      await sleep(1);
    }
    throw new StoreUnavailableError('The clocks of the demo and of its Redis are too far apart.');
  }

  /** The issue time for the holder of a token, which is checked again after that time was taken; `undefined` where it is dead. */
  async issueTimeBy(claims: Claims): Promise<number | undefined> {
    // Never before the token that it comes from, which may have been issued for the next millisecond.
    const issuedAtMs = Math.max(await this.#now(), Number(claims['iat_ms']));
    return (await this.#live.check(claims, STRONG)).live ? issuedAtMs : undefined;
  }

  async access(identity: Claims, issuedAtMs: number, options: AccessOptions = {}): Promise<AccessToken> {
    const claims = stamp(identity, issuedAtMs, options.lifetimeS ?? ACCESS_LIFETIME_S);
    const { kid, privateKey } = await this.#keys.current();
    // RFC 9068: the type keeps other JWTs of this issuer from passing for access tokens.
    const token = jwt.sign(claims, privateKey, { algorithm: 'RS256', header: { alg: 'RS256', kid, typ: 'at+jwt' } });
    await this.#live.track(claims, options.details);
    return { token, claims };
  }

  /** An access token, and the refresh token of its grant. `accessScope`: less than the grant allows. */
  async pair(identity: Claims, issuedAtMs: number, accessScope = identity['scope']): Promise<TokenPair> {
    const access = await this.access({ ...identity, scope: accessScope }, issuedAtMs);
    const claims = { ...stamp(identity, issuedAtMs, REFRESH_LIFETIME_S), token_use: 'refresh' };
    await this.#live.track(claims, { use: 'refresh' });
    return { access, refreshToken: await this.#refreshTokens.create(claims, REFRESH_LIFETIME_S) };
  }

  /** The claims of a refresh token of this client. One of another client stays untouched: nobody burns what is not theirs. */
  async refreshable(refreshToken: string, clientId: string): Promise<Claims | undefined> {
    const claims = await this.#refreshTokens.find(refreshToken);
    return claims?.['client_id'] === clientId ? claims : undefined;
  }

  /**
   * Uses a refresh token up. Of several at once exactly one succeeds; whoever comes second ends the login. No grace: a client of
   * the demo whose answer is lost signs in again.
   *
   * @returns `undefined` where it was used or revoked before
   */
  async redeem(claims: Claims): Promise<Redeemed | undefined> {
    try {
      const { grantedAtMs, issueAtMs } = await this.#live.redeem(claims, { actor: `client ${String(claims['client_id'])}` });
      return { identity: { ...identityIn(claims), grant_iat_ms: grantedAtMs }, issuedAtMs: issueAtMs };
    } catch (error) {
      if (error instanceof InvalidTokenError) return undefined;
      throw error;
    }
  }
}

export interface AccessOptions {
  readonly lifetimeS?: number;
  /** What the organisation endpoints show of the token. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What the pair is made of that a refresh token is exchanged for. */
export interface Redeemed {
  readonly identity: Claims;
  readonly issuedAtMs: number;
}
