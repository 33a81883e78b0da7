import { kindOf } from '../../model/target-key.js';
import { assertLimit, assertPosition, type AuditEntry, type AuditNote, type AuditQuery, type Page } from '../store.js';
import type { RedisClient } from './connections.js';
import { readMs } from './numbers.js';

/** No entry is before 1-0, and Redis refuses to count down from 0-0. */
const POSITION = /^[1-9]\d{0,18}-\d{1,19}$/;

/**
 * An entry's id is never below the time at which it was recorded, but above it where Redis's clock was set back: new ids go on from
 * the latest one until the clock has caught up. So entries from before an instant may have ids that are this much later; a clock that
 * was wrong by more than a day is not reckoned with.
 */
const SET_BACK_MS = 86_400_000;

/** A page of the audit log. Entries that by their ids cannot lie between the instants are not read. */
export async function readAudit(connection: RedisClient, key: string, { order = 'oldest', after, limit, sinceMs, untilMs }: AuditQuery): Promise<Page<AuditEntry>> {
  assertLimit(limit);
  if (after !== undefined) assertPosition(after, POSITION);
  const from = sinceMs === undefined ? '-' : String(sinceMs);
  const to = untilMs === undefined ? '+' : String(untilMs + SET_BACK_MS);
  const start = after === undefined ? undefined : `(${after}`;
  const entries =
    order === 'oldest'
      ? await connection.xrange(key, start ?? from, to, 'COUNT', limit)
      : await connection.xrevrange(key, start ?? to, from, 'COUNT', limit);
  const items = entries.map(readEntry);
  const last = items.at(-1);
  return { items, ...(items.length === limit && last !== undefined && { cursor: last.id }) };
}

function readEntry([id, fields]: readonly [string, readonly string[]]): AuditEntry {
  const [, at = '', , epoch = '', , json = ''] = fields;
  const note = JSON.parse(json) as AuditNote;
  return { ...note, id, atMs: readMs(at), epochMs: readMs(epoch), kind: kindOf(note.key) };
}
