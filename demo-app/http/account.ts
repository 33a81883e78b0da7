import { Router, type Request } from 'express';
import { requireLiveToken, type LiveTokens } from 'livetoken';
import { ACCESS_LIFETIME_S, identityIn, identityOf, newLogin } from '../issuer/claims.js';
import type { ProvesPassword } from '../issuer/passwords.js';
import type { Tokens } from '../issuer/tokens.js';
import { findUser, USER_SCOPES, type User } from '../seed.js';
import { HttpError, onlyMethods } from './errors.js';
import { claimsOf } from './guarded-api.js';
import { badField, parseJson, readExpiresIn, readJson, readScopes } from './json-body.js';
import { pairResponse } from './token-endpoint.js';

export interface AccountContext {
  readonly live: LiveTokens;
  readonly tokens: Tokens;
  readonly provesPassword: ProvesPassword;
}

/** What users do with their own account. Each takes the password once more: a stolen token is not enough. */
export function account(context: AccountContext): Router {
  const router = Router();
  // Who has been signed out a moment ago, elsewhere, must not sign in again with this.
  const liveToken = requireLiveToken(context.live, { exposeReason: true, consistency: 'strong' });
  router
    .route('/me/sign-out-everywhere')
    .post(liveToken, ...parseJson, async (req, res) => {
      res.json(await signOutEverywhere(req, context));
    })
    .all(onlyMethods('POST'));
  router
    .route('/me/tokens')
    .post(liveToken, ...parseJson, async (req, res) => {
      res.status(201).json(await personalToken(req, context));
    })
    .all(onlyMethods('POST'));
  return router;
}

/**
 * Revokes every token of the user, the caller's own among them, and answers with fresh ones, as after a change of password. Their
 * exact issue time is the very first one that the revocation leaves alive: any later one could escape a second revocation
 * that comes meanwhile. `iat` shows whole seconds, so old and new token may well carry the same one.
 */
async function signOutEverywhere(req: Request, { live, tokens, provesPassword }: AccountContext): Promise<Readonly<Record<string, unknown>>> {
  const { password } = readJson(req, 'password');
  const user = await provenUser(req, password, provesPassword);
  const receipt = await live.revoke({ kind: 'subject', id: user.id }, { actor: `user ${user.id}`, reason: 'signed out everywhere' });
  const { epoch, reissueFrom = epoch + 1, count } = receipt;
  const { session, grant } = newLogin();
  const identity = { ...identityIn(claimsOf(req)), sid: session, grant_id: grant };
  const pair = await tokens.pair(identity, reissueFrom);
  return { ...pairResponse(pair), revoked: { epoch, reissueFrom, count } };
}

/** A token for the user's own scripts. It belongs to no session, so it outlives them, unless all of the user's tokens are revoked. */
async function personalToken(req: Request, { tokens, provesPassword }: AccountContext): Promise<Readonly<Record<string, unknown>>> {
  const body = readJson(req, 'password', 'scopes', 'expiresIn');
  const scopes = readScopes(body.scopes, USER_SCOPES);
  const lifetimeS = readExpiresIn(body.expiresIn, ACCESS_LIFETIME_S);
  const issuedAtMs = await tokens.issueTimeBy(claimsOf(req));
  if (issuedAtMs === undefined) throw new HttpError(401, 'invalid_token', 'The access token was revoked meanwhile');
  const { id: subject, organisation } = await provenUser(req, body.password, provesPassword);
  const client = String(claimsOf(req)['client_id']);
  const { token, claims } = await tokens.access(identityOf({ subject, client, organisation, scopes }), issuedAtMs, { lifetimeS });
  return { id: claims['jti'], accessToken: token, scopes, expiryTime: Number(claims['exp']) * 1000 };
}

async function provenUser(req: Request, password: unknown, provesPassword: ProvesPassword): Promise<User> {
  const user = findUser(String(claimsOf(req)['sub']));
  if (user === undefined) throw new HttpError(403, 'forbidden', 'Only users have an account');
  if (typeof password !== 'string' || password === '') throw badField('password must be a non-empty string', 'password');
  if (!(await provesPassword(user, password))) throw new HttpError(403, 'forbidden', 'The password is wrong');
  return user;
}
