/** Codes of Node and its fetch for what happens to connections, and of jose for keys that do not arrive. */
const CODE = /^(E(CONN[A-Z]+|TIMEDOUT|PIPE|NOTFOUND|HOSTUNREACH|NETUNREACH|AI_[A-Z]+)|UND_ERR_[A-Z_]+|ERR_JWKS_TIMEOUT)$/;

/** How deep causes are looked into. */
const MAX_DEPTH = 4;

/**
 * True for an error that says nothing about the token, only that something was not reached: fetching keys, as a rule. Taken for
 * a bad token it would be answered 401 by the guard, and by the revocation endpoint with a 200 that revoked nothing.
 */
export function isOutage(error: unknown, depth = 0): boolean {
  // By its looks, not by instanceof: fetch and its errors may come from another realm.
  if (typeof error !== 'object' || error === null || depth === MAX_DEPTH) return false;
  const { code, name, message, cause } = error as Readonly<Record<'code' | 'name' | 'message' | 'cause', unknown>>;
  if (typeof code === 'string' && CODE.test(code)) return true;
  return name === 'AbortError' || name === 'TimeoutError' || message === 'fetch failed' || isOutage(cause, depth + 1);
}
