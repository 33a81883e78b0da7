import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { type Application, startApplication } from './support/application.js';
import { answer, endAll, livetoken } from './support/cli.js';

afterAll(endAll);

const sockets = new Set<Socket>();
let server: Server | undefined;
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  const closed = server && once(server, 'close');
  server?.close();
  await closed;
});

/** A way to Redis that breaks once, at the first command that looks like this, with the command sent or not. */
async function breakingLink(url: string, at: RegExp, isSent: boolean): Promise<{ readonly url: string; readonly hasBroken: () => boolean }> {
  let hasBroken = false;
  server = createServer(client => {
    const upstream = connect(Number(new URL(url).port), '127.0.0.1');
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined));
    client.on('data', chunk => {
      const breaks = !hasBroken && at.test(chunk.toString('latin1'));
      if (breaks) client.destroy();
      hasBroken ||= breaks;
      if (!breaks || isSent) upstream.write(chunk);
      if (breaks) upstream.end();
    });
    upstream.on('data', chunk => client.write(chunk));
    client.on('close', () => upstream.end());
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`, hasBroken: () => hasBroken };
}

describe('A connection that breaks', () => {
  let app: Application;
  beforeAll(async () => {
    app = await startApplication();
    await app.live.revoke({ kind: 'subject', id: 'alice' }, { reason: 'first' });
  });
  afterAll(() => app.close());

  it.each([
    [['history'], /xrevrange/i],
    [['doctor'], /hlen/i],
    [['list', 'all'], /zrangebylex/i],
  ])('does not keep %j from its answer', async (args, at) => {
    const link = await breakingLink(app.env.LIVETOKEN_REDIS_URL, at, false);
    const { status } = await livetoken(args, { env: { ...app.env, LIVETOKEN_REDIS_URL: link.url } });
    expect({ status, hasBroken: link.hasBroken() }).toEqual({ status: args[0] === 'doctor' ? 1 : 0, hasBroken: true });
  });

  it.each([true, false])('does not keep a revocation from being recorded, whether it had arrived: %j', async isSent => {
    const { claims } = await app.issue({ sub: `bob ${String(isSent)}` });
    await app.issue({ sub: 'carol' });
    const link = await breakingLink(app.env.LIVETOKEN_REDIS_URL, /eval/i, isSent);
    const { status, document } = await answer(['revoke', 'user', `bob ${String(isSent)}`], { env: { ...app.env, LIVETOKEN_REDIS_URL: link.url } });
    expect({ status, hasBroken: link.hasBroken() }).toEqual({ status: 0, hasBroken: true });
    expect(document).not.toHaveProperty('count');
    expect(await app.isLive(claims)).toBe(false);
  });
});
