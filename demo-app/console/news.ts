import type { AuditEntry, LiveTokens } from 'livetoken';
import type { EntryView } from './console-events.js';

/** How far the audit log was read: the id of an entry, or before the first of all. */
export type Place = { readonly after: string } | 'start';

export interface News {
  /** Oldest first. */
  readonly items: readonly EntryView[];
  readonly place: Place;
}

const PAGE = 50;

/**
 * What was revoked since `place`, on whatever instance; without a place the latest of what was revoked before.
 *
 * @throws StoreUnavailableError (rejects)
 */
export async function readNews(live: LiveTokens, place: Place | undefined): Promise<News> {
  const items = place === undefined ? await latest(live) : await since(live, place);
  const last = items.at(-1);
  return { items: items.map(viewOf), place: last === undefined ? (place ?? 'start') : { after: last.id } };
}

async function latest(live: LiveTokens): Promise<readonly AuditEntry[]> {
  const { items } = await live.history({ limit: PAGE });
  return items.toReversed();
}

async function since(live: LiveTokens, place: Place): Promise<readonly AuditEntry[]> {
  const { items } = await live.history({ order: 'oldest', limit: PAGE, ...(place !== 'start' && { cursor: place.after }) });
  return items;
}

function viewOf({ id, atMs, target, actor, reason }: AuditEntry): EntryView {
  return { id, atMs, target, ...(actor !== undefined && { actor }), ...(reason !== undefined && { reason }) };
}
