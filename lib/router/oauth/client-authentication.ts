import type { Request } from 'express';
import { authorizationParts, decodeBasic, type BasicCredentials } from '../callers/basic.js';
import { provesSecret } from '../callers/secrets.js';
import type { Form } from './form.js';
import { OAuthError } from './oauth-error.js';
import { isPublic, type FindClient, type OAuthClient } from './registered-clients.js';

export type { FindClient, OAuthClient } from './registered-clients.js';

export interface ClientAuthenticationOptions {
  readonly findClient: FindClient;
  /** Accept identical credentials in header and body at once, as some clients send them. */
  readonly acceptDuplicateCredentials: boolean;
}

export const CLIENT_PARAMETERS = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'];

/**
 * Authenticates the client by client_secret_basic or client_secret_post (RFC 6749 section 2.3.1), or takes a public client at
 * its word. Credentials in the query are never looked at.
 *
 * @throws OAuthError 400 invalid_request, 401 invalid_client
 */
export async function authenticateClient(req: Request, form: Form, options: ClientAuthenticationOptions): Promise<OAuthClient> {
  const header = basicCredentials(req);
  const claimed = form.get('client_id');
  const posted = postedCredentials(form);
  if (header !== undefined) {
    assertOneMechanism(header, form, posted, options);
    return provenClient(header, options);
  }
  if (form.has('client_assertion')) {
    if (form.has('client_secret')) throw moreThanOneWay();
    throw invalidClient();
  }
  if (posted !== undefined) return provenClient(posted, options);
  const client = claimed === undefined ? undefined : await options.findClient(claimed);
  if (client !== undefined && isPublic(client)) return client;
  throw invalidClient();
}

async function provenClient({ id, secret }: BasicCredentials, { findClient }: ClientAuthenticationOptions): Promise<OAuthClient> {
  const client = await findClient(id);
  // A public client has no secret to prove, so whoever sends one for it is not that client.
  const holder = isPublic(client) ? undefined : client;
  if ((await provesSecret(secret, holder)) && client !== undefined) return client;
  throw invalidClient();
}

/** A client uses no more than one way in each request (RFC 6749 section 2.3). */
function assertOneMechanism(
  header: BasicCredentials,
  form: Form,
  posted: BasicCredentials | undefined,
  { acceptDuplicateCredentials }: ClientAuthenticationOptions,
): void {
  const claimed = form.get('client_id');
  const identical = posted === undefined ? !form.has('client_secret') : posted.id === header.id && posted.secret === header.secret;
  const twice = form.has('client_secret') && !(acceptDuplicateCredentials && identical);
  if (twice || form.has('client_assertion') || (claimed !== undefined && claimed !== header.id)) {
    throw moreThanOneWay();
  }
}

function moreThanOneWay(): OAuthError {
  return new OAuthError(400, 'invalid_request', 'The client authenticates in more than one way');
}

/** Control characters are in no id and no secret (RFC 6749 appendices A.1 and A.2), and a NUL makes some databases fail. */
const CONTROL_CHARACTER = /\p{Cc}/u;

function postedCredentials(form: Form): BasicCredentials | undefined {
  const id = form.get('client_id');
  const secret = form.get('client_secret');
  if (CONTROL_CHARACTER.test(`${id ?? ''}${secret ?? ''}`)) {
    throw new OAuthError(400, 'invalid_request', 'The client credentials are malformed');
  }
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

function basicCredentials(req: Request): BasicCredentials | undefined {
  // Node drops repeated headers in `headers`; only headersDistinct shows that there were two.
  if ((req.headersDistinct['authorization'] ?? []).length > 1) {
    throw new OAuthError(400, 'invalid_request', 'The Authorization header is repeated');
  }
  const { authorization } = req.headers;
  if (authorization === undefined) return undefined;
  const { scheme, rest } = authorizationParts(authorization);
  if (scheme !== 'basic') throw invalidClient();
  const encoded = decodeBasic(rest);
  const id = encoded && formDecode(encoded.id);
  const secret = encoded && formDecode(encoded.secret);
  if (id === undefined || secret === undefined) throw new OAuthError(400, 'invalid_request', 'The Basic credentials are malformed');
  return { id, secret };
}

/** Each half is form-urlencoded before it is joined (RFC 6749 section 2.3.1): `+` is a space. */
function formDecode(text: string): string | undefined {
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '));
    return CONTROL_CHARACTER.test(decoded) ? undefined : decoded;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** Unknown client, wrong secret, no credentials: one error, to the byte. */
function invalidClient(): OAuthError {
  return new OAuthError(401, 'invalid_client', 'Client authentication failed');
}
