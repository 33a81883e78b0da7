import { createLiveTokens } from 'livetoken';
import { userOf } from '../support/callers.js';
import { EVERY_STORE, openMemoryStore } from '../support/every-store.js';
import { REFRESH } from '../support/issuer.js';
import { bearer, MERCHANT, PARTNER, RIVAL } from '../support/organisation-tree.js';
import { closeApps, mountSessions, openApp } from '../support/revocation-app.js';
import { bytesOf, sessionError } from '../support/session-answers.js';

const PATH = '/sessions/session-1';

afterEach(closeApps);

describe.each(EVERY_STORE)('Ending a session, on the $name store', ({ open }) => {
  it('H87 answers 204 with nothing in it, and all tokens that carry its sid die with it', async () => {
    const app = await openApp({ open });
    const access = await app.issue();
    const ofAnotherClient = await app.issue({ client_id: 'mobile', grant_id: 'grant-2' });
    const refresh = await app.issue(REFRESH);
    const elsewhere = [await app.issue({ sid: 'session-2' }), await app.issue({ sid: undefined })];

    const { status, text, headers } = await app.delete(PATH, bearer(access.token));

    expect({ status, text }).toEqual({ status: 204, text: '' });
    expect(headers).not.toHaveProperty('content-type');
    expect(await app.aftermath(access, ofAnotherClient, ...elsewhere)).toEqual({ live: [false, false, true, true], recorded: 1 });
    await expect(app.live.check(refresh.claims)).resolves.toMatchObject({ live: false, reason: 'revoked', target: { kind: 'session' } });
  });

  it('H87 a token that the session gets afterwards is dead as well: sessions die for good', async () => {
    const app = await openApp({ open });
    await app.issue();

    await app.delete(PATH, MERCHANT).expect(204);

    const nowS = Math.floor(Date.now() / 1000);
    const later = { iat: nowS + 3, exp: nowS + 60 };
    const [inIt, inAnother] = [await app.issue(later), await app.issue({ ...later, sid: 'session-2' })];
    expect((await app.aftermath(inIt, inAnother)).live).toEqual([false, true]);
  });

  it('H88 answers 404 for what is unknown and for what has been ended, to an administrator', async () => {
    const app = await openApp({ open });
    await app.issue();
    await app.delete(PATH, MERCHANT).expect(204);

    for (const path of ['/sessions/no-such-session', PATH]) {
      const { status, body } = await app.delete(path, MERCHANT);
      expect({ status, body }).toEqual({ status: 404, body: sessionError(404) });
    }
    expect((await app.history()).length).toBe(1);
  });

  it.each([
    ["another user's", userOf('shop', 'orders:read'), { sub: 'alice' }],
    ["another tenant's", async () => RIVAL, {}],
    ['one in an organisation above', userOf('shop', 'bankadmin'), { org: 'bank' }],
    ['one in a sibling', async () => MERCHANT, { org: 'kiosk' }],
  ])('H93 %s is answered like an unknown one, to the byte, and lives on', async (_, caller, overrides) => {
    const app = await openApp({ open });
    const victim = await app.issue(overrides);
    const header = await caller(app);

    const foreign = bytesOf(await app.delete(PATH, header));
    const unknown = bytesOf(await app.delete('/sessions/no-such-session', header));

    expect(foreign.status).toBe(404);
    expect(foreign).toEqual(unknown);
    expect(await app.aftermath(victim)).toEqual({ live: [true], recorded: 0 });
  });

  it('H93 one that reaches into several organisations is for whoever manages all of them', async () => {
    const app = await openApp({ open });
    const [inShop, inKiosk] = [await app.issue(), await app.issue({ org: 'kiosk' })];

    expect((await app.delete(PATH, MERCHANT)).status).toBe(404);
    expect(await app.aftermath(inShop, inKiosk)).toEqual({ live: [true, true], recorded: 0 });

    expect((await app.delete(PATH, PARTNER)).status).toBe(204);
    expect((await app.aftermath(inShop, inKiosk)).live).toEqual([false, false]);
  });

  it('H93 one that several users share is not for one of them, unless it is their own just now', async () => {
    const app = await openApp({ open });
    const [alice, bob] = [await app.issue(), await app.issue({ sub: 'bob' })];
    const elsewhere = await app.issue({ sid: 'session-2' });

    expect((await app.delete(PATH, bearer(elsewhere.token))).status).toBe(404);
    expect(await app.aftermath(alice, bob)).toEqual({ live: [true, true], recorded: 0 });

    expect((await app.delete(PATH, bearer(alice.token))).status).toBe(204);
  });

  it('H87 a user ends another session of their own as well', async () => {
    const app = await openApp({ open });
    const [current, other] = [await app.issue(), await app.issue({ sid: 'session-2' })];

    expect((await app.delete('/sessions/session-2', bearer(current.token))).status).toBe(204);
    expect((await app.aftermath(current, other)).live).toEqual([true, false]);
  });

  it('H93 one of nobody is not the own one of a caller who is nobody either', async () => {
    const app = await openApp({ open });
    const victim = await app.issue({ sub: undefined });
    const caller = await app.issue({ sub: undefined, sid: undefined, client_id: 'batch' });

    expect((await app.delete(PATH, bearer(caller.token))).status).toBe(404);
    expect(await app.aftermath(victim, caller)).toEqual({ live: [true, true], recorded: 0 });
  });

  it('H93 one with a token of no organisation is for no administrator, whatever mayManage says', async () => {
    const app = await openApp({ open, sessions: { mayManage: () => true }, liveOptions: { unsafe: { acceptMissingOrganisation: true } } });
    const tokens = [await app.issue(), await app.issue({ org: undefined })];

    expect((await app.delete(PATH, MERCHANT)).status).toBe(404);
    expect(await app.aftermath(...tokens)).toEqual({ live: [true, true], recorded: 0 });
  });

  it('H93 no token of a large session is overlooked when it is asked whose it is', async () => {
    const app = await openApp({ open });
    const exp = Math.floor(Date.now() / 1000) + 600;
    await Promise.all(Array.from({ length: 150 }, () => app.issue({ exp })));
    const lastToExpire = await app.issue({ org: 'rival', exp: exp + 60 });

    expect((await app.delete(PATH, MERCHANT)).status).toBe(404);
    expect(await app.aftermath(lastToExpire)).toEqual({ live: [true], recorded: 0 });
  });
});

describe('A session most of whose tokens died in a way that no list was told of', () => {
  it('H88 is known for as long as one of them lives', async () => {
    const { store, close } = await openMemoryStore();
    const app = await openApp({ open: async () => ({ store, close }) });
    const untracking = createLiveTokens({ store, maxLifetime: 3600 });
    const exp = Math.floor(Date.now() / 1000) + 600;
    await Promise.all(Array.from({ length: 150 }, () => app.issue({ exp, client_id: 'mobile' })));
    const last = await app.issue({ exp: exp + 60 });
    await untracking.revoke({ kind: 'client', id: 'mobile' });

    expect((await app.delete(PATH, MERCHANT)).status).toBe(204);
    expect(await app.isLive(last)).toBe(false);
  });
});

describe('Sessions that nobody tracks', () => {
  it('H87 one\'s own is ended by the sid of one\'s own token', async () => {
    const app = await openApp({ tracking: false });
    const [own, refresh, other] = [await app.issue(), await app.issue(REFRESH), await app.issue({ sid: 'session-2' })];

    expect((await app.delete(PATH, bearer(own.token))).status).toBe(204);
    expect((await app.aftermath(own, other)).live).toEqual([false, true]);
    await expect(app.live.check(refresh.claims)).resolves.toMatchObject({ live: false });
  });

  it.each([
    ['another session of the same user', userOf('shop', 'orders:read', { sub: 'alice', sid: 'session-2' })],
    ['an administrator', async () => MERCHANT],
    ['the partner', async () => PARTNER],
    ['the rival', async () => RIVAL],
  ])('H93 to %s they are unknown, since nobody can say whose they are', async (_, caller) => {
    const app = await openApp({ tracking: false });
    const victim = await app.issue();

    const { status, body } = await app.delete(PATH, await caller(app));

    expect({ status, body }).toEqual({ status: 404, body: sessionError(404) });
    expect(await app.aftermath(victim)).toEqual({ live: [true], recorded: 0 });
  });

  it.each([
    ['an administrator may end any', 'admin', 204],
    ['a user may not', 'orders:read', 404],
  ])('H87 with a single tenant %s', async (_, scope, expected) => {
    const app = await openApp({ tracking: false, liveOptions: { claims: {} }, mount: mountSessions });
    const victim = await app.issue();

    const { status } = await app.delete(PATH, await userOf('shop', scope)(app));

    expect(status).toBe(expected);
    expect(await app.isLive(victim)).toBe(expected === 404);
  });
});
