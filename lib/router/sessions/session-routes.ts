import { Router, type Request, type Response } from 'express';
import type { LiveTokens } from '../../live-tokens.js';
import { isIdentifier } from '../../model/identifier.js';
import type { Narrowing, Target } from '../../model/target.js';
import type { IssuedToken } from '../../policy/tracker.js';
import { authority, type AuthorityOptions, type MayManage } from '../callers/authority.js';
import { bearerCallers } from '../callers/bearer.js';
import { isAdministrator, type Authenticate, type Caller } from '../callers/caller.js';
import { onlyHooks } from '../callers/hooks.js';
import { bodyMentionsDryRun } from '../dry-run-body.js';
import { endpoint, handler, requestIdOf } from '../http.js';
import { mentionsDryRun, queryOf } from '../query.js';
import { SessionError, sessionErrors } from './session-error.js';

export interface SessionOptions extends AuthorityOptions {
  /** Who calls. Default `bearerCallers(live)`. */
  readonly authenticate?: Authenticate;
  /**
   * The organisations that a user belongs to; `undefined` for an unknown user. Default: those that the user's live tracked
   * tokens are for, or name where they do not say which they are for; without tracking, the caller's own organisation, whose revocations reach no further.
   */
  readonly organisationsOfUser?: (userId: string) => readonly string[] | undefined | Promise<readonly string[] | undefined>;
}

interface Context {
  readonly live: LiveTokens;
  readonly authenticate: Authenticate;
  readonly mayManage: MayManage;
  readonly organisationsOfUser: SessionOptions['organisationsOfUser'];
}

/**
 * DELETE /sessions/{sessionId}, DELETE /users/{userId}/sessions, DELETE /users/{userId}/clients/{clientId}/tokens: users for
 * themselves, administrators for the users of organisations that they manage.
 */
export function sessionRoutes(live: LiveTokens, options: SessionOptions): Router {
  onlyHooks('sessions', options, ['authenticate', 'organisationsOfUser', 'parentOf', 'mayManage']);
  const context: Context = {
    live,
    authenticate: options.authenticate ?? bearerCallers(live),
    mayManage: authority(options),
    organisationsOfUser: options.organisationsOfUser,
  };
  const router = Router();
  endpoint(router, 'DELETE', '/sessions/:sessionId', deleteOnly, handler((req, res) => endSession(req, res, context)));
  endpoint(router, 'DELETE', '/users/:userId/sessions', deleteOnly, handler((req, res) => endSessionsOfUser(req, res, context)));
  endpoint(router, 'DELETE', '/users/:userId/clients/:clientId/tokens', deleteOnly, handler((req, res) => endClientOfUser(req, res, context)));
  router.use(sessionErrors);
  return router;
}

async function endSession(req: Request, res: Response, context: Context): Promise<void> {
  const caller = await authenticated(req, context);
  const sessionId = idIn(req, 'sessionId');
  // Unknown and out of reach are answered alike: nobody learns which sessions exist.
  if (!(await mayEndSession(caller, sessionId, context))) throw new SessionError('not_found');
  await context.live.revoke({ kind: 'session', id: sessionId }, note(caller, req));
  res.status(204).end();
}

async function mayEndSession(caller: Caller, sessionId: string, { live, mayManage }: Context): Promise<boolean> {
  if (caller.session === sessionId) return true;
  // Whose session it is only tracking knows. With a single tenant every session is the administrator's to end.
  if (!live.tracks) return isAdministrator(caller) && !live.namesOrganisations;
  const tokens = await liveTokensUnder({ kind: 'session', id: sessionId }, live);
  if (tokens.length === 0) return false;
  if (tokens.every(({ subject }) => subject !== undefined && subject === caller.subject)) return true;
  if (!isAdministrator(caller)) return false;
  if (!live.namesOrganisations) return true;
  // All of them: who manages one must not sign the user out of another.
  const named = tokens.map(token => organisationsNamedBy(token, live));
  if (named.some(organisations => organisations.length === 0)) return false;
  for (const organisation of new Set(named.flat())) {
    if (!(await mayManage(caller, organisation))) return false;
  }
  return true;
}

/**
 * Where tokens name the one that they are for, that one alone: the others are above it, or asked for the token. Where they do not,
 * all that they name.
 */
function organisationsNamedBy({ organisation, organisations }: IssuedToken, live: LiveTokens): readonly string[] {
  if (!live.namesOwnOrganisation) return organisations;
  return organisation === undefined ? [] : [organisation];
}

async function endSessionsOfUser(req: Request, res: Response, context: Context): Promise<void> {
  const caller = await authenticated(req, context);
  const userId = idIn(req, 'userId');
  const everyToken = booleanIn(req, 'oauthTokens');
  const keepCurrent = booleanIn(req, 'excludeCurrent');
  if (keepCurrent) assertCurrentSession(caller, context);
  const reach = await reachOf(caller, userId, context);
  const narrowing: Narrowing = everyToken ? {} : { sessionsOnly: true };
  // The caller's session holds nothing of another user.
  const targets = keepCurrent && caller.subject === userId
    ? await targetsBesideCurrent(userId, caller.session, everyToken, context)
    : reach.map(target => ({ ...target, ...narrowing }));
  await context.live.revokeAll(targets, note(caller, req));
  res.status(204).end();
}

async function endClientOfUser(req: Request, res: Response, context: Context): Promise<void> {
  const caller = await authenticated(req, context);
  const userId = idIn(req, 'userId');
  const client = idIn(req, 'clientId');
  const reach = await reachOf(caller, userId, context);
  await context.live.revokeAll(reach.map(target => ({ ...target, client })), note(caller, req));
  res.status(204).end();
}

type UserTarget = { readonly kind: 'subject'; readonly id: string } | { readonly kind: 'member'; readonly id: string; readonly organisation: string };

/**
 * As what the caller may reach the user: everywhere for the user in person, inside the organisations that the caller manages
 * for an administrator.
 */
async function reachOf(caller: Caller, userId: string, context: Context): Promise<readonly UserTarget[]> {
  if (caller.subject === userId) return [{ kind: 'subject', id: userId }];
  if (!isAdministrator(caller)) throw new SessionError('forbidden');
  if (!context.live.namesOrganisations) return [{ kind: 'subject', id: userId }];
  const members: UserTarget[] = [];
  for (const organisation of await organisationsOf(userId, caller, context)) {
    if (await context.mayManage(caller, organisation)) members.push({ kind: 'member', id: userId, organisation });
  }
  if (members.length === 0) throw new SessionError('not_found');
  return members;
}

async function organisationsOf(userId: string, caller: Caller, context: Context): Promise<readonly string[]> {
  if (context.organisationsOfUser !== undefined) return (await context.organisationsOfUser(userId)) ?? [];
  if (!context.live.tracks) return caller.organisation === undefined ? [] : [caller.organisation];
  const tokens = await liveTokensUnder({ kind: 'subject', id: userId }, context.live);
  return [...new Set(tokens.flatMap(token => organisationsNamedBy(token, context.live)))];
}

function assertCurrentSession(caller: Caller, { live }: Context): void {
  if (!live.tracks) throw new SessionError('invalid_request', 'excludeCurrent needs tracked sessions');
  if (caller.session === undefined) throw new SessionError('invalid_request', 'excludeCurrent needs a caller with a session');
}

/** An epoch cannot spare one session, so a user's others are ended one by one, as far as they are tracked. */
async function targetsBesideCurrent(userId: string, current: string | undefined, everyToken: boolean, { live }: Context): Promise<readonly Target[]> {
  const sessions = new Set<string>();
  const tokens: Target[] = [];
  for (const { tokenId, organisation, session } of await liveTokensUnder({ kind: 'subject', id: userId }, live)) {
    if (session === undefined) tokens.push({ kind: 'token', id: tokenId, ...(organisation !== undefined && { organisation }) });
    else if (session !== current) sessions.add(session);
  }
  const ended: readonly Target[] = [...sessions].map(id => ({ kind: 'session', id }));
  return everyToken ? [...ended, ...tokens] : ended;
}

async function liveTokensUnder(target: Target, live: LiveTokens): Promise<readonly IssuedToken[]> {
  const tokens: IssuedToken[] = [];
  let cursor: string | undefined;
  do {
    const page = await live.list(target, { limit: 1000, ...(cursor !== undefined && { cursor }) });
    tokens.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return tokens;
}

function note(caller: Caller, req: Request): { actor: string; reason: string; requestId?: string } {
  return { actor: caller.actor, reason: 'session endpoint', ...requestIdOf(req) };
}

async function authenticated(req: Request, { authenticate }: Context): Promise<Caller> {
  const caller = await authenticate(req);
  if (caller === undefined || caller === 'refused') throw new SessionError('unauthorized');
  if (mentionsDryRun(queryOf(req)) || (await bodyMentionsDryRun(req))) {
    throw new SessionError('invalid_request', 'There is no dry run here, only on the organisation endpoints');
  }
  return caller;
}

function idIn(req: Request, name: string): string {
  const id = req.params[name];
  if (!isIdentifier(id)) throw new SessionError('invalid_request', `${name} is not 1 to 256 bytes of well-formed UTF-8`);
  return id;
}

/** Exactly `true` or `false`, at most once: what a typing error would mean for a whole user's sessions is not guessed. */
function booleanIn(req: Request, name: string): boolean {
  const start = req.url.indexOf('?');
  const values = start < 0 ? [] : new URLSearchParams(req.url.slice(start)).getAll(name);
  const [value = 'false'] = values;
  if (values.length > 1 || (value !== 'true' && value !== 'false')) throw new SessionError('invalid_request', `${name} is either true or false`);
  return value === 'true';
}

const deleteOnly = (): Error => new SessionError('method_not_allowed');
