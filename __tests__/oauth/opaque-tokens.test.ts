import { randomUUID } from 'node:crypto';
import { StoreUnavailableError, type Claims, type TokenUse } from 'livetoken';
import { EVERY_STORE } from '../support/every-store.js';
import { createIssuer } from '../support/issuer.js';
import { CLIENTS, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';

const { web, mobile, api } = CLIENTS;

/** What an issuer keeps of its opaque tokens. */
const kept = new Map<string, { claims: Claims; use?: TokenUse }>();
const asked: string[] = [];
let outage: Error | undefined;

function issue(claims: Claims, use?: TokenUse): string {
  const token = `canary-${randomUUID()}`;
  kept.set(token, { claims, ...(use !== undefined && { use }) });
  return token;
}

afterEach(closeOAuthApps);

describe.each(EVERY_STORE)('opaque tokens on the $name store', ({ open }) => {
  let app: OAuthApp;

  beforeEach(async () => {
    kept.clear();
    asked.length = 0;
    outage = undefined;
    const { store } = await open();
    const resolveOpaqueToken = async (token: string) => {
      asked.push(token);
      if (outage !== undefined) throw outage;
      return kept.get(token) ?? null;
    };
    app = await openOAuthApp({ store, oauth: { resolveOpaqueToken } });
  });

  async function isActive(client: { id: string; secret?: string }, token: string): Promise<unknown> {
    const { body } = await app.introspect(client, { token });
    return body.active;
  }

  it('B21 B31 are refresh tokens unless something else is said: revoking one fails its next use and kills its grant', async () => {
    const access = app.issuer.token();
    const refresh = issue(app.issuer.claims());
    expect(await isActive(web, refresh)).toBe(true);
    expect((await app.revoke(web, { token: refresh })).status).toBe(200);
    expect(await isActive(web, refresh)).toBe(false);
    expect(await app.live.check(kept.get(refresh)!.claims)).toMatchObject({ live: false, reason: 'revoked' });
    expect(await app.accepts(access)).toBe(false);
  });

  it('B21 may be handed over as more than a plain object, as a database does', async () => {
    class Row {
      isFresh(): boolean { return Object.keys(this).length > 0; }
      constructor(claims: Claims) { Object.assign(this, claims); }
    }
    const refresh = issue(new Row(app.issuer.claims()) as unknown as Claims);
    expect(await isActive(web, refresh)).toBe(true);
    expect((await app.revoke(web, { token: refresh })).status).toBe(200);
    expect(await isActive(web, refresh)).toBe(false);
  });

  it('B22 B31 that are access tokens die alone', async () => {
    const [one, other] = [issue(app.issuer.claims(), 'access'), issue(app.issuer.claims(), 'access')];
    expect((await app.revoke(web, { token: one })).status).toBe(200);
    expect([await isActive(web, one), await isActive(web, other)]).toEqual([false, true]);
  });

  it.each(['access_token', 'refresh_token', 'nonsense'])('B25 C47 are found whatever the hint: %s', async (token_type_hint) => {
    const token = issue(app.issuer.claims());
    expect((await app.introspect(web, { token, token_type_hint })).body.active).toBe(true);
    expect((await app.revoke(web, { token, token_type_hint })).status).toBe(200);
    expect((await app.introspect(web, { token, token_type_hint })).body).toEqual({ active: false });
  });

  it('B28 C46 of another client are refused, stay alive, and are shown to nobody else', async () => {
    const token = issue(app.issuer.claims({ client_id: 'mobile' }));
    expect(await app.revoke(web, { token })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    for (const client of [web, api]) expect((await app.introspect(client, { token })).body).toEqual({ active: false });
    expect(await isActive(mobile, token)).toBe(true);
  });

  it.each(['id', 'event', 'other'] as const)('B30 cannot be revoked where they are something else: %s', async (use) => {
    const token = issue(app.issuer.claims(), use);
    expect(await app.revoke(web, { token })).toMatchObject({ status: 400, body: { error: 'unsupported_token_type' } });
    expect((await app.introspect(web, { token })).body).toEqual({ active: false });
  });

  it('B30 B33 that do not say enough to be revoked are not answered 200', async () => {
    const { exp: _, ...endless } = app.issuer.claims();
    const token = issue(endless);
    expect(await app.revoke(web, { token })).toMatchObject({ status: 400, body: { error: 'unsupported_token_type' } });
  });

  it('B23 that are unknown, and those that have expired, are answered 200', async () => {
    const iat = Math.floor(Date.now() / 1000) - 1000;
    const expired = issue(app.issuer.claims({ iat, exp: iat + 100, grant_id: undefined }), 'access');
    for (const token of ['canary-unknown', expired]) {
      expect((await app.revoke(web, { token })).status).toBe(200);
      expect((await app.introspect(web, { token })).body).toEqual({ active: false });
    }
    expect((await app.live.history()).items).toStrictEqual([]);
  });

  it('B24 are not what a forged JWT is, unless the issuer says so', async () => {
    const victim = app.issuer.claims();
    const forged = createIssuer().sign(victim);
    expect((await app.revoke(web, { token: forged })).status).toBe(200);
    expect(asked).toEqual([forged]);
    expect(await app.live.check(victim)).toMatchObject({ live: true });
  });

  it('A14 B23 are looked up only as what a token can be (RFC 6749 appendix A): databases trip over the rest', async () => {
    for (const token of ['canary\0', 'canary\n', '\ncanary', 'canary-ö', '\ud83d\ude00', '\u007f']) {
      expect((await app.revoke(web, { token })).status).toBe(200);
      expect((await app.introspect(web, { token })).body).toEqual({ active: false });
    }
    expect(asked).toStrictEqual([]);
  });

  it('A04 are not looked up for whoever does not prove who it is', async () => {
    const token = issue(app.issuer.claims());
    expect((await app.revoke({ id: 'web', secret: 'canary-wrong' }, { token })).status).toBe(401);
    expect((await app.introspect({ id: 'web', secret: 'canary-wrong' }, { token })).status).toBe(401);
    expect(asked).toStrictEqual([]);
  });

  it('B33 C50 that cannot be looked up right now are answered 503, and neither 200 nor inactive', async () => {
    const token = issue(app.issuer.claims());
    outage = new StoreUnavailableError('canary is out of reach');
    for (const path of ['/revoke', '/introspect']) {
      const { status, headers, body } = await app.postAs(web, path, { token });
      expect([status, headers['retry-after'], body.error]).toEqual([503, '1', 'temporarily_unavailable']);
    }
    outage = undefined;
    expect(await isActive(web, token)).toBe(true);
  });

  it('B33 C50 whose look-up fails in another way are never answered 200', async () => {
    const token = issue(app.issuer.claims());
    outage = new Error('look-up failed');
    for (const path of ['/revoke', '/introspect']) expect((await app.postAs(web, path, { token })).status).toBe(500);
  });
});
