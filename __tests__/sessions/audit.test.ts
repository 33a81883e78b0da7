import { userOf } from '../support/callers.js';
import { EVERY_STORE } from '../support/every-store.js';
import { MERCHANT, PARTNER } from '../support/organisation-tree.js';
import { closeApps, openApp } from '../support/revocation-app.js';

const alice = userOf('shop', 'orders:read', { sub: 'alice', sid: 'session-2' });

afterEach(closeApps);

describe.each(EVERY_STORE)('What the audit log says of the session endpoints, on the $name store', ({ open }) => {
  it.each([
    ['/sessions/session-1', async () => PARTNER, 'key partner-key', 'a session'],
    ['/sessions/session-1', alice, 'user alice', 'a session'],
    ['/users/alice/sessions', alice, 'user alice', 'subject alice, sessions only'],
    ['/users/alice/sessions', async () => MERCHANT, 'key merchant-key', 'member alice in organisation shop, sessions only'],
    ['/users/alice/sessions?oauthTokens=true', alice, 'user alice', 'subject alice'],
    ['/users/alice/sessions?oauthTokens=true', async () => MERCHANT, 'key merchant-key', 'member alice in organisation shop'],
    ['/users/alice/clients/web/tokens', alice, 'user alice', 'subject alice, client web only'],
  ])('H87 DELETE %s is recorded with who did it, what, why and under which request id', async (path, caller, actor, target) => {
    const app = await openApp({ open });
    await app.issue();

    await app.delete(path, await caller(app)).set('X-Request-Id', 'request-7').expect(204);

    const [entry, ...more] = await app.history();
    expect(more).toStrictEqual([]);
    expect(entry).toMatchObject({ actor, target, reason: 'session endpoint', requestId: 'request-7' });
    expect(JSON.stringify(entry)).not.toContain('session-1');
  });

  it('H92 each session that excludeCurrent ends has an entry of its own', async () => {
    const app = await openApp({ open });
    await Promise.all([app.issue({ sid: 'session-3' }), app.issue({ sid: 'session-4' })]);

    await app.delete('/users/alice/sessions?excludeCurrent=true', await alice(app)).set('X-Request-Id', 'request-7').expect(204);

    const entry = { actor: 'user alice', target: 'a session', requestId: 'request-7' };
    expect(await app.history()).toEqual([expect.objectContaining(entry), expect.objectContaining(entry)]);
  });

  it('H87 no request id is made up where none was sent', async () => {
    const app = await openApp({ open });

    await app.delete('/users/alice/sessions', await alice(app)).expect(204);

    expect((await app.history())[0]).not.toHaveProperty('requestId');
  });
});
