import type { Request, Response } from 'express';
import { InvalidTokenError } from '../../errors.js';
import type { LiveTokens } from '../../live-tokens.js';
import type { VerifiedToken } from '../../policy/access-token.js';
import { requestIdOf } from '../http.js';
import { mentionsDryRun, queryOf } from '../query.js';
import { authenticateClient, CLIENT_PARAMETERS } from './client-authentication.js';
import { readForm } from './form.js';
import { OAuthError } from './oauth-error.js';
import type { OAuthConfiguration } from './oauth-options.js';
import { factsOf, presentedToken } from './presented-token.js';
import type { OAuthClient } from './registered-clients.js';

/**
 * POST /revoke (RFC 7009). Answers 200 with an empty body for every token that its client may revoke, and for everything that
 * is no token of ours: whoever guesses learns nothing.
 */
export function revokeEndpoint(live: LiveTokens, options: OAuthConfiguration) {
  return async function revoke(req: Request, res: Response): Promise<void> {
    const form = readForm(req, ['token', 'token_type_hint', ...CLIENT_PARAMETERS]);
    const client = await authenticateClient(req, form, options);
    if (mentionsDryRun(queryOf(req))) throw new OAuthError(400, 'invalid_request', 'There is no dry run here, only on the organisation endpoints');
    const text = form.get('token');
    if (text === undefined) throw new OAuthError(400, 'invalid_request', 'The parameter token is missing');
    const token = await presentedToken(text, live, options.resolveOpaqueToken);
    if (token !== undefined) await revokeOf(client, token, live, options, requestIdOf(req));
    res.status(200).end();
  };
}

async function revokeOf(
  client: OAuthClient,
  token: VerifiedToken,
  live: LiveTokens,
  { refreshTokenRevokes, accessTokenRevokes }: OAuthConfiguration,
  requestId: { readonly requestId?: string },
): Promise<void> {
  if (token.use !== 'access' && token.use !== 'refresh') throw unsupported();
  const facts = factsOf(token, live);
  // One of ours, so 200 would say that it is revoked, and with a refresh token its grant.
  if (facts === undefined) throw unsupported();
  if (facts.client !== client.id) throw new OAuthError(400, 'invalid_grant', 'The token was not issued to this client');
  const reach = (token.use === 'refresh' ? refreshTokenRevokes : accessTokenRevokes) === 'grant' ? 'grant' : 'token';
  try {
    await live.revokeVerified(token, { actor: `client ${client.id}`, reason: 'revocation endpoint', reach, ...requestId });
  } catch (error) {
    if (!(error instanceof InvalidTokenError)) throw error;
    // Expired between verification and here: it is dead (RFC 7009 section 2.2). Without an id it lives on, where that is accepted.
    if (error.reason !== 'expired') throw unsupported();
  }
}

function unsupported(): OAuthError {
  return new OAuthError(400, 'unsupported_token_type', 'Tokens of this type cannot be revoked here');
}
