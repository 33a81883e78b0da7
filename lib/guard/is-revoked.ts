import { InvalidTokenError } from '../errors.js';
import type { Claims } from '../model/claims.js';
import { onlyKnown } from '../option-checks.js';
import type { AccessTokenRules } from '../policy/access-token.js';
import type { TokenJudge } from '../policy/token-judge.js';
import type { JoseHeader } from '../policy/token-use.js';
import { assertJudge, parseTokenRules, TOKEN_RULES } from './token-rules.js';

/** What express-jwt hands over: a token that it has verified, taken apart. */
export interface DecodedToken {
  readonly header: object;
  readonly payload: object | string;
}

/**
 * The option `isRevoked` of express-jwt: `expressjwt({ secret, algorithms, isRevoked: isRevoked(live) })`. True for every token that
 * `requireLiveToken` would refuse: revoked, expired, not an access token, or one that could not be revoked.
 *
 * @param rules as of the guard
 * @returns a function that rejects with an error of status 503 while nobody can tell, which express-jwt hands to the error handler
 * @throws TypeError for a bad option
 */
export function isRevoked(live: TokenJudge, rules: AccessTokenRules = {}): (req: unknown, token: DecodedToken | undefined) => Promise<boolean> {
  onlyKnown('isRevoked', rules, TOKEN_RULES);
  assertJudge('isRevoked', live);
  const parsed = parseTokenRules(rules);
  return async function isRevoked(_req, token) {
    try {
      // What is no token, or holds no claims, is found out there.
      await live.authenticate({ claims: token?.payload as Claims, header: (token?.header ?? {}) as JoseHeader }, parsed);
      return false;
    } catch (error) {
      if (error instanceof InvalidTokenError) return true;
      throw error;
    }
  };
}
