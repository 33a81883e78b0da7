import { InvalidTokenError } from '../../errors.js';
import { bearerToken } from '../../guard/bearer-token.js';
import { parseScope } from '../../guard/challenge.js';
import type { LiveTokens } from '../../live-tokens.js';
import { scopesOf } from '../../model/scopes.js';
import { badOption, onlyKnown } from '../../option-checks.js';
import type { Authenticate, Caller } from './caller.js';

export interface BearerCallersOptions {
  /** Scope that makes its holder a partner. Default `bankadmin`. */
  readonly partnerScope?: string;
  /** Scope that makes its holder a merchant. Default `admin`. */
  readonly merchantScope?: string;
}

/** Who may revoke must not have been revoked a moment ago somewhere else. */
const STRONG = { consistency: 'strong' } as const;

/**
 * Callers by access token, which must itself be live.
 *
 * @throws TypeError for a bad option, and where nothing verifies tokens
 */
export function bearerCallers(live: LiveTokens, options: BearerCallersOptions = {}): Authenticate {
  onlyKnown('bearerCallers', options, ['partnerScope', 'merchantScope']);
  if (!live.verifies) throw new TypeError('bearerCallers takes tokens as strings: give createLiveTokens a verify function, or authenticate in another way.');
  const partnerScope = oneScope('bearerCallers.partnerScope', options.partnerScope ?? 'bankadmin');
  const merchantScope = oneScope('bearerCallers.merchantScope', options.merchantScope ?? 'admin');
  return async function authenticateBearer(req) {
    const credential = bearerToken(req, {});
    if (credential.kind === 'none') return undefined;
    if (credential.kind === 'invalid_request') return 'refused';
    try {
      const { claims } = await live.authenticate(credential.token, STRONG);
      const { subject, organisation, session, client } = live.facts(claims);
      const scopes = scopesOf(claims);
      return {
        actor: subject === undefined ? `client ${client ?? 'unknown'}` : `user ${subject}`,
        level: scopes.includes(partnerScope) ? 'partner' : scopes.includes(merchantScope) ? 'merchant' : 'user',
        ...(organisation !== undefined && { organisation }),
        ...(subject !== undefined && { subject }),
        ...(session !== undefined && { session }),
      } satisfies Caller;
    } catch (error) {
      if (error instanceof InvalidTokenError) return 'refused';
      throw error;
    }
  };
}

function oneScope(option: string, given: string): string {
  const [scope, ...more] = parseScope(option, given);
  if (scope === undefined || more.length > 0) throw badOption(option, given, "one scope, such as 'admin'");
  return scope;
}
