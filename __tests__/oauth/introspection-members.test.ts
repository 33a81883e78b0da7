import type { Claims, Introspector, OAuthOptions } from 'livetoken';
import { REFRESH } from '../support/issuer.js';
import { CLIENTS, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';

const { web, api } = CLIENTS;

let app: OAuthApp;

beforeEach(async () => {
  app = await openOAuthApp();
});

afterEach(closeOAuthApps);

async function introspect(claims: Readonly<Record<string, unknown>>, asker: { id: string; secret: string } = web): Promise<Record<string, unknown>> {
  const { status, body } = await app.introspect(asker, { token: app.issuer.token(claims) });
  expect([status, body.active]).toEqual([200, true]);
  return body as Record<string, unknown>;
}

describe('what is said of an active token', () => {
  it.each([
    ['a string', { scope: 'orders:read orders:write' }, 'orders:read orders:write'],
    ['a string with odd spaces', { scope: ' orders:read  orders:write ' }, 'orders:read orders:write'],
    ['an array', { scope: ['orders:read', 'orders:write'] }, 'orders:read orders:write'],
    ['scp', { scope: undefined, scp: ['orders:read', 'orders:write'] }, 'orders:read orders:write'],
    ['one word', { scope: 'openid' }, 'openid'],
    ['nothing', { scope: undefined }, undefined],
    ['an empty string', { scope: '' }, undefined],
    ['no string at all', { scope: { read: true } }, undefined],
  ])('C43 has its scope as one string separated by spaces, where the token has %s', async (_, claims, expected) => {
    expect((await introspect(claims))['scope']).toBe(expected);
  });

  it('C43 C44 has its times as numbers of seconds, and exp always', async () => {
    const iat = Math.floor(Date.now() / 1000) - 10;
    const body = await introspect({ iat: iat + 0.25, nbf: iat, exp: iat + 500.5 });
    expect([body['iat'], body['nbf'], body['exp']]).toEqual([iat + 0.25, iat, iat + 500.5]);
    expect(typeof (await introspect(REFRESH))['exp']).toBe('number');
  });

  it('C45 is flat and free of control characters, whatever the token holds', async () => {
    const aud = ['https://api.test', 'https://b.test'];
    const body = await introspect({ aud, username: 'alice\r\nX-Injected: 1', scope: 'orders:read\nX-Injected:1', act: { sub: 'mallory' } });
    expect(body).not.toHaveProperty('username');
    expect(body).not.toHaveProperty('scope');
    expect(body).not.toHaveProperty('act');
    expect(body['aud']).toEqual(aud);
  });

  it('C42 C44 names what a bound token is bound to, so that nobody takes it for a bearer token', async () => {
    const dpop = { jkt: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' };
    const mutualTls = { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' };
    expect(await introspect({ cnf: dpop })).toMatchObject({ cnf: dpop, token_type: 'DPoP' });
    expect(await introspect({ cnf: mutualTls })).toMatchObject({ cnf: mutualTls });
    for (const cnf of [mutualTls, 'odd', null, 7]) expect(await introspect({ cnf })).not.toHaveProperty('token_type');
  });

  it('C45 says nothing of what the token holds besides', async () => {
    const body = await introspect({ grant_id: 'grant-1', password: 'canary', org: 'org-a', roles: ['admin'] });
    expect(Object.keys(body).sort()).toEqual(['active', 'aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'scope', 'sid', 'sub', 'token_type']);
  });
});

describe('what is said of an active refresh token', () => {
  it('C43 holds no token_type: it is not presented to resource servers', async () => {
    expect(await introspect(REFRESH)).not.toHaveProperty('token_type');
    expect(await introspect({})).toHaveProperty('token_type', 'Bearer');
  });
});

describe('the hook introspectionMembers', () => {
  async function openWith(introspectionMembers: OAuthOptions['introspectionMembers']): Promise<void> {
    app = await openOAuthApp({ oauth: { introspectionMembers: introspectionMembers! } });
  }

  it('C45 adds members, another set for each caller', async () => {
    await openWith(async (claims: Claims, caller: Introspector) => ({
      organisation: claims['org'],
      ...(caller.id === 'api' && { roles: ['reader', 'writer'], level: 3, staff: false }),
    }));
    expect(await introspect({})).toMatchObject({ organisation: 'org-a' });
    expect(await introspect({})).not.toHaveProperty('roles');
    expect(await introspect({}, api)).toMatchObject({ organisation: 'org-a', roles: ['reader', 'writer'], level: 3, staff: false });
  });

  it('C45 cannot add what is nested or holds a control character, in name or value', async () => {
    await openWith(() => ({
      kept: 'yes',
      object: { nested: true },
      list: [['nested']],
      mixed: ['fine', { nested: true }],
      broken: 'a\r\nb',
      brokenList: ['fine', 'a\nb'],
      nul: '\0',
      next: 'a\u0085b',
      'na\nme': 'x',
      missing: null,
      nan: NaN,
      endless: Infinity,
    }));
    const plain = Object.keys(await introspect({}));
    expect(plain).toContain('kept');
    for (const name of ['object', 'list', 'mixed', 'broken', 'brokenList', 'nul', 'next', 'na\nme', 'missing', 'nan', 'endless']) {
      expect(plain).not.toContain(name);
    }
  });

  it('C40 C45 cannot change what the token itself says', async () => {
    await openWith(() => ({ active: false, exp: 1, sub: 'mallory', client_id: 'mobile', scope: 'everything', token_type: 'N_A' }));
    expect(await introspect({})).toMatchObject({ active: true, sub: 'alice', client_id: 'web', scope: 'orders:read', token_type: 'Bearer' });
  });

  it('C45 may have nothing to add', async () => {
    await openWith(() => undefined);
    expect(await introspect({})).toMatchObject({ active: true });
  });

  it('C41 is not asked about tokens that are not active, or not for the caller', async () => {
    const asked: Claims[] = [];
    await openWith((claims) => { asked.push(claims); return {}; });
    const revoked = app.issuer.token();
    await app.revoke(web, { token: revoked });
    for (const token of [revoked, app.issuer.token({ client_id: 'mobile' }), 'canary']) {
      expect((await app.introspect(web, { token })).body).toEqual({ active: false });
    }
    expect(asked).toStrictEqual([]);
  });
});
