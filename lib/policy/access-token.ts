import { InvalidTokenError } from '../errors.js';
import type { Claims } from '../model/claims.js';
import type { Consistency } from '../stores/store.js';
import { mediaType, type JoseHeader, type TokenUse } from './token-use.js';

/** A JWT whose signature holds. Whether it is live has not been asked yet. */
export interface VerifiedToken {
  readonly claims: Claims;
  /** Absent where other middleware verified the token and handed over its claims alone. */
  readonly header?: JoseHeader;
  readonly use: TokenUse;
}

/** What more than a good signature a token needs to open a route. */
export interface AccessTokenRules {
  /**
   * `rfc9068`: typ `at+jwt` and the claims iss, exp, aud, sub, client_id, iat, jti are all there (RFC 9068 section 2).
   * Default: any JWT that is not marked as something else.
   */
  readonly profile?: 'any' | 'rfc9068';
  /**
   * A token bound to a key by `cnf` (RFC 7800: DPoP, mutual TLS) proves nothing when sent as a plain Bearer token, and is
   * refused. `verified-upstream`: something before this guard checks the proof. Default `refuse`.
   */
  readonly senderConstrained?: 'refuse' | 'verified-upstream';
  /**
   * What to do while nobody can say whether a well-signed, unexpired token was revoked. `deny`: 503. `allow`: let it pass,
   * counted by the event `allowedUnchecked`. Default `deny`.
   */
  readonly onUnavailable?: 'deny' | 'allow';
  /**
   * How fresh the answer must be. `bounded`: from memory, where the store keeps a copy there that is no older than its bound.
   * `strong`: the shared store is asked at every request. Default `bounded`.
   */
  readonly consistency?: Consistency;
}

const REQUIRED_BY_RFC9068 = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'];

/** Why this verified token may not open a route with these rules, if so. */
export function accessTokenFault({ claims, header, use }: VerifiedToken, rules: AccessTokenRules): InvalidTokenError | undefined {
  if (use !== 'access') return new InvalidTokenError('not_an_access_token', 'This is not an access token.');
  if (claims['cnf'] !== undefined && rules.senderConstrained !== 'verified-upstream') {
    return new InvalidTokenError('sender_constrained', 'The token is bound to a key and may not be sent as a plain Bearer token.');
  }
  if (rules.profile !== 'rfc9068') return undefined;
  if (mediaType(header?.['typ']) !== 'at+jwt') return new InvalidTokenError('wrong_type', 'The token is not of type at+jwt.');
  const isComplete = REQUIRED_BY_RFC9068.every(name => claims[name] !== undefined && claims[name] !== null);
  return isComplete ? undefined : new InvalidTokenError('malformed', 'The token lacks a claim that RFC 9068 requires.');
}
