import { jwtVerifier, memoryStore, type Claims, type VerifyToken } from 'livetoken';
import { ask, CHALLENGE, outcome } from '../support/guarded-api.js';
import { AUDIENCE } from '../support/issuer.js';
import { namedIssuer } from '../support/named-issuer.js';
import { A, apiOf, B, twoIssuers } from './support/two-issuers.js';

/** Counts how often it is asked. */
function counted(verify: VerifyToken): { readonly verify: VerifyToken; readonly asked: () => number } {
  let asked = 0;
  return {
    asked: () => asked,
    verify: token => {
      asked += 1;
      return verify(token);
    },
  };
}

describe('The tokens of two issuers', () => {
  it('F75 each open the route, which gets the claims of the one that was sent', async () => {
    const { a, b, issuers } = twoIssuers();
    const api = apiOf(issuers);

    for (const { issuer } of [a, b, a, b]) {
      const token = issuer.token();
      const { status, body } = await ask(api, token);
      expect([status, body.auth.token, body.auth.claims.iss]).toEqual([200, token, issuer.iss]);
    }
  });

  it('F75 are judged by the claims mapping of their own issuer, and by its limits', async () => {
    const { a, b, issuers } = twoIssuers({ maxLifetime: 300 }, { claims: { organisation: 'tenant', tokenId: 'uti' } });
    const api = apiOf(issuers);
    const [ofA, ofB] = [{ exp: Math.floor(Date.now() / 1000) + 200 }, { jti: undefined, org: undefined, uti: 'jti-1', tenant: 'org-a' }];

    expect(await outcome(ask(api, a.issuer.token(ofA)))).toBe('200');
    expect(await outcome(ask(api, b.issuer.token(ofB)))).toBe('200');
    expect(await outcome(ask(api, a.issuer.token({ ...ofA, ...ofB })))).toBe('401 unrevocable');
    expect(await outcome(ask(api, a.issuer.token()))).toBe('401 lifetime_too_long');
    expect(await outcome(ask(api, b.issuer.token()))).toBe('401 unrevocable');

    await b.live.revoke({ kind: 'token', id: 'jti-1', organisation: 'org-a' });
    expect(await outcome(ask(api, b.issuer.token(ofB)))).toBe('401 revoked');
    expect(await outcome(ask(api, a.issuer.token(ofA)))).toBe('200');
  });

  it('F79 are each held to the length that their own issuer allows', async () => {
    const { a, b, issuers } = twoIssuers({ maxTokenLength: 600 }, { maxTokenLength: 1200 });
    const api = apiOf(issuers);
    const outcomes = async (padding: number) => [
      await outcome(ask(api, a.issuer.token({ padding: 'x'.repeat(padding) }))),
      await outcome(ask(api, b.issuer.token({ padding: 'x'.repeat(padding) }))),
    ];

    expect(await outcomes(0)).toEqual(['200', '200']);
    expect(await outcomes(300)).toEqual(['401 too_long', '200']);
    expect(await outcomes(900)).toEqual(['401 too_long', '401 too_long']);
  });
});

describe('A token that names no issuer of ours', () => {
  const names = ['https://c.example', `${A}/`, A.toUpperCase(), ` ${A}`, `${A},${B}`, '', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'size', 'get'];
  const oddNames = [undefined, null, 0, 1, true, [A], [[A]], { [A]: A }, {}];

  it.each([...names, ...oddNames].map(iss => [iss]))('F75 is refused without asking anybody, and without 500: iss %j', async iss => {
    const [ofA, ofB] = [counted(namedIssuer(A).verify), counted(namedIssuer(B).verify)];
    const { a, b, issuers } = twoIssuers({ verify: ofA.verify }, { verify: ofB.verify });
    const api = apiOf(issuers);

    for (const { issuer } of [a, b]) {
      const asked = ask(api, issuer.token({ iss }));
      expect(await outcome(asked)).toBe('401 wrong_issuer');
      expect((await asked).headers['www-authenticate']).toBe(CHALLENGE.invalid_token);
    }
    expect([ofA.asked(), ofB.asked()]).toEqual([0, 0]);
  });

  it('F75 is refused where something has put an issuer on the prototype of all objects', async () => {
    const { a, issuers } = twoIssuers();
    const token = a.issuer.token({ iss: undefined });
    const claims = a.issuer.claims({ iss: undefined });
    Object.defineProperty(Object.prototype, 'iss', { value: A, configurable: true });
    try {
      await expect(issuers.authenticate(token)).rejects.toMatchObject({ reason: 'wrong_issuer' });
      await expect(issuers.authenticate({ claims })).rejects.toMatchObject({ reason: 'wrong_issuer' });
      expect(await issuers.check(claims)).toMatchObject({ live: false, reason: 'wrong_issuer' });
    } finally {
      Reflect.deleteProperty(Object.prototype, 'iss');
    }
    expect(await outcome(ask(apiOf(issuers), a.issuer.token()))).toBe('200');
  });

  it.each([
    ['a.b', 'malformed'],
    ['a.b.c', 'malformed'],
    ['e30.e30.e30', 'malformed'],
    [`${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${Buffer.from('["iss"]').toString('base64url')}.AAAA`, 'malformed'],
    [`${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${Buffer.from('null').toString('base64url')}.AAAA`, 'malformed'],
    ['x'.repeat(9000), 'too_long'],
  ])('F79 is refused where it is no token at all: %.20s', async (token, reason) => {
    expect(await outcome(ask(apiOf(twoIssuers().issuers), token))).toBe(`401 ${reason}`);
  });
});

describe('A token that one issuer signed and that names the other', () => {
  const { a, b, issuers } = twoIssuers();
  const api = apiOf(issuers);

  it.each([
    ['the key id that both use', {}],
    ['no key id', { kid: undefined }],
  ])('F74 F75 is refused, with %s', async (_, header) => {
    expect(await outcome(ask(api, a.issuer.token({ iss: B }, header)))).toBe('401 bad_signature');
    expect(await outcome(ask(api, b.issuer.token({ iss: A }, header)))).toBe('401 bad_signature');
  });

  it('F74 F75 is refused by its key id where that is known to its own issuer only', async () => {
    const [keyOfA, keyOfB] = [namedIssuer(A), namedIssuer(B)];
    const ring = (kid: string, { iss, publicKey }: typeof keyOfA) => jwtVerifier({ keys: { [kid]: publicKey }, algorithms: ['ES256'], issuer: iss, audience: AUDIENCE });
    const api = apiOf(twoIssuers({ verify: ring('a-1', keyOfA) }, { verify: ring('b-1', keyOfB) }).issuers);

    expect(await outcome(ask(api, keyOfA.token({}, { kid: 'a-1' })))).toBe('200');
    expect(await outcome(ask(api, keyOfA.token({ iss: B }, { kid: 'a-1' })))).toBe('401 unknown_key');
    expect(await outcome(ask(api, keyOfA.token({ iss: B }, { kid: 'b-1' })))).toBe('401 bad_signature');
    expect(await outcome(ask(api, keyOfA.token({}, { kid: 'b-1' })))).toBe('401 unknown_key');
  });

  it('F75 is refused where the verify function of the named one says that it is from the other', async () => {
    const mixedUp = namedIssuer(A);
    const verify: VerifyToken = async token => ({ ...(await mixedUp.verify(token)), iss: B });
    const { issuers } = twoIssuers({ verify });
    const refused = jest.fn();
    issuers.on('refused', refused);

    expect(await outcome(ask(apiOf(issuers), mixedUp.token()))).toBe('401 wrong_issuer');
    expect(refused.mock.calls).toEqual([[{ reason: 'wrong_issuer' }]]);
  });
});

describe('Remembered tokens', () => {
  it('F75 answer without waiting, for their own issuer, until they are revoked', async () => {
    const { a, b, issuers } = twoIssuers();
    const [ofA, ofB] = [a.issuer.token(), b.issuer.token()];
    expect([issuers.recall(ofA), issuers.recall(ofB)]).toEqual([undefined, undefined]);
    for (const token of [ofA, ofB]) await issuers.authenticate(token);

    expect(issuers.recall(ofA)).toMatchObject({ token: ofA, claims: { iss: A } });
    expect(issuers.recall(ofB)).toMatchObject({ token: ofB, claims: { iss: B } });

    await a.live.revoke({ kind: 'subject', id: 'alice' });
    expect(issuers.recall(ofA)).toBeUndefined();
    expect(issuers.recall(ofB)).toMatchObject({ token: ofB });
  });

  it('F75 of an issuer that takes any iss do not answer for the issuer that they name', async () => {
    const anyIssuer = namedIssuer(A);
    const verify = jwtVerifier({ key: anyIssuer.publicKey, algorithms: ['ES256'], allowAnyIssuer: true, audience: AUDIENCE });
    const { a, issuers } = twoIssuers({ verify });
    const forged = anyIssuer.token({ iss: B });
    expect(await outcome(ask(apiOf(a.live), forged))).toBe('200');
    expect(a.live.recall(forged)).toBeDefined();

    expect(issuers.recall(forged)).toBeUndefined();
    expect(await outcome(ask(apiOf(issuers), forged))).toBe('401 bad_signature');
    expect(await outcome(ask(apiOf(issuers), anyIssuer.token()))).toBe('200');
  });
});

describe('Claims that other middleware has verified', () => {
  const handedOver = (issuers: ReturnType<typeof twoIssuers>['issuers'], claims: unknown) => outcome(ask(apiOf(issuers, { claimsFrom: () => claims as Claims })));

  it('F75 are judged by the issuer that they name', async () => {
    const { a, b, issuers } = twoIssuers();
    await a.live.revoke({ kind: 'session', id: 'session-1' });

    expect(await handedOver(issuers, a.issuer.claims())).toBe('401 revoked');
    expect(await handedOver(issuers, b.issuer.claims())).toBe('200');
    expect(await handedOver(issuers, a.issuer.claims({ iss: 'https://c.example' }))).toBe('401 wrong_issuer');
    expect(await handedOver(issuers, a.issuer.claims({ iss: undefined }))).toBe('401 wrong_issuer');
    expect(await handedOver(issuers, a.issuer.claims({ iss: '__proto__' }))).toBe('401 wrong_issuer');
  });

  it.each([null, 'text', 5, [], new Map([['iss', A]])].map(claims => [claims]))('F78 are refused where they are no plain object: %p', async claims => {
    expect(await handedOver(twoIssuers().issuers, claims)).toBe('401 malformed');
  });

  it('F64 need no verify function, of any issuer', async () => {
    const { a, b, issuers } = twoIssuers({ verify: undefined as never, store: memoryStore() });
    expect(issuers.verifies).toBe(false);
    expect(() => apiOf(issuers)).toThrow(/requireLiveToken needs createLiveTokens\(\{ verify \}\), or claimsFrom/);

    expect(await handedOver(issuers, a.issuer.claims())).toBe('200');
    expect(await handedOver(issuers, b.issuer.claims())).toBe('200');
  });
});

it('F64 F65 Requests without a token, or with two, are answered as with one issuer', async () => {
  const { a, issuers } = twoIssuers();
  expect((await ask(apiOf(issuers))).headers['www-authenticate']).toBe(CHALLENGE.none);
  expect((await ask(apiOf(issuers, { optional: true }))).status).toBe(200);
  expect((await ask(apiOf(issuers), 'a b')).headers['www-authenticate']).toBe(CHALLENGE.invalid_request);
  expect((await ask(apiOf(issuers, { scope: 'orders:write' }), a.issuer.token())).status).toBe(403);
});
