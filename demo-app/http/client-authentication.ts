import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { findClient, type Client } from '../seed.js';
import { HttpError } from './errors.js';
import type { Form } from './form.js';

interface Credentials {
  readonly id: string;
  readonly secret: string;
}

/**
 * Which OAuth client sends this request: by HTTP Basic or by form parameters (RFC 6749 section 2.3.1), or a public client by its
 * name alone. The revocation router does the same for its own endpoints.
 */
export function authenticateClient(req: Request, form: Form): Client {
  const id = form.get('client_id');
  const secret = form.get('client_secret');
  const basic = basicCredentials(req);
  if (basic !== undefined && (secret !== undefined || (id !== undefined && id !== basic.id))) {
    throw new HttpError(400, 'invalid_request', 'The client authenticates in more than one way');
  }
  const given = basic ?? (id !== undefined && secret !== undefined ? { id, secret } : undefined);
  const client = given === undefined ? publicClient(id) : provenClient(given);
  // The same answer for an unknown client and for a wrong secret.
  if (client === undefined) throw invalidClient();
  return client;
}

function publicClient(id: string | undefined): Client | undefined {
  const client = id === undefined ? undefined : findClient(id);
  return client?.public === true ? client : undefined;
}

function provenClient({ id, secret }: Credentials): Client | undefined {
  const client = findClient(id);
  const expected = typeof client?.secret === 'string' ? client.secret : undefined;
  const matches = timingSafeEqual(digest(secret), digest(expected ?? ''));
  return matches && expected !== undefined ? client : undefined;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function basicCredentials(req: Request): Credentials | undefined {
  const header = req.get('authorization');
  if (header === undefined) return undefined;
  const encoded = /^basic +([\w+/]+=*) *$/i.exec(header)?.[1];
  if (encoded === undefined) throw invalidClient();
  const [id, secret] = splitAtColon(Buffer.from(encoded, 'base64').toString('utf8')).map(formDecode);
  if (id === undefined || secret === undefined) throw new HttpError(400, 'invalid_request', 'The Basic credentials are malformed');
  return { id, secret };
}

function splitAtColon(text: string): readonly string[] {
  const colon = text.indexOf(':');
  return colon < 0 ? [] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** Each half was form-urlencoded before the two were joined. */
function formDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function invalidClient(): HttpError {
  const headers = { 'WWW-Authenticate': 'Basic realm="oauth", charset="UTF-8"' };
  return new HttpError(401, 'invalid_client', 'Client authentication failed', { headers });
}
