import { KeyObject, webcrypto, type JsonWebKey } from 'node:crypto';

const ALGORITHMS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
} as const;

export type SigningAlgorithm = keyof typeof ALGORITHMS;

export const SIGNING_ALGORITHMS = Object.keys(ALGORITHMS) as readonly SigningAlgorithm[];

/** Keys as client libraries take them, which run in browsers too. The private one cannot be read. */
export async function keyPair(algorithm: SigningAlgorithm): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHMS[algorithm], false, ['sign', 'verify']);
}

export function publicJwk(key: webcrypto.CryptoKey): JsonWebKey {
  return { ...KeyObject.from(key).export({ format: 'jwk' }), use: 'sig' };
}
