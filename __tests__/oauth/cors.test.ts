import request, { type Response } from 'supertest';
import { CLIENTS, ENDPOINTS, GARBAGE, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';

const { web } = CLIENTS;
const PAGE = 'https://app.example';
const OTHER_PAGES = ['https://evil.example', 'http://app.example', 'https://app.example:444', 'https://app.example.evil.example', 'https://APP.example', 'null'];

let app: OAuthApp;

afterEach(closeOAuthApps);

function corsHeaders({ headers }: Response): string[] {
  return Object.keys(headers as Readonly<Record<string, string>>).filter((name) => name.startsWith('access-control-'));
}

async function preflight(path: string, origin: string): Promise<Response> {
  return request(`http://127.0.0.1:${app.port}`)
    .options(`/auth${path}`)
    .set({ Origin: origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization, x-anything' });
}

describe.each(ENDPOINTS)('%s, called from a page', (path) => {
  describe('by default', () => {
    beforeEach(async () => {
      app = await openOAuthApp();
    });

    it.each([PAGE, ...OTHER_PAGES])('B37 shows no page its answers: %s', async (origin) => {
      const token = app.issuer.token();
      expect(corsHeaders(await app.postAs(web, path, { token }).set('Origin', origin))).toEqual([]);
      expect(corsHeaders(await app.post(path, { token }).set('Origin', origin))).toEqual([]);
    });

    it('B37 refuses preflights', async () => {
      const answer = await preflight(path, PAGE);
      expect([answer.status, corsHeaders(answer)]).toEqual([405, []]);
    });
  });

  describe('with origins', () => {
    beforeEach(async () => {
      app = await openOAuthApp({ oauth: { corsOrigins: ['https://first.example', PAGE] } });
    });

    it.each([
      ['a success', () => app.postAs(web, path, { token: app.issuer.token() }), 200],
      ['garbage', () => app.postAs(web, path, { token: GARBAGE }), 200],
      ['a refusal', () => app.post(path, { token: GARBAGE }), 401],
      ['an error in the body', () => app.postAs(web, path, '').type('json').send('{}'), 400],
      ['another method', () => app.send('PUT', path), 405],
    ])('B37 shows its answers to the pages that were named: %s', async (_, ask, status) => {
      const answer = await ask().set('Origin', PAGE);
      expect(answer.status).toBe(status);
      expect(answer.headers['access-control-allow-origin']).toBe(PAGE);
      expect(answer.headers['vary']).toMatch(/\bOrigin\b/);
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    });

    it.each(OTHER_PAGES)('B37 shows its answers to no other page: %s', async (origin) => {
      const answer = await app.postAs(web, path, { token: app.issuer.token() }).set('Origin', origin);
      expect(corsHeaders(answer)).toEqual([]);
      expect(answer.headers['vary']).toMatch(/\bOrigin\b/);
    });

    it('B37 answers the preflight of a page that was named', async () => {
      const answer = await preflight(path, PAGE);
      expect(answer.status).toBe(204);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': PAGE,
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'Authorization,Content-Type',
      });
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    });

    it.each(OTHER_PAGES)('B37 allows nothing in the preflight of another page: %s', async (origin) => {
      expect((await preflight(path, origin)).headers['access-control-allow-origin']).toBeUndefined();
    });

    it('B37 leaves preflights of other paths to the application', async () => {
      const { status } = await preflight(`${path}/other`, PAGE);
      expect(status).toBe(404);
    });
  });

  it.each(['query', 'body'])('B37 ignores a JSONP callback in the %s', async (place) => {
    app = await openOAuthApp();
    const token = app.issuer.token({ client_id: 'mobile' });
    const ask = async (callback: boolean) => {
      const query = callback && place === 'query' ? '?callback=canary' : '';
      const form = { token, ...(callback && place === 'body' && { callback: 'canary' }) };
      const { status, text, type } = await app.postAs(web, path + query, form);
      return { status, text, type };
    };
    expect(await ask(true)).toEqual(await ask(false));
    expect((await ask(true)).text).toMatch(/^\{/);
  });
});
