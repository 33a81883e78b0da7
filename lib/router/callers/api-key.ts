import { isIdentifier } from '../../model/identifier.js';
import { badOption, choice } from '../../option-checks.js';
import { authorizationParts, decodeBasic } from './basic.js';
import type { Authenticate, Caller } from './caller.js';
import { provesSecret, type SecretHolder } from './secrets.js';

/** An API key of an organisation, sent as HTTP Basic (RFC 7617). */
export interface ApiKey extends SecretHolder {
  /** The user name of HTTP Basic, without colons. */
  readonly id: string;
  /** The organisation that calls with it, as the claims of tokens name it. */
  readonly organisation: string;
  /** What its holder may do: see Caller. */
  readonly level: 'partner' | 'merchant';
}

export type FindApiKey = (id: string) => ApiKey | undefined | Promise<ApiKey | undefined>;

/**
 * Callers by API key.
 *
 * @param keys the keys themselves, or a function that finds one by its id
 * @throws TypeError for a listed key that could never be used, or not as it was meant
 */
export function apiKeyCallers(keys: readonly ApiKey[] | FindApiKey): Authenticate {
  if (Array.isArray(keys)) keys.forEach(assertUsable);
  const find = finder('apiKeyCallers', keys);
  return async function authenticateApiKey(req) {
    // Node drops repeated headers in `headers`; only headersDistinct shows that there were two.
    const values = req.headersDistinct['authorization'] ?? [];
    const { scheme, rest } = authorizationParts(req.headers.authorization ?? '');
    if (scheme !== 'basic') return undefined;
    const credentials = values.length > 1 ? undefined : decodeBasic(rest);
    if (credentials === undefined) return 'refused';
    const key = await find(credentials.id);
    if (!(await provesSecret(credentials.secret, key)) || key === undefined) return 'refused';
    return callerOf(key);
  };
}

function assertUsable({ id, organisation, level, secret, verifySecret }: ApiKey): void {
  // RFC 7617 section 2: the id ends at the first colon, and control characters are never legal.
  if (!isIdentifier(id) || /[:\p{Cc}]/u.test(id)) throw badOption('The id of an API key', id, 'a string without colons and control characters');
  if (!isIdentifier(organisation)) throw badOption('The organisation of an API key', organisation, 'the id that tokens carry');
  choice('The level of an API key', level, ['partner', 'merchant']);
  const secrets = [secret ?? []].flat();
  if (verifySecret === undefined && !secrets.some(each => typeof each === 'string' && each !== '')) {
    throw badOption('The secret of an API key', secret, 'a secret that is not empty (is an environment variable missing?), or verifySecret');
  }
}

function callerOf({ id, organisation, level }: ApiKey): Caller {
  return { actor: `key ${id}`, level, organisation };
}

/** A list becomes a look-up in a Map, so that ids such as `__proto__` find nothing. */
export function finder<T extends { readonly id: string }>(
  option: string,
  given: readonly T[] | ((id: string) => T | undefined | Promise<T | undefined>),
): (id: string) => T | undefined | Promise<T | undefined> {
  if (typeof given === 'function') return given;
  if (!Array.isArray(given)) throw badOption(option, given, 'an array, or a function from id to entry');
  const entries = new Map((given as readonly T[]).map(entry => [entry.id, entry]));
  if (entries.size !== given.length) throw new TypeError(`${option} has the same id twice; give every entry an id of its own.`);
  return id => entries.get(id);
}
