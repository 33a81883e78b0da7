import { Router } from 'express';
import { identityOf, newLogin } from '../issuer/claims.js';
import type { ProvesPassword } from '../issuer/passwords.js';
import type { AccessToken, TokenPair, Tokens } from '../issuer/tokens.js';
import { findUser, PARTNER, USER_SCOPES, type Client, type GrantType } from '../seed.js';
import { authenticateClient } from './client-authentication.js';
import { HttpError, onlyMethods } from './errors.js';
import { parseForm, readForm, required, type Form } from './form.js';

export interface TokenEndpointContext {
  readonly tokens: Tokens;
  readonly provesPassword: ProvesPassword;
}

/** What the token endpoint answers (RFC 6749 section 5.1). */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly scope: string;
  readonly refresh_token?: string;
}

type Grant = (client: Client, form: Form, context: TokenEndpointContext) => Promise<TokenResponse>;

const GRANTS: Readonly<Record<GrantType, Grant>> = {
  password: byPassword,
  refresh_token: byRefreshToken,
  client_credentials: byClientCredentials,
};

/** POST /token (RFC 6749 section 3.2). */
export function tokenEndpoint(context: TokenEndpointContext): Router {
  const router = Router();
  router
    .route('/token')
    .post(...parseForm, async (req, res) => {
      const form = readForm(req);
      const client = authenticateClient(req, form);
      res.json(await grantFor(client, required(form, 'grant_type'))(client, form, context));
    })
    .all(onlyMethods('POST'));
  return router;
}

function grantFor(client: Client, type: string): Grant {
  if (!Object.hasOwn(GRANTS, type)) throw new HttpError(400, 'unsupported_grant_type', 'Take password, refresh_token or client_credentials');
  if (!client.grants.includes(type as GrantType)) throw new HttpError(400, 'unauthorized_client', 'This client may not use that grant');
  return GRANTS[type as GrantType];
}

async function byPassword(client: Client, form: Form, { tokens, provesPassword }: TokenEndpointContext): Promise<TokenResponse> {
  const username = required(form, 'username');
  const password = required(form, 'password');
  const scopes = scopesIn(form, USER_SCOPES);
  const user = findUser(username);
  // For an unknown user everything happens as for a known one, so that nobody can tell them apart.
  const { id, organisation } = user ?? { id: 'nobody', organisation: PARTNER };
  const identity = identityOf({ subject: id, client: client.id, organisation, scopes, login: newLogin() });
  const issuedAtMs = await tokens.issueTime(identity);
  if (!(await provesPassword(user, password))) throw invalidGrant();
  return pairResponse(await tokens.pair(identity, issuedAtMs));
}

async function byRefreshToken(client: Client, form: Form, { tokens }: TokenEndpointContext): Promise<TokenResponse> {
  const claims = await tokens.refreshable(required(form, 'refresh_token'), client.id);
  if (claims === undefined) throw invalidGrant();
  // Looked at before the token is used up: a slip of the pen costs nobody the login.
  const scopes = scopesIn(form, String(claims['scope']).split(' '));
  const redeemed = await tokens.redeem(claims);
  if (redeemed === undefined) throw invalidGrant();
  return pairResponse(await tokens.pair(redeemed.identity, redeemed.issuedAtMs, scopes.join(' ')));
}

async function byClientCredentials(client: Client, form: Form, { tokens }: TokenEndpointContext): Promise<TokenResponse> {
  const scopes = scopesIn(form, USER_SCOPES);
  const identity = identityOf({ subject: client.id, client: client.id, organisation: PARTNER, scopes });
  return accessResponse(await tokens.access(identity, await tokens.issueTime(identity)));
}

/** What the form asks for, all that is allowed where it asks for nothing (RFC 6749 section 3.3). */
function scopesIn(form: Form, allowed: readonly string[]): readonly string[] {
  const asked = form.get('scope')?.split(' ').filter(scope => scope !== '') ?? [];
  if (!asked.every(scope => allowed.includes(scope))) throw new HttpError(400, 'invalid_scope', 'A scope is unknown, or more than may be had here');
  return asked.length === 0 ? allowed : [...new Set(asked)];
}

export function pairResponse({ access, refreshToken }: TokenPair): TokenResponse {
  return { ...accessResponse(access), refresh_token: refreshToken };
}

function accessResponse({ token, claims }: AccessToken): TokenResponse {
  const expiresIn = Number(claims['exp']) - Number(claims['iat']);
  return { access_token: token, token_type: 'Bearer', expires_in: expiresIn, scope: String(claims['scope']) };
}

/** One answer for a wrong password and an unknown user; for a refresh token that is unknown, used, revoked or another client's. */
function invalidGrant(): HttpError {
  return new HttpError(400, 'invalid_grant', 'The password or refresh token is not valid');
}
