import { createHmac, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { createLiveTokens, jwtVerifier, memoryStore, type LiveTokensOptions } from 'livetoken';
import { ask, guardedApi, outcome } from '../support/guarded-api.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();

const verify = jwtVerifier({
  keys: { one: rsa.publicKey, two: ec.publicKey },
  algorithms: ['RS256', 'ES256'],
  issuer: 'https://issuer.test',
  audience: ['https://api.test', 'https://orders.test'],
});

interface Forgery {
  readonly header?: object;
  readonly claims?: object;
  readonly key?: KeyObject;
  /** The header says what it wants; this is how the token is really signed. */
  readonly signature?: (input: string) => string;
}

const now = Math.floor(Date.now() / 1000);
const bytes = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function forge({ header, claims, key = rsa.privateKey, signature }: Forgery = {}): string {
  const head = { alg: 'RS256', kid: 'one', typ: 'JWT', ...header };
  const payload = { iss: 'https://issuer.test', aud: 'https://api.test', sub: 'alice', jti: randomUUID(), iat: now, exp: now + 600, ...claims };
  const input = `${bytes(head)}.${bytes(payload)}`;
  const dsaEncoding = 'ieee-p1363';
  return `${input}.${signature === undefined ? sign('sha256', Buffer.from(input), { key, dsaEncoding }).toString('base64url') : signature(input)}`;
}

async function answer(token: string, options: Partial<LiveTokensOptions> = {}): Promise<string> {
  const live = createLiveTokens({ store: memoryStore(), verify, maxLifetime: 3600, ...options });
  return outcome(ask(guardedApi(live, { exposeReason: true }), token));
}

const hmacWithPublicKey = (input: string): string => createHmac('sha256', publicPem).update(input).digest('base64url');

describe('a token whose algorithm', () => {
  it.each([
    ['RS256', {}],
    ['ES256', { header: { alg: 'ES256', kid: 'two' }, key: ec.privateKey }],
  ])('F74 is listed and fits its key is accepted: %s', async (_, forgery) => {
    expect(await answer(forge(forgery))).toBe('200');
  });

  it.each<[string, Forgery, string]>([
    ['none, without a signature', { header: { alg: 'none' }, signature: () => '' }, '401 malformed'],
    ['none, with a signature', { header: { alg: 'none' } }, '401 wrong_algorithm'],
    ['nOnE', { header: { alg: 'nOnE' } }, '401 wrong_algorithm'],
    ['HS256, keyed with our public key', { header: { alg: 'HS256' }, signature: hmacWithPublicKey }, '401 wrong_algorithm'],
    ['another than the key is for', { header: { alg: 'ES256', kid: 'one' }, key: ec.privateKey }, '401 wrong_algorithm'],
    ['RS256 with the kid of the other key', { header: { kid: 'two' } }, '401 wrong_algorithm'],
    ['not listed', { header: { alg: 'RS512' } }, '401 wrong_algorithm'],
    ['missing', { header: { alg: undefined } }, '401 malformed'],
    ['a list', { header: { alg: ['RS256'] } }, '401 malformed'],
  ])('F74 is %s is refused', async (_, forgery, expected) => {
    expect(await answer(forge(forgery))).toBe(expected);
  });

  it.each([[['exp']], [['b64']], [[]], ['x'], [null]])('F74 comes with crit %j is refused, since no extension is understood', async crit => {
    expect(await answer(forge({ header: { crit, b64: true } }))).toBe('401 unsupported_critical_header');
  });

  it('F74 is right and whose signature is another token\'s is refused', async () => {
    const [header, payload] = forge({ claims: { sub: 'mallory' } }).split('.') as [string, string, string];
    const [, , signature] = forge().split('.') as [string, string, string];

    expect(await answer(`${header}.${payload}.${signature}`)).toBe('401 bad_signature');
  });
});

describe('a token that names its own key', () => {
  const jwk = { ...other.publicKey.export({ format: 'jwk' }), kid: 'one' };
  const url = 'http://127.0.0.1:1/keys';
  const pointers = { jwk: { jwk }, jku: { jku: url }, x5u: { x5u: url }, x5c: { x5c: ['MII='] }, all: { jwk, jku: url, x5u: url, x5c: ['MII='] } };

  it.each(Object.entries(pointers))('F75 in %s is checked against ours all the same', async (_, header) => {
    expect(await answer(forge({ header, key: other.privateKey }))).toBe('401 bad_signature');
    expect(await answer(forge({ header }))).toBe('200');
  });

  it.each([['three'], ['__proto__'], [''], [null], [1], [['one']], [undefined]])('F75 by a kid that is not ours is refused: %j', async kid => {
    expect(await answer(forge({ header: { kid } }))).toBe('401 unknown_key');
  });
});

describe('a token whose issuer', () => {
  const others = ['https://issuer.test/', 'https://ISSUER.test', 'http://issuer.test', 'https://issuer.test.evil', '', null, undefined, 5];
  it.each([...others, ['https://issuer.test'], { iss: 'https://issuer.test' }].map(iss => [iss]))('F75 is not exactly ours is refused: %j', async iss => {
    expect(await answer(forge({ claims: { iss } }))).toBe('401 wrong_issuer');
  });
});

describe('a token whose audience', () => {
  it.each(['https://orders.test', ['x', 'https://api.test'], ['https://api.test', 'https://orders.test']].map(aud => [aud]))('F76 contains us is accepted: %j', async aud => {
    expect(await answer(forge({ claims: { aud } }))).toBe('200');
  });

  it.each(['https://other.test', 'https://api.test/', 'https://API.test', [], ['x'], '', null, undefined, {}, [['https://api.test']]].map(aud => [aud]))(
    'F76 does not contain us is refused: %j',
    async aud => {
      expect(await answer(forge({ claims: { aud } }))).toBe('401 wrong_audience');
    },
  );
});

describe('what is no three-part JWS of legal characters', () => {
  const [header, payload, signature] = forge().split('.') as [string, string, string];
  const illegal = [
    ...['.', '..', '...', 'a', 'a.b', 'a.b.c', 'a.b.c.d.e', `${header}.${payload}`, `${header}.${payload}.`, `.${payload}.${signature}`],
    ...[`${header}..${signature}`, `${header}.${payload}.${signature}.`, `${header}.${payload}.${signature}.x`, `.${header}.${payload}.${signature}`],
    ...[`${header}.${payload}.${signature}=`, `${header}.${payload}+.${signature}`, `${header}.${payload}/.${signature}`, `${header}~.${payload}.${signature}`],
    ...[`${bytes([])}.${payload}.${signature}`, `${bytes(null)}.${payload}.${signature}`, `${Buffer.from('{').toString('base64url')}.${payload}.${signature}`],
  ];
  it.each(illegal.map((token, index) => [index, token]))('F79 is refused: %i', async (_, token) => {
    expect(await answer(token)).toBe('401 malformed');
  });

  it.each([[[]], [['jti']], ['text'], [1], [null], [true]])('F79 is refused where its payload is not an object: %j', async claims => {
    const input = `${bytes({ alg: 'RS256', kid: 'one' })}.${bytes(claims)}`;

    expect(await answer(`${input}.${sign('sha256', Buffer.from(input), rsa.privateKey).toString('base64url')}`)).toBe('401 malformed');
  });

  it.each([[[]], ['text'], [null], [undefined], [new Date()], [new Map()]])('F79 is refused where a verifier answers something else than claims: %p', async claims => {
    expect(await answer(forge(), { verify: async () => claims as never })).toBe('401 malformed');
  });
});

describe('a long token', () => {
  /** No part of a JWS has every length, so the header helps out. */
  const ofLength = (length: number): string => {
    for (let padding = 0; ; padding++) {
      const header = { x: 'x'.repeat(padding) };
      const missing = length - forge({ header, claims: { x: '' } }).length;
      const token = forge({ header, claims: { x: 'x'.repeat(Math.floor((missing * 3) / 4)) } });
      if (token.length === length) return token;
    }
  };

  it('F79 is accepted up to 8,192 characters by default, and one character more is refused before anything is parsed', async () => {
    const seen = jest.fn(verify);
    const [longest, longer] = [ofLength(8192), ofLength(8193)];

    expect([longest.length, longer.length]).toEqual([8192, 8193]);
    expect(await answer(longest, { verify: seen })).toBe('200');
    expect(await answer(longer, { verify: seen })).toBe('401 too_long');
    expect(await answer('.'.repeat(8193), { verify: seen })).toBe('401 too_long');
    expect(seen).toHaveBeenCalledTimes(1);
  });

  it('F79 is measured by maxTokenLength where that is less', async () => {
    const token = forge();

    expect(await answer(token, { maxTokenLength: token.length })).toBe('200');
    expect(await answer(token, { maxTokenLength: token.length - 1 })).toBe('401 too_long');
  });
});

describe('whatever a verify function of one\'s own throws', () => {
  it.each([new Error('no'), new TypeError('jwt malformed'), 'no', undefined, null, { status: 401 }, { status: 503 }])('F70 is answered 401: %p', async thrown => {
    const rejecting = async () => {
      throw thrown as Error;
    };
    const throwing = () => {
      throw thrown as Error;
    };

    expect(await answer(forge(), { verify: rejecting })).toBe('401 not_verified');
    expect(await answer(forge(), { verify: throwing })).toBe('401 not_verified');
  });

  it('F81 is answered 503 where it is an error of status 503: its keys are out of reach', async () => {
    const unavailable = Object.assign(new Error('keys out of reach'), { status: 503 });

    expect(await answer(forge(), { verify: () => Promise.reject(unavailable) })).toBe('503 temporarily_unavailable');
  });
});
