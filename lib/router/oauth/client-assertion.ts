import { InvalidTokenError } from '../../errors.js';
import type { LiveTokens } from '../../live-tokens.js';
import type { Claims } from '../../model/claims.js';
import { isIdentifier } from '../../model/identifier.js';
import { onceKey } from '../../model/once-key.js';
import { badOption, onlyKnown } from '../../option-checks.js';
import { mediaType } from '../../policy/token-use.js';
import { decodeJsonObject, parseCompactJws } from '../../verifier/compact-jws.js';
import { jwtVerifier, type Algorithm, type JwtVerifierOptions, type VerifyToken } from '../../verifier/jwt-verifier.js';
import type { OAuthClient } from './registered-clients.js';

/** What a client may sign its assertions with: no shared secret, which would be another method (client_secret_jwt). */
export type AssertionAlgorithm = Exclude<Algorithm, `HS${string}`>;

/**
 * The public keys of a client and what it signs with, as `jwtVerifier` takes them: exactly one of `key`, `keys` (by kid) and
 * `jwksUri`.
 */
export interface ClientAssertionKeys extends Pick<JwtVerifierOptions, 'key' | 'keys' | 'jwksUri' | 'jwks'> {
  /** At least one, each among the option `assertionAlgorithms`. An assertion that is signed with any other is refused. */
  readonly algorithms: readonly AssertionAlgorithm[];
}

/** RFC 7523 section 2.2. */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The least that is known of every assertion: it is made for one request. */
const MAX_LIFETIME_MS = 300_000;
const CLOCK_TOLERANCE_MS = 5000;

/** How much longer than an assertion lives it is remembered that it was used: other instances and the store have clocks of their own. */
const MARGIN_MS = 60_000;

const MAX_LENGTH = 8192;

/** Verifiers of clients that a function finds, by where they publish their keys. */
const MAX_REMOTE = 1000;

export interface AssertionRules {
  /** Ours (RFC 8414 section 2). Without one no assertion is accepted: nobody could have made it for us. */
  readonly issuer: string | undefined;
  /** What counts as us besides. */
  readonly endpoints: readonly string[];
  readonly algorithms: readonly AssertionAlgorithm[];
}

/** Whom an assertion says it is of. Nothing of it is proved yet; `undefined` for what cannot be one. */
export function subjectOf(assertion: string): string | undefined {
  try {
    const { sub } = decodeJsonObject(parseCompactJws(assertion, MAX_LENGTH).encodedPayload);
    return typeof sub === 'string' && sub !== '' ? sub : undefined;
  } catch (error) {
    if (error instanceof InvalidTokenError) return undefined;
    throw error;
  }
}

/** Authenticates clients by what they signed (private_key_jwt, RFC 7523 section 3). */
export class ClientAssertions {
  readonly #live: Pick<LiveTokens, 'useOnce'>;
  readonly #rules: AssertionRules;
  /** With the keys that each was built from: an entry may be given others. */
  readonly #verifiers = new WeakMap<OAuthClient, { readonly keys: unknown; readonly verify: VerifyToken }>();
  readonly #remote = new Map<string, VerifyToken>();
  #hasWarned = false;

  constructor(live: Pick<LiveTokens, 'useOnce'>, rules: AssertionRules) {
    this.#live = live;
    this.#rules = rules;
  }

  /** @throws TypeError where nothing that the client signs could be accepted */
  prepare(client: OAuthClient, option: string): void {
    this.#verifierOf(client, `${option}.assertion`);
  }

  /**
   * Whether the assertion proves that it is this client that asks, now and for the first time.
   *
   * @throws StoreUnavailableError (rejects) where nobody can tell: the client's keys, or the store, are out of reach
   */
  async prove(assertion: string, client: OAuthClient): Promise<boolean> {
    const verify = this.#usableVerifierOf(client);
    const claims = verify && (await verified(assertion, verify));
    if (claims === undefined) return false;
    const nowMs = Date.now();
    const { header } = parseCompactJws(assertion, MAX_LENGTH);
    if (!isAssertionType(header['typ']) || claims['sub'] !== client.id || !isForOne(claims['aud'])) return false;
    const { exp, jti } = claims;
    if (typeof exp !== 'number' || !isShortLived(claims, exp, nowMs) || !isIdentifier(jti)) return false;
    // Spent last: nobody else can use up what only the client can sign, and what is refused may be sent again, put right.
    const keepForMs = Math.ceil(exp * 1000 - nowMs) + CLOCK_TOLERANCE_MS + MARGIN_MS;
    return this.#live.useOnce(onceKey('assertion', client.id, jti), keepForMs);
  }

  /** An entry that a function found and that is of no use fails closed: its client cannot authenticate. */
  #usableVerifierOf(client: OAuthClient): VerifyToken | undefined {
    try {
      return this.#verifierOf(client, 'oauth.clients(id).assertion');
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.#warn(error.message);
      return undefined;
    }
  }

  #warn(message: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const text = `A client that the function oauth.clients found cannot authenticate: ${message} There may be more such clients, of which you are not told.`;
    process.emitWarning(text, { code: 'LIVETOKEN_CLIENT' });
  }

  #verifierOf(client: OAuthClient, option: string): VerifyToken {
    const known = this.#verifiers.get(client);
    if (known !== undefined && known.keys === client.assertion) return known.verify;
    const verify = this.#find(client, option);
    this.#verifiers.set(client, { keys: client.assertion, verify });
    return verify;
  }

  /** A function may answer with a new object each time: keys that were fetched must not be fetched again for that. */
  #find(client: OAuthClient, option: string): VerifyToken {
    const given = client.assertion;
    if (given?.jwksUri === undefined) return this.#build(client, option);
    const name = JSON.stringify([client.id, String(given.jwksUri), given.algorithms, given.jwks]);
    const known = this.#remote.get(name);
    if (known !== undefined) return known;
    const verify = this.#build(client, option);
    const [oldest] = this.#remote.keys();
    if (oldest !== undefined && this.#remote.size >= MAX_REMOTE) this.#remote.delete(oldest);
    this.#remote.set(name, verify);
    return verify;
  }

  #build({ id, assertion }: OAuthClient, option: string): VerifyToken {
    const { issuer, endpoints, algorithms } = this.#rules;
    if (issuer === undefined) throw new TypeError(`${option} needs the option oauth.issuer: an assertion says whom it is for.`);
    assertKeys(option, assertion, algorithms);
    const checks = { issuer: id, audience: [issuer, ...endpoints], clockToleranceMs: CLOCK_TOLERANCE_MS, maxTokenLength: MAX_LENGTH };
    try {
      return jwtVerifier({ ...assertion, ...checks });
    } catch (error) {
      throw error instanceof TypeError ? new TypeError(`${option}: ${error.message}`) : error;
    }
  }
}

async function verified(assertion: string, verify: VerifyToken): Promise<Claims | undefined> {
  try {
    return await verify(assertion);
  } catch (error) {
    if (error instanceof InvalidTokenError) return undefined;
    throw error;
  }
}

/** RFC 8725 section 3.11. A type of its own is not required; whatever else the client signs with its key is no assertion. */
function isAssertionType(typ: unknown): boolean {
  if (typ === undefined) return true;
  const type = mediaType(typ);
  return type === 'client-authentication+jwt' || type === 'jwt';
}

/** Ours alone: whoever else may be sent the assertion could present it here (draft-ietf-oauth-rfc7523bis). */
function isForOne(aud: unknown): boolean {
  return typeof aud === 'string' || (Array.isArray(aud) && aud.length === 1);
}

function isShortLived({ iat }: Claims, exp: number, nowMs: number): boolean {
  if (exp * 1000 - nowMs > MAX_LIFETIME_MS + CLOCK_TOLERANCE_MS) return false;
  // Optional (RFC 7523 section 3, item 6). That it is a number, if it is there, has been seen to.
  if (typeof iat !== 'number') return true;
  return (exp - iat) * 1000 <= MAX_LIFETIME_MS && iat * 1000 <= nowMs + CLOCK_TOLERANCE_MS;
}

function assertKeys(option: string, given: unknown, accepted: readonly AssertionAlgorithm[]): asserts given is ClientAssertionKeys {
  if (typeof given !== 'object' || given === null) throw badOption(option, given, "keys, such as { key: publicKey, algorithms: ['ES256'] }");
  onlyKnown(option, given, ['key', 'keys', 'jwksUri', 'jwks', 'algorithms']);
  const { algorithms } = given as { readonly algorithms?: unknown };
  if (!Array.isArray(algorithms) || algorithms.length === 0) throw badOption(`${option}.algorithms`, algorithms, "what the client signs with, such as ['ES256']");
  for (const algorithm of algorithms as readonly unknown[]) {
    if (typeof algorithm === 'string' && algorithm.startsWith('HS')) {
      throw new TypeError(`${option}.algorithms lists ${algorithm.slice(0, 5)}, which takes a shared secret; list what the client's private key signs with, such as 'ES256'.`);
    }
    if ((accepted as readonly unknown[]).includes(algorithm)) continue;
    throw new TypeError(`${option}.algorithms lists one that oauth.assertionAlgorithms does not: that accepts ${accepted.join(', ')}.`);
  }
}
