import jwt from 'jsonwebtoken';
import { InvalidTokenError, type RefusalReason } from '../errors.js';
import type { Claims } from '../model/claims.js';
import { numericDateToMs } from '../model/times.js';
import { decodeJsonObject, parseCompactJws, type JwsHeader } from './compact-jws.js';
import { ALGORITHMS, createKeyRing, kindOf, type Algorithm, type FittedKey, type KeyRing, type VerificationKey } from './verification-keys.js';

export type { Algorithm, VerificationKey } from './verification-keys.js';

/** From a token to its claims. Rejects with InvalidTokenError where the token is not acceptable. */
export interface VerifyToken {
  (token: string): Promise<Claims>;
  /**
   * Says that the answer depends on the token and on keys alone, so that it may be remembered, and moves when those keys change.
   * A function that asks something else, such as a database, must not have it.
   */
  readonly keysVersion?: number;
}

export interface JwtVerifierOptions {
  /**
   * The algorithms your issuer signs with, at least one; `none` is refused. Never taken from the token or the key
   * (RFC 8725 section 3.1): every listed one must fit a key, and every key a listed one.
   */
  readonly algorithms: readonly Algorithm[];
  /** The one key; the token's `kid` is ignored. Exactly one of `key` and `keys` must be given. */
  readonly key?: VerificationKey | undefined;
  /** Keys by `kid`, for rotation. A token without `kid` is accepted only where there is a single key. */
  readonly keys?: Readonly<Record<string, VerificationKey>> | undefined;
  /** The exact `iss` of acceptable tokens, or several. Required unless `allowAnyIssuer` is true. */
  readonly issuer?: string | readonly string[] | undefined;
  /** Whom tokens must be for: one of these must be in `aud`. Required unless `allowAnyAudience` is true. */
  readonly audience?: string | readonly string[] | undefined;
  /** Accept tokens of any issuer that holds the key. Default false. */
  readonly allowAnyIssuer?: boolean | undefined;
  /** Accept tokens that were issued for somebody else: another service could replay what it was sent. Default false. */
  readonly allowAnyAudience?: boolean | undefined;
  /** How far the issuer's clock may be off, for `exp` and `nbf`. Integer milliseconds, 0 to 300,000. Default 5,000. */
  readonly clockToleranceMs?: number | undefined;
  /** Longest token, in characters, 1 to 65,536; a longer one is refused unread. Default 8,192. */
  readonly maxTokenLength?: number | undefined;
  /** Accept HS secrets shorter than the hash and RSA keys below 2,048 bits (RFC 7518 sections 3.2 and 3.3). Default false. */
  readonly allowInsecureKeySizes?: boolean | undefined;
}

/**
 * Builds a verifier of JWTs signed with a known secret or public key, on jsonwebtoken.
 *
 * It checks form, length, algorithm, signature, `iss`, `aud`, and `exp` and `nbf` where present; whether `exp`, `iat` and `jti`
 * must be there is for the guard to say. Headers that point at keys (`jku`, `jwk`, `x5u`, `x5c`) are ignored; a token with
 * `crit` is refused, because no extension is understood here (RFC 7515 section 4.1.11).
 *
 * @returns a function that rejects with InvalidTokenError, and with nothing else, whatever it is given
 * @throws TypeError for bad options, saying what to write instead
 */
export function jwtVerifier(options: JwtVerifierOptions): VerifyToken {
  const policy = parseOptions(options);
  const verify = (token: string): Promise<Claims> =>
    new Promise((resolve) => {
      resolve(verifyToken(token, policy));
    });
  return Object.freeze(Object.assign(verify, { keysVersion: 0 }));
}

interface Policy {
  readonly keyRing: KeyRing;
  readonly maxTokenLength: number;
  readonly checks: Readonly<jwt.VerifyOptions>;
}

function verifyToken(token: string, policy: Policy): Claims {
  const { header, encodedPayload } = parseCompactJws(token, policy.maxTokenLength);
  if (Object.hasOwn(header, 'crit')) {
    throw new InvalidTokenError('unsupported_critical_header', 'The token has critical header parameters, and none is supported.');
  }
  const { key, algorithms } = selectKey(header, policy.keyRing);
  // Looked at before jsonwebtoken does: it decodes UTF-8 with replacement, takes payloads that are no objects, and lets an
  // infinite exp (1e999) live for ever.
  const claims = decodeJsonObject(encodedPayload);
  assertNumericDates(claims);
  try {
    jwt.verify(token, key, { ...policy.checks, algorithms: [...algorithms], clockTimestamp: Date.now() / 1000 });
  } catch (error) {
    throw refusal(error);
  }
  // Read before the signature was checked, but from the very characters that it was checked over.
  return claims;
}

function selectKey(header: JwsHeader, keyRing: KeyRing): FittedKey {
  const fitted = keyRing(Object.hasOwn(header, 'kid') ? header['kid'] : undefined);
  if (fitted === undefined) throw new InvalidTokenError('unknown_key', 'No key is known for the token.');
  if (!(fitted.algorithms as readonly string[]).includes(header.alg)) throw wrongAlgorithm();
  return fitted;
}

function assertNumericDates(claims: Claims): void {
  for (const name of ['exp', 'nbf', 'iat']) {
    if (Object.hasOwn(claims, name)) numericDateToMs(claims[name], name);
  }
}

const REFUSALS: readonly (readonly [message: string, reason: RefusalReason, own: string])[] = [
  ['jwt audience invalid', 'wrong_audience', 'The token is for another audience.'],
  ['jwt issuer invalid', 'wrong_issuer', 'The token is from another issuer.'],
];

/** Messages are constants, and the error is not kept as a cause: jsonwebtoken may quote from the token. */
function refusal(error: unknown): InvalidTokenError {
  if (error instanceof jwt.TokenExpiredError) return new InvalidTokenError('expired', 'The token has expired.');
  if (error instanceof jwt.NotBeforeError) return new InvalidTokenError('not_yet_valid', 'The token is not valid yet.');
  const message = error instanceof jwt.JsonWebTokenError ? error.message : '';
  for (const [start, reason, own] of REFUSALS) {
    if (message.startsWith(start)) return new InvalidTokenError(reason, own);
  }
  // All that is left: a signature that does not fit, or that cannot even be read (an ES256 one of 63 bytes throws a TypeError).
  return new InvalidTokenError('bad_signature', 'The signature of the token is not valid.');
}

function wrongAlgorithm(): InvalidTokenError {
  return new InvalidTokenError('wrong_algorithm', 'The token is signed with an algorithm that is not accepted for its key.');
}

const OPTION_NAMES: Readonly<Record<keyof JwtVerifierOptions, true>> = {
  algorithms: true,
  key: true,
  keys: true,
  issuer: true,
  audience: true,
  allowAnyIssuer: true,
  allowAnyAudience: true,
  clockToleranceMs: true,
  maxTokenLength: true,
  allowInsecureKeySizes: true,
};

function parseOptions(options: JwtVerifierOptions): Policy {
  assertKnownNames(options);
  const issuer = parseNames(options, 'issuer', 'allowAnyIssuer');
  const audience = parseNames(options, 'audience', 'allowAnyAudience');
  const clockTolerance = parseInteger(options, 'clockToleranceMs', { min: 0, max: 300_000, fallback: 5_000 }) / 1000;
  return Object.freeze({
    maxTokenLength: parseInteger(options, 'maxTokenLength', { min: 1, max: 65_536, fallback: 8_192 }),
    keyRing: createKeyRing({
      algorithms: parseAlgorithms(options.algorithms),
      key: options.key,
      keys: options.keys,
      allowInsecureKeySizes: parseFlag(options, 'allowInsecureKeySizes'),
    }),
    checks: Object.freeze({ clockTolerance, issuer, audience }),
  });
}

/** A misspelt option would silently fall back to its default. */
function assertKnownNames(options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`jwtVerifier takes an object of options, not ${kindOf(options)}: jwtVerifier({ algorithms, key, issuer, audience }).`);
  }
  const unknownName = Object.keys(options).find((name) => !Object.hasOwn(OPTION_NAMES, name));
  if (unknownName === undefined) return;
  throw new TypeError(`jwtVerifier has no option ${JSON.stringify(unknownName)}: it takes ${Object.keys(OPTION_NAMES).join(', ')}.`);
}

function parseAlgorithms(value: unknown): readonly Algorithm[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new TypeError(`jwtVerifier option "algorithms" is ${kindOf(value)}: list what your issuer signs with, such as ['RS256'].`);
  }
  return [...new Set(value.map(parseAlgorithm))];
}

function parseAlgorithm(value: unknown): Algorithm {
  const known = ALGORITHMS.find((algorithm) => algorithm === value);
  if (known !== undefined) return known;
  const upper = typeof value === 'string' ? value.toUpperCase() : '';
  if (upper === 'NONE') {
    throw new TypeError('jwtVerifier option "algorithms" lists none: an unsigned token proves nothing. List what your issuer signs with.');
  }
  const meant = ALGORITHMS.find((algorithm) => algorithm === upper);
  const remedy = meant === undefined ? `write some of ${ALGORITHMS.join(', ')}` : `write '${meant}'`;
  throw new TypeError(`jwtVerifier option "algorithms" lists ${kindOf(value)} that is no known algorithm: ${remedy}.`);
}

type Names = [string, ...string[]];

/** An empty string or list must not pass: jsonwebtoken takes a falsy expectation for none at all. */
function parseNames(options: JwtVerifierOptions, name: 'issuer' | 'audience', optOut: 'allowAnyIssuer' | 'allowAnyAudience'): Names | undefined {
  const value: unknown = options[name];
  if (parseFlag(options, optOut)) {
    if (value === undefined) return undefined;
    throw new TypeError(`jwtVerifier options "${name}" and "${optOut}" contradict each other: leave one of them out.`);
  }
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (names.length > 0 && names.every((each) => typeof each === 'string' && each !== '')) return [...names] as Names;
  throw new TypeError(
    `jwtVerifier option "${name}" is ${kindOf(value)}: give a non-empty string, or an array of them; to go without, write ${optOut}: true.`,
  );
}

type Flag = 'allowAnyIssuer' | 'allowAnyAudience' | 'allowInsecureKeySizes';

function parseFlag(options: JwtVerifierOptions, name: Flag): boolean {
  const value: unknown = options[name];
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  throw new TypeError(`jwtVerifier option "${name}" is ${kindOf(value)}: write true, or leave it out.`);
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly fallback: number;
}

function parseInteger(options: JwtVerifierOptions, name: 'clockToleranceMs' | 'maxTokenLength', { min, max, fallback }: Range): number {
  const value: unknown = options[name];
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  const bad = typeof value === 'number' ? String(value) : kindOf(value);
  throw new TypeError(`jwtVerifier option "${name}" is ${bad}: write an integer from ${min} to ${max}.`);
}
