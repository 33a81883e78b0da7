import type { Request } from 'express';

/**
 * Whether a query speaks of a dry run: its names or values, in any case, with any signs in between (`dryrun`, `DRY_RUN`, `dryRun[]`).
 * Whoever does wants nothing revoked.
 */
export function mentionsDryRun(query: URLSearchParams): boolean {
  return [...query].some(pair => pair.some(isDryRun));
}

export function isDryRun(text: string): boolean {
  return text.toLowerCase().replace(/[^a-z]/g, '').includes('dryrun');
}

/** The parameters of a query. Read here, because an application may set Express's `query parser` to anything, or switch it off. */
export function queryOf({ url }: Request): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start));
}
