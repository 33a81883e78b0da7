import { createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createLiveTokens, jwtVerifier, memoryStore, type LiveTokens, type LiveTokensOptions, type VerifyToken } from 'livetoken';
import { ask, guardedApi, outcome } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';
import { IssuerSite, rsaKey, sign } from '../verifier/support/issuer-site.js';

/**
 * What other packages were found to do wrong, tried at the guard over HTTP. The same ground is covered piece by piece elsewhere:
 * forms and algorithms in verifier/jwt-verifier and guard/verification, keys in verifier/remote-keys, what is remembered in
 * remembered/.
 */

const nowS = Math.floor(Date.now() / 1000);
const base64 = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

let opened: LiveTokens[] = [];
afterEach(async () => {
  for (const live of opened.splice(0)) await live.close();
});

function open(verify: VerifyToken, options: Partial<LiveTokensOptions> = {}): LiveTokens {
  const live = createLiveTokens({ store: memoryStore(), verify, maxLifetime: 3600, ...options });
  opened = [...opened, live];
  return live;
}

/** What the guard says to a token, with its reason. */
function at(live: LiveTokens, token: string): Promise<string> {
  return outcome(ask(guardedApi(live, { exposeReason: true }), token));
}

/** Everything of everybody is revoked: whatever is let in now escaped that. */
async function everythingRevoked(live: LiveTokens): Promise<void> {
  await live.revoke({ kind: 'all' });
}

describe('CVE-2026-107723: a payload that is no plain object, or lacks what it would be revoked by, escapes the check', () => {
  const key = 'a-secret-of-more-than-thirty-two-bytes';
  const verify = jwtVerifier({ key, algorithms: ['HS256'], allowAnyIssuer: true, allowAnyAudience: true });
  const signed = (payload: string): string => {
    const input = `${base64({ alg: 'HS256', typ: 'JWT' })}.${base64(payload)}`;
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
  };
  const complete = { jti: 'token-1', sub: 'alice', iat: nowS, exp: nowS + 600 };

  it('F78 a complete one is accepted, and refused once revoked: what is refused below is refused for what it is', async () => {
    const live = open(verify);
    const token = signed(JSON.stringify(complete));
    expect(await at(live, token)).toBe('200');
    await live.revoke(token);
    expect(await at(live, token)).toBe('401 revoked');
  });

  it.each(['[]', `[${JSON.stringify(complete)}]`, 'null', 'true', '0', '"text"', JSON.stringify(JSON.stringify(complete))])(
    'F78 a well-signed payload of %s is refused, before and after everything is revoked',
    async payload => {
      const live = open(verify);
      expect(await at(live, signed(payload))).toBe('401 malformed');
      await everythingRevoked(live);
      expect(await at(live, signed(payload))).toBe('401 malformed');
    },
  );

  it.each<[string, unknown]>([
    ...['jti', 'iat', 'exp'].map(name => [name, undefined] as [string, unknown]),
    ...[1, null, [], ['token-1'], {}, '', true].map(value => ['jti', value] as [string, unknown]),
    ...[null, '0', [nowS], {}, true, -1].flatMap(value => [['iat', value], ['exp', value]] as [string, unknown][]),
    ...[1, ['alice'], {}].map(value => ['sub', value] as [string, unknown]),
  ])('F78 a well-signed %s of %j is refused, and so is what is to carry it in a prototype', async (name, value) => {
    const { [name as keyof typeof complete]: _, ...rest } = complete;
    const plain = JSON.stringify({ ...rest, [name]: value });
    const inherited = `{"__proto__":${JSON.stringify(complete)},${plain.slice(1)}`;
    const live = open(verify);
    for (const payload of [plain, inherited]) expect(await at(live, signed(payload))).toMatch(/^401 (malformed|unrevocable)$/);
  });

  it.each([[[complete]], [null], ['text'], [1], [new Map(Object.entries(complete))], [Object.create(complete)]])(
    'F78 nor does the guard believe a verify function that answers %p',
    async answer => {
      expect(await at(open(async () => answer as never), signed(JSON.stringify(complete)))).toBe('401 malformed');
    },
  );
});

describe('CVE-2026-35039: a cache of verified tokens that takes one token for another', () => {
  const issuer = createIssuer();
  const options = { claims: { organisation: 'org' }, rememberTokens: { maxTokens: 10 } } as const;
  const whoIs = async (live: LiveTokens, token: string): Promise<unknown> => {
    const { status, body } = await ask(guardedApi(live), token);
    return status === 200 ? body.auth.claims.sub : status;
  };

  it('F79 each of many tokens is answered with its own claims, again and again, though most claims are alike', async () => {
    const live = open(issuer.verify, options);
    const users = Array.from({ length: 40 }, (_, i) => `user-${i}`);
    const tokens = users.map(sub => issuer.token({ sub, jti: 'the-same', sid: 'the-same' }));
    for (let round = 1; round <= 2; round += 1) {
      for (const [i, token] of tokens.entries()) expect(await whoIs(live, token)).toBe(users[i]);
    }
  });

  it("F79 another payload over a remembered token's header and signature is refused, and the remembered one still is who it was", async () => {
    const live = open(issuer.verify, options);
    const token = issuer.token({ sub: 'alice' });
    const [header = '', , signature = ''] = token.split('.');
    const forged = `${header}.${base64(issuer.claims({ sub: 'admin' }))}.${signature}`;
    expect(await whoIs(live, token)).toBe('alice');
    expect(await whoIs(live, forged)).toBe(401);
    expect(await whoIs(live, token)).toBe('alice');
    expect(await whoIs(live, `${base64({ alg: 'none' })}.${token.split('.')[1]!}.${signature}`)).toBe(401);
  });

  it('F80 revoking one of two tokens that a careless key would confuse refuses that one alone', async () => {
    const live = open(issuer.verify, options);
    const [alice, bob] = [issuer.token({ sub: 'alice' }), issuer.token({ sub: 'bob' })];
    expect([await whoIs(live, alice), await whoIs(live, bob)]).toEqual(['alice', 'bob']);
    await live.revoke(bob);
    expect([await whoIs(live, alice), await whoIs(live, bob)]).toEqual(['alice', 401]);
  });
});

describe('CVE-2026-107719: a cache of verified tokens that accepts one after it has expired', () => {
  it('F77 a remembered token is refused from exp plus the tolerance on, and stays refused, whatever is remembered of it', async () => {
    const issuer = createIssuer();
    const clock = { nowMs: nowS * 1000 };
    const live = open(issuer.verify, { now: () => clock.nowMs, clockToleranceMs: 5000, rememberTokens: { maxTokens: 10, maxAgeMs: 86_400_000 } });
    const token = issuer.token({ iat: nowS, exp: nowS + 600 });
    const answers = [];
    for (const second of [0, 599, 604.999, 605, 605, 604.999, 100_000]) {
      clock.nowMs = (nowS + second) * 1000;
      answers.push(await at(live, token));
    }
    expect(answers).toEqual(['200', '200', '200', '401 expired', '401 expired', '200', '401 expired']);
  });

  it('F77 F80 one that was revoked while it was remembered does not come back by expiring and being asked about again', async () => {
    const issuer = createIssuer();
    const live = open(issuer.verify);
    const token = issuer.token();
    expect(await at(live, token)).toBe('200');
    await live.revoke(token);
    expect([await at(live, token), await at(live, token)]).toEqual(['401 revoked', '401 revoked']);
  });
});

describe('The classics, with an issuer whose RSA key is public and a shared secret beside it', () => {
  const [rsa, other] = [generateKeyPairSync('rsa', { modulusLength: 2048 }), generateKeyPairSync('rsa', { modulusLength: 2048 })];
  const verify = jwtVerifier({
    keys: { published: rsa.publicKey, shared: 'a-secret-of-more-than-thirty-two-bytes' },
    algorithms: ['RS256', 'HS256'],
    allowAnyIssuer: true,
    allowAnyAudience: true,
  });
  const claims = { jti: 'token-1', sub: 'alice', iat: nowS, exp: nowS + 600 };
  const token = (header: object, signature: (input: string) => string): string => {
    const input = `${base64(header)}.${base64(claims)}`;
    return `${input}.${signature(input)}`;
  };
  const byRsa = (key = rsa.privateKey) => (input: string): string => signBytes('sha256', Buffer.from(input), key).toString('base64url');
  const byHmac = (key: string | Buffer) => (input: string): string => createHmac('sha256', key).update(input).digest('base64url');
  const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();

  it('F74 what each key signed is accepted', async () => {
    const live = open(verify);
    expect(await at(live, token({ alg: 'RS256', kid: 'published' }, byRsa()))).toBe('200');
    expect(await at(live, token({ alg: 'HS256', kid: 'shared' }, byHmac('a-secret-of-more-than-thirty-two-bytes')))).toBe('200');
  });

  it.each(['none', 'None', 'NONE', 'nOnE', 'none ', '', 'null'])('F74 CVE-2022-23540: alg %j is refused, with and without a signature', async alg => {
    const live = open(verify);
    for (const kid of ['published', 'shared', undefined]) {
      expect(await at(live, token({ alg, kid }, () => ''))).toBe('401 malformed');
      expect(await at(live, token({ alg, kid }, byRsa()))).toBe(kid === undefined ? '401 unknown_key' : '401 wrong_algorithm');
    }
  });

  it.each<[string, string | Buffer]>([
    ['PEM', pem],
    ['PEM without its last line break', pem.trim()],
    ['PEM after a space (CVE-2026-34950)', ` ${pem}`],
    ['PEM after a line break (CVE-2026-34950)', `\n${pem}`],
    ['DER', rsa.publicKey.export({ type: 'spki', format: 'der' })],
    ['PKCS #1 PEM (CVE-2023-48223)', rsa.publicKey.export({ type: 'pkcs1', format: 'pem' })],
    ['JWK', JSON.stringify(rsa.publicKey.export({ format: 'jwk' }))],
  ])('F74 CVE-2015-9235: HS256 keyed with the public key as %s is refused under every kid', async (_, key) => {
    const live = open(verify);
    for (const kid of ['published', 'shared', undefined]) expect(await at(live, token({ alg: 'HS256', kid }, byHmac(key)))).toMatch(/^401 (wrong_algorithm|bad_signature|unknown_key)$/);
  });

  it.each([['../../../dev/null'], ['/dev/null'], ["x' UNION SELECT 'secret' --"], ['published\0'], ['PUBLISHED'], ['__proto__'], ['constructor'], [['published']], [{ toString: 'published' }], [0], [null], ['']])(
    'F75 a kid of %j leads to no key, and an empty secret is not taken for the file or row that it might have named',
    async kid => {
      const live = open(verify);
      for (const secret of ['', 'secret', '\0']) expect(await at(live, token({ alg: 'HS256', kid }, byHmac(secret)))).toBe('401 unknown_key');
    },
  );

  it('F75 CVE-2018-0114: a key that comes with the token, or that the token points at, is neither used nor fetched', async () => {
    const site = new IssuerSite();
    await site.open();
    try {
      const jwk = { ...other.publicKey.export({ format: 'jwk' }), kid: 'published', alg: 'RS256' };
      site.publish(jwk);
      const live = open(verify);
      for (const pointer of [{ jwk }, { jku: site.url }, { x5u: site.url }, { x5c: ['MII='] }, { jwk, jku: site.url, x5u: site.url }]) {
        expect(await at(live, token({ alg: 'RS256', kid: 'published', ...pointer }, byRsa(other.privateKey)))).toBe('401 bad_signature');
        expect(await at(live, token({ alg: 'RS256', kid: 'published', ...pointer }, byRsa()))).toBe('200');
      }
      expect(site.fetches).toBe(0);
    } finally {
      await site.close();
    }
  });

  it('F74 CVE-2022-21449: a signature of zeros is refused', async () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const live = open(jwtVerifier({ key: ec.publicKey, algorithms: ['ES256'], allowAnyIssuer: true, allowAnyAudience: true }));
    expect(await at(live, token({ alg: 'ES256' }, () => base64(Buffer.alloc(64).toString('latin1'))))).toBe('401 bad_signature');
  });

  it.each([[{ crit: ['exp'] }], [{ crit: ['b64'], b64: false }], [{ crit: [] }], [{ crit: null }]])('F74 CVE-2025-59420: critical parameters that nobody here understands are refused: %j', async more => {
    expect(await at(open(verify), token({ alg: 'RS256', kid: 'published', ...more }, byRsa()))).toBe('401 unsupported_critical_header');
  });
});

describe('A storm of tokens with keys that nobody knows', () => {
  it('F75 makes the issuer answer once, while good tokens go on being accepted', async () => {
    const site = new IssuerSite();
    await site.open();
    try {
      const key = rsaKey('known');
      site.publish(key.jwk);
      const live = open(jwtVerifier({ jwksUri: site.url, algorithms: ['RS256'], allowAnyIssuer: true, allowAnyAudience: true }));
      const claims = { jti: 'token-1', sub: 'alice', iat: nowS, exp: nowS + 600 };
      expect(await at(live, sign(key, claims))).toBe('200');
      const before = site.fetches;
      const storm = Array.from({ length: 60 }, (_, i) => at(live, sign({ kid: `unknown-${i}`, privateKey: key.privateKey }, claims)));
      expect(new Set(await Promise.all(storm))).toEqual(new Set(['401 unknown_key']));
      expect(site.fetches - before).toBeLessThanOrEqual(1);
      expect(await at(live, sign(key, { ...claims, jti: 'token-2' }))).toBe('200');
    } finally {
      await site.close();
    }
  });
});

describe('What reads bodies here', () => {
  const project = join(process.cwd(), 'package.json');
  const found = createRequire(project);
  const versionOf = (name: string, require = found): readonly number[] => {
    const { version } = require(`${name}/package.json`) as { version: string };
    return version.split('.').map(Number);
  };
  const isAtLeast = (version: readonly number[], least: readonly number[]): boolean => {
    const first = least.findIndex((each, i) => each !== version[i]);
    return first < 0 || version[first]! > least[first]!;
  };

  it('is a body-parser of 2.2.1 or later (CVE-2025-13466: a form could keep it busy), and so is what package.json asks for', () => {
    const { dependencies } = JSON.parse(readFileSync(project, 'utf8')) as { dependencies: Record<string, string> };
    const least = /^\^(\d+)\.(\d+)\.(\d+)$/.exec(dependencies['body-parser'] ?? '')?.slice(1).map(Number) ?? [];
    expect(isAtLeast(versionOf('body-parser'), [2, 2, 1])).toBe(true);
    expect(isAtLeast(least, [2, 2, 1])).toBe(true);
  });

  it('finds a qs of 6.14.1 or later (CVE-2025-15284: its limit on arrays could be passed by), which forms are not parsed with', () => {
    const fromBodyParser = createRequire(found.resolve('body-parser'));
    expect(isAtLeast(versionOf('qs', fromBodyParser), [6, 14, 1])).toBe(true);
    expect(isAtLeast(versionOf('qs', createRequire(found.resolve('express'))), [6, 14, 1])).toBe(true);
  });
});
