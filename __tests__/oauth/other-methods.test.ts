import express5 from 'express';
import { CLIENTS, ENDPOINTS, GARBAGE, basic, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';
import { exchange, rawForm } from '../support/raw-http.js';

const { web } = CLIENTS;
const METHODS = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];

let app: OAuthApp;
let token: string;

beforeEach(async () => {
  app = await openOAuthApp();
  token = app.issuer.token();
});

afterEach(closeOAuthApps);

describe.each(ENDPOINTS)('%s', (path) => {
  describe.each(METHODS)('by %s', (method) => {
    it('A19 answers 405, says what is allowed, and does nothing', async () => {
      const form = `token=${token}`;
      const request = rawForm(`${path}?token=${token}`, form, ['Authorization', basic(web)]);
      const answer = await exchange(app.port, { ...request, method });
      expect(answer.status).toBe(405);
      expect(answer.head).toMatch(/^Allow: POST\r?$/m);
      expect(answer.head).toMatch(/^Cache-Control: no-store\r?$/m);
      expect(answer.head).not.toMatch(/^Set-Cookie/im);
      expect(answer.body === '' ? method : JSON.parse(answer.body).error).toBe(method === 'HEAD' ? method : 'invalid_request');
      expect(await app.accepts(token)).toBe(true);
    });

    it('A19 answers 405 before it looks at anything else', async () => {
      expect((await exchange(app.port, { method, path: `/auth${path}` })).status).toBe(405);
    });
  });

  it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])('A19 pays no regard to %s', async (header) => {
    const { status } = await app.send('PUT', path).set(header, 'POST').set('Authorization', basic(web));
    expect(status).toBe(405);
    const override = await app.postAs(web, `${path}?_method=GET`, { token, _method: 'GET' }).set(header, 'GET');
    expect(override.status).toBe(200);
  });

  it('A19 is for no cache to keep and sets no cookie where it succeeds either', async () => {
    for (const sent of [token, GARBAGE]) {
      const { status, headers } = await app.postAs(web, path, { token: sent });
      expect(status).toBe(200);
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['set-cookie']).toBeUndefined();
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
  });

  it.each(['/', ''])('B36 is served without a redirect at its path followed by %p', async (end) => {
    const { status, headers } = await app.postAs(web, path + end, { token });
    expect([status, headers['location']]).toEqual([200, undefined]);
    expect(await app.accepts(token)).toBe(path === '/introspect');
  });

  it('B36 is served with a trailing slash where the application routes strictly', async () => {
    const express = (() => express5().enable('strict routing').enable('case sensitive routing')) as unknown as typeof express5;
    const strict = await openOAuthApp({ issuer: app.issuer, express });
    expect((await strict.postAs(web, `${path}/`, { token })).status).toBe(200);
    expect(await strict.accepts(token)).toBe(path === '/introspect');
  });

  it('B36 leaves other paths to the application', async () => {
    const other = await openOAuthApp({ configure: (each) => each.use('/auth', (req, res) => void res.status(418).end(req.method)) });
    for (const beyond of [`${path}/x`, `${path}x`, `/x${path}`, '/', '']) {
      expect((await other.postAs(web, beyond, { token })).status).toBe(418);
    }
  });
});
