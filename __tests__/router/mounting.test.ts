import type { Express } from 'express';
import { revocationRouter, type LiveTokens } from 'livetoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { MERCHANT, parentOf } from '../support/organisation-tree.js';
import { closeApps, openApp, usualCallers } from '../support/revocation-app.js';
import { sendRaw } from '../support/send-raw.js';

const oauth = { clients: [{ id: 'web', secret: 'web-secret' }] };
const WEB = `Basic ${Buffer.from('web:web-secret').toString('base64')}`;

function groups(live: LiveTokens) {
  const shared = { authenticate: usualCallers(live), parentOf };
  return { oauth, organisations: shared, sessions: shared };
}

const mountWhole = (path: string) => (app: Express, live: LiveTokens) => {
  app.use(path, revocationRouter(live, groups(live)));
};

function mountByGroup(app: Express, live: LiveTokens): void {
  const { organisations, sessions } = groups(live);
  app.use('/oauth2/default/v1', revocationRouter(live, { oauth }));
  app.use('/', revocationRouter(live, { organisations }));
  app.use('/api/:version', revocationRouter(live, { sessions }));
}

afterEach(closeApps);

describe.each(EVERY_EXPRESS)('A revocation router, on $name,', ({ express }) => {
  it.each([
    ['B22 I94 H87 serves whole at the root', mountWhole('/'), { oauth: '', organisations: '', sessions: '' }],
    ['B22 I94 H87 serves whole below a path', mountWhole('/auth'), { oauth: '/auth', organisations: '/auth', sessions: '/auth' }],
    ['B22 I94 H87 serves group by group at paths of their own', mountByGroup, { oauth: '/oauth2/default/v1', organisations: '', sessions: '/api/v1' }],
  ])('%s', async (_, mount, at) => {
    const app = await openApp({ express, mount });
    const tokens = await Promise.all([app.issue(), app.issue({ sid: 'session-2' }), app.issue({ sid: 'session-3' }), app.issue({ sub: 'bob' })]);
    const [byOAuth, bySession, byId, byOrganisation] = tokens;

    await app.post(`${at.oauth}/revoke`, WEB).type('form').send({ token: byOAuth.token }).expect(200);
    expect((await app.aftermath(...tokens)).live).toEqual([false, true, true, true]);

    await app.delete(`${at.sessions}/sessions/session-2`, MERCHANT).expect(204);
    expect((await app.aftermath(...tokens)).live).toEqual([false, false, true, true]);

    const uri = `${at.organisations}/tokens/${String(byId.claims['jti'])}/revoke`;
    expect((await app.post(uri, MERCHANT)).body).toMatchObject({ uri, data: { uri } });
    expect((await app.aftermath(...tokens)).live).toEqual([false, false, false, true]);

    const { body } = await app.post(`${at.organisations}/tokens/revoke`, MERCHANT);
    expect(body).toMatchObject({ uri: `${at.organisations}/tokens/revoke`, data: { revokedTokensCount: 1 } });
    expect(await app.isLive(bySession)).toBe(false);
    expect(await app.isLive(byOrganisation)).toBe(false);
  });

  it('I94 serves the groups that it was given, and no other', async () => {
    const app = await openApp({ express, mount: (on, live) => on.use(revocationRouter(live, { sessions: groups(live).sessions })) });

    expect((await app.post('/revoke', WEB).type('form').send({ token: 'x' })).status).toBe(404);
    expect((await app.post('/introspect', WEB).type('form').send({ token: 'x' })).status).toBe(404);
    expect((await app.post('/tokens/revoke', MERCHANT)).status).toBe(404);
    expect((await app.delete('/sessions/nobody', MERCHANT)).body).toHaveProperty('errorId');
  });

  const others = ['/', '/api/orders', '/tokens', '/tokens/j1', '/organisations/shop/tokens', '/sessions', '/users/alice', '/users/alice/clients/web', '/revoked', '/%zz', '/api/%zz/orders'];

  it.each(others)('I94 lets requests for other paths pass untouched, whatever their method and credentials: %s', async path => {
    const seen: unknown[] = [];
    const app = await openApp({
      express,
      mount: (on, live) => {
        on.disable('x-powered-by');
        on.use(revocationRouter(live, groups(live)));
        on.use((req, res) => {
          seen.push([req.method, req.url, req.baseUrl, req.originalUrl, req.auth, req.body as unknown, res.getHeaderNames()]);
          res.status(299).end('as ever');
        });
      },
    });

    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
      const { status, text, headers } = await sendRaw(app.server, method, path, { authorization: 'Basic !!!!', 'content-type': 'text/plain' });
      expect([status, text]).toEqual([299, 'as ever']);
      expect(Object.keys(headers).sort()).toEqual(['connection', 'content-length', 'date']);
    }
    expect(seen).toEqual(['GET', 'POST', 'DELETE', 'OPTIONS'].map(method => [method, path, '', path, undefined, undefined, []]));
  });

  it('I94 leaves errors that are not of its making to the application', async () => {
    const app = await openApp({
      express,
      mount: (on, live) => {
        on.use((_req, _res, next) => { next(Object.assign(new Error('before'), { status: 400 })); });
        on.use(revocationRouter(live, groups(live)));
      },
    });

    const { status, body, headers } = await app.post('/tokens/revoke', MERCHANT);

    expect([status, body]).toEqual([500, { handledBy: 'the application', message: 'before' }]);
    expect(headers).not.toHaveProperty('cache-control');
  });

  it('I94 does not take the paths of its kin that the application serves before it', async () => {
    const app = await openApp({
      express,
      mount: (on, live) => {
        on.get('/sessions/:id', (req, res) => res.json({ mine: req.params.id }));
        on.use(revocationRouter(live, groups(live)));
      },
    });

    expect((await sendRaw(app.server, 'GET', '/sessions/s1')).text).toBe('{"mine":"s1"}');
    expect((await app.delete('/sessions/s1')).status).toBe(401);
  });
});
