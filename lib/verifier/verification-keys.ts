import { createPublicKey, createSecretKey, KeyObject, X509Certificate, type webcrypto } from 'node:crypto';
import { isUint8Array } from 'node:util/types';

/** The signature algorithms of RFC 7518 section 3.1 that jsonwebtoken knows. `none` is not among them. */
export const ALGORITHMS = [
  'HS256', 'HS384', 'HS512',
  'RS256', 'RS384', 'RS512',
  'PS256', 'PS384', 'PS512',
  'ES256', 'ES384', 'ES512',
] as const;

export type Algorithm = (typeof ALGORITHMS)[number];

/**
 * What a signature is checked with: a public key (PEM, PEM certificate, JWK or KeyObject) or a shared secret (string, bytes, JWK
 * of kty `oct` or KeyObject). A string or Buffer that holds `-----BEGIN` is a PEM, any other a secret; strings count as UTF-8.
 */
export type VerificationKey = string | Buffer | KeyObject | webcrypto.JsonWebKey;

/** A key ready for use, and the listed algorithms that fit it: a token that names another one is refused. */
export interface FittedKey {
  readonly key: KeyObject;
  readonly algorithms: readonly Algorithm[];
}

/** What to look a key up by; `undefined` is an absent `kid`. Answers `undefined` where no key is meant. */
export type KeyRing = (kid: unknown) => FittedKey | undefined;

/** What decides whether a key fits. */
export type KeyRules = Pick<KeyRingOptions, 'algorithms' | 'allowInsecureKeySizes'>;

export interface KeyRingOptions {
  readonly algorithms: readonly Algorithm[];
  readonly key?: VerificationKey | undefined;
  readonly keys?: Readonly<Record<string, VerificationKey>> | undefined;
  readonly allowInsecureKeySizes: boolean;
}

/**
 * Imports all keys, once (jsonwebtoken would otherwise parse a PEM at every token, which takes longer than the signature), and
 * gives each the algorithms that fit it (RFC 8725 section 3.1), so that no token can choose how its key is used.
 *
 * @throws TypeError for a key that cannot be used, a key without an algorithm or an algorithm without a key
 */
export function createKeyRing(options: KeyRingOptions): KeyRing {
  const { key, keys } = options;
  if ((key === undefined) === (keys === undefined)) {
    throw new TypeError('jwtVerifier takes exactly one of the options "key" (one key) and "keys" (an object of keys by kid).');
  }
  if (keys === undefined) return ringOfOne(fitAll([['option "key"', key]], options));
  return ringByKid(keys, fitAll(namedKeys(keys), options));
}

type NamedKey = readonly [name: string, value: unknown];

function ringOfOne([only]: readonly FittedKey[]): KeyRing {
  return () => only;
}

/** A Map, because on an object `__proto__` and `constructor` would be keys as well. */
function ringByKid(keys: object, fitted: readonly FittedKey[]): KeyRing {
  const byKid = new Map<unknown, FittedKey | undefined>(Object.keys(keys).map((kid, index) => [kid, fitted[index]]));
  const only = fitted.length === 1 ? fitted[0] : undefined;
  return (kid) => (kid === undefined ? only : byKid.get(kid));
}

function namedKeys(keys: unknown): readonly NamedKey[] {
  if (!isRecord(keys) || Object.keys(keys).length === 0) {
    throw new TypeError(`jwtVerifier option "keys" is ${kindOf(keys)}: write an object with at least one key by its kid, { kid: key }.`);
  }
  return Object.entries(keys).map(([kid, value]) => [`key ${JSON.stringify(kid)} of option "keys"`, value]);
}

/** Looser than a plain object: what `keyObject.export({ format: 'jwk' })` answers comes from another realm in tests under jest. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface ImportedKey {
  readonly name: string;
  readonly key: KeyObject;
  /** The `alg` of a JWK: its owner's word on the one algorithm that it is for (RFC 7517 section 4.4). */
  readonly onlyAlgorithm?: unknown;
}

function fitAll(namedKeys: readonly NamedKey[], options: KeyRingOptions): readonly FittedKey[] {
  const imported = namedKeys.map(([name, value]) => importKey(name, value));
  const fitted = imported.map((each) => fit(each, options));
  for (const algorithm of options.algorithms) {
    if (fitted.some(({ algorithms }) => algorithms.includes(algorithm))) continue;
    const why = imported.map((each) => misfit(algorithm, each, options)).join('; ');
    throw new TypeError(`jwtVerifier option "algorithms": no key fits ${algorithm} (${why}). List only what your issuer signs with.`);
  }
  return fitted;
}

/** One key of a key set, ready for use. Throws TypeError for a key that fits none of the listed algorithms. */
export function fitJwk(jwk: unknown, rules: KeyRules): FittedKey {
  return fit(importKey('key of a key set', jwk), rules);
}

function fit(imported: ImportedKey, options: KeyRules): FittedKey {
  const algorithms = options.algorithms.filter((algorithm) => misfit(algorithm, imported, options) === undefined);
  if (algorithms.length > 0) return Object.freeze({ key: imported.key, algorithms: Object.freeze(algorithms) });
  const why = options.algorithms.map((algorithm) => misfit(algorithm, imported, options)).join('; ');
  throw new TypeError(`jwtVerifier ${imported.name} fits none of the listed algorithms: ${why}.`);
}

/** Why this key must not be used with this algorithm, or `undefined` where it may. */
function misfit(algorithm: Algorithm, imported: ImportedKey, { allowInsecureKeySizes }: KeyRules): string | undefined {
  const { key, onlyAlgorithm } = imported;
  if (onlyAlgorithm !== undefined && onlyAlgorithm !== algorithm) return `the "alg" of this JWK is not ${algorithm}`;
  return typeMisfit(algorithm, key) ?? (allowInsecureKeySizes ? undefined : sizeMisfit(algorithm, key));
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };

function typeMisfit(algorithm: Algorithm, key: KeyObject): string | undefined {
  if (algorithm.startsWith('HS')) {
    // Whoever has a public key could sign with it (RFC 8725 section 2.1).
    return key.type === 'secret' ? undefined : `${algorithm} takes a shared secret, never a public key`;
  }
  if (key.type === 'secret') return `${algorithm} takes a public key (PEM, JWK or KeyObject), not a secret`;
  const curve = CURVES[algorithm];
  if (curve !== undefined) {
    return key.asymmetricKeyDetails?.namedCurve === curve ? undefined : `${algorithm} takes an EC key on the curve ${curve}`;
  }
  if (key.asymmetricKeyType === 'rsa') return undefined;
  if (algorithm.startsWith('RS')) return `${algorithm} takes an RSA key`;
  return pssMisfit(algorithm, key);
}

/** jsonwebtoken takes an rsa-pss key only with the very parameters that RFC 7518 section 3.5 lays down: find out now, not per token. */
function pssMisfit(algorithm: Algorithm, key: KeyObject): string | undefined {
  if (key.asymmetricKeyType !== 'rsa-pss') return `${algorithm} takes an RSA or RSA-PSS key`;
  const { hashAlgorithm, mgf1HashAlgorithm, saltLength = 0 } = key.asymmetricKeyDetails ?? {};
  const hash = `sha${hashBits(algorithm)}`;
  if (hashAlgorithm === hash && mgf1HashAlgorithm === hash && saltLength <= hashBits(algorithm) / 8) return undefined;
  return `${algorithm} takes an RSA-PSS key whose parameters name ${hash} twice and no longer salt`;
}

const MIN_RSA_BITS = 2048;

function sizeMisfit(algorithm: Algorithm, key: KeyObject): string | undefined {
  if (key.type === 'secret') {
    const minBytes = hashBits(algorithm) / 8;
    if ((key.symmetricKeySize ?? 0) >= minBytes) return undefined;
    return `${algorithm} takes a secret of at least ${minBytes} bytes, such as crypto.randomBytes(${minBytes}) (RFC 7518 section 3.2)`;
  }
  if (CURVES[algorithm] !== undefined || (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS) return undefined;
  return `${algorithm} takes an RSA key of at least ${MIN_RSA_BITS} bits (RFC 7518 section 3.3)`;
}

function hashBits(algorithm: Algorithm): number {
  return Number(algorithm.slice(2));
}

function importKey(name: string, value: unknown): ImportedKey {
  if (value instanceof KeyObject) return { name, key: refusePrivate(name, value) };
  if (typeof value === 'string') return { name, key: importText(name, value) };
  if (isUint8Array(value)) return { name, key: importBytes(name, Buffer.from(value)) };
  if (isRecord(value) && typeof value['kty'] === 'string') {
    return { name, key: importJwk(name, value), onlyAlgorithm: value['alg'] };
  }
  throw new TypeError(`jwtVerifier ${name} is ${kindOf(value)}: give a PEM public key or certificate, a secret, a KeyObject or a JWK.`);
}

function refusePrivate(name: string, key: KeyObject): KeyObject {
  if (key.type === 'private') throw privateKeyError(name);
  return refuseEmpty(name, key);
}

const PEM_MARK = '-----BEGIN';

function importText(name: string, text: string): KeyObject {
  if (text.includes(PEM_MARK)) return importPem(name, text);
  // As an HMAC secret the text of a public JWK would be known to everybody.
  if (/^\s*\{/.test(text) && text.includes('"kty"')) {
    throw new TypeError(`jwtVerifier ${name} is the text of a JWK: give the object, JSON.parse(text).`);
  }
  return refuseEmpty(name, createSecretKey(text, 'utf8'));
}

function importBytes(name: string, bytes: Buffer): KeyObject {
  if (bytes.includes(PEM_MARK)) return importPem(name, bytes.toString('latin1'));
  // The same for a public key in DER, which Node's own tools hand out as a Buffer.
  if (isDer(bytes)) {
    throw new TypeError(`jwtVerifier ${name} is a key or certificate in DER: give its PEM, or a KeyObject made by crypto.createPublicKey.`);
  }
  return refuseEmpty(name, createSecretKey(bytes));
}

function importPem(name: string, pem: string): KeyObject {
  if (pem.includes('PRIVATE KEY-----')) throw privateKeyError(name);
  try {
    return createPublicKey(pem);
  } catch {
    // Not kept as a cause: what is no public key may be a secret.
    throw new TypeError(
      `jwtVerifier ${name} holds "${PEM_MARK}" but is no readable public key or certificate: give the whole PEM, with real line breaks (an environment variable may hold "\\n" in two characters).`,
    );
  }
}

function importJwk(name: string, jwk: Readonly<Record<string, unknown>>): KeyObject {
  const { kty, k, use, key_ops: operations } = jwk;
  if ((use !== undefined && use !== 'sig') || (Array.isArray(operations) && !operations.includes('verify'))) {
    throw new TypeError(`jwtVerifier ${name} is a JWK that is not for signatures (its "use" or "key_ops"): give the one that is.`);
  }
  if (kty === 'oct') return importOctets(name, k);
  if (Object.hasOwn(jwk, 'd')) throw privateKeyError(name);
  try {
    return createPublicKey({ key: jwk as webcrypto.JsonWebKey & Record<string, unknown>, format: 'jwk' });
  } catch {
    // Node's message quotes the members of the key.
    throw new TypeError(`jwtVerifier ${name} is no usable JWK: give a public one of kty RSA or EC (RFC 7518 section 6), complete.`);
  }
}

function importOctets(name: string, k: unknown): KeyObject {
  if (typeof k !== 'string' || !/^[\w-]+$/.test(k)) {
    throw new TypeError(`jwtVerifier ${name} is a JWK of kty oct whose "k" is not base64url: give the secret's bytes there.`);
  }
  return refuseEmpty(name, createSecretKey(k, 'base64url'));
}

/** Not even `allowInsecureKeySizes` lets everybody sign. */
function refuseEmpty(name: string, key: KeyObject): KeyObject {
  if (key.symmetricKeySize !== 0) return key;
  throw new TypeError(`jwtVerifier ${name} is empty: give the secret that your issuer signs with (is an environment variable missing?).`);
}

const DER_SEQUENCE = 0x30;

function isDer(bytes: Buffer): boolean {
  if (bytes[0] !== DER_SEQUENCE) return false;
  return [
    () => createPublicKey({ key: bytes, format: 'der', type: 'spki' }),
    () => createPublicKey({ key: bytes, format: 'der', type: 'pkcs1' }),
    () => new X509Certificate(bytes),
  ].some(succeeds);
}

/** OpenSSL offers no question "is this a key?", only a refusal. */
function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

function privateKeyError(name: string): TypeError {
  return new TypeError(
    `jwtVerifier ${name} is a private key: verification needs only the public one, crypto.createPublicKey(privateKey); leave the private one with the issuer.`,
  );
}

/** What kind of value it is, and nothing of its content: it may be a secret. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value !== 'object') return value === '' ? 'an empty string' : `a ${typeof value}`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  return Object.keys(value).length === 0 ? 'an empty object' : 'an object';
}
