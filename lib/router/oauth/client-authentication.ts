import type { Request } from 'express';
import { authorizationParts, decodeBasic, type BasicCredentials } from '../callers/basic.js';
import { provesSecret, type SecretHolder } from '../callers/secrets.js';
import type { Form } from './form.js';
import { OAuthError } from './oauth-error.js';

/** A registered OAuth client. One with neither `secret` nor `verifySecret` nor `public` can never authenticate. */
export interface OAuthClient extends SecretHolder {
  readonly id: string;
  /** A public client (RFC 6749 section 2.1) names itself with client_id alone. It may revoke its own tokens, nothing more. */
  readonly public?: boolean;
  /** A resource server: may introspect access tokens of other clients. Default false: only its own. */
  readonly mayIntrospect?: boolean;
  /** Audiences that this resource server answers to: tokens for others are inactive here. Default: any. */
  readonly audience?: string | readonly string[];
}

export type FindClient = (id: string) => OAuthClient | undefined | Promise<OAuthClient | undefined>;

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
  if (form.has('client_assertion')) throw invalidClient();
  if (posted !== undefined) return provenClient(posted, options);
  const client = claimed === undefined ? undefined : await options.findClient(claimed);
  if (client?.public === true) return client;
  throw invalidClient();
}

async function provenClient({ id, secret }: BasicCredentials, { findClient }: ClientAuthenticationOptions): Promise<OAuthClient> {
  const client = await findClient(id);
  // A public client has no secret to prove, so whoever sends one for it is not that client.
  const holder = client?.public === true ? undefined : client;
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
    throw new OAuthError(400, 'invalid_request', 'The client authenticates in more than one way');
  }
}

function postedCredentials(form: Form): BasicCredentials | undefined {
  const id = form.get('client_id');
  const secret = form.get('client_secret');
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

function basicCredentials(req: Request): BasicCredentials | undefined {
  const values = req.headersDistinct['authorization'] ?? [];
  if (values.length === 0) return undefined;
  if (values.length > 1) throw new OAuthError(400, 'invalid_request', 'The Authorization header is repeated');
  const { scheme, rest } = authorizationParts(values[0] as string);
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
    return decoded.includes('\0') ? undefined : decoded;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** Unknown client, wrong secret, no credentials: one error, to the byte. */
function invalidClient(): OAuthError {
  return new OAuthError(401, 'invalid_client', 'Client authentication failed');
}
