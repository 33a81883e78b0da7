import { memoryStore, type GuardOptions, type UnsafeOptions } from 'livetoken';
import { ask, guardedApi, liveTokens, outcome } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();
const now = Math.floor(Date.now() / 1000);

async function answer(claims: object, unsafe: UnsafeOptions = {}, options: GuardOptions = {}, header = {}): Promise<string> {
  const live = liveTokens(memoryStore(), issuer, { unsafe });
  return outcome(ask(guardedApi(live, { exposeReason: true, ...options }), issuer.token({ ...claims }, header)));
}

describe('a token', () => {
  it.each(['exp', 'iat'])('F77 F78 is refused without %s', async name => {
    expect(await answer({ [name]: undefined })).toBe('401 malformed');
  });

  it.each(['jti', 'org'])('F78 is refused without %s, by which it would be revoked', async name => {
    expect(await answer({ [name]: undefined })).toBe('401 unrevocable');
  });

  it('F78 needs no more than jti, iat, exp and its organisation', async () => {
    expect(await answer({ sub: undefined, sid: undefined, grant_id: undefined, client_id: undefined, scope: undefined })).toBe('200');
  });

  const unusable = ['', 'x'.repeat(257), 'é'.repeat(129), '\ud800', 5, null, true, ['jti-1'], { id: 'jti-1' }];
  const ids = ['jti', 'org', 'sub', 'sid', 'grant_id', 'client_id'];
  it.each(ids)('F78 is refused where its %s is there and unusable', async name => {
    const answers = await Promise.all(unusable.map(value => answer({ [name]: value })));

    // `client_id: null` reads as absent, since azp may stand in for it.
    expect(answers.filter(each => each !== '401 unrevocable')).toEqual(name === 'client_id' ? ['200'] : []);
  });

  it.each(['jti', 'sub'])('F78 is accepted where its %s is as long as it may be', async name => {
    expect(await answer({ [name]: 'x'.repeat(256) })).toBe('200');
    expect(await answer({ [name]: 'é'.repeat(128) })).toBe('200');
  });

  const absurd = ['4102444800', null, true, [now + 600], { at: now + 600 }, -1, (now + 600) * 1000, 253_402_300_800, 1e300];
  it.each(absurd.map(exp => [exp]))('F77 is refused where exp is absurd or no number: %j', async exp => {
    expect(await answer({ exp })).toBe('401 malformed');
  });

  it.each([...absurd, now * 1000].map(iat => [iat]))('F77 is refused where iat is absurd or no number: %j', async iat => {
    expect(await answer({ iat })).toBe('401 malformed');
  });

  it.each(absurd.map(nbf => [nbf]))('F77 is refused where nbf is absurd or no number: %j', async nbf => {
    expect(await answer({ nbf })).toBe('401 malformed');
  });

  it.each(['exp', 'nbf', 'iat'])('F77 is refused where %s is infinite, as JSON.parse reads 1e999, even if the verifier lets it pass', async name => {
    const claims = issuer.claims({ [name]: JSON.parse('1e999') as number });
    const live = liveTokens(memoryStore(), { ...issuer, verify: async () => claims });

    expect(await outcome(ask(guardedApi(live, { exposeReason: true }), issuer.token()))).toBe('401 malformed');
  });

  it.each([
    ['expires before it is issued', { iat: now, exp: now - 1 }],
    ['has an exact issue time outside the second of its iat', { iat: now, iat_ms: (now + 1) * 1000 }],
    ['has an exact issue time before the second of its iat', { iat: now, iat_ms: now * 1000 - 1 }],
    ['has an exact issue time that is no integer', { iat: now, iat_ms: now * 1000 + 0.5 }],
    ['has an exact issue time that is no number', { iat: now, iat_ms: String(now * 1000) }],
  ])('F77 is refused where it %s', async (_, claims) => {
    expect(await answer(claims)).toBe('401 malformed');
  });

  it('F77 is refused where it lives longer than maxLifetime, by a second', async () => {
    expect(await answer({ iat: now, exp: now + 3600 })).toBe('200');
    expect(await answer({ iat: now, exp: now + 3601 })).toBe('401 lifetime_too_long');
  });
});

describe('a token at the edges of its time', () => {
  const iat = 1_800_000_000;
  const claims = issuer.claims({ iat, exp: iat + 600, nbf: iat + 60 });

  /** The clock is the application's; claims are handed over, since jsonwebtoken has a clock of its own. */
  async function at(ms: number, clockToleranceMs?: number): Promise<string> {
    const live = liveTokens(memoryStore(), issuer, { now: () => ms, ...(clockToleranceMs !== undefined && { clockToleranceMs }) });
    return outcome(ask(guardedApi(live, { exposeReason: true, claimsFrom: () => claims })));
  }

  it('F77 is refused from exp plus five seconds on, to the millisecond', async () => {
    expect(await at((iat + 600) * 1000 + 4999)).toBe('200');
    expect(await at((iat + 600) * 1000 + 5000)).toBe('401 expired');
  });

  it('F77 is accepted from nbf less five seconds on, to the millisecond', async () => {
    expect(await at((iat + 60) * 1000 - 5001)).toBe('401 not_yet_valid');
    expect(await at((iat + 60) * 1000 - 5000)).toBe('200');
  });

  it('F77 is given the leeway of clockToleranceMs: none, or five minutes', async () => {
    expect(await at((iat + 600) * 1000 - 1, 0)).toBe('200');
    expect(await at((iat + 600) * 1000, 0)).toBe('401 expired');
    expect(await at((iat + 900) * 1000 - 1, 300_000)).toBe('200');
    expect(await at((iat + 900) * 1000, 300_000)).toBe('401 expired');
  });

  it('F77 is refused where it comes from the future: it would escape every revocation until then', async () => {
    const future = issuer.claims({ iat, exp: iat + 600 });
    const when = async (ms: number) => {
      const live = liveTokens(memoryStore(), issuer, { now: () => ms });
      return outcome(ask(guardedApi(live, { exposeReason: true, claimsFrom: () => future })));
    };

    expect(await when(iat * 1000 - 5001)).toBe('401 issued_in_future');
    expect(await when(iat * 1000 - 5000)).toBe('200');
  });
});

describe("with profile: 'rfc9068', a token", () => {
  const strict = (claims: object) => answer(claims, {}, { profile: 'rfc9068' }, { typ: 'at+jwt' });

  it('F78 that has every claim of RFC 9068 is accepted', async () => {
    expect(await strict({})).toBe('200');
  });

  it.each(['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])('F78 is refused without %s, or with null for it', async name => {
    expect(await strict({ [name]: undefined })).toMatch(/^401 (malformed|wrong_issuer|wrong_audience)$/);
    expect(await strict({ [name]: null })).toMatch(/^401 (malformed|wrong_issuer|wrong_audience|unrevocable)$/);
  });

  it('F78 is refused without iss or aud also where the verifier does not ask for them', async () => {
    const claims = issuer.claims();
    for (const name of ['iss', 'aud']) {
      const { [name]: _, ...rest } = claims;
      const live = liveTokens(memoryStore(), { ...issuer, verify: async () => rest });
      const api = guardedApi(live, { profile: 'rfc9068', exposeReason: true });

      expect(await outcome(ask(api, issuer.token({}, { typ: 'at+jwt' })))).toBe('401 malformed');
    }
  });
});

describe('an opt-out for migrations', () => {
  const optOuts: [keyof UnsafeOptions, object, string][] = [
    ['acceptMissingTokenId', { jti: undefined }, '401 unrevocable'],
    ['acceptMissingIssuedAt', { iat: undefined }, '401 malformed'],
    ['acceptMissingOrganisation', { org: undefined }, '401 unrevocable'],
    ['acceptAnyLifetime', { exp: now + 86_400 }, '401 lifetime_too_long'],
  ];

  it.each(optOuts)('F78 named %s lets exactly its own tokens pass', async (name, claims, refused) => {
    const others = optOuts.filter(([other]) => other !== name);
    expect(await answer(claims, { [name]: true })).toBe('200');
    expect(await answer(claims, { [name]: false })).toBe(refused);
    expect(await answer(claims, Object.fromEntries(others.map(([other]) => [other, true])))).toBe(refused);
    for (const [, otherClaims, otherRefused] of others) expect(await answer(otherClaims, { [name]: true })).toBe(otherRefused);
  });

  it.each([
    ['acceptMissingTokenId', { jti: '' }, '401 unrevocable'],
    ['acceptMissingTokenId', { jti: null }, '401 unrevocable'],
    ['acceptMissingIssuedAt', { iat: null }, '401 malformed'],
    ['acceptMissingIssuedAt', { iat: String(now) }, '401 malformed'],
    ['acceptMissingOrganisation', { org: 5 }, '401 unrevocable'],
    ['acceptAnyLifetime', { exp: undefined }, '401 malformed'],
    ['acceptAnyLifetime', { exp: now - 60 }, '401 expired'],
    ['acceptMissingIssuedAt', { iat: undefined, exp: now - 60 }, '401 expired'],
  ])('F78 named %s does not let pass what is there and wrong: %j', async (name, claims, refused) => {
    expect(await answer(claims, { [name]: true })).toBe(refused);
  });

  it('F77 for a missing iat does not lift the bound on the lifetime, as far as what is left of it shows', async () => {
    expect(await answer({ iat: undefined, exp: now + 3700 }, { acceptMissingIssuedAt: true })).toBe('401 lifetime_too_long');
    expect(await answer({ iat: undefined, exp: now + 3700 }, { acceptMissingIssuedAt: true, acceptAnyLifetime: true })).toBe('200');
  });
});
