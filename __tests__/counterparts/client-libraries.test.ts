import { killableStore } from '../support/killable-store.js';
import { REFRESH } from '../support/issuer.js';
import { CLIENTS, closeOAuthApps, GARBAGE, openOAuthApp, type OAuthApp, type OAuthAppOptions } from '../support/oauth-app.js';
import { CLIENT_LIBRARIES, refusalOf, type LibraryClient, type Proof, type ServerMetadata } from './support/client-libraries.js';

afterEach(closeOAuthApps);

const METHODS = ['client_secret_basic', 'client_secret_post'] as const;

/** What the libraries throw for a 401: any 401 has a challenge, and they look at that before they look at the body. */
const CHALLENGED = { name: 'WWWAuthenticateChallengeError', code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE', status: 401 };
const refused = (status: number, error: string) => ({ name: 'ResponseBodyError', code: 'OAUTH_RESPONSE_BODY_ERROR', status, error });

/** They read the body of a 4xx only. Of another status they say that it is none of the protocol's, and hand over the answer. */
const UNAVAILABLE = { name: expect.any(String), code: 'OAUTH_RESPONSE_IS_NOT_CONFORM', status: 503 };

describe.each(CLIENT_LIBRARIES)('$name', ({ connect }) => {
  let app: OAuthApp;
  const open = async (options?: OAuthAppOptions): Promise<void> => { app = await openOAuthApp(options); };
  beforeEach(() => open());

  const metadata = (slash = ''): ServerMetadata => {
    const issuer = `http://127.0.0.1:${app.port}`;
    return { issuer, revocation_endpoint: `${issuer}/auth/revoke${slash}`, introspection_endpoint: `${issuer}/auth/introspect${slash}` };
  };
  const clientOf = ({ id, secret }: { id: string; secret: string }, method: (typeof METHODS)[number] = 'client_secret_basic'): LibraryClient =>
    connect(metadata(), id, { method, secret });
  const publicClient = (id: string): LibraryClient => connect(metadata(), id, { method: 'none' } satisfies Proof);

  describe.each(METHODS)('with %s', (method) => {
    it.each([
      ['a plain id and secret', CLIENTS.web],
      ['an id and a secret that mean something in forms and headers', CLIENTS.odd],
    ])('A01 A02 B21 B32 C40 asks about and revokes an access token: %s', async (_, client) => {
      const token = app.issuer.token({ client_id: client.id });
      const library = clientOf(client, method);

      expect(await library.introspect(token)).toMatchObject({ active: true, client_id: client.id, sub: 'alice' });
      await library.revoke(token);

      expect(await app.accepts(token)).toBe(false);
      expect(await library.introspect(token)).toEqual({ active: false });
    });

    it('A04 A05 is told by a challenge that a secret is wrong, and nothing changes', async () => {
      const token = app.issuer.token();
      const stranger = clientOf({ ...CLIENTS.web, secret: 'wrong' }, method);

      expect(await refusalOf(stranger.revoke(token))).toEqual(CHALLENGED);
      expect(await refusalOf(stranger.introspect(token))).toEqual(CHALLENGED);
      expect(await app.accepts(token)).toBe(true);
    });

    it('A04 A05 takes an unknown client for a wrong secret', async () => {
      const nobody = clientOf({ id: 'nobody', secret: CLIENTS.web.secret }, method);
      expect(await refusalOf(nobody.introspect(app.issuer.token()))).toEqual(CHALLENGED);
    });
  });

  it('A15 sends a form whose type names a charset', async () => {
    const request = app.nextRequest();
    await clientOf(CLIENTS.web).revoke(GARBAGE);
    expect((await request).headers['content-type']).toBe('application/x-www-form-urlencoded;charset=UTF-8');
  });

  it('B29 revokes a token of a public client, which has nothing but its name', async () => {
    const token = app.issuer.token({ client_id: 'spa' });
    await publicClient('spa').revoke(token);
    expect(await app.accepts(token)).toBe(false);
  });

  it('B29 C38 cannot use a confidential client without its secret, nor introspect by a name alone', async () => {
    const token = app.issuer.token();
    expect(await refusalOf(publicClient('web').revoke(token))).toEqual(CHALLENGED);
    expect(await refusalOf(publicClient('web').introspect(token))).toEqual(CHALLENGED);
    expect(await refusalOf(publicClient('spa').introspect(app.issuer.token({ client_id: 'spa' })))).toEqual(CHALLENGED);
    expect(await app.accepts(token)).toBe(true);
  });

  it('B21 B31 revokes a refresh token, and the access tokens of its grant with it', async () => {
    const [refresh, access] = [app.issuer.token({ ...REFRESH, grant_id: 'g' }), app.issuer.token({ grant_id: 'g' })];
    const library = clientOf(CLIENTS.web);
    expect(await library.introspect(refresh)).toMatchObject({ active: true });

    await library.revoke(refresh, 'refresh_token');

    expect(await library.introspect(refresh)).toEqual({ active: false });
    expect(await app.accepts(access)).toBe(false);
  });

  it.each(['access_token', 'refresh_token', 'urn:example:unheard-of'])('B25 C47 finds a token whatever the hint: %s', async (hint) => {
    const tokens = [app.issuer.token(), app.issuer.token(REFRESH)];
    const library = clientOf(CLIENTS.web);
    for (const token of tokens) {
      expect(await library.introspect(token, hint)).toMatchObject({ active: true });
      await library.revoke(token, hint);
      expect(await library.introspect(token, hint)).toEqual({ active: false });
    }
  });

  it('B23 C41 takes what is no token for revoked and inactive', async () => {
    const library = clientOf(CLIENTS.web);
    for (const token of [GARBAGE, app.issuer.token({ exp: 1 }), `${app.issuer.token()}x`]) {
      expect(await library.revoke(token)).toBeUndefined();
      expect(await library.introspect(token)).toEqual({ active: false });
    }
  });

  it.each([['an access token', {}], ['a refresh token', REFRESH]])('B28 is refused %s of another client, which lives on', async (_, overrides) => {
    const token = app.issuer.token(overrides);
    expect(await refusalOf(clientOf(CLIENTS.mobile).revoke(token))).toEqual(refused(400, 'invalid_grant'));
    expect(await clientOf(CLIENTS.web).introspect(token)).toMatchObject({ active: true });
  });

  it('B30 is told that an ID token is of a type that cannot be revoked', async () => {
    const idToken = app.issuer.token({ token_use: 'id' });
    expect(await refusalOf(clientOf(CLIENTS.web).revoke(idToken))).toEqual(refused(400, 'unsupported_token_type'));
  });

  it('C42 C46 lets a resource server see access tokens that are for it, and nobody else\'s refresh tokens', async () => {
    const api = clientOf(CLIENTS.api);
    expect(await api.introspect(app.issuer.token())).toMatchObject({ active: true, token_type: 'Bearer', scope: 'orders:read' });
    expect(await api.introspect(app.issuer.token(REFRESH))).toEqual({ active: false });
    expect(await clientOf(CLIENTS.mobile).introspect(app.issuer.token())).toEqual({ active: false });
  });

  it('B36 follows no redirect, and needs none for a trailing slash', async () => {
    const token = app.issuer.token();
    const library = connect(metadata('/'), 'web', { method: 'client_secret_basic', secret: CLIENTS.web.secret });
    expect(await library.introspect(token)).toMatchObject({ active: true });
    await library.revoke(token);
    expect(await app.accepts(token)).toBe(false);
  });

  it('B33 C50 hears of an outage as an error of its own, never as an answer about the token', async () => {
    const { redis, open: openStore } = await killableStore();
    const { store } = await openStore();
    await open({ store });
    try {
      const [token, library] = [app.issuer.token(), clientOf(CLIENTS.web)];
      expect(await library.introspect(token)).toMatchObject({ active: true });
      await redis.kill();
      expect(await refusalOf(library.introspect(token))).toEqual(UNAVAILABLE);
      expect(await refusalOf(library.revoke(token))).toEqual(UNAVAILABLE);
    } finally {
      await redis.stop();
    }
  });
});
