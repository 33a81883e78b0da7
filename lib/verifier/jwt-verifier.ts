import jwt from 'jsonwebtoken';
import { InvalidTokenError, type RefusalReason } from '../errors.js';
import type { Claims } from '../model/claims.js';
import { numericDateToMs } from '../model/times.js';
import { decodeJsonObject, parseCompactJws } from './compact-jws.js';
import { parseOptions, type JwtVerifierOptions, type Policy } from './verifier-options.js';

export type { JwtVerifierOptions } from './verifier-options.js';
export type { RemoteKeysOptions } from './remote-keys.js';
export type { Algorithm, VerificationKey } from './verification-keys.js';

export interface VerifyOptions {
  /**
   * Take a token before its `nbf` too, since it may be revoked before it may be used. Default false. A function that does not know
   * of this has such tokens refused, and so left alone, at the revocation endpoint.
   */
  readonly ignoreNotBefore?: boolean;
}

/** From a token to its claims. Rejects with InvalidTokenError where the token is not acceptable. */
export interface VerifyToken {
  (token: string, options?: VerifyOptions): Promise<Claims>;
  /**
   * Says that the answer depends on the token and on keys alone, so that it may be remembered, and moves when those keys change.
   * A function that asks something else, such as a database, must not have it.
   */
  readonly keysVersion?: number;
  /** How long after `exp`, and before `nbf`, it takes a token: no longer does a remembered one live. */
  readonly clockToleranceMs?: number;
}

/**
 * Builds a verifier of JWTs, on jsonwebtoken: with a secret or public keys given here, or with those that the issuer publishes.
 *
 * It checks form, length, algorithm, signature, `iss`, `aud`, and `exp` and `nbf` where present; whether `exp`, `iat` and `jti`
 * must be there is for the guard to say. Headers that point at keys (`jku`, `jwk`, `x5u`, `x5c`) are ignored; a token with
 * `crit` is refused, because no extension is understood here (RFC 7515 section 4.1.11).
 *
 * @returns a function that rejects with InvalidTokenError, whatever it is given; with StoreUnavailableError where `jwksUri` must be
 *   asked and cannot be reached; and with nothing else
 * @throws TypeError for bad options, saying what to write instead
 */
export function jwtVerifier(options: JwtVerifierOptions): VerifyToken {
  const policy = parseOptions(options);
  const verify: VerifyToken = (token, options) => verifyToken(token, policy, options);
  Object.defineProperty(verify, 'keysVersion', { get: () => policy.keys.version });
  return Object.freeze(Object.assign(verify, { clockToleranceMs: policy.checks.clockTolerance * 1000 }));
}

async function verifyToken(token: string, policy: Policy, { ignoreNotBefore = false }: VerifyOptions = {}): Promise<Claims> {
  const { header, encodedPayload } = parseCompactJws(token, policy.maxTokenLength);
  if (Object.hasOwn(header, 'crit')) {
    throw new InvalidTokenError('unsupported_critical_header', 'The token has critical header parameters, and none is supported.');
  }
  const { key, algorithms } = await policy.keys.keyOf(header);
  // Looked at before jsonwebtoken does: it decodes UTF-8 with replacement, takes payloads that are no objects, and lets an
  // infinite exp (1e999) live for ever.
  const claims = decodeJsonObject(encodedPayload);
  assertNumericDates(claims);
  try {
    jwt.verify(token, key, { ...policy.checks, algorithms: [...algorithms], clockTimestamp: Date.now() / 1000, ignoreNotBefore });
  } catch (error) {
    throw refusal(error);
  }
  // Read before the signature was checked, but from the very characters that it was checked over.
  return claims;
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
