import type { Request, Response } from 'express';
import { InvalidTokenError } from '../../errors.js';
import { bearerToken, isB64Token } from '../../guard/bearer-token.js';
import { bearerRefusal, type BearerError, type BearerRefusal } from '../../guard/challenge.js';
import type { LiveTokens } from '../../live-tokens.js';
import { isPlainObject, type Claims } from '../../model/claims.js';
import { hasScopes, scopesOf } from '../../model/scopes.js';
import type { TokenFacts } from '../../model/token-facts.js';
import type { VerifiedToken } from '../../policy/access-token.js';
import { authorizationParts } from '../callers/basic.js';
import { authenticateClient, CLIENT_PARAMETERS } from './client-authentication.js';
import { readForm, type Form } from './form.js';
import { sendIntrospection, type Recipient } from './introspection-answer.js';
import { OAuthError } from './oauth-error.js';
import type { OAuthConfiguration } from './oauth-options.js';
import { factsOf, presentedToken } from './presented-token.js';
import { isPublic, type OAuthClient } from './registered-clients.js';

/** Whoever asks: a client that proved itself, or the holder of an access token that allows it. */
export type Introspector = Pick<OAuthClient, 'id' | 'mayIntrospect' | 'audience'>;

interface Asker {
  readonly introspector: Introspector;
  /** The client that proved itself. Holding a token of a client, or having its name as a user, is not being it. */
  readonly client: string | undefined;
  /** Whom a signed answer would be addressed to; `undefined` where the holder's token names no client. */
  readonly recipient: () => Promise<Recipient | undefined>;
}

/** What is said of everything that is not active, not ours, or not this caller's business (RFC 7662 section 2.2). */
const INACTIVE = { active: false } as const;

/** POST /introspect (RFC 7662). */
export function introspectEndpoint(live: LiveTokens, options: OAuthConfiguration) {
  return async function introspect(req: Request, res: Response): Promise<void> {
    const form = readForm(req, ['token', 'token_type_hint', ...CLIENT_PARAMETERS]);
    const asker = await whoAsks(req, form, live, options);
    if ('challenge' in asker) { sendRefusal(res, asker); return; }
    const text = form.get('token');
    if (text === undefined) throw new OAuthError(400, 'invalid_request', 'The parameter token is missing');
    const token = await presentedToken(text, live, options.resolveOpaqueToken);
    const answer = token === undefined ? INACTIVE : await introspection(token, asker, live, options);
    await sendIntrospection(req, res, answer, asker.recipient, options.introspectionSigner);
  };
}

async function whoAsks(req: Request, form: Form, live: LiveTokens, options: OAuthConfiguration): Promise<Asker | BearerRefusal> {
  if (options.introspectionScope.length > 0 && authorizationParts(req.get('authorization') ?? '').scheme === 'bearer') {
    return holderOfToken(req, form, live, options);
  }
  const client = await authenticateClient(req, form, options);
  // A name alone opens no look into other people's tokens.
  if (isPublic(client)) throw new OAuthError(401, 'invalid_client', 'Client authentication failed');
  return { introspector: client, client: client.id, recipient: async () => client };
}

async function holderOfToken(req: Request, form: Form, live: LiveTokens, options: OAuthConfiguration): Promise<Asker | BearerRefusal> {
  const { introspectionScope: scope, findClient } = options;
  const refusal = (error: BearerError): BearerRefusal => bearerRefusal(error, 'introspection', scope);
  const credential = bearerToken(req, {});
  if (credential.kind !== 'token' || !isB64Token(credential.token)) return refusal('invalid_request');
  try {
    const { claims } = await live.authenticate(credential.token);
    // Nor can a token vouch for itself: a thief would learn what it is good for.
    if (!hasScopes(claims, scope) || form.get('token') === credential.token) return refusal('insufficient_scope');
    const { client, subject } = live.facts(claims);
    return {
      introspector: { id: client ?? subject ?? '', mayIntrospect: true },
      client: undefined,
      recipient: async () => (client === undefined ? undefined : { ...(await findClient(client)), id: client }),
    };
  } catch (error) {
    if (error instanceof InvalidTokenError) return refusal('invalid_token');
    throw error;
  }
}

function sendRefusal(res: Response, { status, challenge, body }: BearerRefusal): void {
  res.status(status).set('WWW-Authenticate', challenge).json(body);
}

async function introspection(
  token: VerifiedToken,
  asker: Asker,
  live: LiveTokens,
  { introspectionMembers }: OAuthConfiguration,
): Promise<Readonly<Record<string, unknown>>> {
  const facts = factsOf(token, live);
  if (facts === undefined || !isVisible(token, facts, asker)) return INACTIVE;
  if (!(await live.check(token.claims)).live) return INACTIVE;
  if (token.use === 'refresh' && (await live.isRedeemed(token.claims))) return INACTIVE;
  const extra = await introspectionMembers?.(token.claims, asker.introspector);
  return { ...flat(extra ?? {}), ...standardMembers(token, facts), active: true };
}

/** Refresh tokens concern their client alone; access tokens also the resource servers that they are for. */
function isVisible({ use, claims }: VerifiedToken, { client }: TokenFacts, asker: Asker): boolean {
  const isOwn = client !== undefined && client === asker.client;
  if (use === 'refresh') return isOwn;
  if (use !== 'access') return false;
  const { mayIntrospect, audience } = asker.introspector;
  return (isOwn || mayIntrospect === true) && isForAudience(claims, audience);
}

function isForAudience(claims: Claims, audience: string | readonly string[] | undefined): boolean {
  if (audience === undefined) return true;
  const wanted = typeof audience === 'string' ? [audience] : audience;
  const named: readonly unknown[] = Array.isArray(claims['aud']) ? claims['aud'] : [claims['aud']];
  return wanted.some(each => named.includes(each));
}

const COPIED = ['username', 'iat', 'nbf', 'sub', 'aud', 'iss', 'jti', 'sid'];

/** Members of RFC 7662 section 2.2. */
function standardMembers({ claims, use }: VerifiedToken, { client }: TokenFacts): Readonly<Record<string, unknown>> {
  const scopes = scopesOf(claims);
  const copied: Record<string, unknown> = Object.fromEntries(COPIED.map(name => [name, claims[name]]));
  return {
    ...flat(copied),
    ...(scopes.length > 0 && flat({ scope: scopes.join(' ') })),
    ...(client !== undefined && flat({ client_id: client })),
    ...(use === 'access' && typeOf(claims)),
    exp: claims['exp'],
  };
}

/**
 * How the token is to be presented. Whoever is told that a bound one is active must be told what it is bound to (RFC 8705
 * section 3.2, RFC 9449 section 6.2), or would take it from anybody.
 */
function typeOf({ cnf }: Claims): Readonly<Record<string, unknown>> {
  if (cnf === undefined) return { token_type: 'Bearer' };
  return isPlainObject(cnf) && cnf['jkt'] !== undefined ? { token_type: 'DPoP', cnf } : { cnf };
}

/** Some gateways turn members into headers: nothing nested, nothing with a line break or another control character. */
function flat(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([name, value]) => isPlain(name) && isFlat(value)));
}

function isFlat(value: unknown): boolean {
  if (typeof value === 'boolean' || Number.isFinite(value)) return true;
  return Array.isArray(value) ? value.every(isPlain) : isPlain(value);
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' && !/\p{Cc}/u.test(value);
}
