import type { Request } from 'express';
import type { LiveTokens } from '../../live-tokens.js';
import { isIdentifier } from '../../model/identifier.js';
import type { MayManage } from '../callers/authority.js';
import { isAdministrator, type Authenticate, type Caller } from '../callers/caller.js';
import { OrganisationError } from './organisation-error.js';

/** What the organisation endpoints share. */
export interface Context {
  readonly live: LiveTokens;
  readonly authenticate: Authenticate;
  readonly mayManage: MayManage;
  readonly decode: (encoded: string) => string | undefined | Promise<string | undefined>;
}

/** Who calls, and which organisation is meant: the path's for a partner, the caller's own otherwise. */
export async function callerAndOrganisation(req: Request, context: Context): Promise<{ readonly caller: Caller; readonly organisation: string }> {
  const caller = await context.authenticate(req);
  if (caller === undefined || caller === 'refused') throw new OrganisationError('unauthorized');
  const encoded = req.params['encodedOrganisationId'];
  if (encoded === undefined) return { caller, organisation: await ownOrganisation(caller, context) };
  if (caller.level !== 'partner') throw new OrganisationError('forbidden');
  if (!isIdentifier(encoded)) throw new OrganisationError('not_found', 'encodedOrganisationId');
  const organisation = await context.decode(encoded);
  if (!isIdentifier(organisation)) throw new OrganisationError('not_found', 'encodedOrganisationId');
  if (!(await context.mayManage(caller, organisation))) throw new OrganisationError('forbidden', 'encodedOrganisationId');
  return { caller, organisation };
}

/** `mayManage` is asked here as well: an application that takes a caller's authority away means all of it. */
async function ownOrganisation(caller: Caller, { mayManage }: Context): Promise<string> {
  const { organisation } = caller;
  const allowed = isAdministrator(caller) && isIdentifier(organisation) && (await mayManage(caller, organisation));
  if (!allowed) throw new OrganisationError('forbidden');
  return organisation;
}

/** The path, as an absolute one; never the Host header, nor a query. */
export function uriOf(req: Request): string {
  return (req.baseUrl + req.path).replace(/\/+$/, '');
}
