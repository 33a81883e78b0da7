import request from 'supertest';
import { claimsIn, EVERY_DEMO, isLive, issue, login, redeem, type OpenDemo } from './support/every-demo.js';

describe.each(EVERY_DEMO)('what users do with their account, on $name', ({ open }) => {
  let demo: OpenDemo;
  beforeAll(async () => {
    demo = await open();
  });
  afterAll(() => demo.close());

  const signOut = (token: string, body: object) => request(demo.app).post('/api/me/sign-out-everywhere').set('Authorization', `Bearer ${token}`).send(body);
  const personal = (token: string, body: object) => request(demo.app).post('/api/me/tokens').set('Authorization', `Bearer ${token}`).send(body);
  const endSessions = (token: string, all: boolean) =>
    request(demo.app).delete(`/api/v1/users/alice/sessions?oauthTokens=${String(all)}`).set('Authorization', `Bearer ${token}`).expect(204);

  it('signing out everywhere kills every token of the user, and none of others', async () => {
    const [here, there, bob] = [await login(demo.app), await login(demo.app, 'alice', 'mobile'), await login(demo.app, 'bob')];
    await signOut(here.access, { password: 'alice-password' }).expect(200);
    expect([await isLive(demo.app, here.access), await isLive(demo.app, there.access), await isLive(demo.app, bob.access)]).toEqual([false, false, true]);
    await redeem(demo.app, there.refresh, 'mobile').expect(400);
  });

  it('signing out everywhere answers with tokens that are live, though the old ones may carry the same iat', async () => {
    let sameSecond = false;
    while (!sameSecond) {
      const { access } = await login(demo.app);
      const { body } = await signOut(access, { password: 'alice-password' }).expect(200);
      const [old, fresh] = [claimsIn(access), claimsIn(body.access_token)];
      expect(body.revoked).toEqual({ epoch: expect.any(Number), reissueFrom: fresh.iat_ms, count: expect.any(Number) });
      expect(old.iat_ms).toBeLessThanOrEqual(body.revoked.epoch);
      expect([await isLive(demo.app, access), await isLive(demo.app, body.access_token)]).toEqual([false, true]);
      await redeem(demo.app, body.refresh_token).expect(200);
      sameSecond = old.iat === fresh.iat;
    }
  });

  it('gives a session of its own to what it issues afresh', async () => {
    const { access } = await login(demo.app);
    const { body } = await signOut(access, { password: 'alice-password' }).expect(200);
    expect(claimsIn(body.access_token).sid).not.toBe(claimsIn(access).sid);
    expect(claimsIn(body.access_token)).toMatchObject({ sub: 'alice', client_id: 'web', org: 'ybo8zd8j2q' });
  });

  it('lets tokens issued afresh die of the next revocation, however soon it comes', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { access } = await login(demo.app);
      const { body } = await signOut(access, { password: 'alice-password' }).expect(200);
      await endSessions(body.access_token, true);
      expect(await isLive(demo.app, body.access_token)).toBe(false);
    }
  });

  it('a personal token outlives the sessions, but not everything', async () => {
    const first = await login(demo.app);
    const { body } = await personal(first.access, { password: 'alice-password', scopes: ['orders:read'], expiresIn: 60 }).expect(201);
    expect(body).toEqual({ id: expect.any(String), accessToken: expect.any(String), scopes: ['orders:read'], expiryTime: expect.any(Number) });
    expect(claimsIn(body.accessToken)).not.toHaveProperty('sid');
    await endSessions(first.access, false);
    expect([await isLive(demo.app, first.access), await isLive(demo.app, body.accessToken)]).toEqual([false, true]);
    await endSessions((await login(demo.app)).access, true);
    expect(await isLive(demo.app, body.accessToken)).toBe(false);
  });

  it.each([
    ['no password', {}, 400],
    ['a password that is no string', { password: 1 }, 400],
    ['an empty password', { password: '' }, 400],
    ['a wrong password', { password: 'wrong' }, 403],
    ["another user's password", { password: 'bob-password' }, 403],
    ['an unknown field', { password: 'alice-password', everything: true }, 400],
  ])('changes nothing on %s', async (_what, body, status) => {
    const { access } = await login(demo.app);
    await signOut(access, body).expect(status);
    await personal(access, { scopes: ['orders:read'], ...body }).expect(status);
    expect(await isLive(demo.app, access)).toBe(true);
  });

  it.each([[['admin']], [['bankadmin']], [[]], ['orders:read']])('gives no personal token with the scopes %j', async (scopes) => {
    const { access } = await login(demo.app);
    await personal(access, { password: 'alice-password', scopes }).expect(400);
  });

  it('is there for users only', async () => {
    const { token } = await issue(demo.app, 'merchant-key', ['admin', 'orders:read']);
    await signOut(token, { password: 'merchant-secret' }).expect(403);
    await personal(token, { password: 'merchant-secret', scopes: ['orders:read'] }).expect(403);
    await request(demo.app).post('/api/me/sign-out-everywhere').send({ password: 'alice-password' }).expect(401);
  });
});
