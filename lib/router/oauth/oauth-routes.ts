import cors from 'cors';
import { Router } from 'express';
import type { LiveTokens } from '../../live-tokens.js';
import { endpoint, handler } from '../http.js';
import { parseForm } from './form.js';
import { introspectEndpoint } from './introspect-endpoint.js';
import { OAuthError, oauthErrors } from './oauth-error.js';
import { parseOAuthOptions, type OAuthOptions } from './oauth-options.js';
import { revokeEndpoint } from './revoke-endpoint.js';

/** POST /revoke and POST /introspect. */
export function oauthRoutes(live: LiveTokens, options: OAuthOptions): Router {
  const configuration = parseOAuthOptions(live, options);
  const router = Router();
  const form = parseForm(configuration);
  allowOrigins(router, configuration.corsOrigins);
  endpoint(router, 'POST', '/revoke', postOnly, form, handler(revokeEndpoint(live, configuration)));
  endpoint(router, 'POST', '/introspect', postOnly, form, handler(introspectEndpoint(live, configuration)));
  router.use(oauthErrors);
  return router;
}

const postOnly = (): Error => new OAuthError(405, 'invalid_request', 'This endpoint takes POST only');

/** Answers preflights too, so it stands before the endpoints. */
function allowOrigins(router: Router, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const options = { origin: [...origins], methods: 'POST', allowedHeaders: ['Authorization', 'Content-Type'], maxAge: 600 };
  router.all(['/revoke', '/introspect'], cors(options));
}
