import type { Request } from 'express';
import type { Preview, PreviewGroup } from '../../policy/preview.js';
import type { IssuedToken } from '../../policy/tracker.js';
import { bodyMentionsDryRun } from '../dry-run-body.js';
import { mentionsDryRun, queryOf } from '../query.js';
import { OrganisationError } from './organisation-error.js';
import { tokenResource } from './token-resource.js';

/**
 * Whether the request asks what it would do, `?dryRun=true`. Whoever writes it in another way, or in a body, wants no revocation
 * either, so whatever mentions a dry run and is not exactly that is refused.
 *
 * @throws OrganisationError
 */
export async function asksForDryRun(req: Request): Promise<boolean> {
  const mentions = [...queryOf(req)].filter(pair => mentionsDryRun(new URLSearchParams([pair])));
  const [[name, value] = ['dryRun', 'false'], ...more] = mentions;
  const isClear = name === 'dryRun' && (value === 'true' || value === 'false') && more.length === 0;
  if (!isClear || (await bodyMentionsDryRun(req))) throw new OrganisationError('malformed_dry_run', 'dryRun');
  return value === 'true';
}

/** In place of what revoking the target of `preview` is answered with. */
export function tokensToRevoke({ target, count, organisations, subjects, clients, rest }: Preview, uri: string): object {
  const id = target.kind === 'all' ? 'all' : target.id;
  return {
    uri,
    dryRun: true,
    tokensToRevokeCount: count,
    organisations: organisations.map(groupResource),
    users: subjects.map(groupResource),
    clients: clients.map(groupResource),
    notListed: { organisations: rest.organisations, users: rest.subjects, clients: rest.clients },
    links: [{ id, resourceType: 'revoketokens', uri }],
  };
}

function groupResource({ id, count }: PreviewGroup): object {
  return { ...(id !== undefined && { id }), tokensToRevokeCount: count };
}

/** The same for a single token, as it is now. */
export function tokenToRevoke(token: IssuedToken, uri: string): object {
  return { ...tokenResource(token, uri), dryRun: true, tokensToRevokeCount: token.revokedAt === undefined ? 1 : 0 };
}
