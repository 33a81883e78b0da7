import { userOf } from '../support/callers.js';
import { MERCHANT, PARTNER } from '../support/organisation-tree.js';
import { closeApps, mountSessions, openApp, type Issued, type RevocationApp } from '../support/revocation-app.js';

afterEach(closeApps);

/** More than the endpoints ask a store for at a time. */
const MANY = 1001;

/** The tokens of a session; the one that answers is the last of them in every list. */
async function trackMany(app: RevocationApp, last: Readonly<Record<string, unknown>>): Promise<Issued> {
  const exp = Math.floor(Date.now() / 1000) + 600;
  for (let i = 0; i < MANY; i += 1) await app.live.track(app.issuer.claims({ org: 'shop', exp }));
  return app.issue({ exp: exp + 60, ...last });
}

describe('Of more tokens than a store lists at a time', () => {
  it('H93 the last one is not overlooked when it is asked whose a session is', async () => {
    const app = await openApp();
    const inRival = await trackMany(app, { org: 'rival' });

    expect((await app.delete('/sessions/session-1', MERCHANT)).status).toBe(404);
    expect(await app.aftermath(inRival)).toEqual({ live: [true], recorded: 0 });
  });

  it('H90 the last one dies with the others, in an organisation of its own', async () => {
    const app = await openApp();
    const inKiosk = await trackMany(app, { org: 'kiosk' });

    expect((await app.delete('/users/alice/sessions', PARTNER)).status).toBe(204);
    expect(await app.isLive(inKiosk)).toBe(false);
  });
});

describe('Tracked sessions with a single tenant', () => {
  it.each([
    ['every session is for an administrator to end', 'admin', 204],
    ['no session but their own is for users to end', 'orders:read', 404],
  ])('H87 %s', async (_, scope, expected) => {
    const app = await openApp({ liveOptions: { claims: {} }, mount: mountSessions });
    const victim = await app.issue();

    expect((await app.delete('/sessions/session-1', await userOf('shop', scope)(app))).status).toBe(expected);
    expect(await app.isLive(victim)).toBe(expected === 404);
  });

  it('H88 one that nobody has heard of is unknown, to an administrator too', async () => {
    const app = await openApp({ liveOptions: { claims: {} }, mount: mountSessions });

    expect((await app.delete('/sessions/nothing', await userOf('shop', 'admin')(app))).status).toBe(404);
  });
});
