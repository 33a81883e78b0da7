import request from 'supertest';
import { claimsIn, countOf, EVERY_DEMO, introspect, isLive, issue, login, redeem, revoke, SECRETS, type Holder, type OpenDemo } from './support/every-demo.js';

// What the endpoints do is shown elsewhere; here, that the demo has them where it says, with its callers and organisations.

describe.each(EVERY_DEMO)('revoking in the demo, on $name', ({ open }) => {
  let demo: OpenDemo;
  beforeAll(async () => {
    demo = await open();
  });
  afterAll(() => demo.close());

  const post = (path: string, key: Holder) => request(demo.app).post(path).auth(key, SECRETS[key]);
  const remove = (path: string, token: string) => request(demo.app).delete(path).set('Authorization', `Bearer ${token}`);

  it('B22 an access token by its client: it alone is refused, on the next request', async () => {
    const { access, refresh } = await login(demo.app);
    await revoke(demo.app, access).expect(200, '');
    expect(await isLive(demo.app, access)).toBe(false);
    await redeem(demo.app, refresh).expect(200);
  });

  it('B29 a token of a public client, by its name', async () => {
    const form = { grant_type: 'password', username: 'bob', password: 'bob-password', client_id: 'spa' };
    const { body } = await request(demo.app).post('/oauth2/default/v1/token').type('form').send(form).expect(200);
    await request(demo.app).post('/oauth2/default/v1/revoke').type('form').send({ token: body.access_token, client_id: 'spa' }).expect(200);
    expect(await isLive(demo.app, body.access_token as string)).toBe(false);
  });

  it('C40 C41 the resource server learns whether a token is live, other clients nothing', async () => {
    const { access } = await login(demo.app);
    const active = await introspect(demo.app, access).expect(200);
    const unseen = await introspect(demo.app, access, 'mobile').expect(200);
    await revoke(demo.app, access).expect(200);
    const inactive = await introspect(demo.app, access).expect(200);
    expect(active.body).toMatchObject({ active: true, sub: 'alice', client_id: 'web', exp: claimsIn(access).exp });
    expect([unseen.body, inactive.body]).toEqual([{ active: false }, { active: false }]);
  });

  it('I97 O1 T1 all tokens of an organisation, counted exactly, and none the second time', async () => {
    for (const [key, path] of [['merchant-key', '/tokens/revoke'], ['partner-key', '/organisations/ybo8zd8j2q/tokens/revoke']] as const) {
      await countOf(demo.app, 'merchant-key');
      const { access } = await login(demo.app);
      const { token } = await issue(demo.app, 'partner-key', ['orders:read'], 'ybo8zd8j2q');
      const { access: bob } = await login(demo.app, 'bob');
      const { body } = await post(path, key).expect(200);
      expect(body).toEqual({ uri: path, data: { uri: path, revokedTokensCount: 3, links: [] } });
      expect([await isLive(demo.app, access), await isLive(demo.app, token), await isLive(demo.app, bob)]).toEqual([false, false, true]);
      expect((await post(path, key).expect(200)).body.data.revokedTokensCount).toBe(0);
    }
  });

  it('I95 O1 T1 O2 by tokens with the scope of an administrator', async () => {
    const bearer = (path: string, token: string) => request(demo.app).post(path).set('Authorization', `Bearer ${token}`);
    const admin = await issue(demo.app, 'merchant-key', ['admin']);
    const bankadmin = await issue(demo.app, 'partner-key', ['bankadmin']);
    const first = await issue(demo.app, 'merchant-key', ['orders:read']);
    await bearer(`/organisations/ybo8zd8j2q/tokens/${first.id}/revoke`, admin.token).expect(403);
    await bearer(`/organisations/ybo8zd8j2q/tokens/${first.id}/revoke`, bankadmin.token).expect(200);
    await bearer('/tokens/revoke', first.token).expect(401);
    await bearer('/organisations/j29p3kpabx/tokens/revoke', bankadmin.token).expect(403);
    await bearer('/tokens/revoke', admin.token).expect(200);
    expect(await isLive(demo.app, admin.token)).toBe(false);
    await bearer('/tokens/revoke', (await login(demo.app)).access).expect(403);
  });

  it('I98 I103 T2 one token by its id, which keeps the time of its first revocation', async () => {
    const { id, token } = await issue(demo.app, 'merchant-key', ['orders:read']);
    const first = await post(`/tokens/${id}/revoke`, 'merchant-key').expect(200);
    const second = await post(`/tokens/${id}/revoke`, 'merchant-key').expect(200);
    expect(first.body.data).toMatchObject({ id, status: 'REVOKED', revokedTimestamp: expect.any(Number), accessType: 'CR', links: [] });
    expect(second.body).toEqual(first.body);
    expect(JSON.stringify(first.body)).not.toContain(token);
    expect(await isLive(demo.app, token)).toBe(false);
  });

  it.each<[Holder, (id: string) => string, number]>([
    ['other-key', id => `/tokens/${id}/revoke`, 404],
    ['partner-key', id => `/tokens/${id}/revoke`, 404],
    ['partner-key', id => `/organisations/qj29q69mxn/tokens/${id}/revoke`, 404],
    ['partner-key', id => `/organisations/nowhere/tokens/${id}/revoke`, 404],
    ['partner-key', id => `/organisations/j29p3kpabx/tokens/${id}/revoke`, 403],
    ['other-key', id => `/organisations/ybo8zd8j2q/tokens/${id}/revoke`, 403],
    ['merchant-key', id => `/organisations/ybo8zd8j2q/tokens/${id}/revoke`, 403],
    ['other-key', () => '/organisations/ybo8zd8j2q/tokens/revoke', 403],
    ['other-key', () => '/organisations/ybo8zd8j2q/users/merchant-key/tokens/revoke', 403],
  ])('I102 the key %s reaches no token of another organisation, and of its own by the right path only (case %#)', async (key, path, status) => {
    const { id, token } = await issue(demo.app, 'merchant-key', ['orders:read']);
    await post(path(id), key).expect(status);
    expect(await isLive(demo.app, token)).toBe(true);
  });

  it('H87 a session: by its user, by the merchant, by the partner; to everybody else there is none', async () => {
    const admin = await issue(demo.app, 'merchant-key', ['admin']);
    const bankadmin = await issue(demo.app, 'partner-key', ['bankadmin']);
    const stranger = await issue(demo.app, 'other-key', ['admin']);
    const bob = await login(demo.app, 'bob');
    for (const caller of [admin.token, bankadmin.token, 'own']) {
      const { access, refresh } = await login(demo.app);
      const path = `/api/v1/sessions/${claimsIn(access).sid}`;
      await remove(path, stranger.token).expect(404);
      await remove(path, bob.access).expect(404);
      expect(await isLive(demo.app, access)).toBe(true);
      await remove(path, caller === 'own' ? access : caller).expect(204, '');
      expect(await isLive(demo.app, access)).toBe(false);
      await redeem(demo.app, refresh).expect(400);
    }
  });

  it('H90 H93 the sessions of a user: by the user, by the merchant, by the partner; 403 for other users, 404 for strangers', async () => {
    const admin = await issue(demo.app, 'merchant-key', ['admin']);
    const bankadmin = await issue(demo.app, 'partner-key', ['bankadmin']);
    const stranger = await issue(demo.app, 'other-key', ['admin', 'orders:read']);
    const bob = await login(demo.app, 'bob');
    const path = '/api/v1/users/alice/sessions?oauthTokens=true';
    for (const caller of [admin.token, bankadmin.token, 'own']) {
      const { access } = await login(demo.app);
      await remove(path, stranger.token).expect(404);
      await remove(path, bob.access).expect(403);
      expect(await isLive(demo.app, access)).toBe(true);
      await remove(path, caller === 'own' ? access : caller).expect(204, '');
      expect(await isLive(demo.app, access)).toBe(false);
    }
    await remove('/api/v1/users/nobody/sessions', bankadmin.token).expect(404);
    expect(await isLive(demo.app, bob.access)).toBe(true);
  });

  it('H93 what a user allowed one client', async () => {
    const web = await login(demo.app, 'alice', 'web');
    const mobile = await login(demo.app, 'alice', 'mobile');
    await remove('/api/v1/users/alice/clients/mobile/tokens', web.access).expect(204);
    expect([await isLive(demo.app, web.access), await isLive(demo.app, mobile.access)]).toEqual([true, false]);
  });

  it('B23 B24 nothing by garbage or a forgery: 200 all the same', async () => {
    const { access } = await login(demo.app);
    const [header = '', payload = ''] = access.split('.');
    for (const token of ['garbage', `${header}.${payload}.${'A'.repeat(342)}`, `rt_${'A'.repeat(43)}`]) await revoke(demo.app, token).expect(200, '');
    expect(await isLive(demo.app, access)).toBe(true);
  });
});
