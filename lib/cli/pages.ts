import type { Page } from '../stores/store.js';
import { untilAborted } from './connect.js';
import { badUsage } from './exit-status.js';
import type { Output } from './output.js';
import { patiently } from './patience.js';

export interface Collecting<T> {
  readonly ask: (page: { readonly limit: number; readonly cursor?: string }) => Promise<Page<T>>;
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly signal: AbortSignal;
  readonly output: Output;
  /** What is collected, for whoever waits. */
  readonly what: string;
}

/** Most items that every store gives at once. */
const PAGE = 1000;

/** Pages until there are enough. A page may hold fewer than were asked for and not be the last, so the cursor fits exactly. */
export async function collect<T>({ ask, limit, cursor: start, signal, output, what }: Collecting<T>): Promise<Page<T>> {
  const items: T[] = [];
  let cursor = start;
  do {
    const from = cursor;
    const page = patiently(() => ask({ limit: Math.min(PAGE, limit - items.length), ...(from !== undefined && { cursor: from }) }));
    const got = await untilAborted(page, signal, 'Interrupted; the list is not complete, so nothing of it is shown.');
    items.push(...got.items);
    cursor = got.cursor;
    output.progress(`${items.length.toLocaleString('en')} ${what}`);
  } while (cursor !== undefined && items.length < limit);
  output.endProgress();
  return { items, ...(cursor !== undefined && { cursor }) };
}

const MAX_ITEMS = 1_000_000;

export function parseLimit(text = ''): number {
  const limit = /^\d{1,7}$/.test(text) ? Number(text) : NaN;
  if (limit >= 1 && limit <= MAX_ITEMS) return limit;
  throw badUsage(`--limit takes a whole number, 1 to ${MAX_ITEMS}.`);
}
