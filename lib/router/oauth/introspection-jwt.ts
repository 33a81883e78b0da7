import { createPrivateKey, KeyObject, type webcrypto } from 'node:crypto';
import { SignJWT } from 'jose';
import { badOption, choice, onlyKnown } from '../../option-checks.js';

/** What an introspection may be signed with: no shared secret, and never `none`. */
export const INTROSPECTION_ALGORITHMS = [
  ...(['RS256', 'RS384', 'RS512'] as const),
  ...(['PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512'] as const),
] as const;

export type IntrospectionAlgorithm = (typeof INTROSPECTION_ALGORITHMS)[number];

/** A key of the issuer's that signs introspections. Its public half belongs into the issuer's key set, with the same `kid`. */
export interface IntrospectionSigningKey {
  /** The private key: PEM, JWK or KeyObject. RSA of at least 2,048 bits, or EC on the curve that the algorithm names. */
  readonly key: string | KeyObject | webcrypto.JsonWebKey;
  /** The key's name in the issuer's key set. Default: none; give one where that set holds several keys. */
  readonly kid?: string;
  /** What it signs with. Default `RS256`. */
  readonly algorithm?: IntrospectionAlgorithm;
}

/** Says what a client is told, as a JWT that is addressed to it (RFC 9701). */
export interface IntrospectionSigner {
  readonly algorithms: readonly IntrospectionAlgorithm[];
  sign(introspection: Introspection, recipient: string, algorithm: IntrospectionAlgorithm): Promise<string>;
}

export type Introspection = Readonly<Record<string, unknown>>;

/** What a client gets that registered no algorithm (RFC 9701 section 6). */
export const DEFAULT_ALGORITHM: IntrospectionAlgorithm = 'RS256';

const OPTION = 'oauth.introspectionSigning';

/** @throws TypeError for a key that cannot sign as it is meant to, and where no issuer says whose word the JWT is */
export function introspectionSigner(
  given: IntrospectionSigningKey | readonly IntrospectionSigningKey[] | undefined,
  issuer: string | undefined,
): IntrospectionSigner | undefined {
  if (given === undefined) return undefined;
  if (issuer === undefined) throw new TypeError(`${OPTION} needs oauth.issuer: a JWT says who issued it.`);
  const keys = [given].flat().map(parseKey);
  if (keys.length === 0) throw badOption(OPTION, given, 'a key, { key, kid, algorithm }, or several in an array');
  const byAlgorithm = new Map<IntrospectionAlgorithm, ReadyKey>();
  for (const key of keys) if (!byAlgorithm.has(key.algorithm)) byAlgorithm.set(key.algorithm, key);
  return Object.freeze({
    algorithms: Object.freeze([...byAlgorithm.keys()]),
    sign: async (introspection, recipient, algorithm) => {
      const found = byAlgorithm.get(algorithm);
      // Never silently something else: the client would refuse it, or worse, accept it.
      if (found === undefined) throw new TypeError(`A client registered ${algorithm} for its introspections; ${OPTION} has no key for that.`);
      return signed(introspection, { issuer, recipient }, found);
    },
  } satisfies IntrospectionSigner);
}

/** @throws TypeError where a listed client registered an algorithm that nothing here signs with */
export function assertSignable(clients: readonly { readonly introspectionSignedResponseAlg?: unknown }[], signer: IntrospectionSigner | undefined): void {
  const algorithms: readonly unknown[] = signer?.algorithms ?? [];
  clients.forEach(({ introspectionSignedResponseAlg: registered }, index) => {
    if (registered === undefined || algorithms.includes(registered)) return;
    throw badOption(`oauth.clients[${index}].introspectionSignedResponseAlg`, registered, `an algorithm that ${OPTION} has a key for`);
  });
}

interface ReadyKey {
  readonly key: KeyObject;
  readonly kid: string | undefined;
  readonly algorithm: IntrospectionAlgorithm;
}

/**
 * RFC 9701 section 5. Neither `sub` nor `exp` at the top, and a `typ` of its own, so that nothing takes this JWT for the access
 * token that it tells of.
 */
function signed(
  introspection: Introspection,
  { issuer, recipient }: { readonly issuer: string; readonly recipient: string },
  { key, kid, algorithm }: ReadyKey,
): Promise<string> {
  return new SignJWT({ token_introspection: introspection })
    .setProtectedHeader({ alg: algorithm, typ: 'token-introspection+jwt', ...(kid !== undefined && { kid }) })
    .setIssuer(issuer)
    .setAudience(recipient)
    .setIssuedAt()
    .sign(key);
}

function parseKey(given: IntrospectionSigningKey): ReadyKey {
  onlyKnown(OPTION, given, ['key', 'kid', 'algorithm']);
  const { kid } = given;
  const algorithm = choice(`${OPTION}.algorithm`, given.algorithm ?? DEFAULT_ALGORITHM, INTROSPECTION_ALGORITHMS);
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) throw badOption(`${OPTION}.kid`, kid, 'a string that is not empty, or leave it out');
  const key = importPrivateKey(given.key);
  if (!fits(key, algorithm)) throw new TypeError(`${OPTION}.key is no key for ${algorithm}: that takes ${wanted(algorithm)}.`);
  return { key, kid, algorithm };
}

const PRIVATE_KEY = 'a private key: PEM, JWK or KeyObject';

function importPrivateKey(given: unknown): KeyObject {
  const key = given instanceof KeyObject ? given : parsed(given);
  if (key?.type === 'private') return key;
  throw badOption(`${OPTION}.key`, given, PRIVATE_KEY);
}

function parsed(given: unknown): KeyObject | undefined {
  if (given === undefined || given === null) return undefined;
  try {
    return typeof given === 'object' ? createPrivateKey({ key: given as webcrypto.JsonWebKey & Record<string, unknown>, format: 'jwk' }) : createPrivateKey(given as string);
  } catch {
    // Node's message may quote the key.
    return undefined;
  }
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };
const MIN_RSA_BITS = 2048;

function fits({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject, algorithm: IntrospectionAlgorithm): boolean {
  const curve = CURVES[algorithm];
  if (curve !== undefined) return asymmetricKeyDetails.namedCurve === curve;
  return asymmetricKeyType === 'rsa' && (asymmetricKeyDetails.modulusLength ?? 0) >= MIN_RSA_BITS;
}

function wanted(algorithm: IntrospectionAlgorithm): string {
  const curve = CURVES[algorithm];
  return curve === undefined ? `an RSA key of at least ${MIN_RSA_BITS} bits` : `an EC key on the curve ${curve}`;
}
