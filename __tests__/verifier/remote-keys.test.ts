import { createHmac } from 'node:crypto';
import { createLiveTokens, jwtVerifier, memoryStore, type JwtVerifierOptions, type VerifyToken } from 'livetoken';
import { rejection } from '../stores/support/settling.js';
import { until } from '../stores/support/until.js';
import { IssuerSite, rsaKey, sign } from './support/issuer-site.js';

const [first, second] = [rsaKey('first'), rsaKey('second')];

let site: IssuerSite;
beforeEach(async () => { site = await IssuerSite.of(first.jwk); });
afterEach(() => site.close());

function verifier(jwks: JwtVerifierOptions['jwks'] = {}, options: Partial<JwtVerifierOptions> = {}): VerifyToken {
  return jwtVerifier({ jwksUri: site.url, algorithms: ['RS256'], allowAnyIssuer: true, allowAnyAudience: true, jwks, ...options });
}

/** `ok`, or why not. */
async function outcome(verify: VerifyToken, token: string): Promise<string> {
  return answered(verify(token));
}

async function answered(asked: Promise<unknown>): Promise<string> {
  try {
    await asked;
    return 'ok';
  } catch (error) {
    const { code = 'bug', reason = code } = error as { code?: string; reason?: string };
    return reason;
  }}

describe('keys that the issuer publishes', () => {
  it('F75 verify tokens by kid, and are fetched once for all who wait for them', async () => {
    const verify = verifier();
    const release = site.hold();
    const asked = Array.from({ length: 20 }, () => outcome(verify, sign(first)));
    release();
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['ok']));
    expect(site.fetches).toBe(1);
  });

  it('F75 are fetched when a token needs them, and not before', () => {
    verifier();
    expect(site.fetches).toBe(0);
  });

  it('F75 are fetched again, once, for a kid that is new: the issuer has rotated without a restart here', async () => {
    const verify = verifier({ cooldownMs: 1 });
    expect(await outcome(verify, sign(first))).toBe('ok');
    site.publish(first.jwk, second.jwk);
    const asked = await Promise.all(Array.from({ length: 20 }, () => outcome(verify, sign(second))));
    expect(new Set(asked)).toEqual(new Set(['ok']));
    expect(site.fetches).toBe(2);
    expect(await outcome(verify, sign(first))).toBe('ok');
  });

  it('F75 a kid that nobody knows is refused, and costs the issuer one fetch for each cooldown, however many send it', async () => {
    const verify = verifier({ cooldownMs: 60_000 });
    await verify(sign(first));
    for (let i = 0; i < 50; i++) expect(await outcome(verify, sign({ ...second, kid: `made-up-${i}` }))).toBe('unknown_key');
    expect(site.fetches).toBe(1);
  });

  it('F75 a kid that is known never makes anybody fetch, whatever else is wrong with the token', async () => {
    const verify = verifier({ cooldownMs: 1 });
    await verify(sign(first));
    const forged = sign({ ...second, kid: 'first' });
    expect(await outcome(verify, forged)).toBe('bad_signature');
    expect(site.fetches).toBe(1);
  });

  it('F74 an algorithm that is not listed is refused without asking the issuer', async () => {
    const verify = verifier();
    const input = ['{"alg":"HS256","kid":"first"}', '{"sub":"alice"}'].map(part => Buffer.from(part).toString('base64url')).join('.');
    const signature = createHmac('sha256', JSON.stringify(first.jwk)).update(input).digest('base64url');
    expect(await outcome(verify, `${input}.${signature}`)).toBe('wrong_algorithm');
    expect(site.fetches).toBe(0);
  });

  it('F75 of which one was withdrawn refuse its tokens once they have been renewed, also those that are remembered', async () => {
    const verify = verifier({ refreshMs: 1 });
    const live = createLiveTokens({ store: memoryStore(), verify, maxLifetime: 3600 });
    const now = Math.floor(Date.now() / 1000);
    const token = sign(first, { jti: '1', sub: 'alice', iat: now, exp: now + 600 });
    await until(async () => { await live.authenticate(token); return live.recall(token) !== undefined; });
    // To ask for what is remembered is enough: one fetch may have been on its way, a second was not.
    const { fetches } = site;
    await until(() => { live.recall(token); return site.fetches > fetches + 1; });
    site.publish(second.jwk);
    await until(async () => (await answered(live.authenticate(token))) === 'unknown_key');
    expect(live.recall(token)).toBeUndefined();
  });

  it('F75 of which one was withdrawn refuse its tokens once they have been renewed, where nothing but the verifier is asked', async () => {
    const verify = verifier({ refreshMs: 1 });
    expect(await outcome(verify, sign(first))).toBe('ok');
    site.publish(second.jwk);
    await until(async () => (await outcome(verify, sign(first))) === 'unknown_key');
  });

  it('F75 are the same version when they were fetched again and are the same: what is remembered stays so', async () => {
    const verify = verifier({ refreshMs: 1 });
    await verify(sign(first));
    const version = verify.keysVersion;
    await until(() => verify.keysVersion !== undefined && site.fetches > 3);
    expect(verify.keysVersion).toBe(version);
  });

  it('F75 go on working while the issuer is away, and what is not known is then a 503', async () => {
    const verify = verifier({ refreshMs: 1, cooldownMs: 1, retryMs: 1 });
    await verify(sign(first));
    await site.close();
    for (let i = 0; i < 5; i++) expect(await outcome(verify, sign(first))).toBe('ok');
    expect(await outcome(verify, sign(second))).toBe('store_unavailable');
    site.publish(first.jwk, second.jwk);
    await site.open();
    await until(async () => (await outcome(verify, sign(second))) === 'ok');
  });

  it('F75 that cannot be had at the start are a 503 until the issuer is there, and are not asked for at every request', async () => {
    const away = { status: 500, body: 'oops' };
    site.answer = away;
    const verify = verifier({ retryMs: 60_000 });
    for (let i = 0; i < 20; i++) expect(await outcome(verify, sign(first))).toBe('store_unavailable');
    expect(site.fetches).toBe(1);

    const patient = verifier({ retryMs: 1 });
    expect(await outcome(patient, sign(first))).toBe('store_unavailable');
    site.publish(first.jwk);
    await until(async () => (await outcome(patient, sign(first))) === 'ok');
  });

  it.each([
    ['an error', 500, '{}'],
    ['a redirection', 302, '{}'],
    ['no JSON', 200, '<html>'],
    ['no key set', 200, '{"keys":"none"}'],
    ['an array', 200, '[]'],
  ])('F75 of a site that answers %s are a 503, and the message quotes nothing of it', async (_, status, body) => {
    site.answer = { status, body };
    const error = await rejection(verifier()(sign(first)));
    expect(error).toMatchObject({ code: 'store_unavailable', status: 503, message: `The keys that tokens are verified with cannot be had from ${new URL(site.url).origin}.` });
    expect(error.cause).toBeUndefined();
  });

  describe('beside one that is nested deeper than can be copied', () => {
    // Reading, copying and writing such a thing give up at different depths, which nobody promises.
    const DEPTHS = Array.from({ length: 16 }, (_, index) => (index + 1) * 250);
    const nested = (depth: number) => ({ status: 200, body: `{"keys":[${JSON.stringify(first.jwk)},{"kty":"RSA","x":${'['.repeat(depth)}${']'.repeat(depth)}}]}` });
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => { unhandled.push(error); };

    beforeEach(() => {
      unhandled.length = 0;
      process.on('unhandledRejection', note);
    });
    afterEach(() => { process.off('unhandledRejection', note); });

    it('F75 are had, or are a 503', async () => {
      const outcomes = new Set<string>();
      for (const depth of [...DEPTHS, 100_000]) {
        site.answer = nested(depth);
        outcomes.add(await outcome(verifier(), sign(first)));
      }
      expect(outcomes).toEqual(new Set(['ok', 'store_unavailable']));
    });

    it('F75 go on working, and the process with them', async () => {
      const verify = verifier({ refreshMs: 1, retryMs: 1 });
      await verify(sign(first));
      for (const depth of DEPTHS) {
        site.answer = nested(depth);
        const { fetches } = site;
        // One may have been on its way; the next has come to its end when another has begun.
        await until(() => verify.keysVersion !== undefined && site.fetches > fetches + 2);
        expect(await outcome(verify, sign(first))).toBe('ok');
      }
      expect(unhandled).toStrictEqual([]);
    });
  });

  it('F75 may stand beside others that are of no use here: secrets, keys to encrypt with, short ones, nonsense', async () => {
    const short = rsaKey('short', 1024);
    const secret = { kty: 'oct', k: Buffer.from('x'.repeat(32)).toString('base64url'), kid: 'secret', alg: 'RS256' };
    site.publish(secret, { ...second.jwk, kid: 'enc', use: 'enc' }, short.jwk, { ...second.jwk, kid: 'other', alg: 'PS256' }, { kty: 'XY', kid: 'odd' }, first.jwk);
    const verify = verifier();
    expect(await outcome(verify, sign(first))).toBe('ok');
    for (const key of [{ ...second, kid: 'enc' }, { ...second, kid: 'other' }, { ...second, kid: 'secret' }]) {
      expect(await outcome(verify, sign(key))).toBe('unknown_key');
    }
  });

  it('F75 of one name, or several for a token without a name, leave nobody to say which is meant', async () => {
    site.publish(first.jwk, { ...second.jwk, kid: 'first' });
    expect(await outcome(verifier(), sign(first))).toBe('unknown_key');
    site.publish(first.jwk, second.jwk);
    const nameless = { privateKey: first.privateKey };
    expect(await outcome(verifier(), sign(nameless))).toBe('unknown_key');
    site.publish(first.jwk);
    expect(await outcome(verifier(), sign(nameless))).toBe('ok');
  });
});

describe('keys of several algorithms that the issuer publishes', () => {
  it.each([['one name', 'first'], ['no name', undefined]])('F74 F75 are told apart by the algorithm of a token where they have %s', async (_, kid) => {
    site.publish({ ...first.jwk, kid, alg: 'RS256' }, { ...second.jwk, kid, alg: 'PS256' });
    const verify = verifier({}, { algorithms: ['RS256', 'PS256'] });
    const named = (privateKey: typeof first.privateKey) => ({ privateKey, ...(kid !== undefined && { kid }) });

    expect(await outcome(verify, sign(named(first.privateKey)))).toBe('ok');
    expect(await outcome(verify, sign(named(second.privateKey)))).toBe('bad_signature');
  });
});

describe('jwtVerifier refuses, where keys are to be fetched,', () => {
  const options = { jwksUri: 'https://issuer.test/jwks', algorithms: ['RS256'], allowAnyIssuer: true, allowAnyAudience: true } as const;

  it.each<[string, object, RegExp]>([
    ['an address without TLS', { jwksUri: 'http://issuer.test/jwks' }, /"jwksUri" is not https/],
    ['what is no address', { jwksUri: 'issuer' }, /"jwksUri" is a string that is no web address/],
    ['another protocol', { jwksUri: 'file:///etc/passwd' }, /no web address/],
    ['what is no text', { jwksUri: 5 }, /no web address/],
    ['a key besides', { key: 'x'.repeat(32) }, /exactly one of the options "key", "keys" and "jwksUri"/],
    ['a shared secret', { algorithms: ['HS256'] }, /HS256 takes a shared secret/],
    ['a bad duration', { jwks: { timeoutMs: 0 } }, /jwks\.timeoutMs is 0; give a whole number of milliseconds from 1 to 60000/],
    ['an unknown one of its options', { jwks: { timeout: 1 } }, /jwks has no option timeout/],
    ['fetching without an address', { jwksUri: undefined, key: rsaKey('k').jwk, jwks: {} }, /"jwks" says how "jwksUri" is fetched/],
  ])('F75 %s', (_, bad, message) => {
    expect(() => jwtVerifier({ ...options, ...bad })).toThrow(TypeError);
    expect(() => jwtVerifier({ ...options, ...bad })).toThrow(message);
  });

  it('F75 nothing that is safe: https, http on this machine, or what is asked for by name', () => {
    for (const jwksUri of ['https://issuer.test/jwks', new URL('https://issuer.test/jwks'), 'http://localhost:1/jwks', 'http://127.0.0.1/jwks', 'http://[::1]/jwks']) {
      expect(() => jwtVerifier({ ...options, jwksUri })).not.toThrow();
    }
    expect(() => jwtVerifier({ ...options, jwksUri: 'http://issuer.test/jwks', allowInsecureJwksUri: true })).not.toThrow();
  });
});
