import { memoryStore, type GuardOptions, type TokenUse } from 'livetoken';
import { ask, guardedApi, liveTokens, outcome } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();
const live = liveTokens(memoryStore(), issuer);

const apiOf = (options: GuardOptions = {}) => guardedApi(live, { exposeReason: true, ...options });
const answer = (options: GuardOptions, claims: object, header: object = {}) =>
  outcome(ask(apiOf(options), issuer.token({ ...claims }, { ...header })));

const NOT_ACCESS = '401 not_an_access_token';

describe('by default, a token', () => {
  it.each(['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+jwt', 'application/jwt', undefined])(
    'F73 of type %j is accepted',
    async typ => {
      expect(await answer({}, {}, { typ })).toBe('200');
    },
  );

  const otherTypes = [
    ...['logout+jwt', 'secevent+jwt', 'rt+jwt', 'dpop+jwt', 'token-introspection+jwt', 'application/token-introspection+jwt'],
    ...['client-authentication+jwt', 'global-token-revocation+jwt', 'id+jwt', 'refresh+jwt', 'JOSE', 'JWE', 'x', '', ' JWT', 'JWT ', 'at+jwt;v=1'],
    ...['application/application/jwt', 'constructor', '__proto__', 'toString'],
    ...[null, 1, true, ['JWT'], ['at+jwt'], { jwt: 1 }],
  ];
  it.each(otherTypes.map(typ => [typ]))('F73 of another type is refused: %j', async typ => {
    expect(await answer({}, {}, { typ })).toBe(NOT_ACCESS);
  });

  it('D55 that answers an introspection is refused, though it is signed by the same key and carries all claims', async () => {
    const claims = { token_introspection: { active: true, scope: 'orders:read' } };

    expect(await answer({}, claims, { typ: 'token-introspection+jwt' })).toBe(NOT_ACCESS);
    expect(await answer({}, claims, { typ: 'application/Token-Introspection+JWT' })).toBe(NOT_ACCESS);
    expect(await answer({ profile: 'rfc9068' }, claims, { typ: 'token-introspection+jwt' })).toBe(NOT_ACCESS);
  });

  it.each([
    ['events', {}],
    ['events', { 'http://schemas.openid.net/event/backchannel-logout': {} }],
    ['events', null],
    ['nonce', 'n-0S6_WzA2Mj'],
    ['nonce', ''],
    ['at_hash', 'x'],
    ['token_use', 'id'],
    ['typ', 'ID'],
  ])('F73 with the claim %s: %j is refused, whatever type its header says', async (name, value) => {
    for (const typ of ['JWT', 'at+jwt', undefined]) expect(await answer({}, { [name]: value }, { typ })).toBe(NOT_ACCESS);
  });

  it.each([{ token_use: 'refresh' }, { typ: 'Refresh' }, { typ: 'Offline' }])('F73 that is a refresh token by its claims is refused: %j', async claims => {
    expect(await answer({}, claims)).toBe(NOT_ACCESS);
  });

  it.each([{ token_use: 'access' }, { typ: 'Bearer' }, { typ: 'JWT' }])('F73 that says in its claims that it is an access token is accepted: %j', async claims => {
    expect(await answer({}, claims)).toBe('200');
  });
});

describe("with profile: 'rfc9068', a token", () => {
  const strict = { profile: 'rfc9068' } as const;

  it.each(['at+jwt', 'application/at+jwt', 'AT+JWT', 'Application/At+Jwt'])('F73 of type %s is accepted', async typ => {
    expect(await answer(strict, {}, { typ })).toBe('200');
  });

  it.each(['JWT', 'application/jwt', undefined])('F73 of type %j is refused', async typ => {
    expect(await answer(strict, {}, { typ })).toBe('401 wrong_type');
  });

  it.each(['logout+jwt', 'rt+jwt', 'at+jwt2', 'at+jwt ', null, ['at+jwt']])('F73 of type %j is no access token', async typ => {
    expect(await answer(strict, {}, { typ })).toBe(NOT_ACCESS);
  });

  it.each([{ events: {} }, { nonce: 'n' }, { token_use: 'refresh' }])('F73 with foreign claims is refused all the same: %j', async claims => {
    expect(await answer(strict, claims, { typ: 'at+jwt' })).toBe(NOT_ACCESS);
  });
});

describe('a token bound to a key', () => {
  const bindings = [{ jkt: 'thumbprint' }, { 'x5t#S256': 'thumbprint' }, {}, null, 'x', false];

  it.each(bindings.map(cnf => [cnf]))('F82 is refused when it is sent as a plain Bearer token: cnf %j', async cnf => {
    expect(await answer({}, { cnf })).toBe('401 sender_constrained');
  });

  it('F82 is accepted where the proof is checked by something before the guard', async () => {
    expect(await answer({ senderConstrained: 'verified-upstream' }, { cnf: { jkt: 'thumbprint' } })).toBe('200');
  });

  it("F82 passes no other rule by being accepted: 'verified-upstream' lets nothing else through", async () => {
    const options = { senderConstrained: 'verified-upstream' } as const;

    expect(await answer(options, { cnf: {}, nonce: 'n' })).toBe(NOT_ACCESS);
    expect(await answer(options, { cnf: {}, exp: 1_700_000_000, iat: 1_699_999_999 })).toBe('401 expired');
  });
});

describe('with a tokenUse of its own', () => {
  const uses: [string, unknown, string][] = [
    ['access', 'access', '200'],
    ['refresh', 'refresh', NOT_ACCESS],
    ['id', 'id', NOT_ACCESS],
    ['event', 'event', NOT_ACCESS],
    ['other', 'other', NOT_ACCESS],
    ['nothing', undefined, NOT_ACCESS],
    ['true', true, NOT_ACCESS],
  ];
  it.each(uses)('F73 the guard accepts what it calls access, and nothing else: %s', async (_, use, expected) => {
    const own = liveTokens(memoryStore(), issuer, { tokenUse: () => use as TokenUse });

    expect(await outcome(ask(guardedApi(own, { exposeReason: true }), issuer.token()))).toBe(expected);
  });

  it('F73 it is given the verified claims and header', async () => {
    const tokenUse = jest.fn(() => 'access' as const);
    const claims = issuer.claims({ kind: 'x' });
    const own = liveTokens(memoryStore(), issuer, { tokenUse });

    await ask(guardedApi(own), issuer.sign(claims, { typ: 'x+jwt' }));
    await ask(guardedApi(own), createIssuer().token());

    expect(tokenUse.mock.calls).toEqual([[claims, { alg: 'HS256', typ: 'x+jwt' }]]);
  });
});
