import { REFRESH, createIssuer } from '../support/issuer.js';
import { CLIENTS, GARBAGE, basic, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';
import { exchange, rawForm } from '../support/raw-http.js';

const { web } = CLIENTS;
const INVALID_TOKEN = expect.stringMatching(/^Bearer realm="introspection", error="invalid_token", error_description="[^"]+"$/);

let app: OAuthApp;

beforeEach(async () => {
  app = await openOAuthApp({ oauth: { introspectionScope: 'introspect' } });
});

afterEach(closeOAuthApps);

/** An access token of a resource server. */
function callerToken(differences: Readonly<Record<string, unknown>> = {}): string {
  return app.issuer.token({ client_id: 'gateway', sub: 'gateway', grant_id: 'gateway', sid: undefined, scope: 'introspect', ...differences });
}

async function ask(bearer: string, token: string) {
  return app.post('/introspect', { token }).set('Authorization', `Bearer ${bearer}`);
}

describe('POST /introspect by the holder of an access token', () => {
  it('C39 C40 tells of access tokens, whoever they were issued to', async () => {
    const { status, body } = await ask(callerToken(), app.issuer.token());
    expect([status, body.active, body.client_id]).toEqual([200, true, 'web']);
  });

  it('C39 takes the scheme in any case, and the scope among others', async () => {
    const bearer = callerToken({ scope: 'orders:read introspect' });
    const { status } = await app.post('/introspect', { token: GARBAGE }).set('Authorization', `bEARER ${bearer}`);
    expect(status).toBe(200);
  });

  it.each([
    ['garbage', () => GARBAGE],
    ['signed by somebody else', () => createIssuer().token({ scope: 'introspect' })],
    ['expired', () => callerToken({ iat: 1_700_000_000, exp: 1_700_000_100 })],
    ['a refresh token', () => callerToken(REFRESH)],
    ['an ID token', () => callerToken({ nonce: 'n' })],
    ['bound to a key', () => callerToken({ cnf: { jkt: 'x' } })],
    ['without an id', () => callerToken({ jti: undefined })],
  ])('C39 refuses a bearer token that is %s: 401 invalid_token', async (_, make) => {
    const { status, body, headers } = await ask(make(), app.issuer.token());
    expect([status, body.error, headers['www-authenticate']]).toEqual([401, 'invalid_token', INVALID_TOKEN]);
    expect(headers['cache-control']).toBe('no-store');
  });

  it('C39 refuses a bearer token that was revoked', async () => {
    const bearer = callerToken();
    expect((await ask(bearer, app.issuer.token())).status).toBe(200);
    await app.live.revoke({ kind: 'client', id: 'gateway' });
    const { status, headers } = await ask(bearer, app.issuer.token());
    expect([status, headers['www-authenticate']]).toEqual([401, INVALID_TOKEN]);
  });

  it.each([undefined, '', 'orders:read', 'introspection', 'INTROSPECT', 'introspect2'])('C39 refuses a bearer token with the scope %p: 403', async (scope) => {
    const { status, body, headers } = await ask(callerToken({ scope }), app.issuer.token());
    expect([status, body.error]).toEqual([403, 'insufficient_scope']);
    expect(headers['www-authenticate']).toMatch(/^Bearer realm="introspection", error="insufficient_scope", error_description="[^"]+", scope="introspect"$/);
  });

  it('C39 does not let a token vouch for itself: 403, though it may be asked about by another', async () => {
    const bearer = callerToken();
    const { status, body } = await ask(bearer, bearer);
    expect([status, body]).toEqual([403, expect.objectContaining({ error: 'insufficient_scope' })]);
    expect((await ask(callerToken(), bearer)).body.active).toBe(true);
  });

  it('C39 needs all of several scopes', async () => {
    app = await openOAuthApp({ oauth: { introspectionScope: 'introspect tokens' } });
    expect((await ask(callerToken({ scope: 'introspect' }), GARBAGE)).status).toBe(403);
    expect((await ask(callerToken({ scope: 'introspect tokens' }), GARBAGE)).status).toBe(200);
  });

  it.each([
    ['of its own client', { client_id: 'web' }],
    ['of a client that has its name', { client_id: undefined, sub: 'web' }],
    ['of nobody, where it has no name itself', { client_id: undefined, sub: undefined }],
  ])('C46 shows it no refresh token, not even one %s: holding a token of a client is not being it', async (_, differences) => {
    const bearer = callerToken(differences);
    for (const client_id of ['web', undefined]) {
      expect((await ask(bearer, app.issuer.token({ ...REFRESH, client_id }))).text).toBe('{"active":false}');
    }
  });

  it('C48 needs a token: 400', async () => {
    const { status, body } = await app.post('/introspect', {}).set('Authorization', `Bearer ${callerToken()}`);
    expect([status, body.error]).toEqual([400, 'invalid_request']);
  });

  it.each([
    ['no token', 'Bearer'],
    ['two tokens', 'Bearer canary canary'],
    ['characters that no token has', 'Bearer "canary"'],
  ])('C39 refuses a header with %s: 400', async (_, authorization) => {
    const { status, body, headers } = await app.post('/introspect', { token: GARBAGE }).set('Authorization', authorization);
    expect([status, body.error]).toEqual([400, 'invalid_request']);
    expect(headers['www-authenticate']).toMatch(/^Bearer .*error="invalid_request"/);
  });

  it.each([
    ['two bearer tokens', () => [`Bearer ${callerToken()}`, `Bearer ${callerToken()}`]],
    ['a bearer token and a client', () => [`Bearer ${callerToken()}`, basic(web)]],
    ['a client and a bearer token', () => [basic(web), `Bearer ${callerToken()}`]],
  ])('A06 C39 refuses %s at once: 400', async (_, headers) => {
    const values = headers().map((value) => ['Authorization', value] as const);
    const { status } = await exchange(app.port, rawForm('/introspect', `token=${app.issuer.token()}`, ...values));
    expect(status).toBe(400);
  });

  it('C38 C39 goes on serving clients beside', async () => {
    expect((await app.introspect(web, { token: app.issuer.token() })).body.active).toBe(true);
    expect((await app.post('/introspect', { token: app.issuer.token() })).status).toBe(401);
  });

  it.each([
    ['the client of the token', { sub: 'alice' }, 'gateway'],
    ['its subject where it names no client', { client_id: undefined, sub: 'alice' }, 'alice'],
    ['nobody where it names neither', { client_id: undefined, sub: undefined }, ''],
  ])('C39 C45 introspectionMembers is told that %s asks', async (_, differences, asker) => {
    app = await openOAuthApp({ oauth: { introspectionScope: 'introspect', introspectionMembers: (_claims, caller) => ({ asker: caller.id }) } });
    expect((await ask(callerToken(differences), app.issuer.token())).body).toMatchObject({ active: true, asker });
  });

  it('C39 never opens /revoke to a bearer token', async () => {
    const token = app.issuer.token();
    const { status, body } = await app.post('/revoke', { token }).set('Authorization', `Bearer ${callerToken()}`);
    expect([status, body.error]).toEqual([401, 'invalid_client']);
    expect(await app.accepts(token)).toBe(true);
  });

  it('C38 does not take bearer tokens unless a scope is configured', async () => {
    app = await openOAuthApp();
    const { status, body } = await ask(callerToken(), app.issuer.token());
    expect([status, body.error]).toEqual([401, 'invalid_client']);
  });
});
