import { generateKeyPairSync, randomBytes, createSecretKey } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { createLiveTokens, memoryStore, revocationRouter } from 'livetoken';
import { createIssuer } from '../support/issuer.js';
import { API, AS, KEYS, SIGNED, closeSigningApps, openSigningApp } from '../support/signing-app.js';

const live = createLiveTokens({ store: memoryStore(), verify: createIssuer().verify, maxLifetime: 60 });
const { privateKey, publicKey } = KEYS.RS256;
const elliptic = KEYS.ES256.privateKey;
const CLIENTS = [API];

function make(oauth: object): void {
  revocationRouter(live, { oauth: { clients: CLIENTS, issuer: AS, ...oauth } });
}

afterEach(closeSigningApps);

describe('introspectionSigning, given what it cannot use, throws and says what to write instead:', () => {
  it.each([
    ['no issuer', { issuer: undefined, introspectionSigning: { key: privateKey } }, /introspectionSigning needs oauth.issuer/],
    ['no key', { introspectionSigning: {} }, /introspectionSigning.key is undefined; give a private key/],
    ['no keys', { introspectionSigning: [] }, /introspectionSigning is an array; give a key/],
    ['null', { introspectionSigning: null }, /takes an object of options, not null/],
    ['a public key', { introspectionSigning: { key: publicKey } }, /introspectionSigning.key is an object; give a private key/],
    ['a public PEM', { introspectionSigning: { key: publicKey.export({ type: 'spki', format: 'pem' }) } }, /key is a string; give a private key/],
    ['a public JWK', { introspectionSigning: { key: publicKey.export({ format: 'jwk' }) } }, /key is an object; give a private key/],
    ['a secret', { introspectionSigning: { key: createSecretKey(randomBytes(64)), algorithm: 'HS256' } }, /algorithm is a string; give 'RS256' or/],
    ['a secret for RS256', { introspectionSigning: { key: createSecretKey(randomBytes(64)) } }, /key is an object; give a private key/],
    ['the algorithm none', { introspectionSigning: { key: privateKey, algorithm: 'none' } }, /algorithm is a string; give 'RS256' or/],
    ['a key of another kind', { introspectionSigning: { key: elliptic } }, /no key for RS256: that takes an RSA key of at least 2048 bits/],
    ['a key on another curve', { introspectionSigning: { key: elliptic, algorithm: 'ES384' } }, /no key for ES384: that takes an EC key on the curve secp384r1/],
    ['an RSA key for ES256', { introspectionSigning: { key: privateKey, algorithm: 'ES256' } }, /no key for ES256/],
    ['a short key', { introspectionSigning: { key: generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey } }, /at least 2048 bits/],
    ['an empty kid', { introspectionSigning: { key: privateKey, kid: '' } }, /kid is an empty string/],
    ['a misspelt member', { introspectionSigning: { key: privateKey, alg: 'RS256' } }, /introspectionSigning has no option alg; its options are key, kid, algorithm/],
    ['a client that registered what no key is for', { clients: [{ ...API, introspectionSignedResponseAlg: 'ES256' }], introspectionSigning: { key: privateKey } }, /clients\[0\].introspectionSignedResponseAlg is a string; give an algorithm that/],
    ['a client that registered an algorithm, and no keys', { clients: [{ ...API, introspectionSignedResponseAlg: 'RS256' }] }, /clients\[0\].introspectionSignedResponseAlg/],
  ])('D52 %s', (_, oauth, message) => {
    expect(() => { make(oauth); }).toThrow(TypeError);
    expect(() => { make(oauth); }).toThrow(message);
  });

  it('D52 without showing any of a key', () => {
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const broken = pem.replace('PRIVATE', 'PRIVAT');
    expect(() => { make({ introspectionSigning: { key: broken } }); }).toThrow(expect.objectContaining({ message: expect.not.stringContaining(pem.slice(40, 60)) }));
  });
});

describe('introspectionSigning takes', () => {
  it.each([
    ['a PEM', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 'RS256', publicKey],
    ['a JWK', privateKey.export({ format: 'jwk' }), 'RS256', publicKey],
    ['a KeyObject', privateKey, 'RS512', publicKey],
    ['a key for PSS', privateKey, 'PS256', publicKey],
    ['an EC JWK', elliptic.export({ format: 'jwk' }), 'ES256', KEYS.ES256.publicKey],
  ] as const)('D52 %s', async (_, key, algorithm, verifiedWith) => {
    const clients = [{ ...API, introspectionSignedResponseAlg: algorithm }];
    const app = await openSigningApp({ clients, introspectionSigning: { key, algorithm } });
    const { body, headers } = await app.introspect(API, app.sign(app.claims()));
    expect(headers['content-type']).toBe(SIGNED);
    const { header } = jwt.verify(body as string, verifiedWith, { complete: true, algorithms: [algorithm] });
    expect(header).toEqual({ alg: algorithm, typ: 'token-introspection+jwt' });
  });

  it('D52 several keys for one algorithm, of which the first signs', async () => {
    const keys = [{ key: privateKey, kid: 'new' }, { key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, kid: 'old' }];
    const app = await openSigningApp({ clients: CLIENTS, introspectionSigning: keys });
    const { body } = await app.introspect(API, app.sign(app.claims()));
    expect(jwt.verify(body as string, publicKey, { complete: true }).header.kid).toBe('new');
  });
});
