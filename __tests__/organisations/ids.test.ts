import { ODD_IDS } from '../support/odd-ids.js';
import { closeApps, openApp } from '../support/revocation-app.js';
import { sendRaw } from '../support/send-raw.js';

/** A partner of every organisation, so that only the ids decide. */
const options = {
  organisations: { authenticate: async () => ({ actor: 'key root', level: 'partner', organisation: 'shop' }) as const, mayManage: () => true },
};

afterEach(closeApps);

describe.each([true, false])('Ids in a path (tracking %p)', tracking => {
  it.each(ODD_IDS)('I94 the token id $id, as $segment, is decoded exactly once', async ({ id, segment, mistaken }) => {
    const app = await openApp({ ...options, tracking });
    const [meant, other] = [await app.issue({ jti: id }), await app.issue({ jti: mistaken })];

    const { status, text } = await sendRaw(app.server, 'POST', `/tokens/${segment}/revoke`);

    expect([status, JSON.parse(text).data.id]).toEqual([200, id]);
    expect((await app.aftermath(meant, other)).live).toEqual([false, true]);
  });

  it.each(ODD_IDS)('I94 the organisation id $id, as $segment, is decoded exactly once', async ({ id, segment, mistaken }) => {
    const app = await openApp({ ...options, tracking });
    const [meant, other] = [await app.issue({ org: id }), await app.issue({ org: mistaken })];

    const { status } = await sendRaw(app.server, 'POST', `/organisations/${segment}/tokens/revoke`);

    expect(status).toBe(200);
    expect((await app.aftermath(meant, other)).live).toEqual([false, true]);
  });

  it.each(ODD_IDS)('I94 the user id $id, as $segment, is decoded exactly once', async ({ id, segment, mistaken }) => {
    const app = await openApp({ ...options, tracking });
    const [meant, other] = [await app.issue({ sub: id }), await app.issue({ sub: mistaken })];

    const { status } = await sendRaw(app.server, 'POST', `/organisations/shop/users/${segment}/tokens/revoke`);

    expect(status).toBe(200);
    expect((await app.aftermath(meant, other)).live).toEqual([false, true]);
  });

  it.each(ODD_IDS)('I98 the uri for the id $id stands as it was sent, as one line that begins with a slash', async ({ segment }) => {
    const app = await openApp({ ...options, tracking: false });
    const path = `/organisations/shop/tokens/${segment}/revoke`;

    const { text } = await sendRaw(app.server, 'POST', path);

    expect(JSON.parse(text)).toMatchObject({ uri: path, data: { uri: path } });
  });
});
