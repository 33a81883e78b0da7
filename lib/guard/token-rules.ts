import { badOption, choice } from '../option-checks.js';
import type { AccessTokenRules } from '../policy/access-token.js';
import type { TokenJudge } from '../policy/token-judge.js';

export const TOKEN_RULES: readonly (keyof AccessTokenRules)[] = ['profile', 'senderConstrained', 'onUnavailable', 'consistency'];

/** Frozen, so that what was found out about a remembered token by these rules holds at its next use. */
export function parseTokenRules(rules: AccessTokenRules): AccessTokenRules {
  return Object.freeze({
    profile: choice('profile', rules.profile ?? 'any', ['any', 'rfc9068']),
    senderConstrained: choice('senderConstrained', rules.senderConstrained ?? 'refuse', ['refuse', 'verified-upstream']),
    onUnavailable: choice('onUnavailable', rules.onUnavailable ?? 'deny', ['deny', 'allow']),
    consistency: choice('consistency', rules.consistency ?? 'bounded', ['bounded', 'strong']),
  });
}

export function assertJudge(where: string, live: TokenJudge): void {
  if (typeof (live as Partial<TokenJudge> | undefined)?.authenticate === 'function') return;
  throw badOption(`The first argument of ${where}`, live, 'what createLiveTokens({ ... }) or liveIssuers({ ... }) answers');
}
