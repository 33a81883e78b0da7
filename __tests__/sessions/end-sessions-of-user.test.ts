import { EVERY_STORE } from '../support/every-store.js';
import { REFRESH } from '../support/issuer.js';
import { bearer, MERCHANT, PARTNER } from '../support/organisation-tree.js';
import { closeApps, openApp, type RevocationApp } from '../support/revocation-app.js';
import { sendRaw } from '../support/send-raw.js';
import { sessionError } from '../support/session-answers.js';

const PATH = '/users/alice/sessions';

afterEach(closeApps);

/** Every kind of token of alice, and one of bob. Refresh tokens never pass the guard, so they are asked about as claims. */
async function tokens(app: RevocationApp) {
  const issued = {
    inSession: await app.issue(),
    inAnotherSession: await app.issue({ sid: 'session-2', client_id: 'mobile' }),
    refreshInSession: await app.issue(REFRESH),
    withoutSession: await app.issue({ sid: undefined }),
    refreshWithoutSession: await app.issue({ sid: undefined, ...REFRESH }),
    ofBob: await app.issue({ sub: 'bob', sid: 'session-3' }),
  };
  return {
    ...issued,
    async living() {
      const verdicts = await Promise.all(Object.entries(issued).map(async ([name, { claims }]) => ({ name, ...(await app.live.check(claims)) })));
      return verdicts.filter(({ live }) => live).map(({ name }) => name);
    },
  };
}

const SESSIONLESS = ['withoutSession', 'refreshWithoutSession', 'ofBob'];

describe.each(EVERY_STORE)('Ending all sessions of a user, on the $name store', ({ open }) => {
  describe.each([
    ['the user', (own: string) => bearer(own)],
    ['an administrator', () => MERCHANT],
  ])('by %s', (_, callerOf) => {
    describe.each([true, false])('(tracking %p)', tracking => {
      it.each([
        ['by default', ''],
        ['with oauthTokens=false', '?oauthTokens=false'],
        ['with any other parameter', '?forgetDevices=true&OAuthTokens=true&oauthTokens%5B%5D=true'],
        ['with excludeCurrent=false', '?excludeCurrent=false'],
      ])('H90 %s ends what carries a sid, refresh tokens too, and lets tokens without one live on', async (_name, query) => {
        const app = await openApp({ open, tracking });
        const issued = await tokens(app);

        const { status, text } = await app.delete(PATH + query, callerOf(issued.withoutSession.token));

        expect({ status, text }).toEqual({ status: 204, text: '' });
        expect(await issued.living()).toEqual(SESSIONLESS);
        expect((await app.aftermath(issued.inSession, issued.withoutSession)).live).toEqual([false, true]);
      });

      it('H90 with oauthTokens=true ends every token of the user, refresh and access', async () => {
        const app = await openApp({ open, tracking });
        const issued = await tokens(app);

        const { status, text } = await app.delete(`${PATH}?oauthTokens=true`, callerOf(issued.withoutSession.token));

        expect({ status, text }).toEqual({ status: 204, text: '' });
        expect(await issued.living()).toEqual(['ofBob']);
        expect((await app.aftermath(issued.inSession, issued.withoutSession, issued.ofBob)).live).toEqual([false, false, true]);
      });
    });
  });

  it('H90 a new session, begun after that, lives', async () => {
    const app = await openApp({ open });
    await tokens(app);
    await app.delete(PATH, MERCHANT).expect(204);

    const iatMs = (await app.history()).at(-1)!.epochMs + 1;
    const token = await app.issue({ sid: 'session-9', iat: Math.floor(iatMs / 1000), iat_ms: iatMs });

    expect(await app.isLive(token)).toBe(true);
  });

  it('H93 an administrator ends them inside the organisations that it manages, the user everywhere', async () => {
    const app = await openApp({ open });
    const [inShop, inKiosk, inRival] = [await app.issue(), await app.issue({ org: 'kiosk' }), await app.issue({ org: 'rival', sid: 'session-2' })];
    const all = [inShop, inKiosk, inRival] as const;

    await app.delete(PATH, MERCHANT).expect(204);
    expect((await app.aftermath(...all)).live).toEqual([false, true, true]);

    await app.delete(PATH, PARTNER).expect(204);
    expect((await app.aftermath(...all)).live).toEqual([false, false, true]);

    await app.delete(PATH, bearer(inRival.token)).expect(204);
    expect((await app.aftermath(...all)).live).toEqual([false, false, false]);
  });

  it('H93 a user who is known elsewhere only is as unknown as nobody', async () => {
    const app = await openApp({ open });
    const elsewhere = await app.issue({ org: 'rival' });

    for (const path of [PATH, '/users/nobody/sessions', '/users/nobody/sessions?oauthTokens=true']) {
      const { status, body } = await app.delete(path, PARTNER);
      expect({ status, body }).toEqual({ status: 404, body: sessionError(404) });
    }
    expect(await app.aftermath(elsewhere)).toEqual({ live: [true], recorded: 0 });
  });
});

describe('The parameters of ending sessions', () => {
  const values = ['1', '0', '', 'TRUE', 'True', 'False', 'yes', 'on', 'null', '+true', 'true+', 'true%00', 'true%2Cfalse', 'truefalse', '%zz'];
  const repeated = (name: string): string[] => [
    ...[`${name}=true&${name}=true`, `${name}=true&${name}=false`, `${name}=false&x=1&${name}=true`, `${name}=false&${name}=`],
    `${name}=true&${name.replace('T', '%54').replace('C', '%43')}=true`,
  ];
  const queries = ['oauthTokens', 'excludeCurrent'].flatMap(name =>
    [name, ...values.map(value => `${name}=${value}`), ...repeated(name)].map(query => [name, `?${query}`] as const),
  );

  it.each(queries)('H91 %s is exactly true or false, once: %s is 400, and nothing is changed', async (name, query) => {
    const app = await openApp();
    const issued = await tokens(app);

    for (const caller of [MERCHANT, bearer(issued.inSession.token)]) {
      const { status, text } = await sendRaw(app.server, 'DELETE', PATH + query, { authorization: caller });
      expect([status, JSON.parse(text)]).toEqual([400, sessionError(400, `${name} is either true or false`)]);
    }
    expect(await app.history()).toStrictEqual([]);
    expect((await issued.living()).length).toBe(6);
  });

  it('H91 a percent-encoded name and value count as what they are', async () => {
    const app = await openApp();
    const issued = await tokens(app);

    expect((await sendRaw(app.server, 'DELETE', `${PATH}?%6FauthTokens=%74rue`, { authorization: MERCHANT })).status).toBe(204);
    expect(await issued.living()).toEqual(['ofBob']);
  });

  it('H91 a body is not looked at', async () => {
    const app = await openApp();
    const issued = await tokens(app);

    await app.delete(PATH, MERCHANT).type('form').send('oauthTokens=true').expect(204);

    expect(await issued.living()).toEqual(SESSIONLESS);
  });
});
