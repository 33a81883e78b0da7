import { InvalidTokenError } from '../../errors.js';
import type { LiveTokens } from '../../live-tokens.js';
import type { Claims } from '../../model/claims.js';
import type { TokenFacts } from '../../model/token-facts.js';
import type { VerifiedToken } from '../../policy/access-token.js';
import type { TokenUse } from '../../policy/token-use.js';

/**
 * Says what an opaque token is: the claims that the issuer keeps for it, named as in its JWTs (`jti`, `iat`, `exp`, `sub`,
 * `client_id`, `grant_id`...), or `undefined` when there is no such token. `use` is `refresh` unless it says otherwise. The `jti`
 * must not be the token itself, which would then stand in introspections: give its hash.
 */
export type ResolveOpaqueToken = (
  token: string,
) => Promise<{ readonly claims: Claims; readonly use?: TokenUse } | null | undefined>;

/** All that a token may hold (RFC 6749 appendices A.12 and A.17). Databases trip over some of the rest. */
const VISIBLE_ASCII = /^[ -~]+$/;

/**
 * Verifies a JWT or looks an opaque token up; `undefined` for everything else. A hint (RFC 7009 section 2.1) would only
 * change the order of two cheap looks, so it is not needed: a wrong one finds the token all the same.
 *
 * @throws StoreUnavailableError when keys or the resolver are out of reach
 */
export async function presentedToken(
  token: string,
  live: LiveTokens,
  resolve: ResolveOpaqueToken | undefined,
): Promise<VerifiedToken | undefined> {
  try {
    // Not valid yet is not dead: revoked it must be before it becomes valid. Whether it is active is judged by its times all the same.
    return await live.verify(token, { ignoreNotBefore: true });
  } catch (error) {
    if (!(error instanceof InvalidTokenError)) throw error;
  }
  if (resolve === undefined || !VISIBLE_ASCII.test(token)) return undefined;
  const resolved = await resolve(token);
  // A copy: what a database hands over is often more than a plain object.
  return resolved ? { claims: { ...resolved.claims }, use: resolved.use ?? 'refresh' } : undefined;
}

/** The token's ids and times; `undefined` for one that could not be revoked, which the guard refuses for that. */
export function factsOf(token: VerifiedToken, live: LiveTokens): TokenFacts | undefined {
  try {
    return live.facts(token.claims);
  } catch (error) {
    if (error instanceof InvalidTokenError) return undefined;
    throw error;
  }
}
