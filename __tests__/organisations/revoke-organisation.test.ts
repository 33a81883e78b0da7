import { EVERY_STORE } from '../support/every-store.js';
import { REFRESH } from '../support/issuer.js';
import { bearer, MERCHANT, PARTNER } from '../support/organisation-tree.js';
import { closeApps, openApp, type RevocationApp } from '../support/revocation-app.js';

const O1 = '/organisations/shop/tokens/revoke';
const T1 = '/tokens/revoke';

afterEach(closeApps);

function answer(uri: string, revokedTokensCount?: number) {
  return { uri, data: { uri, ...(revokedTokensCount !== undefined && { revokedTokensCount }), links: [] } };
}

/** Two tokens of the shop, of different users, one of them a refresh token. */
async function tokensOfTheShop(app: RevocationApp) {
  return Promise.all([app.issue(), app.issue({ sub: 'bob', sid: 'session-2', grant_id: 'grant-2', ...REFRESH })]);
}

describe.each(EVERY_STORE)('Revoking all tokens of an organisation, on the $name store', ({ open }) => {
  it.each([
    ['I94 I97 O1: by a partner that names it', O1, PARTNER],
    ['I94 I97 T1: by a merchant for its own', T1, MERCHANT],
  ])('%s, says how many it ended and refuses all of them at their next request', async (_, path, caller) => {
    const app = await openApp({ open });
    const [access, refresh] = await tokensOfTheShop(app);
    const kiosk = await app.issue({ org: 'kiosk' });

    const { status, body, type } = await app.post(path, caller);

    expect({ status, body, type }).toEqual({ status: 200, body: answer(path, 2), type: 'application/json' });
    expect(await app.aftermath(access, kiosk)).toEqual({ live: [false, true], recorded: 1 });
    await expect(app.live.check(refresh.claims)).resolves.toMatchObject({ live: false, reason: 'revoked', target: { kind: 'organisation' } });
  });

  it.each([
    ['O1', O1, PARTNER],
    ['T1', T1, MERCHANT],
  ])('I97 %s, repeated, counts 0', async (_, path, caller) => {
    const app = await openApp({ open });
    await tokensOfTheShop(app);
    await app.post(path, caller);

    const again = await app.post(path, caller);

    expect([again.status, again.body]).toEqual([200, answer(path, 0)]);
  });

  it('I97 counts, repeated after another token was issued, that token alone', async () => {
    const app = await openApp({ open });
    await tokensOfTheShop(app);
    const { reissueFrom } = await app.live.revoke({ kind: 'organisation', id: 'shop' });
    await app.issue({ iat: Math.floor(reissueFrom! / 1000), iat_ms: reissueFrom });

    expect((await app.post(O1, PARTNER)).body).toEqual(answer(O1, 1));
  });

  it('I97 counts neither what had been revoked in another way nor what had expired', async () => {
    const app = await openApp({ open });
    const [access] = await tokensOfTheShop(app);
    const nowS = Math.floor(Date.now() / 1000);
    await app.issue({ iat: nowS - 600, exp: nowS - 60 });
    await app.live.revoke({ kind: 'token', id: access.claims['jti'] as string, organisation: 'shop' });

    expect((await app.post(O1, PARTNER)).body).toEqual(answer(O1, 1));
  });

  it('I97 divides the tokens among revocations that run in parallel: each is counted once', async () => {
    const app = await openApp({ open });
    await Promise.all(Array.from({ length: 30 }, () => app.issue()));

    const answers = await Promise.all([...Array(6).keys()].map(i => (i % 2 === 0 ? app.post(O1, PARTNER) : app.post(T1, MERCHANT))));

    const counts = answers.map(({ body }) => body.data.revokedTokensCount as number);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(30);
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
  });

  it('I97 leaves the count out where nothing is tracked, and revokes all the same', async () => {
    const app = await openApp({ open, tracking: false });
    const shop = await app.issue();
    const kiosk = await app.issue({ org: 'kiosk' });

    expect((await app.post(O1, PARTNER)).body).toEqual(answer(O1));
    expect((await app.post(T1, MERCHANT)).body).toEqual(answer(T1));
    expect((await app.aftermath(shop, kiosk)).live).toEqual([false, true]);
  });

  it('I94 revoking a parent kills what names it among its organisations, and nothing else of its children', async () => {
    const app = await openApp({ open });
    const forShopByBank = await app.issue({ orgs: ['bank'] });
    const forShop = await app.issue();

    const { body } = await app.post(T1, PARTNER);

    expect(body).toEqual(answer(T1, 1));
    expect((await app.aftermath(forShopByBank, forShop)).live).toEqual([false, true]);
  });

  it('I94 T1 kills the very token that called, once it is its organisation\'s', async () => {
    const app = await openApp({ open });
    const caller = await app.issue({ scope: 'admin' });

    expect((await app.post(T1, bearer(caller.token))).status).toBe(200);
    expect((await app.post(T1, bearer(caller.token))).status).toBe(401);
  });
});

describe('Where revocation endpoints of an organisation stand', () => {
  it('I97 their uri is the path as it was asked for, without the query, a trailing slash, or the Host header', async () => {
    const app = await openApp();

    const { body } = await app.post(`${O1}/?from=here`, PARTNER).set('Host', 'evil.example').set('X-Forwarded-Host', 'evil.example');

    expect(body).toEqual(answer(O1, 0));
  });

  it('I94 they need neither a body nor a Content-Type, and take no notice of JSON that is there', async () => {
    const app = await openApp();
    const kiosk = await app.issue({ org: 'kiosk' });

    const { status, body } = await app.post(O1, PARTNER).send({ encodedOrganisationId: 'kiosk', organisation: 'kiosk' });

    expect([status, body]).toEqual([200, answer(O1, 0)]);
    expect(await app.isLive(kiosk)).toBe(true);
  });
});
