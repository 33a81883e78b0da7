import { badOption, flag } from '../../option-checks.js';
import { finder } from '../callers/api-key.js';
import type { SecretHolder } from '../callers/secrets.js';

/** A registered OAuth client. One with neither `secret` nor `verifySecret` nor `public` can never authenticate. */
export interface OAuthClient extends SecretHolder {
  readonly id: string;
  /**
   * A public client (RFC 6749 section 2.1) names itself with client_id alone. It may revoke its own tokens, nothing more. One
   * that has a secret after all is confidential.
   */
  readonly public?: boolean;
  /** A resource server: may introspect access tokens of other clients. Default false: only its own. */
  readonly mayIntrospect?: boolean;
  /** Audiences that this resource server answers to: tokens for others are inactive here. Default: any. */
  readonly audience?: string | readonly string[];
}

export type FindClient = (id: string) => OAuthClient | undefined | Promise<OAuthClient | undefined>;

/** Whether the client's word is enough. A secret in its entry, even an unusable one, says that it was meant to be proved. */
export function isPublic(client: OAuthClient | undefined): boolean {
  return client?.public === true && (client.secret ?? client.verifySecret ?? undefined) === undefined;
}

/** @throws TypeError for an entry that could not do what it was registered for */
export function parseClients(given: readonly OAuthClient[] | FindClient): FindClient {
  if (Array.isArray(given)) (given as readonly unknown[]).forEach(assertClient);
  return finder('oauth.clients', given);
}

function assertClient(client: unknown, index: number): void {
  const option = `oauth.clients[${index}]`;
  if (typeof client !== 'object' || client === null) throw badOption(option, client, "an object such as { id: 'web', secret: '...' }");
  const { id, secret, verifySecret, public: isDeclaredPublic, mayIntrospect, audience } = client as Partial<Record<keyof OAuthClient, unknown>>;
  if (!isName(id) || /\p{Cc}/u.test(id)) throw badOption(`${option}.id`, id, 'the client_id, a string that is not empty');
  if (secret !== undefined && !areNames(secret)) throw badOption(`${option}.secret`, secret, 'a string that is not empty, or an array of them');
  if (verifySecret !== undefined && typeof verifySecret !== 'function') {
    throw badOption(`${option}.verifySecret`, verifySecret, 'a function from secret to true or false');
  }
  flag(`${option}.mayIntrospect`, mayIntrospect);
  if (audience !== undefined && !areNames(audience)) throw badOption(`${option}.audience`, audience, 'a string that is not empty, or an array of them');
  const hasSecret = secret !== undefined || verifySecret !== undefined;
  if (flag(`${option}.public`, isDeclaredPublic) && hasSecret) throw new TypeError(`${option} is public and has a secret; leave one of them out.`);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function areNames(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 && value.every(isName) : isName(value);
}
