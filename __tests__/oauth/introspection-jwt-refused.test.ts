import { ASSERTION_TYPE } from '../../lib/router/oauth/client-assertion.js';
import { API, AS, KEYS, WEB, closeSigningApps, openSigningApp, unsealed, type SigningApp } from '../support/signing-app.js';

const TYPE = { typ: 'token-introspection+jwt' };

let app: SigningApp;

afterEach(closeSigningApps);

beforeEach(async () => {
  app = await openSigningApp();
});

/** An introspection as it is, and one with all that an access token has, told from it by its type alone. */
async function introspections(): Promise<readonly string[]> {
  const { body } = await app.introspect(API, app.sign(app.claims()));
  const { payload } = unsealed(body, KEYS.RS256.publicKey);
  return [body as string, app.sign(app.claims(payload), TYPE), app.sign(app.claims(payload), { typ: 'application/Token-Introspection+JWT' })];
}

describe('A signed introspection', () => {
  it('D55 opens no guarded route, though the key of access tokens has signed it', async () => {
    const reasons: string[] = [];
    app.live.on('refused', ({ reason }) => reasons.push(reason));
    for (const introspection of await introspections()) expect(await app.guarded(introspection)).toBe(401);
    expect(reasons).toEqual(['not_an_access_token', 'not_an_access_token', 'not_an_access_token']);
    expect(await app.guarded(app.sign(app.claims()))).toBe(200);
  });

  it('D55 revokes nothing', async () => {
    for (const introspection of await introspections()) {
      const { status, body } = await app.post('/revoke', { token: introspection }, WEB);
      expect([status, body.error]).toEqual([400, 'unsupported_token_type']);
    }
    expect((await app.live.history()).items).toStrictEqual([]);
  });

  it('D55 is inactive itself', async () => {
    for (const introspection of await introspections()) {
      const { body } = await app.post('/introspect', { token: introspection }, API);
      expect(body).toEqual({ active: false });
    }
  });

  it('D55 authorises no introspection', async () => {
    app = await openSigningApp({ introspectionScope: 'introspect' });
    const token = app.sign(app.claims());
    const claims = app.claims({ scope: 'introspect' });
    expect((await app.introspect(`Bearer ${app.sign(claims)}`, token)).status).toBe(200);
    expect((await app.introspect(`Bearer ${app.sign(claims, TYPE)}`, token)).status).toBe(401);
  });

  it('D55 A11 authenticates no client, not even one that signs with the same key', async () => {
    const signer = { id: 'signer', assertion: { key: KEYS.RS256.publicKey, algorithms: ['RS256'] } } as const;
    app = await openSigningApp({ clients: [signer] });
    const iat = Math.floor(Date.now() / 1000);
    const ask = (typ: string, jti: string) => {
      const assertion = app.sign({ iss: 'signer', sub: 'signer', aud: AS, jti, iat, exp: iat + 60 }, { typ });
      return app.post('/introspect', { token: 'x', client_assertion: assertion, client_assertion_type: ASSERTION_TYPE });
    };
    expect((await ask('JWT', 'a-1')).status).toBe(200);
    expect((await ask(TYPE.typ, 'a-2')).status).toBe(401);
  });
});
