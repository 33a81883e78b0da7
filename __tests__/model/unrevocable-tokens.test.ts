import { inspect } from 'node:util';
import { InvalidTokenError, type RefusalReason } from '../../lib/errors.js';
import { isPlainObject, type Claims } from '../../lib/model/claims.js';
import { tokenFacts, type FactsPolicy, type UnsafeOptions } from '../../lib/model/token-facts.js';
import { CLAIMS, iat, least, policy, unmapped, without } from './facts-policy.js';

function expectRefusal(claims: unknown, reason: RefusalReason, rules: FactsPolicy = policy()): void {
  expect(() => tokenFacts(claims as Claims, rules)).toThrow(InvalidTokenError);
  const withReason: Error = expect.objectContaining({ reason });
  expect(() => tokenFacts(claims as Claims, rules)).toThrow(withReason);
}

class Payload {
  readonly jti = 'j';
  readonly org = 'o';
  readonly iat = iat;
  readonly exp = iat + 600;
}

describe('a payload', () => {
  const odd: unknown[] = [null, undefined, 'text', 1, true, [], [least], new Payload(), new Map(Object.entries(least)), Object.create(least), () => least];
  test.each(odd.map(value => [inspect(value, { breakLength: Infinity }), value]))('is refused unless it is a plain object: %s', (_, value) => {
    expect(isPlainObject(value)).toBe(false);
    expectRefusal(value, 'malformed');
  });

  test('may be an object without a prototype', () => {
    const bare = Object.assign(Object.create(null) as Record<string, unknown>, least);

    expect(tokenFacts(bare, policy()).tokenId).toBe('j');
  });

  test('is read only where it says something itself, not through __proto__', () => {
    const parsed = JSON.parse('{"__proto__":{"jti":"j","org":"o","sub":"u"},"iat":1700000000,"exp":1700000600}') as Claims;

    expectRefusal(parsed, 'unrevocable');
    expect(tokenFacts({ ...parsed, jti: 'j', org: 'o' }, policy()).subject).toBeUndefined();
  });

  test.each(['jti', 'org', 'iat', 'exp'])('without %s gets none from a polluted Object.prototype', name => {
    const pollute = (value: unknown): boolean => Reflect.defineProperty(Object.prototype, name, { value, configurable: true });
    pollute(least[name]);
    try {
      expect(() => tokenFacts(without(least, name), policy())).toThrow(InvalidTokenError);
    } finally {
      Reflect.deleteProperty(Object.prototype, name);
    }
  });

  test('called like a method that every object has names nothing', () => {
    expectRefusal(least, 'unrevocable', policy({ claims: { ...CLAIMS, tokenId: 'toString' } }));
  });
});

describe('a token that could not be revoked', () => {
  test.each<[string, string, RefusalReason]>([
    ['a token id', 'jti', 'unrevocable'],
    ['its organisation', 'org', 'unrevocable'],
    ['an issue time', 'iat', 'malformed'],
    ['an expiry', 'exp', 'malformed'],
  ])('is refused: one without %s', (_, claim, reason) => {
    expectRefusal(without(least, claim), reason);
    expectRefusal({ ...least, [claim]: undefined }, reason);
  });

  const notIds: unknown[] = ['', null, 0, 1, NaN, true, ['j'], [], { id: 'j' }, Object('j'), 'a\ud800', 'x'.repeat(257)];
  test.each(['jti', 'org', 'sub', 'sid', 'grant_id', 'client_id'])('is refused: one whose %s is there and no usable id', claim => {
    for (const value of notIds) expectRefusal({ ...least, [claim]: value }, 'unrevocable');
  });

  test.each([[''], [null], [['a', '']], [['a', 1]], [[['a']]], [{ 0: 'a' }], [['a\udc00']]].map(([value]) => [inspect(value), value]))(
    'is refused: one whose further organisations are %s',
    (_, orgs) => {
      expectRefusal({ ...least, orgs }, 'unrevocable');
    },
  );

  test('G86 is refused: one whose grant began after it, or at no time at all', () => {
    for (const value of [(iat + 1) * 1000, -1, null, String(iat * 1000), 0.5]) expectRefusal({ ...least, grant_iat_ms: value }, 'malformed');
  });

  test('is refused: one that names more organisations than the limit, its own included', () => {
    const orgs = ['a', 'b', 'c'];

    expectRefusal({ ...least, orgs }, 'unrevocable', policy({ maxOrganisations: 3 }));
    expect(tokenFacts({ ...least, orgs }, policy({ maxOrganisations: 4 })).organisations).toHaveLength(4);
    expect(tokenFacts(least, policy({ maxOrganisations: 1 })).organisations).toEqual(['o']);
  });

  test('is refused: one that counts its further organisations only, where it has none of its own', () => {
    const claims = unmapped('organisation');
    const orgs = ['a', 'b', 'c'];

    expect(tokenFacts({ ...least, orgs }, policy({ claims, maxOrganisations: 3 })).organisations).toEqual(orgs);
    expectRefusal({ ...least, orgs }, 'unrevocable', policy({ claims, maxOrganisations: 2 }));
  });

  const notTimes: unknown[] = ['1700000000', null, [iat], {}, true, NaN, Infinity, -1, iat * 1000, 2 ** 53];
  test.each(['iat', 'exp', 'nbf'])('is refused: one whose %s is no NumericDate', claim => {
    for (const value of notTimes) expectRefusal({ ...least, [claim]: value }, 'malformed');
  });

  test('is refused: one whose exact issue time is outside its second or no integer', () => {
    for (const iat_ms of [iat * 1000 - 1, iat * 1000 + 1000, iat * 1000 + 0.5, String(iat * 1000), null, NaN]) {
      expectRefusal({ ...least, iat_ms }, 'malformed');
    }
  });

  test('is refused: one that expires before it was issued', () => {
    expectRefusal({ ...least, exp: iat - 1 }, 'malformed');
    expectRefusal({ ...least, iat_ms: iat * 1000 + 500, exp: iat }, 'malformed');
  });

  test('is refused: one whose mapping throws, without a word of what it threw', () => {
    const claims = { ...CLAIMS, subject: (): never => { throw new Error('canary'); } };

    expectRefusal(least, 'unrevocable', policy({ claims }));
    expect(() => tokenFacts(least, policy({ claims }))).not.toThrow('canary');
  });

  test('is refused: one whose mapping answers with a promise', () => {
    expectRefusal(least, 'unrevocable', policy({ claims: { ...CLAIMS, subject: async () => 'u' } }));
  });

  test('is refused without a word of its ids', () => {
    const canary = 'canary-4711';
    for (const claims of [{ ...least, jti: `${canary}\ud800` }, { ...least, orgs: [canary, 1] }, { ...least, exp: canary }]) {
      const discreet: Error = expect.not.objectContaining({ message: expect.stringContaining(canary) });
      expect(() => tokenFacts(claims, policy())).toThrow(discreet);
    }
  });
});

describe('an opt-out', () => {
  /** What each lets pass, and nothing but that. */
  const exceptions: readonly [keyof UnsafeOptions, Claims][] = [
    ['acceptMissingTokenId', without(least, 'jti')],
    ['acceptMissingIssuedAt', without(least, 'iat')],
    ['acceptMissingOrganisation', without(least, 'org')],
    ['acceptAnyLifetime', { ...least, exp: iat + 3601 }],
  ];

  const pairs = exceptions.flatMap(([optOut]) => exceptions.map(([meant, claims]) => [optOut, meant, claims] as const));
  test.each(pairs)('%s against what %s is meant for', (optOut, meant, claims) => {
    const accept = (): unknown => tokenFacts(claims, policy({ unsafe: { [optOut]: true } }));

    if (optOut === meant) expect(accept).not.toThrow();
    else expect(accept).toThrow(InvalidTokenError);
  });

  test.each(exceptions)('%s does nothing unless it is true', (optOut, claims) => {
    for (const value of [false, undefined, 1, 'true']) {
      expect(() => tokenFacts(claims, policy({ unsafe: { [optOut]: value } }))).toThrow(InvalidTokenError);
    }
  });

  const all: UnsafeOptions = { acceptMissingTokenId: true, acceptMissingIssuedAt: true, acceptMissingOrganisation: true, acceptAnyLifetime: true };
  test.each(['jti', 'org', 'iat'])('lets pass a missing %s and not an unusable one', claim => {
    for (const value of [null, '', ['x'], {}, NaN]) {
      expect(() => tokenFacts({ ...least, [claim]: value }, policy({ unsafe: all }))).toThrow(InvalidTokenError);
    }
  });

  test('never lets pass a token without an expiry, or one that expires before it was issued', () => {
    expectRefusal(without(least, 'exp'), 'malformed', policy({ unsafe: all }));
    expectRefusal({ ...least, exp: iat - 1 }, 'malformed', policy({ unsafe: all }));
  });

  test('for missing ids leaves the token under everything else', () => {
    const facts = tokenFacts({ iat, exp: iat + 1, sub: 'u' }, policy({ unsafe: all }));

    expect(facts.targets).toEqual([{ kind: 'subject', id: 'u' }, { kind: 'all' }]);
  });

  test('for a missing issue time makes every epoch apply', () => {
    const facts = tokenFacts(without(least, 'iat'), policy({ unsafe: all, issuerSkewMs: 5 }));

    expect([facts.issuedAtMs, facts.judgedFromMs]).toEqual([-Infinity, -Infinity]);
  });
});
