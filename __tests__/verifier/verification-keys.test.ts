import { createPublicKey, createSecretKey, generateKeyPairSync, randomBytes, type JsonWebKey } from 'node:crypto';
import fc from 'fast-check';
import jwt from 'jsonwebtoken';
import { jwtVerifier, type Algorithm, type JwtVerifierOptions } from '../../lib/verifier/jwt-verifier.js';

const ISSUER = 'https://issuer.test';
const AUDIENCE = 'orders-api';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const smallRsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
const pss256 = pssPair(32);
const pssLongSalt = pssPair(64);
const pssAnyHash = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
const ed25519 = generateKeyPairSync('ed25519');
const secret = randomBytes(64);
const secretText = randomBytes(48).toString('base64');
const rsaPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const rsaDer = rsa.publicKey.export({ type: 'spki', format: 'der' });
const rsaJwk = rsa.publicKey.export({ format: 'jwk' });

/** A self-signed certificate on P-256, and a token that was signed once with its key, which is no more. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBiDCCAS+gAwIBAgIUfDe7oKnzWVv9/Fr5+7eTfWbSPO4wCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwObGl2ZXRva2VuLXRlc3QwIBcNMjYxMTIxMjAyNDQxWhgPMjEy
NjEwMjgyMDI0NDFaMBkxFzAVBgNVBAMMDmxpdmV0b2tlbi10ZXN0MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEKeJlQUGObZZzuDHfminNQj74uqbHMThQX9uB6+Vy
Jm+X8U5IPsv+jCEOtse/fwaTXWOnplmZMYYfpHmD/siBJ6NTMFEwHQYDVR0OBBYE
FCGvQiUxFiXYNaVMbgUiZfrzqNWUMB8GA1UdIwQYMBaAFCGvQiUxFiXYNaVMbgUi
ZfrzqNWUMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgNsJGET8O
nhGsecgm1pOfbUQG8FH9RE+SBUbw0ZuUT9UCICCjnLGsmhn7kIJoA4Kn6yNPNPgC
bnN6DvkuyHe7arlj
-----END CERTIFICATE-----
`;
const certifiedToken =
  'eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci50ZXN0IiwiYXVkIjoib3JkZXJzLWFwaSIsInN1YiI6ImFsaWNlIiwiaWF0IjoxNzAwMDAwMDAwfQ' +
  '.TupfA_EDETJmKlWyTz6LKHXR9ipk42ydWC25kmDbM-j-4rY4ASanlEu1gxe5RBFVgKV3LC5jTEklFE1aYWJxHg';

function pssPair(saltLength: number) {
  const hash = { hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256' };
  // The types of Node 20 want a string there, and Node a number.
  return generateKeyPairSync('rsa-pss', { modulusLength: 2048, ...hash, saltLength: saltLength as unknown as string });
}

const goodOptions: JwtVerifierOptions = { algorithms: ['RS256'], key: rsa.publicKey, issuer: ISSUER, audience: AUDIENCE };

/** Options as JavaScript may give them. `undefined` is absent. */
function build(options: object) {
  return jwtVerifier({ ...goodOptions, ...options });
}

function errorOf(attempt: () => unknown): TypeError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof TypeError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

const sign = (algorithm: Algorithm, key: jwt.PrivateKey | jwt.Secret) =>
  jwt.sign({ iss: ISSUER, aud: AUDIENCE, sub: 'alice' }, key as jwt.Secret, { algorithm, allowInsecureKeySizes: true });

describe('a key is taken', () => {
  const jwkOf = (key: typeof rsa.publicKey, more: object = {}): JsonWebKey => ({ ...key.export({ format: 'jwk' }), ...more });
  test.each([
    ['PEM (SPKI)', 'RS256', rsaPem, rsa.privateKey],
    ['PEM (PKCS #1)', 'RS256', rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString(), rsa.privateKey],
    ['PEM in a Buffer', 'RS256', Buffer.from(rsaPem), rsa.privateKey],
    ['PEM with text around it', 'RS256', `Our key:\n${rsaPem}\n`, rsa.privateKey],
    ['PEM with Windows line breaks', 'RS256', rsaPem.replaceAll('\n', '\r\n'), rsa.privateKey],
    ['public KeyObject', 'RS512', rsa.publicKey, rsa.privateKey],
    ['RSA JWK', 'PS256', rsaJwk, rsa.privateKey],
    ['RSA JWK with alg, use and key_ops', 'RS256', jwkOf(rsa.publicKey, { alg: 'RS256', use: 'sig', key_ops: ['verify'], kid: 'a' }), rsa.privateKey],
    ['EC JWK', 'ES384', jwkOf(p384.publicKey), p384.privateKey],
    ['RSA-PSS KeyObject', 'PS256', pss256.publicKey, pss256.privateKey],
    ['secret in a string', 'HS256', secretText, secretText],
    ['secret in a Buffer', 'HS512', secret, secret],
    ['secret KeyObject', 'HS384', createSecretKey(secret), secret],
    ['secret JWK', 'HS256', { kty: 'oct', k: secret.toString('base64url') }, secret],
    ['secret that begins like DER', 'HS256', Buffer.concat([Buffer.from([0x30]), secret]), Buffer.concat([Buffer.from([0x30]), secret])],
  ] as const)('as %s', async (_, algorithm, key, signer) => {
    const verify = build({ algorithms: [algorithm], key });
    await expect(verify(sign(algorithm, signer))).resolves.toMatchObject({ sub: 'alice' });
  });

  test('as a certificate', async () => {
    await expect(build({ algorithms: ['ES256'], key: certificate })(certifiedToken)).resolves.toMatchObject({ sub: 'alice' });
  });

  test('beside others of other kinds', async () => {
    const keys = { old: rsaPem, current: p256.publicKey, shared: secret };
    const verify = build({ algorithms: ['RS256', 'ES256', 'HS256'], key: undefined, keys });
    const token = jwt.sign({ iss: ISSUER, aud: AUDIENCE, sub: 'alice' }, p256.privateKey, { algorithm: 'ES256', keyid: 'current' });
    await expect(verify(token)).resolves.toMatchObject({ sub: 'alice' });
  });

  test('once: changing the bytes of a secret afterwards changes nothing', async () => {
    const bytes = Buffer.from(secret);
    const verify = build({ algorithms: ['HS256'], key: bytes });
    bytes.fill(0);
    await expect(verify(sign('HS256', secret))).resolves.toMatchObject({ sub: 'alice' });
  });
});

describe('F74 a key that does not fit the listed algorithms is refused', () => {
  test.each([
    ['a PEM for HS256', ['HS256'], rsaPem, /HS256 takes a shared secret, never a public key/],
    ['a PEM in a Buffer for HS256', ['HS256'], Buffer.from(rsaPem), /never a public key/],
    ['a certificate for HS256', ['HS256'], certificate, /never a public key/],
    ['a public KeyObject for HS512', ['HS512'], rsa.publicKey, /never a public key/],
    ['a public JWK for HS256', ['HS256'], rsaJwk, /never a public key/],
    ['a PEM for RS256 and HS256', ['RS256', 'HS256'], rsaPem, /"algorithms": no key fits HS256/],
    ['DER for HS256', ['HS256'], rsaDer, /in DER: give its PEM/],
    ['DER (PKCS #1) for HS256', ['HS256'], rsa.publicKey.export({ type: 'pkcs1', format: 'der' }), /in DER/],
    ['DER of an EC key for HS256', ['HS256'], p256.publicKey.export({ type: 'spki', format: 'der' }), /in DER/],
    ['a certificate in DER for HS256', ['HS256'], Buffer.from(certificate.replace(/-----.*-----/g, ''), 'base64'), /in DER/],
    ['the text of a JWK for HS256', ['HS256'], JSON.stringify(rsaJwk), /JSON\.parse/],
    ['a secret for RS256', ['RS256'], secret, /RS256 takes a public key \(PEM, JWK or KeyObject\), not a secret/],
    ['a secret for ES256', ['ES256'], secretText, /not a secret/],
    ['a secret for RS256 and HS256', ['RS256', 'HS256'], secret, /no key fits RS256/],
    ['an EC key for RS256', ['RS256'], p256.publicKey, /RS256 takes an RSA key/],
    ['an EC key for PS256', ['PS256'], p256.publicKey, /PS256 takes an RSA or RSA-PSS key/],
    ['an RSA key for ES256', ['ES256'], rsa.publicKey, /ES256 takes an EC key on the curve prime256v1/],
    ['P-384 for ES256', ['ES256'], p384.publicKey, /prime256v1/],
    ['P-256 for ES384', ['ES384'], p256.publicKey, /secp384r1/],
    ['P-521 for ES384', ['ES384'], p521.publicKey, /secp384r1/],
    ['P-384 for ES512', ['ES512'], p384.publicKey, /secp521r1/],
    ['secp256k1 for ES256', ['ES256'], secp256k1.publicKey, /prime256v1/],
    ['Ed25519 for ES256', ['ES256'], ed25519.publicKey, /prime256v1/],
    ['Ed25519 for RS256', ['RS256'], ed25519.publicKey, /RSA key/],
    ['RSA-PSS for RS256', ['RS256'], pss256.publicKey, /RS256 takes an RSA key/],
    ['RSA-PSS of SHA-256 for PS512', ['PS512'], pss256.publicKey, /sha512/],
    ['RSA-PSS with too long a salt', ['PS256'], pssLongSalt.publicKey, /salt/],
    ['RSA-PSS without parameters', ['PS256'], pssAnyHash.publicKey, /sha256/],
    ['a JWK that is for another algorithm', ['RS256'], { ...rsaJwk, alg: 'RS512' }, /"alg" of this JWK is not RS256/],
    ['a JWK that is for encryption by its alg', ['RS256'], { ...rsaJwk, alg: 'RSA-OAEP' }, /"alg" of this JWK/],
  ])('%s', (_, algorithms, key, message) => {
    expect(errorOf(() => build({ algorithms, key })).message).toMatch(message);
  });

  test('also where others fit, by its kid', () => {
    const keys = { good: rsa.publicKey, bad: p256.publicKey };
    expect(errorOf(() => build({ key: undefined, keys })).message).toMatch(/key "bad" of option "keys" fits none/);
  });

  test('and so is an algorithm that fits no key', () => {
    const keys = { a: rsa.publicKey, b: p256.publicKey };
    const attempt = () => build({ algorithms: ['RS256', 'ES256', 'ES384'], key: undefined, keys });
    expect(errorOf(attempt).message).toMatch(/no key fits ES384/);
  });
});

describe('a key that is too weak is refused', () => {
  test.each([
    ['HS256', 31, 32],
    ['HS384', 47, 48],
    ['HS512', 63, 64],
  ] as const)('%s with %d bytes of secret; %d pass', async (algorithm, tooShort, enough) => {
    const message = errorOf(() => build({ algorithms: [algorithm], key: randomBytes(tooShort) })).message;
    expect(message).toMatch(`${algorithm} takes a secret of at least ${String(enough)} bytes`);
    const key = randomBytes(enough);
    await expect(build({ algorithms: [algorithm], key })(sign(algorithm, key))).resolves.toMatchObject({ sub: 'alice' });
  });

  test('counting bytes of UTF-8, not characters', () => {
    expect(() => build({ algorithms: ['HS256'], key: 'é'.repeat(16) })).not.toThrow();
    expect(() => build({ algorithms: ['HS256'], key: 'e'.repeat(31) })).toThrow(/32 bytes/);
  });

  test.each(['RS256', 'PS256'])('%s with 1,024 bits of RSA', (algorithm) => {
    expect(() => build({ algorithms: [algorithm], key: smallRsa.publicKey })).toThrow(/at least 2048 bits/);
  });

  test('unless allowInsecureKeySizes says otherwise', async () => {
    const short = build({ algorithms: ['HS256'], key: 'short', allowInsecureKeySizes: true });
    await expect(short(sign('HS256', 'short'))).resolves.toMatchObject({ sub: 'alice' });
    const small = build({ key: smallRsa.publicKey, allowInsecureKeySizes: true });
    await expect(small(sign('RS256', smallRsa.privateKey))).resolves.toMatchObject({ sub: 'alice' });
  });

  test.each([
    ['string', ''],
    ['Buffer', Buffer.alloc(0)],
    ['KeyObject', createSecretKey(Buffer.alloc(0))],
  ])('and an empty %s even then', (_, key) => {
    expect(() => build({ algorithms: ['HS256'], key, allowInsecureKeySizes: true })).toThrow(/is empty/);
  });

  test('and allowInsecureKeySizes does not make a key fit', () => {
    expect(() => build({ algorithms: ['HS256'], key: rsaPem, allowInsecureKeySizes: true })).toThrow(/never a public key/);
    expect(() => build({ algorithms: ['ES256'], key: p384.publicKey, allowInsecureKeySizes: true })).toThrow(/prime256v1/);
  });
});

describe('a private key is refused, with advice', () => {
  const encrypted = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
  test.each([
    ['KeyObject', ['RS256'], rsa.privateKey],
    ['PKCS #8', ['RS256'], rsa.privateKey.export({ type: 'pkcs8', format: 'pem' })],
    ['PKCS #1', ['RS256'], rsa.privateKey.export({ type: 'pkcs1', format: 'pem' })],
    ['SEC1', ['ES256'], p256.privateKey.export({ type: 'sec1', format: 'pem' })],
    ['encrypted', ['RS256'], rsa.privateKey.export(encrypted)],
    ['in a Buffer', ['RS256'], Buffer.from(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }))],
    ['beside its certificate', ['ES256'], certificate + String(p256.privateKey.export({ type: 'pkcs8', format: 'pem' }))],
    ['JWK of RSA', ['RS256'], rsa.privateKey.export({ format: 'jwk' })],
    ['JWK of EC', ['ES256'], p256.privateKey.export({ format: 'jwk' })],
    ['PEM as a secret', ['HS256'], rsa.privateKey.export({ type: 'pkcs8', format: 'pem' })],
  ])('%s', (_, algorithms, key) => {
    expect(() => build({ algorithms, key })).toThrow(/is a private key: .* crypto\.createPublicKey\(privateKey\)/);
  });
});

describe('what is no key is refused', () => {
  test.each([
    ['null', null, /is null/],
    ['a number', 42, /is a number/],
    ['a function', () => rsaPem, /is a function/],
    ['an array', [rsaPem], /is an array/],
    ['an empty object', {}, /is an empty object/],
    ['an object with a PEM in it', { key: rsaPem }, /is an object/],
    ['a set of keys', { keys: [rsaJwk] }, /is an object/],
    ['a PEM that was cut', rsaPem.slice(0, 120), /give the whole PEM/],
    ['a PEM with its line breaks spelled out', rsaPem.replaceAll('\n', '\\n'), /real line breaks/],
    ['a PEM of something else', '-----BEGIN DH PARAMETERS-----\nMAYCAQUCAQI=\n-----END DH PARAMETERS-----\n', /no readable public key/],
    ['an RSA JWK without n', { kty: 'RSA', e: 'AQAB' }, /no usable JWK/],
    ['an EC JWK off its curve', { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }, /no usable JWK/],
    ['a JWK of an unknown kty', { kty: 'XYZ' }, /no usable JWK/],
    ['a JWK for encryption', { ...rsaJwk, use: 'enc' }, /not for signatures/],
    ['a JWK whose key_ops lack verify', { ...rsaJwk, key_ops: ['encrypt'] }, /not for signatures/],
    ['an oct JWK without k', { kty: 'oct' }, /"k" is not base64url/],
    ['an oct JWK whose k is empty', { kty: 'oct', k: '' }, /"k" is not base64url/],
    ['an oct JWK whose k is base64', { kty: 'oct', k: 'ab+/' }, /"k" is not base64url/],
  ])('%s', (_, key, message) => {
    expect(errorOf(() => build({ key })).message).toMatch(message);
  });

  test.each([
    ['neither key nor keys', { key: undefined }, /exactly one of the options "key"/],
    ['both', { keys: { a: rsa.publicKey } }, /exactly one of the options "key"/],
    ['keys that are null', { key: undefined, keys: null }, /"keys" is null/],
    ['no keys at all', { key: undefined, keys: {} }, /"keys" is an empty object/],
    ['a list of keys', { key: undefined, keys: [rsaJwk] }, /"keys" is an array/],
    ['a Map of keys', { key: undefined, keys: new Map([['a', rsa.publicKey]]) }, /an object with at least one key by its kid/],
    ['a single KeyObject as keys', { key: undefined, keys: rsa.publicKey }, /by its kid/],
    ['a JWK Set as keys', { key: undefined, keys: { keys: [rsaJwk] } }, /key "keys" of option "keys" is an array/],
    ['a key among others', { key: undefined, keys: { a: rsa.publicKey, b: undefined } }, /key "b" of option "keys" is undefined/],
  ])('%s', (_, options, message) => {
    expect(errorOf(() => build(options)).message).toMatch(message);
  });
});

describe('messages about keys', () => {
  test('never hold what was given as a key, and no error holds it as its cause', () => {
    const wrappings: readonly ((text: string) => unknown)[] = [
      (text) => text,
      (text) => Buffer.from(text),
      (text) => `-----BEGIN PUBLIC KEY-----\n${text}\n-----END PUBLIC KEY-----`,
      (text) => ({ kty: 'oct', k: `${text}+` }),
      (text) => ({ kty: 'RSA', n: text, e: { text } }),
      (text) => ({ kty: text }),
      (text) => ({ kty: 'RSA', alg: text, use: text }),
      (text) => [text],
      (text) => ({ [text]: text }),
    ];
    fc.assert(
      fc.property(fc.base64String({ minLength: 12, maxLength: 20 }), fc.constantFrom(...wrappings), (text, wrap) => {
        const error = errorOf(() => build({ algorithms: ['RS256'], key: wrap(text) }));
        expect(error.message).not.toContain(text);
        expect(error.cause).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  test('any value as a key gives a verifier or a TypeError and nothing else', () => {
    fc.assert(
      fc.property(fc.anything(), (key) => {
        expect(errorOf(() => build({ key })).message).toMatch(/^jwtVerifier /);
      }),
    );
  });
});

test('a public key derived as the advice says is taken', () => {
  expect(() => build({ key: createPublicKey(rsa.privateKey) })).not.toThrow();
});
