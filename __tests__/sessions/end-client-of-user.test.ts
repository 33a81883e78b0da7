import { EVERY_STORE } from '../support/every-store.js';
import { REFRESH } from '../support/issuer.js';
import { bearer, MERCHANT, PARTNER, RIVAL } from '../support/organisation-tree.js';
import { closeApps, openApp } from '../support/revocation-app.js';
import { bytesOf } from '../support/session-answers.js';

const PATH = '/users/alice/clients/web/tokens';

afterEach(closeApps);

describe.each(EVERY_STORE)('Ending what a user has granted to a client, on the $name store', ({ open }) => {
  describe.each([true, false])('(tracking %p)', tracking => {
    it.each([
      ['the user', (own: string) => bearer(own)],
      ['an administrator', () => MERCHANT],
    ])('H93 by %s: 204, and the tokens of that client die, with and without a session, refresh tokens too', async (_, callerOf) => {
      const app = await openApp({ open, tracking });
      const [inSession, without, refresh] = [await app.issue(), await app.issue({ sid: undefined }), await app.issue(REFRESH)];
      const [ofAnotherClient, ofBob] = [await app.issue({ client_id: 'mobile' }), await app.issue({ sub: 'bob' })];

      const { status, text } = await app.delete(PATH, callerOf(ofAnotherClient.token));

      expect({ status, text }).toEqual({ status: 204, text: '' });
      expect((await app.aftermath(inSession, without, ofAnotherClient, ofBob)).live).toEqual([false, false, true, true]);
      await expect(app.live.check(refresh.claims)).resolves.toMatchObject({ live: false, reason: 'revoked' });
    });

    it('H93 a client that the user never used is no error', async () => {
      const app = await openApp({ open, tracking });
      const token = await app.issue();

      expect((await app.delete('/users/alice/clients/no-such-client/tokens', MERCHANT)).status).toBe(204);
      expect(await app.isLive(token)).toBe(true);
    });
  });

  it('H93 an administrator reaches into the organisations that it manages, the user everywhere', async () => {
    const app = await openApp({ open });
    const all = [await app.issue(), await app.issue({ org: 'kiosk' }), await app.issue({ org: 'rival' })] as const;

    await app.delete(PATH, MERCHANT).expect(204);
    expect((await app.aftermath(...all)).live).toEqual([false, true, true]);

    await app.delete(PATH, PARTNER).expect(204);
    expect((await app.aftermath(...all)).live).toEqual([false, false, true]);

    await app.delete(PATH, bearer(all[2].token)).expect(204);
    expect((await app.aftermath(...all)).live).toEqual([false, false, false]);
  });

  it.each([
    ['sessions', '/users/USER/sessions?oauthTokens=true'],
    ['tokens of a client', PATH.replace('alice', 'USER')],
  ])("H93 another tenant's user is answered like an unknown one, to the byte, and nothing is changed: %s", async (_, path) => {
    const app = await openApp({ open });
    const victim = await app.issue();

    const foreign = bytesOf(await app.delete(path.replace('USER', 'alice'), RIVAL));
    const unknown = bytesOf(await app.delete(path.replace('USER', 'nobody'), RIVAL));

    expect(foreign.status).toBe(404);
    expect(foreign).toEqual(unknown);
    expect(await app.aftermath(victim)).toEqual({ live: [true], recorded: 0 });
  });
});
