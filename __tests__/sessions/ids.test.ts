import { ODD_IDS } from '../support/odd-ids.js';
import { bearer } from '../support/organisation-tree.js';
import { closeApps, openApp } from '../support/revocation-app.js';
import { sendRaw } from '../support/send-raw.js';

/** An administrator of every organisation, so that only the ids decide. */
const sessions = { authenticate: async () => ({ actor: 'key root', level: 'partner', organisation: 'shop' }) as const, mayManage: () => true };

afterEach(closeApps);

describe('Ids in a path', () => {
  it.each(ODD_IDS)('H93 the session id $id, as $segment, is decoded exactly once', async ({ id, segment, mistaken }) => {
    const app = await openApp({ sessions });
    const [meant, other] = [await app.issue({ sid: id }), await app.issue({ sid: mistaken })];

    expect((await sendRaw(app.server, 'DELETE', `/sessions/${segment}`)).status).toBe(204);
    expect((await app.aftermath(meant, other)).live).toEqual([false, true]);
  });

  it.each(ODD_IDS)('H93 the user id $id, as $segment, is decoded exactly once', async ({ id, segment, mistaken }) => {
    const app = await openApp({ sessions });
    const [meant, other] = [await app.issue({ sub: id, client_id: 'web' }), await app.issue({ sub: mistaken, client_id: 'web' })];

    expect((await sendRaw(app.server, 'DELETE', `/users/${segment}/clients/web/tokens`)).status).toBe(204);
    expect((await app.aftermath(meant, other)).live).toEqual([false, true]);
    expect((await sendRaw(app.server, 'DELETE', `/users/${segment}/sessions`)).status).toBe(404);
  });

  it.each(ODD_IDS)('H93 the client id $id, as $segment, is decoded exactly once', async ({ id, segment, mistaken }) => {
    const app = await openApp({ sessions });
    const [meant, other] = [await app.issue({ client_id: id }), await app.issue({ client_id: mistaken })];

    expect((await sendRaw(app.server, 'DELETE', `/users/alice/clients/${segment}/tokens`)).status).toBe(204);
    expect((await app.aftermath(meant, other)).live).toEqual([false, true]);
  });

  it.each(ODD_IDS)('H93 nobody is taken for the user $mistaken by the path $segment', async ({ id, segment, mistaken }) => {
    const app = await openApp();
    const [own, victim] = [await app.issue({ sub: mistaken }), await app.issue({ sub: id })];

    const { status } = await sendRaw(app.server, 'DELETE', `/users/${segment}/sessions?oauthTokens=true`, { authorization: bearer(own.token) });

    expect(status).toBe(403);
    expect(await app.aftermath(own, victim)).toEqual({ live: [true, true], recorded: 0 });
  });
});
