import { InvalidTargetError } from '../errors.js';
import { isIdentifier, MAX_IDENTIFIER_BYTES } from '../model/identifier.js';
import { targetKey } from '../model/target-key.js';
import { assertTarget, type Target } from '../model/target.js';
import { badOption, choice, onlyKnown } from '../option-checks.js';
import { assertLimit, type AuditEntry, type AuditQuery, type Page, type RevocationStore } from '../stores/store.js';
import { instantMs } from './instants.js';
import { auditFields } from './revocation-request.js';

/** Which revocations are wanted: those that all of this is true of. Default: all of them. */
export interface HistoryQuery {
  /** Revocations of this very target. Those of a broader or narrower one are not among them. */
  readonly target?: Target;
  /** Who revoked, exactly as it was recorded. */
  readonly actor?: string;
  /** Revocations of this organisation, of users inside it, and of single tokens of it. Not of organisations below it. */
  readonly organisation?: string;
  /**
   * Revocations of this user, in whole or in part (sessions only, one client): everywhere and inside organisations; with
   * `organisation`, inside that one only. Not of single tokens, sessions or grants of the user.
   */
  readonly subject?: string;
  /** From this instant on, by the store's clock: milliseconds since 1970 or a Date. */
  readonly since?: number | Date;
  /** Before this instant, by the store's clock: milliseconds since 1970 or a Date. */
  readonly until?: number | Date;
  /** What comes first. Default `newest`. */
  readonly order?: 'newest' | 'oldest';
  /** From the page before, of the same query; or the `id` of an entry, to read on after it. */
  readonly cursor?: string;
  /** Most entries on a page, 1 to 1,000. Default 100. */
  readonly limit?: number;
}

export type HistoryPage = Page<AuditEntry>;

/** Most entries looked at in one call: however seldom something matches, no call takes long, and the next one goes on from there. */
const MAX_LOOKED_AT = 1000;

/** Entries asked for at once, at least, where not all of them may match. */
const LOOKED_AT_ONCE = 250;

/**
 * One page of who revoked what.
 *
 * @throws InvalidTargetError, TypeError, StoreUnavailableError (rejects)
 */
export async function readHistory(query: HistoryQuery, store: RevocationStore): Promise<HistoryPage> {
  const { pages, matches, limit, cursor } = parseQuery(query);
  const items: AuditEntry[] = [];
  let after = cursor;
  for (let left = MAX_LOOKED_AT; left > 0; ) {
    const page = await store.audit({ ...pages, limit: Math.min(left, pages.limit), ...(after !== undefined && { after }) });
    for (const entry of page.items) {
      if (matches(entry)) items.push(entry);
      if (items.length === limit) return { items, cursor: entry.id };
    }
    if (page.cursor === undefined) return { items };
    after = page.cursor;
    left -= page.items.length;
  }
  return { items, ...(after !== undefined && { cursor: after }) };
}

interface ParsedQuery {
  /** What to ask the store for, but for where to begin. */
  readonly pages: AuditQuery;
  readonly matches: (entry: AuditEntry) => boolean;
  readonly limit: number;
  readonly cursor: string | undefined;
}

function parseQuery(query: HistoryQuery): ParsedQuery {
  onlyKnown('history', query, ['target', 'actor', 'organisation', 'subject', 'since', 'until', 'order', 'cursor', 'limit']);
  const { order = 'newest', limit = 100, cursor, ...filters } = query;
  choice('order', order, ['newest', 'oldest']);
  assertLimit(limit);
  const [sinceMs, untilMs] = parseSpan(filters);
  const isFiltered = Object.keys(filters).length > 0;
  const times = { ...(sinceMs !== undefined && { sinceMs }), ...(untilMs !== undefined && { untilMs }) };
  return {
    pages: { order, limit: isFiltered ? Math.max(limit, LOOKED_AT_ONCE) : limit, ...times },
    matches: matcher(filters, sinceMs, untilMs),
    limit,
    cursor,
  };
}

function parseSpan({ since, until }: HistoryQuery): readonly [sinceMs: number | undefined, untilMs: number | undefined] {
  const sinceMs = since === undefined ? undefined : instantMs('since', since);
  const untilMs = until === undefined ? undefined : instantMs('until', until);
  if (sinceMs !== undefined && untilMs !== undefined && sinceMs > untilMs) throw new InvalidTargetError('since lies after until: swap them.');
  return [sinceMs, untilMs];
}

/** The store may leave out what is from another time, and does not have to. */
function matcher(filters: HistoryQuery, sinceMs = -Infinity, untilMs = Infinity): (entry: AuditEntry) => boolean {
  const [key, actor, organisation] = [keyOf(filters.target), actorOf(filters.actor), nameOf('organisation', filters.organisation)];
  const isOfSubject = subjectMatcher(nameOf('subject', filters.subject), organisation);
  return entry =>
    entry.atMs >= sinceMs &&
    entry.atMs < untilMs &&
    (key === undefined || entry.key === key) &&
    (actor === undefined || entry.actor === actor) &&
    (organisation === undefined || entry.organisation === organisation) &&
    isOfSubject(entry);
}

/** An entry that does not name its user, as older ones do not, is known by its target: in whole or for its sessions, but not for a client. */
function subjectMatcher(id: string | undefined, organisation: string | undefined): (entry: AuditEntry) => boolean {
  if (id === undefined) return () => true;
  const user = organisation === undefined ? ({ kind: 'subject', id } as const) : ({ kind: 'member', id, organisation } as const);
  const keys: readonly string[] = [targetKey(user), targetKey({ ...user, sessionsOnly: true })];
  return ({ subject, key }) => (subject === undefined ? keys.includes(key) : subject === id);
}

function keyOf(target: Target | undefined): string | undefined {
  if (target === undefined) return undefined;
  assertTarget(target);
  return targetKey(target);
}

/** As it would be recorded: cut, and without what would break a line. */
function actorOf(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const { actor } = auditFields({ actor: given });
  if (actor === undefined) throw badOption('actor', given, 'a text such as "user alice"');
  return actor;
}

function nameOf(what: 'organisation' | 'subject', name: string | undefined): string | undefined {
  if (name === undefined || isIdentifier(name)) return name;
  throw new InvalidTargetError(`The ${what} must be a well-formed string of 1 to ${MAX_IDENTIFIER_BYTES} bytes.`);
}
