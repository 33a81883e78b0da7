import type { Request, Response } from 'express';
import { InvalidTargetError } from '../../errors.js';
import { isIdentifier } from '../../model/identifier.js';
import { rfc3339Ms } from '../../model/rfc3339.js';
import type { HistoryPage, HistoryQuery } from '../../policy/history.js';
import { queryOf } from '../query.js';
import { callerAndOrganisation, uriOf, type Context } from './organisation-context.js';
import { OrganisationError } from './organisation-error.js';

/** What each parameter takes, for whoever got one wrong. */
const PARAMETERS = {
  userId: 'Give userId once: 1 to 256 bytes',
  actor: 'Give actor once, as entries show it: 1 to 256 characters',
  since: 'Give since once, as RFC 3339 has it, with an offset: 2026-01-31T08:30:00Z. Send a + as %2B',
  until: 'Give until once, as RFC 3339 has it, with an offset: 2026-01-31T08:30:00Z. Send a + as %2B. It must not lie before since',
  order: 'Give order once: newest or oldest',
  cursor: 'Give cursor once, as the page before had it',
  limit: 'Give limit once: a whole number, 1 to 1000',
} as const;

type Parameter = keyof typeof PARAMETERS;

const MAX_LIMIT = 1000;
const MAX_ACTOR_LENGTH = 256;

/** Of this organisation alone, not of those below it: they are asked for by their own ids. */
export async function listRevocations(req: Request, res: Response, context: Context): Promise<void> {
  const { organisation } = await callerAndOrganisation(req, context);
  const { items, cursor } = await historyOf(context, parseQuery(queryOf(req), organisation));
  const uri = uriOf(req);
  res.json({ uri, data: { uri, revocations: items.map(revocationResource), ...(cursor !== undefined && { cursor }) } });
}

/** All else has been looked at: only what a cursor looks like the store alone knows. */
async function historyOf({ live }: Context, query: HistoryQuery): Promise<HistoryPage> {
  try {
    return await live.history(query);
  } catch (error) {
    throw error instanceof InvalidTargetError ? malformedParameter('cursor') : error;
  }
}

/**
 * What of an organisation's history is asked for. A parameter that does not exist is refused: a misspelt filter would show more than
 * was asked for.
 *
 * @throws OrganisationError
 */
function parseQuery(query: URLSearchParams, organisation: string): HistoryQuery {
  for (const name of query.keys()) {
    if (!Object.hasOwn(PARAMETERS, name)) throw new OrganisationError('unknown_parameter');
  }
  const [userId, actor, order, cursor] = [one(query, 'userId'), one(query, 'actor'), one(query, 'order'), one(query, 'cursor')];
  if (userId !== undefined && !isIdentifier(userId)) throw malformedParameter('userId');
  if (actor !== undefined && (actor === '' || actor.length > MAX_ACTOR_LENGTH)) throw malformedParameter('actor');
  if (order !== undefined && order !== 'newest' && order !== 'oldest') throw malformedParameter('order');
  const [since, until, limit] = [instantOf(query, 'since'), instantOf(query, 'until'), limitOf(query)];
  if (since !== undefined && until !== undefined && since > until) throw malformedParameter('until');
  return {
    organisation,
    ...(userId !== undefined && { subject: userId }),
    ...(actor !== undefined && { actor }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(order !== undefined && { order }),
    ...(cursor !== undefined && { cursor }),
    ...(limit !== undefined && { limit }),
  };
}

function malformedParameter(name: Parameter): OrganisationError {
  return new OrganisationError('malformed_parameter', name, PARAMETERS[name]);
}

function one(query: URLSearchParams, name: Parameter): string | undefined {
  const [value, ...more] = query.getAll(name);
  if (more.length > 0) throw malformedParameter(name);
  return value;
}

function instantOf(query: URLSearchParams, name: 'since' | 'until'): number | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  const atMs = rfc3339Ms(text);
  if (atMs === undefined) throw malformedParameter(name);
  return atMs;
}

function limitOf(query: URLSearchParams): number | undefined {
  const text = one(query, 'limit');
  if (text === undefined) return undefined;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  if (!(limit >= 1 && limit <= MAX_LIMIT)) throw malformedParameter('limit');
  return limit;
}

/** A revocation as it is listed. Not the key of its target: that is a hash, by which ids that can be guessed could be recognised. */
function revocationResource({ id, atMs, epochMs, kind, target, actor, reason, requestId }: HistoryPage['items'][number]): object {
  return {
    id,
    revokedTimestamp: atMs,
    kind,
    target,
    ...(epochMs !== Infinity && { issuedUntilTimestamp: epochMs }),
    ...(actor !== undefined && { actor }),
    ...(reason !== undefined && { reason }),
    ...(requestId !== undefined && { requestId }),
  };
}
