import { EVERY_STORE } from '../support/every-store.js';
import { REFRESH } from '../support/issuer.js';
import { MERCHANT, PARTNER } from '../support/organisation-tree.js';
import { closeApps, openApp } from '../support/revocation-app.js';

const O2 = (tokenId: unknown, organisation = 'shop') => `/organisations/${organisation}/tokens/${String(tokenId)}/revoke`;
const T2 = (tokenId: unknown) => `/tokens/${String(tokenId)}/revoke`;

const ENDPOINTS = [
  { name: 'O2', path: O2, caller: PARTNER },
  { name: 'T2', path: T2, caller: MERCHANT },
];

/** All that only the issuer knows of a token. */
const DETAILS = {
  ...{ accessType: 'CR', requestingAccessType: 'BN', ipFiltering: false, mtlsFilter: 'none' },
  ...{ requestedOrganisation: 'c2hvcA', requestingOrganisation: 'YmFuaw', parentId: 'parent-7', resourceId: 'resource-9' },
};

afterEach(closeApps);

describe.each(EVERY_STORE)('Revoking one token of an organisation, on the $name store', ({ open }) => {
  describe.each(ENDPOINTS)('by $name', ({ path, caller }) => {
    it('I94 I98 answers with the token, every member of it, times in milliseconds', async () => {
      const app = await openApp({ open });
      const { claims } = await app.issue({ scope: 'orders:read orders:write' }, DETAILS);
      const { jti, iat, exp } = claims as { jti: string; iat: number; exp: number };
      const before = Date.now();

      const { status, body, type } = await app.post(path(jti), caller);

      const uri = path(jti);
      const revokedTimestamp = expect.any(Number);
      expect({ status, body, type }).toEqual({
        status: 200,
        type: 'application/json',
        body: {
          uri,
          data: {
            ...{ id: jti, uri, tokenType: 'BEARER', status: 'REVOKED', links: [], ...DETAILS },
            ...{ scopes: ['orders:read', 'orders:write'], expiryTime: exp * 1000, createdTimestamp: iat * 1000, revokedTimestamp },
          },
        },
      });
      expect(body.data.revokedTimestamp).toBeGreaterThanOrEqual(before);
      expect(body.data.revokedTimestamp).toBeLessThanOrEqual(Date.now());
    });

    it('I98 leaves out what is not known of a tracked token', async () => {
      const app = await openApp({ open });
      const { claims } = await app.issue({ scope: undefined });

      const { body } = await app.post(path(claims['jti']), caller);

      const uri = path(claims['jti']);
      const times = { expiryTime: expect.any(Number), createdTimestamp: expect.any(Number), revokedTimestamp: expect.any(Number) };
      expect(body.data).toEqual({ id: claims['jti'], uri, tokenType: 'BEARER', requestedOrganisation: 'shop', status: 'REVOKED', links: [], ...times });
    });

    it('I94 refuses that token at its next request and no other, were it of the same session and grant', async () => {
      const app = await openApp({ open });
      const [one, sibling, elsewhere] = [await app.issue(), await app.issue(), await app.issue({ org: 'kiosk' })];

      await app.post(path(one.claims['jti']), caller).expect(200);

      expect(await app.aftermath(one, sibling, elsewhere)).toEqual({ live: [false, true, true], recorded: 1 });
    });

    it('I94 revokes a refresh token by its id too, and its access tokens not with it', async () => {
      const app = await openApp({ open });
      const [refresh, access] = [await app.issue(REFRESH), await app.issue()];

      await app.post(path(refresh.claims['jti']), caller).expect(200);

      await expect(app.live.check(refresh.claims)).resolves.toMatchObject({ live: false, reason: 'revoked' });
      expect(await app.isLive(access)).toBe(true);
    });

    it('I100 never echoes the token, even if the issuer left it in the details', async () => {
      const app = await openApp({ open });
      const { claims } = await app.issue();
      const second = app.issuer.claims({ org: 'shop' });
      const token = app.issuer.sign(second);
      await app.live.track(second, { accessToken: token, access_token: token, ...DETAILS });

      const { body } = await app.post(path(second['jti']), caller);

      expect(body.data).not.toHaveProperty('accessToken');
      expect(JSON.stringify(body)).not.toContain(token);
      expect(JSON.stringify((await app.post(path(claims['jti']), caller)).body)).not.toContain('ey');
    });

    it('I103 answers 200 for what was revoked already, with the time of the first revocation', async () => {
      const app = await openApp({ open });
      const { claims } = await app.issue({}, DETAILS);
      const first = await app.post(path(claims['jti']), caller);
      while (Date.now() <= first.body.data.revokedTimestamp) await Promise.resolve();

      const second = await app.post(path(claims['jti']), caller);

      expect([second.status, second.body]).toEqual([200, first.body]);
      expect((await app.history()).length).toBe(1);
    });

    it('I103 answers with the original time as well where something broader had revoked the token', async () => {
      const app = await openApp({ open });
      const { claims } = await app.issue();
      const { recordedAt } = await app.live.revoke({ kind: 'organisation', id: 'shop' });
      while (Date.now() <= recordedAt) await Promise.resolve();

      const { status, body } = await app.post(path(claims['jti']), caller);

      expect([status, body.data.revokedTimestamp]).toEqual([200, recordedAt]);
    });

    it('I102 answers 404 for a token that was never tracked, and records nothing', async () => {
      const app = await openApp({ open });
      await app.issue();

      const { status, body } = await app.post(path('no-such-token'), caller);

      expect([status, body.returnCode]).toEqual([404, '404']);
      expect(await app.history()).toStrictEqual([]);
    });

    it('I98 I103 without tracking answers 200 for any id, with the little that is known: the time of the call that revoked it', async () => {
      const app = await openApp({ open, tracking: false });
      const { claims } = await app.issue();
      const uri = path(claims['jti']);
      const known = { id: claims['jti'], uri, tokenType: 'BEARER', requestedOrganisation: 'shop', status: 'REVOKED', links: [] };

      const first = await app.post(uri, caller);
      const second = await app.post(uri, caller);

      expect([first.status, first.body]).toEqual([200, { uri, data: { ...known, revokedTimestamp: expect.any(Number) } }]);
      expect([second.status, second.body]).toEqual([200, { uri, data: known }]);
      expect(await app.aftermath({ token: app.issuer.sign(claims), claims })).toEqual({ live: [false], recorded: 1 });
    });

    it('I103 shows 30 parallel revocations one and the same time, and records one', async () => {
      const app = await openApp({ open });
      const { claims } = await app.issue();

      const answers = await Promise.all(Array.from({ length: 30 }, () => app.post(path(claims['jti']), caller)));

      expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
      expect((await app.history()).length).toBe(1);
    });
  });
});

describe('A token of an organisation', () => {
  it('I98 keeps its id and its uri, with the characters that URLs must encode', async () => {
    const app = await openApp();
    const jti = 'a/b c%41?#ü😀';
    await app.issue({ jti });

    const { status, body } = await app.post(T2(encodeURIComponent(jti)), MERCHANT);

    expect([status, body.data.id, body.data.uri]).toEqual([200, jti, T2(encodeURIComponent(jti))]);
  });

  it.each([
    ['whose id is "revoke"', 'revoke'],
    ['whose id is "tokens"', 'tokens'],
  ])('I94 %s is revoked by it, and its organisation is not', async (_, jti) => {
    const app = await openApp();
    const [one, other] = [await app.issue({ jti }), await app.issue()];

    await app.post(T2(jti), MERCHANT).expect(200);

    expect(await app.aftermath(one, other)).toEqual({ live: [false, true], recorded: 1 });
  });
});
