import type { Request } from 'express';
import { authorizationParts, decodeBasic, type BasicCredentials } from '../callers/basic.js';
import { provesSecret } from '../callers/secrets.js';
import { ASSERTION_TYPE, subjectOf, type ClientAssertions } from './client-assertion.js';
import type { FailedAttempts } from './failed-attempts.js';
import type { Form } from './form.js';
import { OAuthError } from './oauth-error.js';
import { methodsOf, type AuthMethod, type FindClient, type OAuthClient } from './registered-clients.js';

export interface ClientAuthenticationOptions {
  readonly findClient: FindClient;
  /** The methods that are accepted, of whatever client. */
  readonly authMethods: readonly AuthMethod[];
  readonly assertions: ClientAssertions;
  /** `undefined` where nobody who fails has to wait. */
  readonly failedAttempts: FailedAttempts | undefined;
  /** Accept identical credentials in header and body at once, as some clients send them. */
  readonly acceptDuplicateCredentials: boolean;
}

export const CLIENT_PARAMETERS = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'];

/** Whom a request says it is from, in which way, and what tells whether that is so. */
interface Attempt {
  readonly method: AuthMethod;
  readonly id: string;
  /** @param client `undefined` where there is no such client, or it may not use this method: the answer changes nothing then */
  readonly proves: (client: OAuthClient | undefined) => Promise<boolean>;
}

/**
 * Authenticates the client by its secret (RFC 6749 section 2.3.1) or by an assertion (RFC 7523 section 2.2), or takes a public client
 * at its word. Credentials in the query are never looked at.
 *
 * @throws OAuthError 400 invalid_request, 401 invalid_client, 429 after too many failures
 */
export async function authenticateClient(req: Request, form: Form, options: ClientAuthenticationOptions): Promise<OAuthClient> {
  const attempt = attemptOf(req, form, options);
  const { failedAttempts } = options;
  // A name alone is nothing that could be guessed.
  if (attempt.method === 'none' || failedAttempts === undefined) return provenClient(attempt, options);
  return failedAttempts.guard(req, attempt.id, () => provenClient(attempt, options));
}

function attemptOf(req: Request, form: Form, options: ClientAuthenticationOptions): Attempt {
  const header = basicCredentials(req);
  const claimed = form.get('client_id');
  const posted = postedCredentials(form);
  if (header !== undefined) {
    assertOneMechanism(header, form, posted, options);
    return bySecret('client_secret_basic', header);
  }
  if (hasAssertion(form)) {
    if (form.has('client_secret')) throw moreThanOneWay();
    return byAssertion(form, options);
  }
  if (posted !== undefined) return bySecret('client_secret_post', posted);
  if (claimed === undefined) throw invalidClient();
  return { method: 'none', id: claimed, proves: async () => true };
}

function bySecret(method: AuthMethod, { id, secret }: BasicCredentials): Attempt {
  return { method, id, proves: client => provesSecret(secret, client) };
}

/** Half of an assertion is one as well: whoever sends it means to be authenticated by it. */
function hasAssertion(form: Form): boolean {
  return form.has('client_assertion') || form.has('client_assertion_type');
}

function byAssertion(form: Form, { assertions }: ClientAuthenticationOptions): Attempt {
  const assertion = form.get('client_assertion') ?? '';
  const claimed = form.get('client_id');
  const id = subjectOf(assertion);
  const isComplete = form.get('client_assertion_type') === ASSERTION_TYPE && id !== undefined && !CONTROL_CHARACTER.test(id);
  // A client_id is not needed beside an assertion, but must be the same (RFC 7521 section 4.2).
  if (!isComplete || (claimed !== undefined && claimed !== id)) throw invalidClient();
  return { method: 'private_key_jwt', id, proves: async client => client !== undefined && assertions.prove(assertion, client) };
}

async function provenClient({ method, id, proves }: Attempt, { findClient, authMethods }: ClientAuthenticationOptions): Promise<OAuthClient> {
  const found = await findClient(id);
  // One that may not use this method is no client here: what it sends is treated, and takes as long, as what a stranger sends.
  const client = found && authMethods.includes(method) && methodsOf(found).includes(method) ? found : undefined;
  if ((await proves(client)) && client !== undefined) return client;
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
  const twice = form.has('client_secret') && !(acceptDuplicateCredentials && posted?.secret === header.secret);
  if (twice || hasAssertion(form) || (claimed !== undefined && claimed !== header.id)) {
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
