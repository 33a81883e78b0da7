import express, { type Request, type RequestHandler } from 'express';
import { HttpError, onlyBody } from './errors.js';

export const parseJson: readonly RequestHandler[] = [onlyBody('application/json', 415), express.json({ limit: '16kb' })];

/** The body, which must be an object of these fields and no others: a misspelt one would silently have no effect. */
export function readJson<Name extends string>(req: Request, ...names: readonly Name[]): Readonly<Partial<Record<Name, unknown>>> {
  const body = req.body as unknown;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw badField(`The body must be a JSON object of ${names.join(', ')}`);
  if (!Object.keys(body).every(name => (names as readonly string[]).includes(name))) throw badField(`The body may hold ${names.join(', ')} and nothing else`);
  return body as Partial<Record<Name, unknown>>;
}

export function badField(description: string, field?: string): HttpError {
  return new HttpError(400, 'invalid_request', description, { ...(field !== undefined && { field }) });
}

/** A list of 1 to 16 scopes, all of them known. */
export function readScopes(value: unknown, known: readonly string[]): readonly string[] {
  const usable = Array.isArray(value) && value.length > 0 && value.length <= 16 && value.every(each => known.includes(each as string));
  if (!usable) throw badField(`scopes must be an array of some of ${known.join(', ')}`, 'scopes');
  return [...new Set(value as string[])];
}

const DAY_S = 86_400;

/** How long a token is wanted, in seconds. */
export function readExpiresIn(value: unknown, byDefault: number): number {
  if (value === undefined) return byDefault;
  const usable = Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= DAY_S;
  if (!usable) throw badField(`expiresIn must be a whole number of seconds from 1 to ${DAY_S}`, 'expiresIn');
  return value as number;
}
