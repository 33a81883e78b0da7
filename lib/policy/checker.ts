import { InvalidTokenError, type RefusalReason } from '../errors.js';
import type { Claims } from '../model/claims.js';
import { targetKey } from '../model/target-key.js';
import type { Target } from '../model/target.js';
import { tokenFacts, type TokenFacts } from '../model/token-facts.js';
import { refusingTarget } from '../model/verdict.js';
import type { Configuration } from './options.js';

/** Whether a token may be used now, and if not, why. */
export type Verdict =
  | { readonly live: true; readonly token: TokenFacts }
  | {
      readonly live: false;
      readonly reason: RefusalReason;
      readonly message: string;
      /** The target whose revocation refuses the token, where that is the reason. */
      readonly target?: Target;
    };

/**
 * Judges verified claims: can such a token be revoked at all, is this its time, is it revoked.
 *
 * @throws StoreUnavailableError (rejects) when the store cannot tell
 */
export async function judge(claims: Claims, config: Configuration): Promise<Verdict> {
  const token = factsOrRefusal(claims, config);
  if (token instanceof InvalidTokenError) return { live: false, reason: token.reason, message: token.message };
  const epochsMs = await config.store.epochs(token.targets.map(targetKey));
  const refusing = token.targets[refusingTarget(token.issuedAtMs, epochsMs)];
  if (refusing === undefined) return { live: true, token };
  return { live: false, reason: 'revoked', message: 'The token was revoked.', target: refusing };
}

function factsOrRefusal(claims: Claims, config: Configuration): TokenFacts | InvalidTokenError {
  try {
    const token = tokenFacts(claims, config);
    assertTimely(token, config);
    return token;
  } catch (error) {
    if (error instanceof InvalidTokenError) return error;
    throw error;
  }
}

/**
 * `exp` and `nbf` are judged here too, whoever verified the token: revocations are kept for as long as this tolerance lets a
 * token live. A token from the future would escape every epoch until its time comes.
 */
function assertTimely(token: TokenFacts, { now, clockToleranceMs, maxLifetimeMs, unsafe }: Configuration): void {
  const nowMs = now();
  if (nowMs >= token.expiresAtMs + clockToleranceMs) throw new InvalidTokenError('expired', 'The token has expired.');
  if (token.notBeforeMs !== undefined && nowMs < token.notBeforeMs - clockToleranceMs) {
    throw new InvalidTokenError('not_yet_valid', 'The token is not valid yet.');
  }
  if (token.issuedAtMs > nowMs + clockToleranceMs) {
    throw new InvalidTokenError('issued_in_future', 'The token was issued in the future.');
  }
  // Of a token that does not say when it was issued, only what is left of its life can be held against maxLifetime.
  const tooLong = token.issuedAtMs === -Infinity && token.expiresAtMs - nowMs > maxLifetimeMs + clockToleranceMs;
  if (tooLong && unsafe.acceptAnyLifetime !== true) {
    throw new InvalidTokenError('lifetime_too_long', 'The token lives longer than maxLifetime allows.');
  }
}
