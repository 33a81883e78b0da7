import express5, { type Express, type RequestHandler } from 'express';
import request, { type Test } from 'supertest';
import { createLiveTokens, requireLiveToken, type GuardOptions, type LiveTokens, type LiveTokensOptions, type RevocationStore } from 'livetoken';
import type { TestIssuer } from './issuer.js';

/** What accepts the tokens of a test issuer, in the organisation that each names. */
export function liveTokens(store: RevocationStore, issuer: TestIssuer, options: Partial<LiveTokensOptions> = {}): LiveTokens {
  return createLiveTokens({ store, verify: issuer.verify, maxLifetime: 3600, claims: { organisation: 'org' }, ...options });
}

/** An API behind the guard: answers 200 with what the guard left on the request. */
export function guardedApi(live: LiveTokens, options: GuardOptions = {}, express = express5): Express {
  return apiBehind([requireLiveToken(live, options)], express);
}

/** The same, behind any middleware. */
export function apiBehind(middleware: readonly RequestHandler[], express = express5): Express {
  const app = express();
  for (const each of middleware) app.use(each);
  app.use((req, res) => {
    res.json({ auth: req.auth ?? null });
  });
  return app;
}

/** A request with this token, or with none. */
export function ask(api: Express, token?: string): Test {
  const asked = request(api).get('/orders');
  return token === undefined ? asked : asked.set('Authorization', `Bearer ${token}`);
}

/** What the guard answers exactly. The texts are constants, so that nothing of a request can get into a header. */
export const CHALLENGE = {
  none: 'Bearer realm="api"',
  invalid_request:
    'Bearer realm="api", error="invalid_request", error_description="The request carries its access token in a way that is not allowed"',
  invalid_token:
    'Bearer realm="api", error="invalid_token", error_description="The access token is malformed, expired, revoked or otherwise invalid"',
} as const;

/** Status and code of the answer in one, so that a failing test shows both. */
export async function outcome(asked: Test): Promise<string> {
  const { status, body } = await asked;
  return status === 200 ? '200' : `${status} ${String(body.reason ?? body.error)}`;
}
