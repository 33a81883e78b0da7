import type { Request } from 'express';

/** Where besides the Authorization header a token may stand (RFC 6750 sections 2.2 and 2.3). Both are off by default. */
export interface TokenSources {
  /** A form field `access_token`, of a body that something before the guard has parsed. Default false. */
  readonly formBody?: boolean;
  /** A query parameter `access_token`. It ends up in logs and histories: the RFC advises against it. Default false. */
  readonly query?: boolean;
}

export type BearerCredential =
  | { readonly kind: 'none' }
  | { readonly kind: 'invalid_request' }
  | { readonly kind: 'token'; readonly token: string; readonly inQuery: boolean };

const NONE: BearerCredential = { kind: 'none' };
const INVALID: BearerCredential = { kind: 'invalid_request' };

/**
 * Finds the one token of a request. More than one way or copy of sending it is an error (RFC 6750 section 2). Whether what was
 * found is written like a token is for `isB64Token` to say: of a token that was seen before it is known.
 */
export function bearerToken(req: Request, sources: TokenSources): BearerCredential {
  const inHeader = headerToken(req);
  if (inHeader.kind === 'invalid_request') return INVALID;
  const inQuery = queryTokens(req);
  const inBody = sources.formBody === true ? bodyTokens(req) : [];
  // A token in the query counts as a second one even where it would not be accepted as the only one.
  const found = (inHeader.kind === 'token' ? 1 : 0) + inQuery.length + inBody.length;
  if (found > 1) return INVALID;
  if (inHeader.kind === 'token') return inHeader;
  const [token] = sources.query === true ? [...inBody, ...inQuery] : inBody;
  if (token === undefined) return NONE;
  return { kind: 'token', token, inQuery: inQuery.length > 0 };
}

/** The scheme ends at the first character that no scheme has (RFC 9110 section 11.1): a tab must not make another scheme of it. */
const BEARER = /^bearer(?![\w!#$%&'*+.^`|~-])/i;

/** Scheme without regard to case, then spaces (RFC 6750 section 2.1). */
function headerToken(req: Request): BearerCredential {
  // The value is taken from `headers`, because that is where middleware, and adapters without a socket, put it or take it away.
  if (isSentTwice(req, 'authorization')) return INVALID;
  const value = req.headers.authorization ?? '';
  if (!BEARER.test(value)) return NONE;
  let start = 'bearer'.length;
  while (value[start] === ' ') start += 1;
  return { kind: 'token', token: value.slice(start), inQuery: false };
}

/** Node drops repeated headers in `headers`, and building `headersDistinct` takes longer than all else that the guard does. */
function isSentTwice({ rawHeaders }: Request, name: string): boolean {
  let seen = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const each = rawHeaders[i] as string;
    if (each.length === name.length && each.toLowerCase() === name) seen += 1;
  }
  return seen > 1;
}

const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/** RFC 6750 section 2.1. */
export function isB64Token(token: string): boolean {
  return B64TOKEN.test(token);
}

function queryTokens(req: Request): readonly string[] {
  const start = req.url.indexOf('?');
  return start < 0 ? [] : new URLSearchParams(req.url.slice(start)).getAll('access_token');
}

/** Only of a form, and not on methods without a body (RFC 6750 section 2.2). */
function bodyTokens(req: Request): readonly string[] {
  if (req.method === 'GET' || req.method === 'HEAD' || !req.is('application/x-www-form-urlencoded')) return [];
  const value = (req.body as Readonly<Record<string, unknown>> | undefined)?.['access_token'];
  if (value === undefined) return [];
  // What is no string (sent twice, or made into an array or object by a nested parser) counts as a token, and as no legal one.
  return [typeof value === 'string' ? value : ''];
}
