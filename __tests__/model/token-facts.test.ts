import fc from 'fast-check';
import { encodeTarget } from '../../lib/model/target-key.js';
import { assertTarget, type Target } from '../../lib/model/target.js';
import { tokenFacts } from '../../lib/model/token-facts.js';
import { identifiers } from './arbitraries.js';
import { CLAIMS, iat, least, policy, unmapped, without } from './facts-policy.js';

const everything = { ...least, sub: 'u', sid: 's', grant_id: 'g', client_id: 'c', orgs: ['parent', 'requester'] };

describe('the targets that a token falls under', () => {
  test('are all there are, where its claims name everything', () => {
    const narrowings = [{}, { sessionsOnly: true }, { client: 'c' }] as const;
    const expected: Target[] = [
      { kind: 'token', id: 'j', organisation: 'o' },
      { kind: 'grant', id: 'g' },
      { kind: 'session', id: 's' },
      ...narrowings.map(narrowing => ({ kind: 'subject' as const, id: 'u', ...narrowing })),
      { kind: 'client', id: 'c' },
      ...['o', 'parent', 'requester'].flatMap(id => [
        { kind: 'organisation' as const, id },
        ...narrowings.map(narrowing => ({ kind: 'member' as const, id: 'u', organisation: id, ...narrowing })),
      ]),
      { kind: 'all' },
    ];

    const { targets } = tokenFacts(everything, policy());

    expect(new Set(targets)).toEqual(new Set(expected));
    expect(targets).toHaveLength(expected.length);
  });

  test('are itself, its organisation and everything, where its claims name nothing else', () => {
    expect(tokenFacts(least, policy()).targets).toEqual([
      { kind: 'token', id: 'j', organisation: 'o' },
      { kind: 'organisation', id: 'o' },
      { kind: 'all' },
    ]);
  });

  test('are itself and everything, where there are no organisations', () => {
    const claims = unmapped('organisation', 'organisations');

    expect(tokenFacts(least, policy({ claims })).targets).toEqual([{ kind: 'token', id: 'j' }, { kind: 'all' }]);
  });

  test.each([
    ['a session', 'sid', { sessionsOnly: true }],
    ['a client', 'client_id', { client: 'c' }],
  ])('are narrowed to %s only where it has one', (_, claim, narrowing) => {
    const narrowed = expect.arrayContaining([
      expect.objectContaining({ kind: 'subject', ...narrowing }),
      expect.objectContaining({ kind: 'member', ...narrowing }),
    ]);

    expect(tokenFacts(everything, policy()).targets).toEqual(narrowed);
    for (const target of tokenFacts(without(everything, claim), policy()).targets) {
      expect(target).not.toMatchObject(narrowing);
    }
  });

  test('hold each organisation once, its own first, however often they are named', () => {
    const facts = tokenFacts({ ...everything, orgs: ['parent', 'o', 'parent'] }, policy());

    expect(facts.organisations).toEqual(['o', 'parent']);
    expect(new Set(facts.targets.map(encodeTarget)).size).toBe(facts.targets.length);
  });

  test('hold a further organisation that is a text and not a list', () => {
    expect(tokenFacts({ ...least, orgs: 'parent' }, policy()).organisations).toEqual(['o', 'parent']);
  });

  test('are kept apart by organisation for tokens of the same id', () => {
    const own = (org: string): string => encodeTarget(tokenFacts({ ...least, org }, policy()).targets[0]!);

    expect(own('a')).not.toBe(own('b'));
  });

  test('can each be revoked, whatever the names are', () => {
    const claims = fc.record(
      { jti: identifiers, org: identifiers, sub: identifiers, sid: identifiers, grant_id: identifiers, client_id: identifiers, orgs: fc.array(identifiers, { maxLength: 4 }) },
      { requiredKeys: ['jti', 'org'] },
    );
    fc.assert(
      fc.property(claims, names => {
        const { targets } = tokenFacts({ ...names, iat, exp: iat + 1 }, policy());
        targets.forEach(assertTarget);
        expect(new Set(targets.map(encodeTarget)).size).toBe(targets.length);
        expect(targets).toContainEqual({ kind: 'all' });
        expect(targets).toContainEqual({ kind: 'token', id: names.jti, organisation: names.org });
      }),
    );
  });
});

describe('the times of a token', () => {
  const lifetimeS = 3600;

  test.each([
    ['with whole seconds', { iat, exp: iat + lifetimeS }],
    ['with an exact issue time', { iat, iat_ms: iat * 1000 + 400, exp: iat + lifetimeS + 0.4 }],
    ['with fractional seconds', { iat: iat + 0.25, exp: iat + lifetimeS + 0.25 }],
  ])('may lie exactly maxLifetime apart and not a millisecond more, %s', (_, times) => {
    expect(() => tokenFacts({ ...least, ...times }, policy())).not.toThrow();
    const tooLong: Error = expect.objectContaining({ reason: 'lifetime_too_long' });
    expect(() => tokenFacts({ ...least, ...times, exp: times.exp + 0.001 }, policy())).toThrow(tooLong);
  });

  test('are read from exp and nbf as milliseconds', () => {
    const facts = tokenFacts({ ...least, nbf: iat + 5 }, policy());

    expect(facts).toMatchObject({ issuedAtMs: iat * 1000, expiresAtMs: (iat + 600) * 1000, notBeforeMs: (iat + 5) * 1000 });
    expect(tokenFacts(least, policy()).notBeforeMs).toBeUndefined();
  });

  test('may be one and the same instant for issue and expiry', () => {
    expect(() => tokenFacts({ ...least, exp: iat }, policy())).not.toThrow();
  });

  test('set the issue back by the skew of the issuer, without making the lifetime longer', () => {
    const facts = tokenFacts({ ...least, exp: iat + lifetimeS }, policy({ issuerSkewMs: 2500 }));

    expect(facts.issuedAtMs).toBe(iat * 1000 - 2500);
  });

  test('prefer the exact issue time', () => {
    expect(tokenFacts({ ...least, iat_ms: iat * 1000 + 7 }, policy()).issuedAtMs).toBe(iat * 1000 + 7);
  });

  test('may be mapped from a claim of another name, or computed', () => {
    const named = policy({ claims: { ...CLAIMS, issuedAtMs: 'https://example.test/issued' } });
    const computed = policy({ claims: { ...CLAIMS, issuedAtMs: claims => Number(claims['auth_ms']) } });

    expect(tokenFacts({ ...least, 'https://example.test/issued': iat * 1000 + 8 }, named).issuedAtMs).toBe(iat * 1000 + 8);
    expect(tokenFacts({ ...least, auth_ms: iat * 1000 + 9 }, computed).issuedAtMs).toBe(iat * 1000 + 9);
  });
});

describe('what epochs are compared with', () => {
  const at = iat * 1000;

  test('G86 is the time of issue, where the token says nothing of its grant', () => {
    expect(tokenFacts({ ...least, iat_ms: at + 7 }, policy())).toMatchObject({ issuedAtMs: at + 7, grantedAtMs: undefined, judgedFromMs: at + 7 });
  });

  test('G86 is the time of the grant, where that is earlier, and the time of issue stays what it was', () => {
    const facts = tokenFacts({ ...least, iat_ms: at + 7, grant_iat_ms: at - 86_400_000 }, policy());

    expect(facts).toMatchObject({ issuedAtMs: at + 7, grantedAtMs: at - 86_400_000, judgedFromMs: at - 86_400_000 });
  });

  test('G86 is the time of issue, where the grant claims to be later in the same second', () => {
    expect(tokenFacts({ ...least, iat_ms: at + 7, grant_iat_ms: at + 8 }, policy()).judgedFromMs).toBe(at + 7);
    expect(tokenFacts({ ...least, grant_iat_ms: at + 999 }, policy()).judgedFromMs).toBe(at);
  });

  test('G86 is set back by the skew of the issuer in each case', () => {
    const rules = policy({ issuerSkewMs: 2500 });

    expect(tokenFacts(least, rules).judgedFromMs).toBe(at - 2500);
    expect(tokenFacts({ ...least, grant_iat_ms: at - 10_000 }, rules)).toMatchObject({ grantedAtMs: at - 10_000, judgedFromMs: at - 12_500 });
  });

  test('G86 is older than everything, where the time of issue is unknown, whatever is said of the grant', () => {
    const rules = policy({ unsafe: { acceptMissingIssuedAt: true } });

    expect(tokenFacts({ ...without(least, 'iat'), grant_iat_ms: at }, rules)).toMatchObject({ grantedAtMs: at, judgedFromMs: -Infinity });
  });

  test('G86 does not count towards the lifetime of a token: a grant may live on and on', () => {
    expect(() => tokenFacts({ ...least, grant_iat_ms: 0 }, policy())).not.toThrow();
  });

  test('G86 may stand in another claim', () => {
    const named = policy({ claims: { ...CLAIMS, grantedAtMs: 'https://example.test/granted' } });
    const computed = policy({ claims: { ...CLAIMS, grantedAtMs: claims => Number(claims['auth_time']) * 1000 } });

    expect(tokenFacts({ ...least, 'https://example.test/granted': at - 8 }, named).judgedFromMs).toBe(at - 8);
    expect(tokenFacts({ ...least, auth_time: iat - 9 }, computed).judgedFromMs).toBe(at - 9000);
  });
});
