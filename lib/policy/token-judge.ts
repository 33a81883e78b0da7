import type { Claims } from '../model/claims.js';
import type { AccessTokenRules } from './access-token.js';
import type { LiveAuth } from './authenticator.js';
import type { JoseHeader } from './token-use.js';

/** A token as it was sent, or the claims of one that something else has verified, with its header where that is at hand. */
export type TokenCredential = string | { readonly claims: Claims; readonly header?: JoseHeader };

/** Who says whether a token may be used: the `LiveTokens` of one issuer, or the `LiveIssuers` of several. */
export interface TokenJudge {
  /** True where every token can be handed over as a string. */
  readonly verifies: boolean;

  /**
   * All that the guard asks of a token: signature, times, being an access token, being live.
   *
   * @throws InvalidTokenError (rejects); StoreUnavailableError when nobody can tell: deny then
   */
  authenticate(credential: TokenCredential, rules?: AccessTokenRules): Promise<LiveAuth>;

  /** The same without waiting, of a token that is remembered and known to be live. `undefined` says nothing about the token. */
  recall(token: string, rules?: AccessTokenRules): LiveAuth | undefined;
}
