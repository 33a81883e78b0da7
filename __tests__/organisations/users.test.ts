import { EVERY_STORE } from '../support/every-store.js';
import { REFRESH } from '../support/issuer.js';
import { PARTNER } from '../support/organisation-tree.js';
import { closeApps, openApp } from '../support/revocation-app.js';

const PATH = '/organisations/shop/users/alice/tokens/revoke';

afterEach(closeApps);

describe.each(EVERY_STORE)('Revoking all tokens of a user in an organisation, on the $name store', ({ open }) => {
  it('I94 I97 ends all of them, with and without a session, refresh tokens too, and counts them', async () => {
    const app = await openApp({ open });
    const withSession = await app.issue();
    const without = await app.issue({ sid: undefined, client_id: 'mobile' });
    const refresh = await app.issue(REFRESH);

    const { status, body } = await app.post(PATH, PARTNER);

    expect([status, body]).toEqual([200, { uri: PATH, data: { uri: PATH, revokedTokensCount: 3, links: [] } }]);
    expect(await app.aftermath(withSession, without)).toEqual({ live: [false, false], recorded: 1 });
    await expect(app.live.check(refresh.claims)).resolves.toMatchObject({ live: false, reason: 'revoked', target: { kind: 'member' } });
  });

  it('I97 counts 0 when repeated', async () => {
    const app = await openApp({ open });
    await app.issue();
    await app.post(PATH, PARTNER);

    expect((await app.post(PATH, PARTNER)).body.data.revokedTokensCount).toBe(0);
  });

  it('I102 spares the same user in another organisation, and other users of this one', async () => {
    const app = await openApp({ open });
    const [elsewhere, colleague] = [await app.issue({ org: 'kiosk' }), await app.issue({ sub: 'bob' })];

    await app.post(PATH, PARTNER).expect(200);

    expect((await app.aftermath(elsewhere, colleague)).live).toEqual([true, true]);
  });

  it('I97 leaves the count out where nothing is tracked, and revokes all the same', async () => {
    const app = await openApp({ open, tracking: false });
    const token = await app.issue();

    expect((await app.post(PATH, PARTNER)).body).toEqual({ uri: PATH, data: { uri: PATH, links: [] } });
    expect(await app.isLive(token)).toBe(false);
  });

  it('I94 reaches what names the organisation further down its list', async () => {
    const app = await openApp({ open });
    const token = await app.issue({ org: 'stall', orgs: ['shop', 'bank'] });

    expect((await app.post(PATH, PARTNER)).body.data.revokedTokensCount).toBe(1);
    expect(await app.isLive(token)).toBe(false);
  });
});
