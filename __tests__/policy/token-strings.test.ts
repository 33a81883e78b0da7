import { InvalidTokenError, memoryStore, type LiveTokens } from 'livetoken';
import { EVERY_STORE, onStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer, REFRESH } from '../support/issuer.js';

const issuer = createIssuer();
const now = Math.floor(Date.now() / 1000);

describe.each(EVERY_STORE)('a token given to live.revoke as a string, on the $name store,', ({ open }) => {
  let live: LiveTokens;
  onStore(open, ({ store }) => { live = liveTokens(store, issuer); });

  const written = async () => (await live.history()).items.length;

  it('B31 is revoked by itself where it is an access token: the others of its grant and session live on', async () => {
    const [own, sibling] = [issuer.claims(), issuer.claims()];

    const { target } = await live.revoke(issuer.sign(own));

    expect(target).toEqual({ kind: 'token', id: own['jti'], organisation: 'org-a' });
    expect((await live.check(own)).live).toBe(false);
    expect((await live.check(sibling)).live).toBe(true);
  });

  it('B31 is revoked with all of its grant where it is a refresh token, and what another grant spawned lives on', async () => {
    const [sibling, other] = [issuer.claims(), issuer.claims({ grant_id: 'grant-2' })];

    const { target } = await live.revoke(issuer.token(REFRESH));

    expect(target).toEqual({ kind: 'grant', id: 'grant-1' });
    expect((await live.check(sibling)).live).toBe(false);
    expect((await live.check(other)).live).toBe(true);
  });

  it('B31 is revoked by itself where it is a refresh token that names no grant', async () => {
    const refresh = issuer.claims({ ...REFRESH, grant_id: undefined });

    expect((await live.revoke(issuer.sign(refresh))).target).toEqual({ kind: 'token', id: refresh['jti'], organisation: 'org-a' });
  });

  it('F80 is revoked inside its own organisation: the same jti in another one lives on', async () => {
    const theirs = issuer.claims({ jti: 'jti-1', org: 'org-b' });

    await live.revoke(issuer.token({ jti: 'jti-1', org: 'org-a' }));

    expect((await live.check(theirs)).live).toBe(true);
  });

  it('B31 is revoked as far as `reach` says, where it was verified before', async () => {
    const [access, refresh] = [issuer.token(), issuer.token(REFRESH)];

    expect((await live.revokeVerified(await live.verify(access), { reach: 'grant' })).target.kind).toBe('grant');
    expect((await live.revokeVerified(await live.verify(refresh), { reach: 'token' })).target.kind).toBe('token');
    expect((await live.revokeVerified(await live.verify(access))).target.kind).toBe('token');
    expect((await live.revokeVerified(await live.verify(refresh))).target.kind).toBe('grant');
  });

  it('B24 writes nothing for a forged token with the jti of a victim, who stays live', async () => {
    const victim = issuer.claims({ jti: 'victim' });

    await expect(live.revoke(createIssuer().token({ jti: 'victim' }))).rejects.toMatchObject({ code: 'invalid_token', reason: 'bad_signature' });

    expect((await live.check(victim)).live).toBe(true);
    expect(await written()).toBe(0);
  });

  const refused: [string, () => string, string][] = [
    ['garbage', () => 'garbage', 'malformed'],
    ['an empty string', () => '', 'malformed'],
    ['JSON of a target', () => '{"kind":"all"}', 'malformed'],
    ['a long one', () => 'a.'.repeat(5000), 'too_long'],
    ['forged', () => createIssuer().token(), 'bad_signature'],
    ['a forged refresh token', () => createIssuer().token(REFRESH), 'bad_signature'],
    ['unsigned', () => issuer.token({}, { alg: 'none' }), 'wrong_algorithm'],
    ['expired', () => issuer.token({ iat: now - 700, exp: now - 100 }), 'expired'],
    ['an expired refresh token', () => issuer.token({ ...REFRESH, iat: now - 700, exp: now - 100 }), 'expired'],
    ['of another issuer', () => issuer.token({ iss: 'https://other.test' }), 'wrong_issuer'],
    ['for another audience', () => issuer.token({ aud: 'https://other.test' }), 'wrong_audience'],
    ['without an id', () => issuer.token({ jti: undefined }), 'unrevocable'],
    ['without its organisation', () => issuer.token({ org: undefined }), 'unrevocable'],
    ['with ids of the wrong type', () => issuer.token({ jti: ['jti-1'] }), 'unrevocable'],
    ['without exp', () => issuer.token({ exp: undefined }), 'malformed'],
    ['living too long', () => issuer.token({ exp: now + 86_400 }), 'lifetime_too_long'],
  ];
  it.each(refused)('B24 F79 is refused as InvalidTokenError and writes nothing: %s', async (_, token, reason) => {
    const rejection = await live.revoke(token()).catch((error: unknown) => error);

    expect(rejection).toBeInstanceOf(InvalidTokenError);
    expect(rejection).toMatchObject({ reason, status: 401 });
    expect(await written()).toBe(0);
  });

  it('F80 changes nothing the second time', async () => {
    const token = issuer.token();

    expect(await live.revoke(token)).toMatchObject({ changed: true });
    expect(await live.revoke(token)).toMatchObject({ changed: false });
    expect(await written()).toBe(1);
  });
});

describe('a token given to live.revoke as a string', () => {
  it('B24 that has expired is refused also where the verifier does not look at exp, whatever it is', async () => {
    const store = memoryStore();
    for (const overrides of [{}, REFRESH]) {
      const claims = issuer.claims({ ...overrides, iat: now - 7200, exp: now - 3700 });
      const live = liveTokens(store, { ...issuer, verify: async () => claims });

      await expect(live.revoke(issuer.token())).rejects.toMatchObject({ reason: 'expired' });
      expect((await live.history()).items).toStrictEqual([]);
    }
  });

  it('F78 that lives on to the year 9999 by way of an opt-out is revoked until then', async () => {
    const live = liveTokens(memoryStore(), issuer, { unsafe: { acceptAnyLifetime: true } });
    const endless = issuer.claims({ exp: 253_402_300_799 });
    expect((await live.check(endless)).live).toBe(true);

    expect((await live.revoke(issuer.sign(endless))).keepUntil).toBeGreaterThan(253_402_300_799_000);

    expect((await live.check(endless)).live).toBe(false);
  });

  it('F78 that has no id, which an opt-out lets pass, cannot be revoked by itself, but with its grant and all else', async () => {
    const live = liveTokens(memoryStore(), issuer, { unsafe: { acceptMissingTokenId: true } });
    const claims = issuer.claims({ jti: undefined });
    expect((await live.check(claims)).live).toBe(true);

    await expect(live.revoke(issuer.sign(claims))).rejects.toMatchObject({ reason: 'unrevocable' });
    expect((await live.check(claims)).live).toBe(true);

    await live.revokeVerified(await live.verify(issuer.sign(claims)), { reach: 'grant' });
    expect((await live.check(claims)).live).toBe(false);
  });

  it('F78 that has no iat, which an opt-out lets pass, is refused by any epoch on what it falls under', async () => {
    const live = liveTokens(memoryStore(), issuer, { unsafe: { acceptMissingIssuedAt: true } });
    const claims = issuer.claims({ iat: undefined });
    expect((await live.check(claims)).live).toBe(true);

    await live.revoke({ kind: 'subject', id: 'alice' }, { issuedBefore: 0 });

    expect((await live.check(claims)).live).toBe(false);
  });

  it('F70 is refused with a TypeError that says what to do where nothing verifies tokens', async () => {
    const live = liveTokens(memoryStore(), issuer, { verify: undefined } as object);

    await expect(live.revoke(issuer.token())).rejects.toThrow(
      new TypeError('createLiveTokens was given no verify function; give one, such as jwtVerifier({ ... }).'),
    );
  });
});
