import { Router, type Request, type RequestHandler, type Response } from 'express';
import type { LiveTokens } from '../../live-tokens.js';
import { isIdentifier } from '../../model/identifier.js';
import type { Target } from '../../model/target.js';
import { authority, type AuthorityOptions, type MayManage } from '../callers/authority.js';
import { bearerCallers } from '../callers/bearer.js';
import type { Authenticate, Caller } from '../callers/caller.js';
import { onlyHooks } from '../callers/hooks.js';
import { endpoint, handler, requestIdOf } from '../http.js';
import { OrganisationError, organisationErrors } from './organisation-error.js';
import { tokenResource } from './token-resource.js';

export interface OrganisationOptions extends AuthorityOptions {
  /** Who calls: `apiKeyCallers`, `bearerCallers`, `firstOf` both, or a function. Default `bearerCallers(live)`. */
  readonly authenticate?: Authenticate;
  /** Turns the path's id into the one that the claims carry; `undefined` for an unknown organisation. Default: as it is. */
  readonly decodeOrganisationId?: (encoded: string) => string | undefined | Promise<string | undefined>;
}

interface Context {
  readonly live: LiveTokens;
  readonly authenticate: Authenticate;
  readonly mayManage: MayManage;
  readonly decode: NonNullable<OrganisationOptions['decodeOrganisationId']>;
}

/** The four endpoints of the Gatekeeper API (version 3.3.0) by which organisations revoke, and one more for a user inside one. */
export function organisationRoutes(live: LiveTokens, options: OrganisationOptions): Router {
  onlyHooks('organisations', options, ['authenticate', 'decodeOrganisationId', 'parentOf', 'mayManage']);
  if (!live.knowsOrganisations) throw new TypeError('The organisation endpoints need createLiveTokens({ claims: { organisation } }).');
  const context: Context = {
    live,
    authenticate: options.authenticate ?? bearerCallers(live),
    mayManage: authority(options),
    decode: options.decodeOrganisationId ?? (encoded => encoded),
  };
  const router = Router();
  const route = (path: string, ...handlers: RequestHandler[]): void => { endpoint(router, 'POST', path, postOnly, ...handlers); };
  const of = '/organisations/:encodedOrganisationId';
  route(`${of}/tokens/revoke`, noForeignBody, handler((req, res) => revokeOrganisation(req, res, context)));
  route(`${of}/tokens/:tokenId/revoke`, handler((req, res) => revokeToken(req, res, context)));
  route(`${of}/users/:userId/tokens/revoke`, noForeignBody, handler((req, res) => revokeMember(req, res, context)));
  route('/tokens/revoke', noForeignBody, handler((req, res) => revokeOrganisation(req, res, context)));
  route('/tokens/:tokenId/revoke', handler((req, res) => revokeToken(req, res, context)));
  router.use(organisationErrors);
  return router;
}

async function revokeOrganisation(req: Request, res: Response, context: Context): Promise<void> {
  const { caller, organisation } = await callerAndOrganisation(req, context);
  await revokeAndCount(req, res, context, caller, { kind: 'organisation', id: organisation });
}

async function revokeMember(req: Request, res: Response, context: Context): Promise<void> {
  const { caller, organisation } = await callerAndOrganisation(req, context);
  const userId = req.params['userId'];
  if (!isIdentifier(userId)) throw new OrganisationError('malformed_id', 'userId');
  await revokeAndCount(req, res, context, caller, { kind: 'member', id: userId, organisation });
}

async function revokeAndCount(req: Request, res: Response, { live }: Context, caller: Caller, target: Target): Promise<void> {
  const { count } = await live.revoke(target, { actor: caller.actor, reason: 'organisation endpoint', ...requestIdOf(req) });
  const uri = uriOf(req);
  res.json({ uri, data: { uri, ...(count !== undefined && { revokedTokensCount: count }), links: [] } });
}

async function revokeToken(req: Request, res: Response, context: Context): Promise<void> {
  const { live } = context;
  const { caller, organisation } = await callerAndOrganisation(req, context);
  const tokenId = req.params['tokenId'];
  if (!isIdentifier(tokenId)) throw new OrganisationError('malformed_id', 'tokenId');
  // The id counts inside this organisation only: a token of another one is as unknown here as one that never was.
  if (live.tracks && (await live.find(tokenId, organisation)) === undefined) throw new OrganisationError('not_found', 'tokenId');
  const target = { kind: 'token', id: tokenId, organisation } as const;
  const receipt = await live.revoke(target, { actor: caller.actor, reason: 'organisation endpoint', ...requestIdOf(req) });
  const uri = uriOf(req);
  const tracked = live.tracks ? await live.find(tokenId, organisation) : undefined;
  // Without tracking, only the call that revoked the token knows when that was.
  const untracked = { tokenId, organisation, ...(receipt.changed && { revokedAt: receipt.recordedAt }) };
  res.json({ uri, data: { ...tokenResource(tracked ?? untracked, uri), status: 'REVOKED', links: [] } });
}

/** Who calls, and which organisation is meant: the path's for a partner, the caller's own otherwise. */
async function callerAndOrganisation(req: Request, context: Context): Promise<{ readonly caller: Caller; readonly organisation: string }> {
  const caller = await context.authenticate(req);
  if (caller === undefined || caller === 'refused') throw new OrganisationError('unauthorized');
  const encoded = req.params['encodedOrganisationId'];
  if (encoded === undefined) return { caller, organisation: await ownOrganisation(caller, context) };
  if (caller.level !== 'partner') throw new OrganisationError('forbidden');
  if (!isIdentifier(encoded)) throw new OrganisationError('not_found', 'encodedOrganisationId');
  const organisation = await context.decode(encoded);
  if (!isIdentifier(organisation)) throw new OrganisationError('not_found', 'encodedOrganisationId');
  if (!(await context.mayManage(caller, organisation))) throw new OrganisationError('forbidden', 'encodedOrganisationId');
  return { caller, organisation };
}

/** `mayManage` is asked here as well: an application that takes a caller's authority away means all of it. */
async function ownOrganisation(caller: Caller, { mayManage }: Context): Promise<string> {
  const { level, organisation } = caller;
  const allowed = level !== 'user' && isIdentifier(organisation) && (await mayManage(caller, organisation));
  if (!allowed) throw new OrganisationError('forbidden');
  return organisation;
}

/** The path, as an absolute one; never the Host header, nor a query. */
function uriOf(req: Request): string {
  return (req.baseUrl + req.path).replace(/\/+$/, '');
}

const postOnly = (): Error => new OrganisationError('method_not_allowed');

/** These endpoints declare no body. One that says it is something else than JSON was meant for another endpoint. */
const noForeignBody: RequestHandler = (req, _res, next) => {
  const type = req.get('content-type');
  if (type !== undefined && !/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type.trim())) {
    throw new OrganisationError('unsupported_media_type');
  }
  next();
};
