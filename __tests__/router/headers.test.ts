import { revocationRouter } from 'livetoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { MERCHANT, parentOf, PARTNER, RIVAL } from '../support/organisation-tree.js';
import { closeApps, openApp, usualCallers, type RevocationApp } from '../support/revocation-app.js';
import { sendRaw } from '../support/send-raw.js';

const WEB = `Basic ${Buffer.from('web:web-secret').toString('base64')}`;

/** Helmet's, with the policy of answers that are never a page; and what no cache may keep. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'SAMEORIGIN',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
};

type Row = [status: number, method: string, path: string, headers?: Readonly<Record<string, string>>];

const ROWS: Row[] = [
  [200, 'POST', '/tokens/revoke', { authorization: MERCHANT }],
  [200, 'POST', '/tokens/j1/revoke', { authorization: MERCHANT }],
  [200, 'POST', '/organisations/shop/users/alice/tokens/revoke', { authorization: PARTNER }],
  [401, 'POST', '/tokens/revoke'],
  [403, 'POST', '/organisations/shop/tokens/revoke', { authorization: RIVAL }],
  [404, 'POST', '/tokens/unknown/revoke', { authorization: MERCHANT }],
  [405, 'GET', '/tokens/revoke'],
  [405, 'HEAD', '/tokens/revoke'],
  [405, 'OPTIONS', '/tokens/revoke'],
  [415, 'POST', '/tokens/revoke', { 'content-type': 'text/plain' }],
  [422, 'POST', `/tokens/${'x'.repeat(257)}/revoke`, { authorization: MERCHANT }],
  [422, 'POST', '/tokens/%zz/revoke'],
  [422, 'GET', '/organisations/%ED%A0%80/tokens/revoke'],
  [204, 'DELETE', '/sessions/session-1', { authorization: MERCHANT }],
  [204, 'DELETE', '/users/alice/sessions', { authorization: MERCHANT }],
  [400, 'DELETE', '/users/alice/sessions?oauthTokens=1', { authorization: MERCHANT }],
  [400, 'DELETE', '/sessions/%zz'],
  [400, 'GET', '/users/%FF/sessions'],
  [401, 'DELETE', '/users/alice/clients/web/tokens'],
  [404, 'DELETE', '/sessions/unknown', { authorization: MERCHANT }],
  [405, 'POST', '/sessions/session-1'],
  [400, 'POST', '/revoke', { authorization: WEB }],
  [401, 'POST', '/introspect', { 'content-type': 'application/x-www-form-urlencoded' }],
  [400, 'POST', '/revoke', { 'content-type': 'application/json' }],
  [405, 'GET', '/revoke'],
];

async function open(express: (typeof EVERY_EXPRESS)[number]['express']): Promise<RevocationApp> {
  const app = await openApp({
    express,
    mount: (on, live) => {
      const shared = { authenticate: usualCallers(live), parentOf };
      on.use(revocationRouter(live, { oauth: { clients: [{ id: 'web', secret: 'web-secret' }] }, organisations: shared, sessions: shared }));
    },
  });
  await app.issue({ jti: 'j1' });
  return app;
}

afterEach(closeApps);

describe.each(EVERY_EXPRESS)('Every answer of a revocation router, on $name,', ({ express }) => {
  it.each(ROWS)("A19 I96 H87 bears helmet's headers and no-store, and sets no cookie: %i to %s %s", async (expected, method, path, headers = {}) => {
    const app = await open(express);

    const answer = await sendRaw(app.server, method, path, headers);

    expect(answer.status).toBe(expected);
    expect(answer.headers).toMatchObject(HEADERS);
    expect(answer.headers).not.toHaveProperty('set-cookie');
    expect(answer.headers).not.toHaveProperty('location');
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('A19 I96 H87 bears them when the store is out of reach', async () => {
    const app = await open(express);
    await app.live.close();

    for (const [method, path] of [['POST', '/tokens/revoke'], ['DELETE', '/users/alice/sessions']] as const) {
      const { status, headers } = await sendRaw(app.server, method, path, { authorization: MERCHANT });
      expect(status).toBe(503);
      expect(headers).toMatchObject(HEADERS);
    }
  });

  it("A19 bears them in place of the application's own", async () => {
    const app = await openApp({
      express,
      mount: (on, live) => {
        on.use((_req, res, next) => {
          res.set({ 'Cache-Control': 'public, max-age=60', 'Content-Security-Policy': "default-src 'self'" });
          next();
        });
        on.use(revocationRouter(live, { sessions: { authenticate: usualCallers(live) } }));
      },
    });

    for (const path of ['/sessions/unknown', '/sessions/%zz']) {
      expect((await sendRaw(app.server, 'DELETE', path, { authorization: MERCHANT })).headers).toMatchObject(HEADERS);
    }
  });
});
