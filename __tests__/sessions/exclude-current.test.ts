import { EVERY_STORE } from '../support/every-store.js';
import { REFRESH } from '../support/issuer.js';
import { bearer, MERCHANT, PARTNER } from '../support/organisation-tree.js';
import { closeApps, mountSessions, openApp, type Issued, type RevocationApp } from '../support/revocation-app.js';
import { sessionError } from '../support/session-answers.js';

const PATH = '/users/alice/sessions?excludeCurrent=true';

afterEach(closeApps);

async function alive(app: RevocationApp, tokens: Readonly<Record<string, Issued>>): Promise<readonly string[]> {
  const verdicts = await Promise.all(Object.entries(tokens).map(async ([name, { claims }]) => ({ name, ...(await app.live.check(claims)) })));
  return verdicts.filter(({ live }) => live).map(({ name }) => name);
}

async function issueAll(app: RevocationApp) {
  return {
    current: await app.issue(),
    currentRefresh: await app.issue({ ...REFRESH }),
    currentOfAnotherClient: await app.issue({ client_id: 'mobile' }),
    other: await app.issue({ sid: 'session-2' }),
    otherRefresh: await app.issue({ sid: 'session-2', ...REFRESH }),
    third: await app.issue({ sid: 'session-3', org: 'kiosk' }),
    withoutSession: await app.issue({ sid: undefined, jti: 'same' }),
    withoutSessionElsewhere: await app.issue({ sid: undefined, jti: 'same', org: 'kiosk' }),
    ofBob: await app.issue({ sub: 'bob', sid: 'session-4' }),
  };
}

const CURRENT = ['current', 'currentRefresh', 'currentOfAnotherClient'];
const SESSIONLESS = ['withoutSession', 'withoutSessionElsewhere'];

describe.each(EVERY_STORE)("Ending all sessions but the caller's own, on the $name store", ({ open }) => {
  it('H92 keeps the session of the calling token, all of it, and ends the others everywhere', async () => {
    const app = await openApp({ open });
    const tokens = await issueAll(app);

    const { status, text } = await app.delete(PATH, bearer(tokens.current.token));

    expect({ status, text }).toEqual({ status: 204, text: '' });
    expect(await alive(app, tokens)).toEqual([...CURRENT, ...SESSIONLESS, 'ofBob']);
    expect((await app.aftermath(tokens.current, tokens.other)).live).toEqual([true, false]);
  });

  it('H92 with oauthTokens=true ends the tokens without a session as well, were they of one id in two organisations', async () => {
    const app = await openApp({ open });
    const tokens = await issueAll(app);

    await app.delete(`${PATH}&oauthTokens=true`, bearer(tokens.current.token)).expect(204);

    expect(await alive(app, tokens)).toEqual([...CURRENT, 'ofBob']);
  });

  it('H92 ends more sessions than one write can hold', async () => {
    const app = await openApp({ open });
    const current = await app.issue();
    const others = await Promise.all(Array.from({ length: 70 }, (_, i) => app.issue({ sid: `other-${i}` })));

    await app.delete(PATH, bearer(current.token)).expect(204);

    const verdicts = await Promise.all(others.map(({ claims }) => app.live.check(claims)));
    expect(verdicts.filter(({ live }) => live)).toEqual([]);
    expect(await app.isLive(current)).toBe(true);
  });

  it('H92 is content where there is no other session', async () => {
    const app = await openApp({ open });
    const current = await app.issue();

    expect((await app.delete(PATH, bearer(current.token))).status).toBe(204);
    expect(await app.aftermath(current)).toEqual({ live: [true], recorded: 0 });
  });

  it("H92 means nothing to another user's sessions: an administrator keeps its own, and ends all of the user's that it may", async () => {
    const app = await openApp({ open });
    const tokens = await issueAll(app);
    const admin = await app.issue({ sub: 'admin', sid: 'session-of-admin', scope: 'admin' });
    // A session of alice that reaches into an organisation that this administrator has no say in.
    const shared = await app.issue({ sid: 'session-2', org: 'kiosk' });

    await app.delete(PATH, bearer(admin.token)).expect(204);

    expect(await alive(app, { ...tokens, admin, shared })).toEqual(['third', ...SESSIONLESS, 'ofBob', 'admin', 'shared']);
  });
});

describe('What excludeCurrent needs', () => {
  it('H92 tracked sessions: 400 where nothing is tracked, and nothing is changed', async () => {
    const app = await openApp({ tracking: false });
    const current = await app.issue();

    for (const caller of [bearer(current.token), PARTNER]) {
      const { status, body } = await app.delete(PATH, caller);
      expect({ status, body }).toEqual({ status: 400, body: sessionError(400, 'excludeCurrent needs tracked sessions') });
    }
    expect(await app.aftermath(current)).toEqual({ live: [true], recorded: 0 });
  });

  it.each([
    ['an API key', async () => MERCHANT],
    ['a token without a sid', async (app: RevocationApp) => bearer((await app.issue({ sid: undefined })).token)],
  ])('H92 a caller with a session: 400 for %s, and nothing is changed', async (_, callerOf) => {
    const app = await openApp();
    const victim = await app.issue();

    const { status, body } = await app.delete(PATH, await callerOf(app));

    expect({ status, body }).toEqual({ status: 400, body: sessionError(400, 'excludeCurrent needs a caller with a session') });
    expect(await app.aftermath(victim)).toEqual({ live: [true], recorded: 0 });
  });

  it('H92 no organisations: it does the same with a single tenant', async () => {
    const app = await openApp({ liveOptions: { claims: {} }, mount: mountSessions });
    const [current, other] = [await app.issue(), await app.issue({ sid: 'session-2' })];

    await app.delete(PATH, bearer(current.token)).expect(204);

    expect((await app.aftermath(current, other)).live).toEqual([true, false]);
  });
});
