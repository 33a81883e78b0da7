import { kindOf } from '../model/target-key.js';
import { assertLimit, assertPosition, type AuditEntry, type AuditNote, type AuditQuery, type Page } from './store.js';

const POSITION = /^\d{1,15}$/;

/** Who revoked what, in memory: the latest entries, oldest first. */
export class MemoryAuditLog {
  readonly #maxEntries: number;
  readonly #entries: AuditEntry[] = [];
  #added = 0;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  add(note: AuditNote, atMs: number, epochMs: number): void {
    this.#added += 1;
    this.#entries.push({ ...note, id: String(this.#added), atMs, epochMs, kind: kindOf(note.key) });
    if (this.#entries.length > this.#maxEntries) this.#entries.shift();
  }

  page({ order = 'oldest', after, limit, sinceMs = -Infinity, untilMs = Infinity }: AuditQuery): Page<AuditEntry> {
    assertLimit(limit);
    if (after !== undefined) assertPosition(after, POSITION);
    const step = order === 'oldest' ? 1 : -1;
    const items: AuditEntry[] = [];
    let index = this.#start(step, after);
    for (let entry = this.#entries[index]; entry !== undefined && items.length < limit; entry = this.#entries[(index += step)]) {
      if (entry.atMs >= sinceMs && entry.atMs < untilMs) items.push(entry);
    }
    const last = items.at(-1);
    return { items, ...(items.length === limit && last !== undefined && { cursor: last.id }) };
  }

  clear(): void {
    this.#entries.length = 0;
  }

  /** Ids are consecutive, so a position tells where its entry stands, or stood. */
  #start(step: 1 | -1, after: string | undefined): number {
    const latest = this.#entries.length - 1;
    if (after === undefined) return step === 1 ? 0 : latest;
    const next = Number(after) - (this.#added - latest) + step;
    return step === 1 ? Math.max(0, next) : Math.min(latest, next);
  }
}
