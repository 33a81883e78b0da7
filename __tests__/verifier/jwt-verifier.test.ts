import { constants, createHmac, generateKeyPairSync, randomBytes, sign as signBytes, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { InvalidTokenError, type RefusalReason } from '../../lib/errors.js';
import { jwtVerifier, type Algorithm, type JwtVerifierOptions, type VerifyToken } from '../../lib/verifier/jwt-verifier.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
const secret = randomBytes(64);
const rsaPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();

const ISSUER = 'https://issuer.test';
const AUDIENCE = 'orders-api';
const NOW_MS = 1_800_000_000_250;
const NOW = 1_800_000_000;
const TOLERANCE_MS = 5_000;
const BASE64URL = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');

beforeEach(() => {
  jest.spyOn(Date, 'now').mockReturnValue(NOW_MS);
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** A signature over anything, by any algorithm with any key: what an attacker can make, jsonwebtoken would refuse to. */
function signature(alg: string, key: KeyObject | Buffer | string, input: string): string {
  const hash = `sha${alg.slice(2)}`;
  const data = Buffer.from(input);
  if (alg.startsWith('HS')) return createHmac(hash, key).update(data).digest('base64url');
  const privateKey = key as KeyObject;
  if (alg.startsWith('ES')) return signBytes(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  if (alg.startsWith('RS')) return signBytes(hash, data, privateKey).toString('base64url');
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return signBytes(hash, data, { key: privateKey, ...pss }).toString('base64url');
}

interface Forgery {
  readonly alg?: string;
  readonly key?: KeyObject | Buffer | string;
  /** Added to the header; an `alg` in it goes beyond what the token is really signed with. */
  readonly header?: object;
  /** Added to good claims; `undefined` takes one away. */
  readonly claims?: object;
  /** In place of all claims, as it stands. */
  readonly payload?: string | Uint8Array;
}

const goodClaims = { iss: ISSUER, aud: AUDIENCE, sub: 'alice', jti: 'token-1', iat: NOW - 60, exp: NOW + 600 };

function forge({ alg = 'RS256', key = rsa.privateKey, header, claims, payload }: Forgery = {}): string {
  const encodedHeader = Buffer.from(JSON.stringify({ alg, typ: 'JWT', ...header })).toString('base64url');
  const content = payload ?? JSON.stringify({ ...goodClaims, ...claims });
  const input = `${encodedHeader}.${Buffer.from(content as string).toString('base64url')}`;
  return `${input}.${signature(alg, key, input)}`;
}

const goodOptions: JwtVerifierOptions = { algorithms: ['RS256'], key: rsa.publicKey, issuer: ISSUER, audience: AUDIENCE };

function verifierWith(options: Partial<JwtVerifierOptions> = {}): VerifyToken {
  return jwtVerifier({ ...goodOptions, ...options });
}

async function refusalOf(result: Promise<unknown>): Promise<InvalidTokenError> {
  const error: unknown = await result.then(
    () => new Error('It was accepted.'),
    (rejection: unknown) => rejection,
  );
  if (error instanceof InvalidTokenError) return error;
  throw error;
}

async function expectRefusal(result: Promise<unknown>, reason: RefusalReason): Promise<void> {
  expect((await refusalOf(result)).reason).toBe(reason);
}

const keysByAlgorithm: Readonly<Record<Algorithm, { readonly good: KeyObject | Buffer; readonly signer: KeyObject | Buffer }>> = {
  HS256: { good: secret, signer: secret },
  HS384: { good: secret, signer: secret },
  HS512: { good: secret, signer: secret },
  RS256: { good: rsa.publicKey, signer: rsa.privateKey },
  RS384: { good: rsa.publicKey, signer: rsa.privateKey },
  RS512: { good: rsa.publicKey, signer: rsa.privateKey },
  PS256: { good: rsa.publicKey, signer: rsa.privateKey },
  PS384: { good: rsa.publicKey, signer: rsa.privateKey },
  PS512: { good: rsa.publicKey, signer: rsa.privateKey },
  ES256: { good: p256.publicKey, signer: p256.privateKey },
  ES384: { good: p384.publicKey, signer: p384.privateKey },
  ES512: { good: p521.publicKey, signer: p521.privateKey },
};
const algorithms = Object.keys(keysByAlgorithm) as Algorithm[];

describe('a good token', () => {
  test.each(algorithms)('signed with %s yields its claims', async (alg) => {
    const { good, signer } = keysByAlgorithm[alg];
    const verify = verifierWith({ algorithms: [alg], key: good });
    await expect(verify(forge({ alg, key: signer }))).resolves.toEqual(goodClaims);
  });

  test.each([
    ['no typ', { typ: undefined }],
    ['the typ at+jwt', { typ: 'at+jwt' }],
    ['a content type', { cty: 'json' }],
    ['a kid, where there is one key anyway', { kid: 'whatever' }],
  ])('may have %s', async (_, header) => {
    await expect(verifierWith()(forge({ header }))).resolves.toEqual(goodClaims);
  });

  test.each([
    ['several audiences', { aud: ['billing-api', AUDIENCE] }],
    ['no exp: whether it must have one is for the guard to say', { exp: undefined }],
    ['fractional times', { iat: NOW - 1.5, exp: NOW + 1.5 }],
    ['claims beyond ASCII', { name: 'Zoë 𝄞' }],
  ])('may have %s', async (_, claims) => {
    await expect(verifierWith()(forge({ claims }))).resolves.toMatchObject(JSON.parse(JSON.stringify(claims)) as object);
  });

  test('is verified again and again, also at the same time, and after refusals', async () => {
    const verify = verifierWith();
    await expectRefusal(verify('garbage'), 'malformed');
    const all = await Promise.all([verify(forge()), verify(forge({ claims: { jti: 'token-2' } })), verify(forge())]);
    expect(all.map((claims) => claims['jti'])).toEqual(['token-1', 'token-2', 'token-1']);
  });
});

describe('F74 the signature', () => {
  test('of another key is refused', async () => {
    await expectRefusal(verifierWith()(forge({ key: otherRsa.privateKey })), 'bad_signature');
  });

  test('of another token is refused', async () => {
    const [header, payload] = forge({ claims: { sub: 'mallory' } }).split('.');
    const stolen = forge().split('.')[2];
    await expectRefusal(verifierWith()([header, payload, stolen].join('.')), 'bad_signature');
  });

  test.each([
    ['HS256', secret, secret],
    ['RS256', rsa.publicKey, rsa.privateKey],
    ['ES256', p256.publicKey, p256.privateKey],
  ] as const)('of %s holds only for the very characters that were signed', async (alg, key, signer) => {
    const verify = verifierWith({ algorithms: [alg], key });
    const token = forge({ alg, key: signer });
    await expect(verify(token)).resolves.toEqual(goodClaims);
    const position = fc.nat({ max: token.length - 1 });
    const character = fc.constantFrom(...BASE64URL, '.', '=', '+', '/', ' ', '\n', '\0', 'ÿ');
    await fc.assert(
      fc.asyncProperty(position, character, async (index, other) => {
        fc.pre(token[index] !== other);
        await refusalOf(verify(token.slice(0, index) + other + token.slice(index + 1)));
        await refusalOf(verify(token.slice(0, index) + token.slice(index + 1)));
        await refusalOf(verify(token.slice(0, index) + other + token.slice(index)));
      }),
      { numRuns: 500 },
    );
  });

  // The last character of these signatures has four bits that no byte uses: decoders that ignore them see 16 equal tokens.
  test.each([
    ['RS256', rsa.publicKey, rsa.privateKey],
    ['ES256', p256.publicKey, p256.privateKey],
  ] as const)('of %s has no second spelling of its last character', async (alg, key, signer) => {
    const verify = verifierWith({ algorithms: [alg], key });
    const token = forge({ alg, key: signer });
    for (const last of BASE64URL) {
      if (!token.endsWith(last)) await refusalOf(verify(token.slice(0, -1) + last));
    }
  });

  test.each([1, 63, 65, 70, 128])('of ES256 in %d bytes is refused like any that does not fit', async (length) => {
    const verify = verifierWith({ algorithms: ['ES256'], key: p256.publicKey });
    const [header, payload] = forge({ alg: 'ES256', key: p256.privateKey }).split('.');
    const bad = Buffer.alloc(length, 1).toString('base64url');
    await expectRefusal(verify([header, payload, bad].join('.')), 'bad_signature');
  });

  test('of ES256 made of zeros is refused (CVE-2022-21449)', async () => {
    const verify = verifierWith({ algorithms: ['ES256'], key: p256.publicKey });
    const [header, payload] = forge({ alg: 'ES256', key: p256.privateKey }).split('.');
    await expectRefusal(verify([header, payload, Buffer.alloc(64).toString('base64url')].join('.')), 'bad_signature');
  });
});

describe('F74 the algorithm', () => {
  test.each(['none', 'nOnE', 'NONE', 'None', 'none ', ''])('%j is refused, in any spelling, whatever the signature', async (alg) => {
    await expectRefusal(verifierWith()(forge({ header: { alg } })), 'wrong_algorithm');
    const [header, payload] = forge({ header: { alg } }).split('.');
    await expectRefusal(verifierWith()([header, payload, ''].join('.')), 'malformed');
  });

  test.each(algorithms.filter((alg) => alg.startsWith('HS')))('%s keyed with our public key is refused', async (alg) => {
    const renderings = [rsaPem, rsaPem.trim(), rsa.publicKey.export({ type: 'spki', format: 'der' })];
    for (const key of renderings) await expectRefusal(verifierWith()(forge({ alg, key })), 'wrong_algorithm');
  });

  test('HS256 keyed with a public key is refused also where HS256 is listed, for another key', async () => {
    const verify = verifierWith({ algorithms: ['RS256', 'HS256'], key: undefined, keys: { rsa: rsaPem, shared: secret } });
    await expect(verify(forge({ alg: 'HS256', key: secret, header: { kid: 'shared' } }))).resolves.toEqual(goodClaims);
    await expectRefusal(verify(forge({ alg: 'HS256', key: rsaPem, header: { kid: 'rsa' } })), 'wrong_algorithm');
  });

  test.each(algorithms)('that is not listed is refused: only %s is, and the key would fit others', async (listed) => {
    const { good, signer } = keysByAlgorithm[listed];
    const verify = verifierWith({ algorithms: [listed], key: good });
    const sameKind = algorithms.filter((alg) => alg !== listed && keysByAlgorithm[alg].signer === signer);
    for (const alg of sameKind) await expectRefusal(verify(forge({ alg, key: signer })), 'wrong_algorithm');
    await expectRefusal(verify(forge({ alg: listed, key: signer, header: { alg: listed.toLowerCase() } })), 'wrong_algorithm');
  });

  test('that the JWK of the key does not name is refused, though it is listed for another key', async () => {
    const jwk = rsa.publicKey.export({ format: 'jwk' });
    const other = otherRsa.publicKey.export({ format: 'jwk' });
    const keys = { first: { ...jwk, alg: 'RS256' }, second: { ...other, alg: 'RS512' } };
    const verify = verifierWith({ algorithms: ['RS256', 'RS512'], key: undefined, keys });
    await expect(verify(forge({ alg: 'RS256', header: { kid: 'first' } }))).resolves.toEqual(goodClaims);
    await expectRefusal(verify(forge({ alg: 'RS512', header: { kid: 'first' } })), 'wrong_algorithm');
  });

  test('that needs a longer secret is refused, though it is listed for a longer one', async () => {
    const short = randomBytes(32);
    const verify = verifierWith({ algorithms: ['HS256', 'HS512'], key: undefined, keys: { short, long: secret } });
    await expect(verify(forge({ alg: 'HS256', key: short, header: { kid: 'short' } }))).resolves.toEqual(goodClaims);
    await expectRefusal(verify(forge({ alg: 'HS512', key: short, header: { kid: 'short' } })), 'wrong_algorithm');
  });
});

describe('F74 critical header parameters', () => {
  test.each([
    ['one that nobody knows', ['urn:example:unknown']],
    ['one that others know', ['b64']],
    ['one that names a registered parameter', ['alg']],
    ['an empty list', []],
    ['null', null],
    ['no list', 'exp'],
  ])('are refused: %s', async (_, crit) => {
    await expectRefusal(verifierWith()(forge({ header: { crit, b64: true } })), 'unsupported_critical_header');
  });
});

describe('F75 keys by kid', () => {
  const keys = { 'key-1': rsa.publicKey, 'key-2': otherRsa.publicKey };
  const verify = verifierWith({ key: undefined, keys });

  test('each verifies what is signed with it', async () => {
    await expect(verify(forge({ header: { kid: 'key-1' } }))).resolves.toEqual(goodClaims);
    await expect(verify(forge({ key: otherRsa.privateKey, header: { kid: 'key-2' } }))).resolves.toEqual(goodClaims);
  });

  test('none verifies what is signed with another', async () => {
    await expectRefusal(verify(forge({ header: { kid: 'key-2' } })), 'bad_signature');
  });

  test.each([
    'key-3', 'KEY-1', 'key-1 ', '', '0', '__proto__', 'constructor', 'hasOwnProperty', 'toString', 'prototype', '../key-1',
  ])('the unknown kid %j is refused', async (kid) => {
    await expectRefusal(verify(forge({ header: { kid } })), 'unknown_key');
  });

  test.each([[null], [1], [true], [['key-1']], [{ toString: 'key-1' }]])('a kid that is no string is refused: %j', async (kid) => {
    await expectRefusal(verify(forge({ header: { kid } })), 'unknown_key');
    await expectRefusal(verifierWith({ key: undefined, keys: { 'key-1': rsa.publicKey } })(forge({ header: { kid } })), 'unknown_key');
  });

  test('a missing kid is refused where there are several keys, and taken for the only one where there is one', async () => {
    await expectRefusal(verify(forge()), 'unknown_key');
    await expect(verifierWith({ key: undefined, keys: { 'key-1': rsa.publicKey } })(forge())).resolves.toEqual(goodClaims);
  });

  test('an unknown kid is refused also where there is one key', async () => {
    const only = verifierWith({ key: undefined, keys: { 'key-1': rsa.publicKey } });
    await expectRefusal(only(forge({ header: { kid: 'key-2' } })), 'unknown_key');
  });

  test('a key may be called __proto__ or constructor', async () => {
    const odd = JSON.parse('{"__proto__":0,"constructor":0}') as Record<string, KeyObject>;
    for (const kid of Object.keys(odd)) Object.defineProperty(odd, kid, { value: rsa.publicKey, enumerable: true });
    await expect(verifierWith({ key: undefined, keys: odd })(forge({ header: { kid: '__proto__' } }))).resolves.toEqual(goodClaims);
  });

  test('changing the object afterwards changes nothing', async () => {
    const mutable: Record<string, KeyObject> = { 'key-1': rsa.publicKey };
    const fixed = verifierWith({ key: undefined, keys: mutable });
    mutable['key-2'] = otherRsa.publicKey;
    await expectRefusal(fixed(forge({ key: otherRsa.privateKey, header: { kid: 'key-2' } })), 'unknown_key');
  });

  test.each(['jwk', 'jku', 'x5u', 'x5c'])('a key that the token brings along in %s is ignored', async (name) => {
    const brought = { jwk: otherRsa.publicKey.export({ format: 'jwk' }), jku: 'https://evil.test/jwks', x5u: 'https://evil.test/x5u', x5c: ['MII'] };
    const header = { [name]: brought[name as keyof typeof brought] };
    await expectRefusal(verifierWith()(forge({ key: otherRsa.privateKey, header })), 'bad_signature');
    await expect(verifierWith()(forge({ header }))).resolves.toEqual(goodClaims);
  });
});

describe('F75 the issuer', () => {
  test.each([
    ['another', 'https://evil.test'],
    ['ours with a slash', `${ISSUER}/`],
    ['ours with more behind it', `${ISSUER}.evil.test`],
    ['ours in another case', ISSUER.toUpperCase()],
    ['empty', ''],
    ['missing', undefined],
    ['null', null],
    ['ours in an array', [ISSUER]],
  ])('is refused when it is %s', async (_, iss) => {
    await expectRefusal(verifierWith()(forge({ claims: { iss } })), 'wrong_issuer');
    await expectRefusal(verifierWith({ issuer: [ISSUER, 'https://old.test'] })(forge({ claims: { iss } })), 'wrong_issuer');
  });

  test('may be one of several', async () => {
    const verify = verifierWith({ issuer: ['https://old.test', ISSUER] });
    await expect(verify(forge())).resolves.toEqual(goodClaims);
    await expect(verify(forge({ claims: { iss: 'https://old.test' } }))).resolves.toMatchObject({ iss: 'https://old.test' });
  });

  test('may be any only with allowAnyIssuer', async () => {
    const verify = verifierWith({ issuer: undefined, allowAnyIssuer: true });
    await expect(verify(forge({ claims: { iss: undefined } }))).resolves.toMatchObject({ sub: 'alice' });
    await expectRefusal(verify(forge({ claims: { aud: 'billing-api' } })), 'wrong_audience');
  });
});

describe('F76 the audience', () => {
  test.each([
    ['another', 'billing-api'],
    ['ours with more behind it', `${AUDIENCE}-internal`],
    ['empty', ''],
    ['missing', undefined],
    ['null', null],
    ['an empty list', []],
    ['a list without us', ['billing-api', 'orders']],
    ['a list in a list', [[AUDIENCE]]],
    ['an object that names us', { [AUDIENCE]: true }],
    ['several in one string', `${AUDIENCE} billing-api`],
  ])('is refused when it is %s', async (_, aud) => {
    await expectRefusal(verifierWith()(forge({ claims: { aud } })), 'wrong_audience');
  });

  test('may be one of several that are ours', async () => {
    const verify = verifierWith({ audience: ['billing-api', AUDIENCE] });
    await expect(verify(forge())).resolves.toEqual(goodClaims);
    await expectRefusal(verify(forge({ claims: { aud: 'stock-api' } })), 'wrong_audience');
  });

  test('may be any only with allowAnyAudience', async () => {
    const verify = verifierWith({ audience: undefined, allowAnyAudience: true });
    await expect(verify(forge({ claims: { aud: undefined } }))).resolves.toMatchObject({ sub: 'alice' });
    await expectRefusal(verify(forge({ claims: { iss: 'https://evil.test' } })), 'wrong_issuer');
  });
});

describe('F77 times', () => {
  const at = (ms: number) => jest.spyOn(Date, 'now').mockReturnValue(ms);

  test('a token is refused from exp plus the tolerance on, to the millisecond', async () => {
    const token = forge({ claims: { exp: NOW } });
    at(NOW * 1000 + TOLERANCE_MS - 1);
    await expect(verifierWith()(token)).resolves.toMatchObject({ exp: NOW });
    at(NOW * 1000 + TOLERANCE_MS);
    await expectRefusal(verifierWith()(token), 'expired');
  });

  test('a token is accepted from nbf less the tolerance on, to the millisecond', async () => {
    const token = forge({ claims: { nbf: NOW } });
    at(NOW * 1000 - TOLERANCE_MS);
    await expect(verifierWith()(token)).resolves.toMatchObject({ nbf: NOW });
    at(NOW * 1000 - TOLERANCE_MS - 1);
    await expectRefusal(verifierWith()(token), 'not_yet_valid');
  });

  test.each([0, 1, 1500, 300_000])('the tolerance may be %d ms', async (clockToleranceMs) => {
    const verify = verifierWith({ clockToleranceMs });
    at(NOW * 1000 + clockToleranceMs - 1);
    await expect(verify(forge({ claims: { exp: NOW } }))).resolves.toMatchObject({ exp: NOW });
    at(NOW * 1000 + clockToleranceMs);
    await expectRefusal(verify(forge({ claims: { exp: NOW } })), 'expired');
  });

  test('an expired token of another key is not told that it has expired', async () => {
    await expectRefusal(verifierWith()(forge({ key: otherRsa.privateKey, claims: { exp: NOW - 3600 } })), 'bad_signature');
  });

  const absurd = ['"1900000000"', '"soon"', '""', 'null', 'true', '[1900000000]', '{}', '1e999', '-1', '-1e999', '9007199254740993', '1900000000000'];
  const cases = ['exp', 'nbf', 'iat'].flatMap((name) => absurd.map((value) => [name, value] as const));
  test.each(cases)('%s is refused as %s', async (name, value) => {
    const others = JSON.stringify({ ...goodClaims, [name]: undefined }).slice(1);
    await expectRefusal(verifierWith()(forge({ payload: `{"${name}":${value},${others}` })), 'malformed');
  });
});

describe('the payload', () => {
  const payloads = ['', ' ', 'null', 'true', '0', '1', '""', '"alice"', '[]', `[${JSON.stringify(goodClaims)}]`, '{', 'alice', '{"sub":alice}', `\ufeff${JSON.stringify(goodClaims)}`];

  test.each(payloads)('is refused as %j, with any typ and any leniency', async (payload) => {
    const lenient = { issuer: undefined, audience: undefined, allowAnyIssuer: true, allowAnyAudience: true };
    for (const typ of ['JWT', 'at+jwt', undefined]) {
      const token = forge({ payload, header: { typ } });
      await expectRefusal(verifierWith()(token), 'malformed');
      await expectRefusal(verifierWith(lenient)(token), 'malformed');
    }
  });

  test('is refused where it is not UTF-8: lossy decoding would make one of two ids', async () => {
    const [start, end] = JSON.stringify({ ...goodClaims, jti: '|' }).split('|');
    const payload = Buffer.concat([Buffer.from(start!), Buffer.from([0xff]), Buffer.from(end!)]);
    await expectRefusal(verifierWith()(forge({ payload })), 'malformed');
  });

  test('cannot smuggle in a prototype', async () => {
    const claims = await verifierWith()(forge({ payload: JSON.stringify(goodClaims).replace('{', '{"__proto__":{"admin":true},') }));
    expect(claims['admin']).toBeUndefined();
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  test('cannot smuggle in what is required by way of a prototype', async () => {
    const payload = JSON.stringify({ ...goodClaims, iss: undefined }).replace('{', `{"__proto__":{"iss":"${ISSUER}"},`);
    await expectRefusal(verifierWith()(forge({ payload })), 'wrong_issuer');
  });
});

describe('F79 the length of a token', () => {
  const token = forge();

  test('may be maxTokenLength and not one more', async () => {
    await expect(verifierWith({ maxTokenLength: token.length })(token)).resolves.toEqual(goodClaims);
    await expectRefusal(verifierWith({ maxTokenLength: token.length - 1 })(token), 'too_long');
  });

  test('is at most 8,192 characters by default', async () => {
    const long = forge({ claims: { filler: 'x'.repeat(8192) } });
    await expectRefusal(verifierWith()(long), 'too_long');
    await expect(verifierWith({ maxTokenLength: 65_536 })(long)).resolves.toMatchObject({ sub: 'alice' });
  });

  test('counts before anything else is looked at', async () => {
    await expectRefusal(verifierWith()('a.b.'.repeat(3000)), 'too_long');
    await expectRefusal(verifierWith()('\ud800'.repeat(1_000_000)), 'too_long');
  });
});

describe('whatever it is given', () => {
  test.each([[undefined], [null], [0], [{}], [[]], [Symbol('token')], [Buffer.from(forge())], [() => forge()]])(
    '%p, which is no string, is refused by a rejection and not by a throw',
    async (value: unknown) => {
      await expectRefusal(verifierWith()(value as string), 'malformed');
    },
  );

  test('text is refused with InvalidTokenError and nothing else', async () => {
    const verify = verifierWith();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (text) => {
        await expectRefusal(verify(text), 'malformed');
      }),
    );
  });

  test('properly signed tokens of any JSON give claims or InvalidTokenError and nothing else', async () => {
    const verify = verifierWith({ algorithms: ['HS256'], key: secret });
    const value = fc.oneof(fc.jsonValue(), fc.double(), fc.constant(AUDIENCE), fc.constant(ISSUER));
    const claims = fc.record({ iss: value, aud: value, exp: value, nbf: value, iat: value, jti: value }, { requiredKeys: [] });
    const header = fc.record({ typ: value, kid: value, crit: value, alg: value }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(fc.oneof(claims, fc.jsonValue()), header, async (content, members) => {
        const token = forge({ alg: 'HS256', key: secret, header: members, payload: JSON.stringify(content) });
        const outcome: unknown = await verify(token).catch((error: unknown) => error);
        if (!(outcome instanceof InvalidTokenError)) expect(outcome).toMatchObject({ iss: ISSUER });
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['claims', forge({ key: otherRsa.privateKey, claims: { jti: 'marker' } })],
    ['a broken payload', forge({ payload: '{"marker' })],
    ['an odd issuer', forge({ claims: { iss: 'marker' } })],
    ['an odd audience', forge({ claims: { aud: 'marker' } })],
    ['an odd time', forge({ claims: { exp: 'marker' } })],
    ['an odd algorithm', forge({ header: { alg: 'marker' } })],
    ['an unknown kid', forge({ header: { kid: 'marker' } })],
  ])('the error holds nothing of the token: %s', async (_, token) => {
    const error = await refusalOf(verifierWith({ key: undefined, keys: { known: rsa.publicKey } })(token));
    expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(/marker|eyJ/);
    expect(error.cause).toBeUndefined();
    expect(error).toMatchObject({ code: 'invalid_token', status: 401 });
  });
});
