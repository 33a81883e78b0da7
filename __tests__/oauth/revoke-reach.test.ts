import type { Claims, OAuthOptions } from 'livetoken';
import { EVERY_STORE } from '../support/every-store.js';
import { REFRESH } from '../support/issuer.js';
import { CLIENTS, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';

const { web } = CLIENTS;

/** One login, its two access tokens and its refresh token, and what a second login of the same user in the same session has. */
interface Login {
  readonly access: Claims;
  readonly sibling: Claims;
  readonly refresh: Claims;
  readonly otherAccess: Claims;
  readonly otherRefresh: Claims;
}

const EVERYTHING = { access: true, sibling: true, refresh: true, otherAccess: true, otherRefresh: true };

afterEach(closeOAuthApps);

describe.each(EVERY_STORE)('what dies with a token on the $name store', ({ open }) => {
  let app: OAuthApp;
  let login: Login;

  async function start(oauth: Partial<OAuthOptions>): Promise<void> {
    const { store } = await open();
    app = await openOAuthApp({ store, oauth });
    const { claims } = app.issuer;
    login = {
      access: claims(),
      sibling: claims(),
      refresh: claims(REFRESH),
      otherAccess: claims({ grant_id: 'grant-2' }),
      otherRefresh: claims({ ...REFRESH, grant_id: 'grant-2' }),
    };
  }

  async function revoke(claims: Claims): Promise<void> {
    expect((await app.revoke(web, { token: app.issuer.sign(claims) })).status).toBe(200);
  }

  /** By name, whether each still is live. */
  async function liveNow(): Promise<Record<string, boolean>> {
    const names = Object.entries(login) as [string, Claims][];
    const states = await Promise.all(names.map(async ([name, claims]) => [name, (await app.live.check(claims)).live] as const));
    return Object.fromEntries(states);
  }

  describe('by default', () => {
    beforeEach(() => start({}));

    it('B31 is, with a refresh token, its grant and all access tokens of it, and nothing else', async () => {
      await revoke(login.refresh);
      expect(await liveNow()).toEqual({ ...EVERYTHING, access: false, sibling: false, refresh: false });
      expect(await app.accepts(app.issuer.sign(login.access))).toBe(false);
      expect(await app.accepts(app.issuer.sign(login.otherAccess))).toBe(true);
    });

    it('B31 is, with an access token, nothing but itself', async () => {
      await revoke(login.access);
      expect(await liveNow()).toEqual({ ...EVERYTHING, access: false });
    });

    it('B31 is, with a refresh token, also what its grant spawns afterwards', async () => {
      await revoke(login.refresh);
      expect(await app.accepts(app.issuer.token())).toBe(false);
    });

    it('B31 is, with a refresh token that names no grant, itself alone', async () => {
      const alone = app.issuer.claims({ ...REFRESH, grant_id: undefined });
      await revoke(alone);
      expect(await app.live.check(alone)).toMatchObject({ live: false });
      expect(await liveNow()).toEqual(EVERYTHING);
    });

    it('B31 is, with a refresh token by its typ, its grant', async () => {
      const token = app.issuer.token({}, { typ: 'rt+jwt' });
      expect((await app.revoke(web, { token })).status).toBe(200);
      expect(await liveNow()).toMatchObject({ access: false, refresh: false, otherAccess: true });
    });
  });

  it('B31 is, with token_only, the refresh token itself, and its grant is left alone', async () => {
    await start({ refreshTokenRevokes: 'token_only' });
    await revoke(login.refresh);
    expect(await liveNow()).toEqual({ ...EVERYTHING, refresh: false });
  });

  it('B31 is, where an access token stands for its grant, the grant with its refresh token', async () => {
    await start({ accessTokenRevokes: 'grant' });
    await revoke(login.access);
    expect(await liveNow()).toEqual({ ...EVERYTHING, access: false, sibling: false, refresh: false });
  });

  it('B31 is, where an access token stands for its grant and has none, itself', async () => {
    await start({ accessTokenRevokes: 'grant' });
    const alone = app.issuer.claims({ grant_id: undefined });
    await revoke(alone);
    expect(await app.live.check(alone)).toMatchObject({ live: false });
    expect(await liveNow()).toEqual(EVERYTHING);
  });

  it('B31 is, where both options say the other thing, what each of them says', async () => {
    await start({ refreshTokenRevokes: 'token_only', accessTokenRevokes: 'grant' });
    await revoke(login.otherRefresh);
    await revoke(login.access);
    expect(await liveNow()).toEqual({ access: false, sibling: false, refresh: false, otherAccess: true, otherRefresh: false });
  });

  it('B31 is never decided by the hint', async () => {
    await start({});
    const token = app.issuer.sign(login.access);
    expect((await app.revoke(web, { token, token_type_hint: 'refresh_token' })).status).toBe(200);
    expect(await liveNow()).toEqual({ ...EVERYTHING, access: false });
  });
});
