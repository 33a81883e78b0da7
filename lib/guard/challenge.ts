import { badOption } from '../option-checks.js';

/** Error codes of RFC 6750 section 3.1. */
export type BearerError = 'invalid_request' | 'invalid_token' | 'insufficient_scope';

/** Constant texts: nothing of a request is ever reflected in a header. */
const DESCRIPTIONS: Readonly<Record<BearerError, string>> = {
  invalid_request: 'The request carries its access token in a way that is not allowed',
  invalid_token: 'The access token is malformed, expired, revoked or otherwise invalid',
  insufficient_scope: 'The access token lacks a scope that this resource needs',
};

/** A refusal as it goes out: status, challenge and body say the same. */
export interface BearerRefusal {
  readonly status: 400 | 401 | 403;
  /** Value of `WWW-Authenticate`. */
  readonly challenge: string;
  readonly body: { readonly error: string; readonly error_description: string; readonly reason?: string };
}

const STATUS = { invalid_request: 400, invalid_token: 401, insufficient_scope: 403 } as const;

/** No token at all: a challenge without an error code, since the client may not have known that one is needed (RFC 6750 section 3.1). */
export function missingToken(realm: string): BearerRefusal {
  const error_description = 'This resource needs an access token in the header Authorization: Bearer';
  return { status: 401, challenge: `Bearer realm="${realm}"`, body: { error: 'unauthorized', error_description } };
}

export function bearerRefusal(error: BearerError, realm: string, scope: readonly string[] = []): BearerRefusal {
  const description = DESCRIPTIONS[error];
  const parts = [`realm="${realm}"`, `error="${error}"`, `error_description="${description}"`];
  if (error === 'insufficient_scope') parts.push(`scope="${scope.join(' ')}"`);
  return { status: STATUS[error], challenge: `Bearer ${parts.join(', ')}`, body: { error, error_description: description } };
}

/** Printable ASCII without what would need quoting. */
const REALM = /^[ !#-[\]-~]{1,128}$/;

export function parseRealm(option: string, realm: string | undefined, byDefault: string): string {
  if (realm === undefined) return byDefault;
  if (typeof realm === 'string' && REALM.test(realm)) return realm;
  throw badOption(option, realm, 'printable ASCII without quotes or backslashes, at most 128 characters');
}

/** RFC 6749 section 3.3. */
const SCOPE_TOKEN = /^[!#-[\]-~]{1,256}$/;

/** One scope, several separated by spaces, or an array. */
export function parseScope(option: string, scope: string | readonly string[] | undefined): readonly string[] {
  if (scope === undefined) return [];
  const scopes: readonly unknown[] = typeof scope === 'string' ? scope.split(' ') : Array.isArray(scope) ? [...(scope as unknown[])] : [];
  const usable = scopes.length > 0 && scopes.every(each => typeof each === 'string' && SCOPE_TOKEN.test(each));
  if (!usable) throw badOption(option, scope, "scopes such as 'orders:read' or ['orders:read', 'orders:write']");
  return Object.freeze(scopes as string[]);
}
