import { Router, type RequestHandler } from 'express';
import type { LiveTokens } from '../../live-tokens.js';
import { authority, type AuthorityOptions } from '../callers/authority.js';
import { bearerCallers } from '../callers/bearer.js';
import type { Authenticate } from '../callers/caller.js';
import { onlyHooks } from '../callers/hooks.js';
import { endpoint, handler } from '../http.js';
import type { Context } from './organisation-context.js';
import { asked, OrganisationError, organisationErrors } from './organisation-error.js';
import { listRevocations } from './revocation-list.js';
import { revokeMember, revokeOrganisation, revokeToken } from './revoke-tokens.js';

export interface OrganisationOptions extends AuthorityOptions {
  /** Who calls: `apiKeyCallers`, `bearerCallers`, `firstOf` both, or a function. Default `bearerCallers(live)`. */
  readonly authenticate?: Authenticate;
  /** Turns the path's id into the one that the claims carry; `undefined` for an unknown organisation. Default: as it is. */
  readonly decodeOrganisationId?: (encoded: string) => string | undefined | Promise<string | undefined>;
}

/**
 * The four endpoints of the Gatekeeper API (version 3.3.0) by which organisations revoke, one more for a user inside one, and two that
 * list what was revoked.
 */
export function organisationRoutes(live: LiveTokens, options: OrganisationOptions): Router {
  onlyHooks('organisations', options, ['authenticate', 'decodeOrganisationId', 'parentOf', 'mayManage']);
  if (!live.namesOwnOrganisation) throw new TypeError('The organisation endpoints need createLiveTokens({ claims: { organisation } }).');
  const context: Context = {
    live,
    authenticate: options.authenticate ?? bearerCallers(live),
    mayManage: authority(options),
    decode: options.decodeOrganisationId ?? (encoded => encoded),
  };
  const router = Router();
  const revoke = (path: string, ...handlers: RequestHandler[]): void => { endpoint(router, 'POST', path, postOnly, ...handlers); };
  const list = (path: string): void => { endpoint(router, 'GET', path, getOnly, handler((req, res) => asked(listRevocations(req, res, context)))); };
  const of = '/organisations/:encodedOrganisationId';
  revoke(`${of}/tokens/revoke`, noForeignBody, handler((req, res) => revokeOrganisation(req, res, context)));
  revoke(`${of}/tokens/:tokenId/revoke`, handler((req, res) => revokeToken(req, res, context)));
  revoke(`${of}/users/:userId/tokens/revoke`, noForeignBody, handler((req, res) => revokeMember(req, res, context)));
  list(`${of}/revocations`);
  revoke('/tokens/revoke', noForeignBody, handler((req, res) => revokeOrganisation(req, res, context)));
  revoke('/tokens/:tokenId/revoke', handler((req, res) => revokeToken(req, res, context)));
  list('/revocations');
  router.use(organisationErrors);
  return router;
}

const postOnly = (): Error => new OrganisationError('method_not_allowed');
const getOnly = (): Error => new OrganisationError('method_not_allowed', undefined, 'This endpoint takes GET and HEAD only');

/** These endpoints declare no body. One that says it is something else than JSON was meant for another endpoint. */
const noForeignBody: RequestHandler = (req, _res, next) => {
  const type = req.get('content-type');
  if (type !== undefined && !/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type.trim())) {
    throw new OrganisationError('unsupported_media_type');
  }
  next();
};
