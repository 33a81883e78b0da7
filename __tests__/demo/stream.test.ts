import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import request from 'supertest';
import { createDemo } from '../../demo-app/app.js';
import { startRedis } from '../support/redis-server.js';
import { until } from '../stores/support/until.js';
import { afterwards, cleanUp } from './support/clean-up.js';
import { endAll, startDemoProcess } from './support/demo-process.js';
import { askToIssue, claimsIn, EVERY_DEMO, isLive, login, redeem, revoke, type OpenDemo } from './support/every-demo.js';
import { openStream, serve, type Serving } from './support/open-stream.js';

afterEach(endAll);
afterEach(cleanUp);

const END = (reason: string) => ({ name: 'end', data: reason });

describe.each(EVERY_DEMO)('the stream of the demo, on $name', ({ open }) => {
  let demo: OpenDemo;
  let serving: Serving;
  beforeAll(async () => {
    demo = await open();
  });
  beforeEach(async () => {
    serving = await serve(demo.app);
  });
  afterAll(() => demo.close());

  const stream = (method: 'get' | 'head' | 'post' | 'delete', token?: string) => {
    const asked = request(serving.url)[method]('/api/stream');
    return token === undefined ? asked : asked.set('Authorization', `Bearer ${token}`);
  };

  it('is closed to whoever has no live token', async () => {
    await stream('get').expect(401);
    await stream('get', 'garbage').expect(401);
    const { access } = await login(serving.url);
    await revoke(serving.url, access).expect(200);
    const { body } = await stream('get', access).expect(401);
    expect(body).toMatchObject({ error: 'invalid_token', reason: 'revoked' });
  });

  it('answers HEAD with what GET would begin with, and no other method', async () => {
    const { access } = await login(serving.url);
    const { headers } = await stream('head', access).expect(200);
    expect(headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
    for (const method of ['post', 'delete'] as const) expect((await stream(method, access).expect(405)).headers['allow']).toBe('GET, HEAD');
  });

  it('tells the time, again and again', async () => {
    const { response, next } = await openStream(serving.url, (await login(serving.url)).access);
    expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    const [one, another] = [await next(), await next()];
    expect([one?.name, another?.name]).toEqual(['time', 'time']);
    expect(Date.parse(another!.data)).toBeGreaterThan(Date.parse(one!.data));
  });

  it.each<[string, (access: string, refresh: string) => unknown]>([
    ['its token', access => revoke(serving.url, access).expect(200)],
    ['its grant, by the refresh token', (_, refresh) => revoke(serving.url, refresh).expect(200)],
    ['its session', async access => request(serving.url).delete(`/api/v1/sessions/${claimsIn(access).sid}`).auth((await login(serving.url)).access, { type: 'bearer' }).expect(204)],
    ['its organisation', () => request(serving.url).post('/organisations/ybo8zd8j2q/tokens/revoke').auth('partner-key', 'partner-secret').expect(200)],
    ['everything of its user', access => request(serving.url).post('/api/me/sign-out-everywhere').auth(access, { type: 'bearer' }).send({ password: 'alice-password' }).expect(200)],
  ])('ends by itself when somebody revokes %s, and says so without a name', async (_what, revokeIt) => {
    const { access, refresh } = await login(serving.url);
    const { rest } = await openStream(serving.url, access);
    await revokeIt(access, refresh);
    const events = await rest();
    expect(events.at(-1)).toEqual(END('revoked'));
    expect(events.slice(0, -1).filter(({ name }) => name !== 'time')).toEqual([]);
  });

  it('goes on when another session is revoked, and when its own has new tokens', async () => {
    const { access, refresh } = await login(serving.url);
    const { next } = await openStream(serving.url, access);
    await revoke(serving.url, (await login(serving.url)).refresh).expect(200);
    await redeem(serving.url, refresh).expect(200);
    // What had ended it would have done so before the second of these.
    expect([(await next())?.name, (await next())?.name]).toEqual(['time', 'time']);
  });

  it('ends when its token expires', async () => {
    const { body } = await askToIssue(serving.url, 'merchant-key', { scopes: ['orders:read'], expiresIn: 1 }).expect(201);
    const { rest } = await openStream(serving.url, body.accessToken);
    expect((await rest()).at(-1)).toEqual(END('expired'));
    expect(await isLive(serving.url, body.accessToken)).toBe(false);
  });

  it('is watched no longer once its client has gone', async () => {
    const watch = jest.spyOn(demo.live, 'watch');
    const { access } = await login(serving.url);
    const [leaving, staying] = [await openStream(serving.url, access), await openStream(serving.url, access)];
    const [left, stayed] = watch.mock.results.map(({ value }) => value as AbortSignal);
    watch.mockRestore();
    await connections(serving, 2);
    leaving.response.destroy();
    await connections(serving, 1);
    await revoke(serving.url, access).expect(200);
    expect((await staying.rest()).at(-1)).toEqual(END('revoked'));
    expect([left!.aborted, stayed!.aborted]).toEqual([false, true]);
  });

  it('keeps nothing for a client that does not read, and drops it in the end', async () => {
    const responses: ServerResponse[] = [];
    serving.server.on('request', (_req, res) => responses.push(res));
    const { access } = await login(serving.url);
    const slow = await openStream(serving.url, access);
    const opened = responses.at(-1)!;
    slow.response.pause();
    // More than the two ends of a connection take on their own.
    opened.write(`: ${'x'.repeat(50_000_000)}\n\n`);
    const quick = await openStream(serving.url, access);
    const written = jest.spyOn(opened, 'write');
    for (let i = 0; i < 3; i += 1) expect((await quick.next())?.name).toBe('time');
    expect(written).not.toHaveBeenCalled();

    const closed = once(opened, 'close');
    await revoke(serving.url, access).expect(200);
    expect((await quick.rest()).at(-1)).toEqual(END('revoked'));
    await closed;
    expect(opened.writableEnded).toBe(false);
  });

  it('is one of many', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => { warnings.push(warning); };
    process.on('warning', note);
    afterwards(() => process.off('warning', note));
    const { access } = await login(serving.url);
    const streams = await Promise.all(Array.from({ length: 30 }, () => openStream(serving.url, access)));
    await revoke(serving.url, access).expect(200);
    for (const { rest } of streams) expect((await rest()).at(-1)).toEqual(END('revoked'));
    expect(warnings).toStrictEqual([]);
  });
});

/** Other clients keep connections alive, so those with an answer under way are counted. */
async function connections({ server }: Serving, count: number): Promise<void> {
  server.closeIdleConnections();
  await until(() => new Promise<boolean>((resolve, reject) => {
    server.getConnections((error, open) => { if (error) reject(error); else resolve(open === count); });
  }));
}

describe('the streams of two demos on one Redis', () => {
  it('end on what either revokes', async () => {
    const redis = await startRedis();
    afterwards(() => redis.stop());
    const demos = [createDemo({ redisUrl: redis.url }), createDemo({ redisUrl: redis.url })];
    for (const demo of demos) afterwards(() => demo.close());
    await Promise.all(demos.map(demo => demo.ready()));
    const [here, there] = await Promise.all(demos.map(({ app }) => serve(app)));
    const { access } = await login(here!.url);
    const [one, other] = [await openStream(here!.url, access), await openStream(there!.url, access)];
    await revoke(there!.url, access).expect(200);
    expect((await one.rest()).at(-1)).toEqual(END('revoked'));
    expect((await other.rest()).at(-1)).toEqual(END('revoked'));
  });

  it('end when their Redis is gone: nobody can tell whether their tokens live', async () => {
    const redis = await startRedis();
    afterwards(() => redis.stop());
    const demo = createDemo({ redisUrl: redis.url });
    afterwards(() => demo.close());
    await demo.ready();
    const { url } = await serve(demo.app);
    const { rest } = await openStream(url, (await login(url)).access);
    await redis.kill();
    expect((await rest()).at(-1)).toEqual(END('unavailable'));
  });
});

describe('a demo that is told to stop', () => {
  it('ends its streams instead of waiting for them, and says so', async () => {
    const demo = await startDemoProcess();
    const streams = await Promise.all(['alice', 'bob', 'alice'].map(async user => openStream(demo.url, (await login(demo.url, user as 'alice')).access)));
    demo.child.kill('SIGTERM');
    // A server that had lost its patience would have cut them, without a last event.
    for (const { rest } of streams) expect((await rest()).at(-1)).toEqual(END('closing'));
    expect(await demo.exit).toBe(0);
  });
});
