import { badOption, choice, flag } from '../../option-checks.js';
import { finder } from '../callers/api-key.js';
import type { SecretHolder } from '../callers/secrets.js';
import type { ClientAssertionKeys } from './client-assertion.js';
import type { IntrospectionAlgorithm } from './introspection-jwt.js';

/** How a client proves itself (RFC 7591 section 2, `token_endpoint_auth_method`). A public one does not: `none`. */
export const AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const;

export type AuthMethod = (typeof AUTH_METHODS)[number];

/** A registered OAuth client. One with neither `secret` nor `verifySecret` nor `assertion` nor `public` can never authenticate. */
export interface OAuthClient extends SecretHolder {
  /** The `client_id`. */
  readonly id: string;
  /**
   * A public client (RFC 6749 section 2.1) names itself with client_id alone. It may revoke its own tokens, nothing more. One
   * that has a secret or keys after all is confidential. Default false.
   */
  readonly public?: boolean;
  /**
   * The only way in which the client may authenticate: with any other it is refused, be the credentials right. Default:
   * `private_key_jwt` for one with `assertion`, `none` for a public one, else its secret, in the header or in the body.
   */
  readonly authMethod?: AuthMethod;
  /**
   * The client's own public keys, for assertions (private_key_jwt, RFC 7523 section 2.2). Needs the option `issuer`. Imported once for
   * each object: a function that finds clients does well to answer with the same one again. Default: none.
   */
  readonly assertion?: ClientAssertionKeys;
  /** A resource server: may introspect access tokens of other clients. Default false: only its own. */
  readonly mayIntrospect?: boolean;
  /** Audiences that this resource server answers to: tokens for others are inactive here. Default: any. */
  readonly audience?: string | readonly string[];
  /**
   * What introspections for this client are signed with, where it asks for JWTs (RFC 9701 section 6). One that
   * `introspectionSigning` has a key for. Default `RS256`.
   */
  readonly introspectionSignedResponseAlg?: IntrospectionAlgorithm;
}

export type FindClient = (id: string) => OAuthClient | undefined | Promise<OAuthClient | undefined>;

/** Whether the client's word is enough. A secret in its entry, even an unusable one, or keys say that it was meant to be proved. */
export function isPublic(client: OAuthClient): boolean {
  if (hasSecret(client) || hasKeys(client)) return false;
  return client.public === true || client.authMethod === 'none';
}

// What a database has no value for is often null.
const hasSecret = ({ secret, verifySecret }: OAuthClient): boolean => (secret ?? verifySecret ?? undefined) !== undefined;
const hasKeys = ({ assertion }: OAuthClient): boolean => (assertion ?? undefined) !== undefined;

const MEANS: Readonly<Record<AuthMethod, { readonly are: string; readonly has: (client: OAuthClient) => boolean }>> = {
  client_secret_basic: { are: 'secret or verifySecret', has: hasSecret },
  client_secret_post: { are: 'secret or verifySecret', has: hasSecret },
  private_key_jwt: { are: 'assertion, the keys of the client', has: hasKeys },
  none: { are: 'a client without secret and keys', has: isPublic },
};

/** The ways in which the client may authenticate: one, where its entry pins it; none, where the entry contradicts itself. */
export function methodsOf(client: OAuthClient): readonly AuthMethod[] {
  const pinned = client.authMethod ?? (hasKeys(client) ? 'private_key_jwt' : undefined);
  return AUTH_METHODS.filter(method => (pinned === undefined || pinned === method) && MEANS[method].has(client));
}

/** What holds for all clients. */
export interface AcceptedMethods {
  readonly authMethods: readonly AuthMethod[];
  readonly issuer: string | undefined;
}

/** @throws TypeError for an entry that could not do what it was registered for, or that names its fields as RFC 7591 does */
export function parseClients(given: readonly OAuthClient[] | FindClient, accepted: AcceptedMethods): FindClient {
  if (Array.isArray(given)) {
    (given as readonly unknown[]).forEach(assertClient);
    (given as readonly OAuthClient[]).forEach((client, index) => { assertMethod(client, `oauth.clients[${index}]`, accepted); });
  }
  return finder('oauth.clients', given);
}

function assertMethod(client: OAuthClient, option: string, { authMethods, issuer }: AcceptedMethods): void {
  const { authMethod } = client;
  const methods = methodsOf(client);
  if (authMethod !== undefined && methods.length === 0) {
    throw new TypeError(`${option}.authMethod is '${choice(`${option}.authMethod`, authMethod, AUTH_METHODS)}', which takes ${MEANS[authMethod].are}.`);
  }
  if (methods.includes('private_key_jwt') && issuer === undefined) {
    throw new TypeError(`${option} authenticates by private_key_jwt, which needs the option oauth.issuer: an assertion says whom it is for.`);
  }
  if (methods.length > 0 && !methods.some(method => authMethods.includes(method))) {
    throw new TypeError(`${option} can only authenticate by ${methods.join(' or ')}, which oauth.authMethods does not list.`);
  }
}

/** A registration as a server stores it (RFC 7591) would be taken for a client without these, and left unpinned. */
const REGISTERED_AS: Readonly<Record<string, keyof OAuthClient>> = {
  client_id: 'id',
  client_secret: 'secret',
  token_endpoint_auth_method: 'authMethod',
  jwks: 'assertion',
  jwks_uri: 'assertion',
  introspection_signed_response_alg: 'introspectionSignedResponseAlg',
};

function assertNamedAsHere(client: object, option: string): void {
  const foreign = Object.keys(client).find(name => Object.hasOwn(REGISTERED_AS, name));
  if (foreign !== undefined) throw new TypeError(`${option}.${foreign} is not read here; write ${REGISTERED_AS[foreign] ?? ''}.`);
}

function assertClient(client: unknown, index: number): void {
  const option = `oauth.clients[${index}]`;
  if (typeof client !== 'object' || client === null) throw badOption(option, client, "an object such as { id: 'web', secret: '...' }");
  assertNamedAsHere(client, option);
  const { id, secret, verifySecret, assertion, public: isDeclaredPublic, mayIntrospect, audience } = client as Partial<Record<keyof OAuthClient, unknown>>;
  if (!isName(id) || /\p{Cc}/u.test(id)) throw badOption(`${option}.id`, id, 'the client_id, a string that is not empty');
  if (secret !== undefined && !areNames(secret)) throw badOption(`${option}.secret`, secret, 'a string that is not empty, or an array of them');
  if (verifySecret !== undefined && typeof verifySecret !== 'function') {
    throw badOption(`${option}.verifySecret`, verifySecret, 'a function from secret to true or false');
  }
  flag(`${option}.mayIntrospect`, mayIntrospect);
  if (audience !== undefined && !areNames(audience)) throw badOption(`${option}.audience`, audience, 'a string that is not empty, or an array of them');
  if (!flag(`${option}.public`, isDeclaredPublic)) return;
  if (secret !== undefined || verifySecret !== undefined) throw new TypeError(`${option} is public and has a secret; leave one of them out.`);
  if (assertion !== undefined) throw new TypeError(`${option} is public and has keys for assertions; leave one of them out.`);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function areNames(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 && value.every(isName) : isName(value);
}
