import { Router } from 'express';
import type { LiveTokens } from '../live-tokens.js';
import { onlyKnown } from '../option-checks.js';
import { publicDocument } from './public-document.js';
import { openApiDocument, parseOpenApiOptions, type OpenApiOptions } from './openapi/openapi-document.js';
import { oauthRoutes } from './oauth/oauth-routes.js';
import type { OAuthOptions } from './oauth/oauth-options.js';
import { organisationRoutes, type OrganisationOptions } from './organisations/organisation-routes.js';
import { sessionRoutes, type SessionOptions } from './sessions/session-routes.js';

/** A group of endpoints is there when its options are, be they empty. Default: none of them; one at least must be there. */
export interface RevocationRouterOptions {
  /** POST /revoke (RFC 7009), POST /introspect (RFC 7662). */
  readonly oauth?: OAuthOptions;
  /** POST /organisations/{encodedOrganisationId}/tokens/revoke and its kin. */
  readonly organisations?: OrganisationOptions;
  /** DELETE /sessions/{sessionId} and its kin. */
  readonly sessions?: SessionOptions;
  /** Serves a description of these endpoints (OpenAPI 3.1): `true` for `GET /openapi.json`. Default: none. */
  readonly openapi?: boolean | OpenApiOptions;
}

/**
 * The revocation endpoints, to be mounted anywhere: all groups at once or one at a time, at paths of their own. Requests for
 * other paths pass through untouched.
 *
 * @throws TypeError for a bad option
 */
export function revocationRouter(live: LiveTokens, options: RevocationRouterOptions): Router {
  onlyKnown('revocationRouter', options, ['oauth', 'organisations', 'sessions', 'openapi']);
  const { oauth, organisations, sessions, openapi } = options;
  const groups: Router[] = [];
  if (oauth !== undefined) groups.push(oauthRoutes(live, oauth));
  if (organisations !== undefined) groups.push(organisationRoutes(live, organisations));
  if (sessions !== undefined) groups.push(sessionRoutes(live, sessions));
  if (groups.length === 0) throw new TypeError('revocationRouter needs a group to serve: oauth, organisations or sessions.');
  if (openapi !== undefined && openapi !== false) groups.push(descriptionOf(options, parseOpenApiOptions(openapi)));
  const router = Router();
  for (const group of groups) router.use(group);
  return router;
}

function descriptionOf({ oauth, organisations, sessions }: RevocationRouterOptions, options: Required<OpenApiOptions>): Router {
  const groups = { ...(oauth && { oauth }), ...(organisations && { organisations }), ...(sessions && { sessions }) };
  return Router().all(options.path, publicDocument(openApiDocument(groups, options)));
}
