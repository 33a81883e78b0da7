import express, { type Request, type RequestHandler } from 'express';
import { HttpError, onlyBody } from './errors.js';

export type Form = ReadonlyMap<string, string>;

export const parseForm: readonly RequestHandler[] = [
  onlyBody('application/x-www-form-urlencoded', 400),
  express.urlencoded({ extended: false, limit: '16kb', parameterLimit: 32 }),
];

/** Each parameter at most once; an empty one is as good as none (RFC 6749 section 3.2). */
export function readForm(req: Request): Form {
  const form = new Map<string, string>();
  for (const [name, value] of Object.entries((req.body ?? {}) as Readonly<Record<string, unknown>>)) {
    if (typeof value !== 'string') throw new HttpError(400, 'invalid_request', 'A parameter is repeated');
    if (value !== '') form.set(name, value);
  }
  return form;
}

export function required(form: Form, name: 'grant_type' | 'username' | 'password' | 'refresh_token'): string {
  const value = form.get(name);
  if (value === undefined) throw new HttpError(400, 'invalid_request', `The parameter ${name} is missing`);
  return value;
}
