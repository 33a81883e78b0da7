import { Redis } from 'ioredis';
import request from 'supertest';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { until } from '../stores/support/until.js';
import { endAll, startDemoProcess, stop, type DemoProcess } from './support/demo-process.js';
import { claimsIn, countOf, introspect, isLive, issue, login, redeem, revoke, SECRETS } from './support/every-demo.js';

describe('two processes of the demo on one Redis', () => {
  let redis: RedisServer;
  let one: DemoProcess;
  let two: DemoProcess;
  beforeAll(async () => {
    redis = await startRedis();
    // At the same time, so that both want to be the one that makes the signing key.
    [one, two] = await Promise.all([startDemoProcess({ REDIS_URL: redis.url }), startDemoProcess({ REDIS_URL: redis.url })]);
  });
  afterAll(async () => {
    await endAll();
    await redis.stop();
  });

  const at = (place: DemoProcess, method: 'get' | 'post' | 'delete', path: string, token: string) =>
    request(place.url)[method](path).set('Authorization', `Bearer ${token}`);
  const byKey = (place: DemoProcess, path: string, key: keyof typeof SECRETS) => request(place.url).post(path).auth(key, SECRETS[key]);
  const sessionOf = (token: string): string => claimsIn(token).sid;

  it('are one system: they sign with the same key', async () => {
    const keys = await Promise.all([one, two].map(({ url }) => request(url).get('/.well-known/jwks.json').expect(200)));
    expect(keys[0]!.body.keys).toHaveLength(1);
    expect(keys[0]!.body).toEqual(keys[1]!.body);
  });

  it('accept the tokens of each other', async () => {
    expect(await isLive(two.url, (await login(one.url)).access)).toBe(true);
    expect(await isLive(one.url, (await issue(two.url, 'merchant-key', ['orders:read'])).token)).toBe(true);
  });

  it('redeem the refresh tokens of each other', async () => {
    const { refresh } = await login(one.url);
    const { body } = await redeem(two.url, refresh).expect(200);
    await redeem(one.url, body.refresh_token).expect(200);
  });

  it('G84 end a login whose refresh token is used at both', async () => {
    const { refresh } = await login(one.url);
    const { body } = await redeem(two.url, refresh).expect(200);
    await redeem(one.url, refresh).expect(400);
    await redeem(two.url, body.refresh_token).expect(400);
    await until(async () => !(await isLive(two.url, body.access_token)));
  });

  it('G83 redeem a refresh token once, whoever of both is asked, and all at once', async () => {
    const { refresh } = await login(one.url);
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => redeem(i % 2 === 0 ? one.url : two.url, refresh)));
    // The first use, too, may find the grant ended by the second.
    expect(answers.filter(({ status }) => status === 400).length).toBeGreaterThanOrEqual(9);
    expect(answers.filter(({ status }) => status !== 200 && status !== 400)).toEqual([]);
  });

  it.each<[string, (access: string, refresh: string) => unknown]>([
    ['/revoke with the access token', access => revoke(one.url, access).expect(200)],
    ['/revoke with the refresh token', (_, refresh) => revoke(one.url, refresh).expect(200)],
    ['its id, by the merchant', access => byKey(one, `/tokens/${claimsIn(access).jti}/revoke`, 'merchant-key').expect(200)],
    ['its id, by the partner', access => byKey(one, `/organisations/ybo8zd8j2q/tokens/${claimsIn(access).jti}/revoke`, 'partner-key').expect(200)],
    ['its organisation', () => byKey(one, '/tokens/revoke', 'merchant-key').expect(200)],
    ['its organisation, from above', () => byKey(one, '/organisations/ybo8zd8j2q/tokens/revoke', 'partner-key').expect(200)],
    ['its user in the organisation', () => byKey(one, '/organisations/ybo8zd8j2q/users/alice/tokens/revoke', 'partner-key').expect(200)],
    ['its session', access => at(one, 'delete', `/api/v1/sessions/${sessionOf(access)}`, access).expect(204)],
    ['the sessions of its user', access => at(one, 'delete', '/api/v1/users/alice/sessions', access).expect(204)],
    ['all tokens of its user', access => at(one, 'delete', '/api/v1/users/alice/sessions?oauthTokens=true', access).expect(204)],
    ['its client', access => at(one, 'delete', '/api/v1/users/alice/clients/web/tokens', access).expect(204)],
    ['signing out everywhere', access => at(one, 'post', '/api/me/sign-out-everywhere', access).send({ password: 'alice-password' }).expect(200)],
  ])('what the one revokes by %s, the other refuses as soon as it has heard of it', async (_how, revokeAtOne) => {
    const { access, refresh } = await login(two.url);
    expect(await isLive(two.url, access)).toBe(true);
    await revokeAtOne(access, refresh);
    await until(async () => !(await isLive(two.url, access)));
    expect((await introspect(two.url, access)).body).toEqual({ active: false });
  });

  it('give no new tokens for what the other has revoked, even where they have not heard of it yet', async () => {
    const client = new Redis(redis.url);
    const { access, refresh } = await login(two.url);
    expect(await isLive(two.url, access)).toBe(true);
    // Who follows the log has to connect again, and until then knows nothing new.
    for (const line of String(await client.client('LIST')).split('\n').filter(each => each.includes(' cmd=xread'))) {
      await client.client('KILL', 'ID', /^id=(\d+)/.exec(line)![1]!);
    }
    await byKey(one, '/organisations/ybo8zd8j2q/users/alice/tokens/revoke', 'partner-key').expect(200);
    const personal = at(two, 'post', '/api/me/tokens', access).send({ password: 'alice-password', scopes: ['orders:read'] });
    const everywhere = at(two, 'post', '/api/me/sign-out-everywhere', access).send({ password: 'alice-password' });
    const answers = await Promise.all([redeem(two.url, refresh), personal, everywhere]);
    expect(answers.map(({ status }) => status)).toEqual([400, 401, 401]);
    client.disconnect();
  });

  it('I97 count the tokens of each other', async () => {
    await countOf(one.url, 'merchant-key');
    await login(one.url);
    await issue(two.url, 'merchant-key', ['orders:read']);
    expect(await countOf(two.url, 'merchant-key')).toBe(3);
    expect(await countOf(one.url, 'merchant-key')).toBe(0);
  });

  it('show the orders of each other', async () => {
    const { access } = await login(one.url);
    const { body } = await at(one, 'post', '/api/orders', access).send({ item: 'tea' }).expect(201);
    expect((await at(two, 'get', '/api/orders', access).expect(200)).body.orders).toContainEqual(body);
  });

  it('remember it all when one is started anew', async () => {
    const [dead, alive] = [await login(one.url), await login(one.url)];
    await revoke(one.url, dead.access).expect(200);
    const three = await startDemoProcess({ REDIS_URL: redis.url });
    expect([await isLive(three.url, dead.access), await isLive(three.url, alive.access)]).toEqual([false, true]);
    await redeem(three.url, alive.refresh).expect(200);
    expect(await stop(three)).toBe(0);
  });

  it('stay one system when Redis loses everything', async () => {
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
    // Until the copies have written back what they know, nobody is let in.
    for (const { url } of [one, two]) await until(() => login(url).then(() => true, () => false));
    for (const [here, there] of [[one, two], [two, one]] as const) expect(await isLive(there.url, (await login(here.url)).access)).toBe(true);
  });
});
