import bodyParser from 'body-parser';
import type { Request, RequestHandler } from 'express';
import { bodyErrorType, clientErrorStatus } from '../http.js';
import { OAuthError } from './oauth-error.js';

/** The parameters of a form, each at most once, empty ones left out (RFC 6749 section 3.1). */
export type Form = ReadonlyMap<string, string>;

export interface FormLimits {
  readonly maxBodyBytes: number;
  readonly maxParameters: number;
}

const FORM = 'application/x-www-form-urlencoded';

/**
 * Parses a form body, unless the application has done so before. `extended: false`: names such as `token[]` stay what they are,
 * names we do not know.
 */
export function parseForm({ maxBodyBytes, maxParameters }: FormLimits): RequestHandler {
  const parse: RequestHandler = bodyParser.urlencoded({ extended: false, limit: maxBodyBytes, parameterLimit: maxParameters });
  return function parseForm(req, res, next): void {
    // Express's req.is answers null where there is no body at all: then there are no parameters either, which is said later.
    if (req.is(FORM) === false) throw new OAuthError(400, 'invalid_request', `The body must be ${FORM}`);
    // The parser would first read such a body to its end, and an application's own parser may have let it pass.
    if (Number(req.headers['content-length']) > maxBodyBytes) throw tooLarge();
    void parse(req, res, (error?: unknown) => { next(error === undefined ? undefined : bodyError(error)); });
  };
}

/** Only what the body parser says is about the body: another error of status 4xx, of a look-up say, is the application's. */
function bodyError(error: unknown): OAuthError {
  if (bodyErrorType(error) === 'entity.too.large') return tooLarge();
  if (clientErrorStatus(error) !== undefined) return new OAuthError(400, 'invalid_request', 'The request body cannot be read');
  return new OAuthError(500, 'server_error', 'Something in front of this endpoint has read the request body without parsing it');
}

function tooLarge(): OAuthError {
  return new OAuthError(413, 'invalid_request', 'The request body is too large');
}

/** @throws OAuthError 400 where a parameter that means something to us stands twice (RFC 6749 section 3.1) */
export function readForm(req: Request, names: readonly string[]): Form {
  const body = req.body as unknown;
  const form = new Map<string, string>();
  if (typeof body !== 'object' || body === null) return form;
  for (const name of names) {
    const value = Object.hasOwn(body, name) ? (body as Readonly<Record<string, unknown>>)[name] : undefined;
    if (value === undefined || value === '') continue;
    // An array is a repetition; an application's own parser with `extended: true` makes objects of `token[x]`.
    if (typeof value !== 'string') throw new OAuthError(400, 'invalid_request', 'A parameter is repeated or not a plain value');
    form.set(name, value);
  }
  return form;
}
