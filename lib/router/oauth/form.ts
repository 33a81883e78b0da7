import bodyParser from 'body-parser';
import type { Request, RequestHandler } from 'express';
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
export function parseForm({ maxBodyBytes, maxParameters }: FormLimits): RequestHandler[] {
  return [formOnly, bodyParser.urlencoded({ extended: false, limit: maxBodyBytes, parameterLimit: maxParameters })];
}

const formOnly: RequestHandler = (req, _res, next) => {
  // Express's req.is answers null where there is no body at all: then there are no parameters either, which is said later.
  const matches = req.is(FORM);
  if (matches === false) throw new OAuthError(400, 'invalid_request', `The body must be ${FORM}`);
  next();
};

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
