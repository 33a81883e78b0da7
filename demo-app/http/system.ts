import { Router } from 'express';
import type { LiveTokens } from 'livetoken';
import type { SigningKeys } from '../issuer/signing-keys.js';
import { onlyMethods } from './errors.js';

export interface SystemContext {
  readonly live: LiveTokens;
  readonly keys: SigningKeys;
  readonly ready: () => Promise<void>;
}

const PATHS = [
  'GET /healthz',
  'GET /console',
  'GET /.well-known/jwks.json',
  'POST /oauth2/default/v1/token',
  'POST /oauth2/default/v1/revoke',
  'POST /oauth2/default/v1/introspect',
  'POST /tokens',
  'POST /tokens/revoke',
  'POST /tokens/{tokenId}/revoke',
  'POST /organisations/{encodedOrganisationId}/tokens',
  'POST /organisations/{encodedOrganisationId}/tokens/revoke',
  'POST /organisations/{encodedOrganisationId}/tokens/{tokenId}/revoke',
  'POST /organisations/{encodedOrganisationId}/users/{userId}/tokens/revoke',
  'DELETE /api/v1/sessions/{sessionId}',
  'DELETE /api/v1/users/{userId}/sessions?oauthTokens=',
  'DELETE /api/v1/users/{userId}/clients/{clientId}/tokens',
  'GET /api/orders',
  'POST /api/orders',
  'GET /api/stream',
  'GET /api/me',
  'POST /api/me/tokens',
  'POST /api/me/sign-out-everywhere',
];

/** What needs no credentials. */
export function system({ live, keys, ready }: SystemContext): Router {
  const router = Router();
  router
    .route('/')
    .get((_req, res) => {
      res.json({ name: 'livetoken demo', paths: PATHS });
    })
    .all(onlyMethods('GET', 'HEAD'));
  router
    .route('/healthz')
    .get(async (_req, res) => {
      const { store } = live.health();
      if (await succeeds(ready)) res.json({ status: 'ok', store });
      else res.status(503).set('Retry-After', '1').json({ status: 'unavailable', store });
    })
    .all(onlyMethods('GET', 'HEAD'));
  router
    .route('/.well-known/jwks.json')
    .get(async (_req, res) => {
      const { publicJwk } = await keys.current();
      res.json({ keys: [publicJwk] });
    })
    .all(onlyMethods('GET', 'HEAD'));
  return router;
}

async function succeeds(attempt: () => Promise<void>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    if ((error as { status?: unknown }).status === 503) return false;
    throw error;
  }
}
