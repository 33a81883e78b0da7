import { constants, createHmac, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import type { Claims } from 'livetoken';
import type { Fields } from '../../support/oauth-app.js';

/** The authorisation server that the endpoints under test belong to. */
export const OURS = 'https://as.test/tenant';

export const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const rsa: KeyPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const otherRsa: KeyPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const ec: KeyPair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
export const otherEc: KeyPair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

type Sign = (input: string, key: KeyObject) => Buffer;

const pss: Sign = (input, key) => sign('sha256', Buffer.from(input), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });

const SIGN: Readonly<Record<string, Sign>> = {
  RS256: (input, key) => sign('sha256', Buffer.from(input), key),
  RS512: (input, key) => sign('sha512', Buffer.from(input), key),
  PS256: pss,
  ES256: (input, key) => sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }),
  /** With the public key, which everybody has, as the secret. */
  HS256: (input, key) => createHmac('sha256', key.export({ type: 'spki', format: 'pem' })).update(input).digest(),
  none: () => Buffer.alloc(0),
};

/** Sound claims of an assertion that `id` makes, with overrides; `undefined` takes a claim away. */
export function assertionClaims(id: string, overrides: Claims = {}): Claims {
  const iat = Math.floor(Date.now() / 1000);
  const all: Claims = { iss: id, sub: id, aud: OURS, iat, exp: iat + 60, jti: randomUUID(), ...overrides };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Signs by hand: a library would refuse to sign most of what is tried here. */
export function signed(claims: Claims, key: KeyObject, header: Claims = {}): string {
  const whole: Claims = { alg: 'RS256', ...header };
  const input = [whole, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${input}.${SIGN[String(whole['alg'])]!(input, key).toString('base64url')}`;
}

/** Both at once, with the RSA key. */
export function assertionOf(id: string, overrides: Claims = {}, header: Claims = {}): string {
  return signed(assertionClaims(id, overrides), rsa.privateKey, header);
}

/** The parameters of a request that authenticates by it. */
export function byAssertion(client_assertion: string): Fields {
  return { client_assertion, client_assertion_type: TYPE };
}
