import { InvalidTokenError } from '../../errors.js';
import { bearerToken } from '../../guard/bearer-token.js';
import type { LiveTokens } from '../../live-tokens.js';
import { scopesOf } from '../../model/scopes.js';
import { onlyKnown } from '../../option-checks.js';
import type { Authenticate, Caller } from './caller.js';

export interface BearerCallersOptions {
  /** Scope that makes its holder a partner. Default `bankadmin`. */
  readonly partnerScope?: string;
  /** Scope that makes its holder a merchant. Default `admin`. */
  readonly merchantScope?: string;
}

/** Callers by access token, which must itself be live. */
export function bearerCallers(live: LiveTokens, options: BearerCallersOptions = {}): Authenticate {
  onlyKnown('bearerCallers', options, ['partnerScope', 'merchantScope']);
  const { partnerScope = 'bankadmin', merchantScope = 'admin' } = options;
  return async function authenticateBearer(req) {
    const credential = bearerToken(req, {});
    if (credential.kind === 'none') return undefined;
    if (credential.kind === 'invalid_request') return 'refused';
    try {
      const { claims } = await live.authenticate(credential.token);
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
