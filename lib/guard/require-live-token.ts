import type { Request, RequestHandler, Response } from 'express';
import { InvalidTokenError, isUnavailable } from '../errors.js';
import type { Claims } from '../model/claims.js';
import { hasScopes } from '../model/scopes.js';
import { badOption, flag, onlyKnown, wholeNumber } from '../option-checks.js';
import type { AccessTokenRules } from '../policy/access-token.js';
import type { LiveAuth } from '../policy/authenticator.js';
import type { TokenCredential, TokenJudge } from '../policy/token-judge.js';
import { bearerToken, isB64Token, type TokenSources } from './bearer-token.js';
import { bearerRefusal, missingToken, parseRealm, parseScope, type BearerRefusal } from './challenge.js';
import type { LiveRequest } from './live-request.js';
import { assertJudge, parseTokenRules, TOKEN_RULES } from './token-rules.js';

export interface GuardOptions extends AccessTokenRules {
  /** Scopes that the token must have, all of them: a string separated by spaces, or an array. Default: none. */
  readonly scope?: string | readonly string[];
  /** Let requests without a token pass, without `req.auth`. An invalid token is refused all the same. Default false. */
  readonly optional?: boolean;
  /**
   * Claims that other middleware has verified on this request, in place of the guard's own verification. `undefined`: there
   * were none; anything but a plain object is refused. A `req.auth` that is there already stays as it is. Default: the guard
   * verifies the token itself.
   */
  readonly claimsFrom?: (req: Request) => object | undefined;
  /** Further places to look for a token. Default: the Authorization header only. */
  readonly acceptTokenIn?: TokenSources;
  /** Realm of the challenge: printable ASCII. Default `api`. */
  readonly realm?: string;
  /** Say in the JSON body of a 401 why the token was refused (`expired`, `revoked`...). Default false. */
  readonly exposeReason?: boolean;
  /** Retry-After of a 503, 0 to 3,600 seconds. Default 1. */
  readonly retryAfterSeconds?: number;
}

/**
 * Middleware that lets a request pass only with a live access token (RFC 6750): sets `req.auth`, or answers 400, 401, 403, or
 * 503 when nobody can tell whether the token was revoked.
 *
 * @param live what `createLiveTokens` answers, or `liveIssuers` for several issuers
 * @throws TypeError for a bad option
 */
export function requireLiveToken(live: TokenJudge, options: GuardOptions = {}): RequestHandler {
  const guard = parseGuard(live, options);
  return function requireLiveToken(req, res, next): void {
    const credential = guard.claimsFrom === undefined ? tokenIn(req, res, guard) : claimsIn(req, guard.claimsFrom);
    // Most requests come with a token that was seen before and is known to be live: they need not wait for anything.
    const recalled = typeof credential === 'string' ? guard.live.recall(credential, guard.rules) : undefined;
    if (recalled === undefined) protect(req, res, guard, credential).then(passed => { if (passed) next(); }, next);
    else if (admit(req, res, guard, recalled)) next();
  };
}

interface Guard {
  readonly live: TokenJudge;
  readonly rules: AccessTokenRules;
  readonly scope: readonly string[];
  readonly optional: boolean;
  readonly claimsFrom: GuardOptions['claimsFrom'];
  readonly sources: TokenSources;
  readonly realm: string;
  readonly exposeReason: boolean;
  readonly retryAfter: string;
}

const OPTIONS = [
  ...['scope', 'optional', 'claimsFrom', 'acceptTokenIn', 'realm', 'exposeReason', 'retryAfterSeconds'],
  ...TOKEN_RULES,
];

function parseGuard(live: TokenJudge, options: GuardOptions): Guard {
  onlyKnown('requireLiveToken', options, OPTIONS);
  assertJudge('requireLiveToken', live);
  const { acceptTokenIn = {}, claimsFrom } = options;
  onlyKnown('acceptTokenIn', acceptTokenIn, ['formBody', 'query']);
  if (claimsFrom !== undefined && typeof claimsFrom !== 'function') throw badOption('claimsFrom', claimsFrom, 'a function from request to claims');
  if (claimsFrom === undefined && !live.verifies) {
    throw new TypeError('requireLiveToken needs createLiveTokens({ verify }), or claimsFrom where other middleware verifies tokens.');
  }
  if (claimsFrom !== undefined && options.profile === 'rfc9068') {
    throw new TypeError("profile 'rfc9068' looks at the header of the token, which claimsFrom does not hand over; let what verifies the token check its typ.");
  }
  return Object.freeze({
    live,
    rules: parseTokenRules(options),
    scope: parseScope('scope', options.scope),
    optional: flag('optional', options.optional),
    claimsFrom,
    sources: { formBody: flag('acceptTokenIn.formBody', acceptTokenIn.formBody), query: flag('acceptTokenIn.query', acceptTokenIn.query) },
    realm: parseRealm('realm', options.realm, 'api'),
    exposeReason: flag('exposeReason', options.exposeReason),
    retryAfter: String(wholeNumber('retryAfterSeconds', options.retryAfterSeconds ?? 1, { min: 0, max: 3600, unit: 'of seconds' })),
  });
}

/** True when the request may go on; otherwise it has been answered. */
async function protect(req: Request, res: Response, guard: Guard, credential: Credential): Promise<boolean> {
  if (credential === undefined) return guard.optional || refuse(res, missingToken(guard.realm));
  if (credential === INVALID || (typeof credential === 'string' && !isB64Token(credential))) {
    return refuse(res, bearerRefusal('invalid_request', guard.realm));
  }
  try {
    return admit(req, res, guard, await guard.live.authenticate(credential, guard.rules));
  } catch (error) {
    return refuseFor(error, res, guard);
  }
}

function admit(req: LiveRequest, res: Response, guard: Guard, auth: LiveAuth): boolean {
  if (!hasScopes(auth.claims, guard.scope)) return refuse(res, bearerRefusal('insufficient_scope', guard.realm, guard.scope));
  if (guard.claimsFrom === undefined || req.auth === undefined) req.auth = auth;
  return true;
}

const INVALID = Symbol('invalid_request');

/** A token as it was sent, or verified claims; `undefined` where there is none. */
type Credential = TokenCredential | typeof INVALID | undefined;

function tokenIn(req: Request, res: Response, { sources }: Guard): Credential {
  const found = bearerToken(req, sources);
  if (found.kind === 'none') return undefined;
  if (found.kind === 'invalid_request') return INVALID;
  // RFC 6750 section 2.3: what was fetched with a token in its URL must not be kept by shared caches.
  if (found.inQuery) res.set('Cache-Control', 'private');
  return found.token;
}

function claimsIn(req: Request, claimsFrom: NonNullable<GuardOptions['claimsFrom']>): Credential {
  const claims = claimsFrom(req);
  return claims === undefined ? undefined : { claims: claims as Claims };
}

function refuseFor(error: unknown, res: Response, guard: Guard): false {
  if (error instanceof InvalidTokenError) {
    const { body, ...refusal } = bearerRefusal('invalid_token', guard.realm);
    return refuse(res, { ...refusal, body: guard.exposeReason ? { ...body, reason: error.reason } : body });
  }
  if (!isUnavailable(error)) throw error;
  res.status(503).set({ 'Retry-After': guard.retryAfter, 'Cache-Control': 'no-store' });
  res.json({ error: 'temporarily_unavailable', error_description: 'Whether the access token is live cannot be told right now; try again' });
  return false;
}

function refuse(res: Response, { status, challenge, body }: BearerRefusal): false {
  res.status(status).set({ 'WWW-Authenticate': challenge, 'Cache-Control': 'no-store' }).json(body);
  return false;
}
