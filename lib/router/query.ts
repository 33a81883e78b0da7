import type { Request } from 'express';

/** The parameters of a query. Read here, because an application may set Express's `query parser` to anything, or switch it off. */
export function queryOf({ url }: Request): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start));
}
