import type { Request, Response } from 'express';
import type { LiveTokens } from '../../live-tokens.js';
import { isIdentifier } from '../../model/identifier.js';
import type { Target } from '../../model/target.js';
import type { RevokeOptions } from '../../policy/revocation-request.js';
import type { Caller } from '../callers/caller.js';
import { requestIdOf } from '../http.js';
import { asksForDryRun, tokensToRevoke, tokenToRevoke } from './dry-run.js';
import { callerAndOrganisation, uriOf, type Context } from './organisation-context.js';
import { asked, OrganisationError } from './organisation-error.js';
import { tokenResource } from './token-resource.js';

export async function revokeOrganisation(req: Request, res: Response, context: Context): Promise<void> {
  const { caller, organisation } = await callerAndOrganisation(req, context);
  await revokeAndCount(req, res, context, caller, { kind: 'organisation', id: organisation });
}

export async function revokeMember(req: Request, res: Response, context: Context): Promise<void> {
  const { caller, organisation } = await callerAndOrganisation(req, context);
  const userId = req.params['userId'];
  if (!isIdentifier(userId)) throw new OrganisationError('malformed_id', 'userId');
  await revokeAndCount(req, res, context, caller, { kind: 'member', id: userId, organisation });
}

async function revokeAndCount(req: Request, res: Response, { live }: Context, caller: Caller, target: Target): Promise<void> {
  const uri = uriOf(req);
  if (await onlyAsks(req, live)) {
    res.json({ uri, data: tokensToRevoke(await asked(live.preview(target)), uri) });
    return;
  }
  const { count } = await live.revoke(target, noteOf(req, caller));
  res.json({ uri, data: { uri, ...(count !== undefined && { revokedTokensCount: count }), links: [] } });
}

export async function revokeToken(req: Request, res: Response, context: Context): Promise<void> {
  const { live } = context;
  const { caller, organisation } = await callerAndOrganisation(req, context);
  const tokenId = req.params['tokenId'];
  if (!isIdentifier(tokenId)) throw new OrganisationError('malformed_id', 'tokenId');
  const uri = uriOf(req);
  if (await onlyAsks(req, live)) {
    res.json({ uri, data: tokenToRevoke(known(await asked(live.find(tokenId, organisation))), uri) });
    return;
  }
  // The id counts inside this organisation only: a token of another one is as unknown here as one that never was.
  if (live.tracks) known(await live.find(tokenId, organisation));
  const target = { kind: 'token', id: tokenId, organisation } as const;
  const receipt = await live.revoke(target, noteOf(req, caller));
  const tracked = live.tracks ? await live.find(tokenId, organisation) : undefined;
  // Without tracking, only the call that revoked the token knows when that was.
  const untracked = { tokenId, organisation, ...(receipt.changed && { revokedAt: receipt.recordedAt }) };
  res.json({ uri, data: { ...tokenResource(tracked ?? untracked, uri), status: 'REVOKED', links: [] } });
}

/** Asked by every endpoint that revokes, before it does. Throws OrganisationError where that is not clear. */
async function onlyAsks(req: Request, live: LiveTokens): Promise<boolean> {
  const isAsking = await asksForDryRun(req);
  if (isAsking && !live.tracks) throw new OrganisationError('dry_run_needs_tracking', 'dryRun');
  return isAsking;
}

function known<T>(token: T | undefined): T {
  if (token === undefined) throw new OrganisationError('not_found', 'tokenId');
  return token;
}

function noteOf(req: Request, { actor }: Caller): RevokeOptions {
  return { actor, reason: 'organisation endpoint', ...requestIdOf(req) };
}
