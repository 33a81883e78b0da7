import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { form, guideWorld, ISSUER, statusOf } from './support/guide-world.js';
import { configurationOf } from './support/guide-page.js';
import { findOrInstallNginx, startNginx, type Nginx } from './support/nginx.js';
import { until } from '../stores/support/until.js';

describe('Guide: Let a gateway ask, with nginx', () => {
  const world = guideWorld('Let a gateway ask');
  let nginx: Nginx | undefined;
  let guarded: Server;
  let program: Awaited<ReturnType<typeof world.start>>;

  beforeAll(async () => {
    const path = await findOrInstallNginx();
    // What is guarded says whom nginx says that it is for.
    guarded = createServer((req, res) => { res.end(`for ${String(req.headers['x-user'])}`); }).listen(0, '127.0.0.1');
    await once(guarded, 'listening');
    program = await world.start();
    nginx = await startNginx(path, configurationOf('Let a gateway ask', 'nginx'), {
      '127.0.0.1:9000': `127.0.0.1:${(guarded.address() as AddressInfo).port}`,
      '127.0.0.1:3000': `127.0.0.1:${program.port}`,
    });
  }, 240_000);
  afterAll(async () => {
    await nginx?.stop();
    guarded.close();
  });

  const get = async (token: string | undefined, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await fetch(`${String(nginx?.base)}/orders`, { headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) } });
    return { status: answer.status, text: await answer.text(), challenge: answer.headers.get('WWW-Authenticate') };
  };

  it('lets a live token through with its user, refuses it once it is revoked, and whoever has none, and all while nobody can tell', async () => {
    const token = ISSUER.token({ sub: 'alice' });
    expect(await get(token, { 'X-User': 'root' })).toMatchObject({ status: 200, text: 'for alice' });
    expect(await get(undefined, { 'X-User': 'root' })).toMatchObject({ status: 401, challenge: expect.stringMatching(/^Bearer /) });
    const posted = await fetch(`${String(nginx?.base)}/orders`, { method: 'POST', body: 'an order', headers: { authorization: `Bearer ${token}` } });
    expect([posted.status, await posted.text()]).toEqual([200, 'for alice']);

    expect(await statusOf(program, '/auth/revoke', form({ token, client_id: 'web' }))).toBe(200);
    expect((await get(token)).status).toBe(401);

    const other = ISSUER.token();
    expect((await get(other)).status).toBe(200);
    world.redis().pause();
    try {
      await until(async () => (await get(other)).status === 500);
    } finally {
      world.redis().resume();
    }
  });
});
