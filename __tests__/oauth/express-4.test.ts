/**
 * An application on Express 4: the peer dependency `express`, which both the application and the package import, is version 4.
 * (One that runs a router of version 5 inside an application of version 4, as two copies in one tree would, is tried elsewhere.)
 */
jest.mock('express', () => jest.requireActual<object>('express4'));

import express from 'express';
import { revocationRouter } from 'livetoken';
import { REFRESH } from '../support/issuer.js';
import { CLIENTS, ENDPOINTS, GARBAGE, basicOf, closeOAuthApps, errorsInto, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';
import { chunked, exchange } from '../support/raw-http.js';

const { web, api, spa } = CLIENTS;

let app: OAuthApp;
let token: string;

beforeEach(async () => {
  app = await openOAuthApp({ oauth: { introspectionScope: 'introspect', corsOrigins: ['https://app.example'] } });
  token = app.issuer.token();
});

afterEach(closeOAuthApps);

it('A02 is what these tests run on, and the package too', () => {
  // Both are gone from version 5.
  expect(express.application).toHaveProperty('lazyrouter');
  expect(revocationRouter(app.live, { oauth: { clients: [] } })).toHaveProperty('_params');
});

describe('on Express 4', () => {
  it('B21 B22 B31 revokes access tokens, refresh tokens and their grants', async () => {
    const sibling = app.issuer.token();
    expect((await app.revoke(web, { token })).status).toBe(200);
    expect([await app.accepts(token), await app.accepts(sibling)]).toEqual([false, true]);
    expect((await app.revoke(web, { token: app.issuer.token(REFRESH) })).status).toBe(200);
    expect(await app.accepts(sibling)).toBe(false);
  });

  it('C40 C41 introspects', async () => {
    expect((await app.introspect(api, { token })).body).toMatchObject({ active: true, client_id: 'web' });
    await app.revoke(web, { token });
    expect((await app.introspect(api, { token })).text).toBe('{"active":false}');
  });

  it('C39 introspects for the holders of access tokens', async () => {
    const ask = async (scope: string) => app.post('/introspect', { token }).set('Authorization', `Bearer ${app.issuer.token({ scope })}`);
    expect((await ask('introspect')).body.active).toBe(true);
    expect((await ask('orders:read')).status).toBe(403);
  });

  describe.each(ENDPOINTS)('%s', (path) => {
    it.each([
      ['A02 proves a client in the header', 200, () => app.postAs(web, path, { token })],
      ['A02 proves a client in the body', 200, () => app.post(path, { token, client_id: 'web', client_secret: web.secret })],
      ['A04 refuses a wrong secret', 401, () => app.postAs({ id: 'web', secret: 'canary' }, path, { token })],
      ['A06 refuses two mechanisms', 400, () => app.postAs(web, path, { token, client_secret: web.secret })],
      ['A07 refuses malformed credentials', 400, () => app.post(path, { token }).set('Authorization', basicOf('web:%zz'))],
      ['A08 refuses no credentials', 401, () => app.post(path, { token })],
      ['A13 refuses a repeated parameter', 400, () => app.postAs(web, path, `token=${token}&token=${token}`)],
      ['A14 refuses an empty token', 400, () => app.postAs(web, path, 'token=')],
      ['A14 takes token[] for an unknown name', 400, () => app.postAs(web, path, `token[]=${token}`)],
      ['A15 refuses JSON', 400, () => app.postAs(web, path, '').type('json').send(JSON.stringify({ token }))],
      ['A15 refuses malformed JSON', 400, () => app.postAs(web, path, '').type('json').send('{')],
      ['A17 refuses too many bytes', 413, () => app.postAs(web, path, { token, x: 'x'.repeat(16_384) })],
      ['A17 refuses too many parameters', 400, () => app.postAs(web, path, `token=${token}${'&x'.repeat(32)}`)],
      ['A19 refuses another method', 405, () => app.send('PUT', path)],
      ['B23 C41 takes garbage', 200, () => app.postAs(web, path, { token: GARBAGE })],
      ['B36 works with a trailing slash', 200, () => app.postAs(web, `${path}/`, { token })],
      ['B36 leaves other paths alone', 404, () => app.postAs(web, `${path}/x`, { token })],
    ] as const)('%s: %i', async (_, status, ask) => {
      const answer = await ask();
      expect(answer.status).toBe(status);
      if (status === 404) return;
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['x-powered-by']).toBeUndefined();
      if (status !== 200) expect(answer.body).toEqual({ error: expect.any(String), error_description: expect.any(String) });
    });

    it('A17 refuses too many bytes that nobody announced', async () => {
      const headers = [
        ['Content-Type', 'application/x-www-form-urlencoded'],
        ['Transfer-Encoding', 'chunked'],
      ] as const;
      const { status } = await exchange(app.port, { path: `/auth${path}`, headers, body: chunked('x='.padEnd(16_385, 'x')) });
      expect(status).toBe(413);
    });

    it('B33 C50 answers 503 while the store cannot tell', async () => {
      await app.live.close();
      const { status, headers } = await app.postAs(web, path, { token });
      expect([status, headers['retry-after']]).toEqual([503, '1']);
    });

    it('A18 hands errors of the application to the application, and goes on', async () => {
      const seen: unknown[] = [];
      const failure = new Error('look-up failed');
      let fails = true;
      const findClient = async (id: string) => (fails ? Promise.reject(failure) : Object.values(CLIENTS).find((client) => client.id === id));
      app = await openOAuthApp({ oauth: { clients: findClient }, issuer: app.issuer, configure: (each) => each.use(errorsInto(seen)) });
      expect((await app.postAs(web, path, { token })).status).toBe(500);
      fails = false;
      expect((await app.postAs(web, path, { token })).status).toBe(200);
      expect(seen).toEqual([failure]);
    });

    it('B37 answers pages that were named, and their preflights', async () => {
      const preflight = await app.send('OPTIONS', path).set('Origin', 'https://app.example');
      expect([preflight.status, preflight.headers['access-control-allow-methods']]).toEqual([204, 'POST']);
      const answer = await app.postAs(web, path, { token }).set('Origin', 'https://app.example');
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, 'https://app.example']);
    });
  });

  it('B29 lets a public client revoke its own token', async () => {
    const own = app.issuer.token({ client_id: spa.id });
    expect((await app.post('/revoke', { token: own, client_id: spa.id })).status).toBe(200);
    expect(await app.accepts(own)).toBe(false);
  });
});
