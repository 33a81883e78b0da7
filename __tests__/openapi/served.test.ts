import { createServer, type Server } from 'node:http';
import { createLiveTokens, memoryStore, openApiDocument, revocationRouter, type RevocationRouterOptions } from 'livetoken';
import { endServer } from '../support/end-server.js';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { createIssuer } from '../support/issuer.js';
import { sendRaw } from '../support/send-raw.js';

const oauth = { clients: [{ id: 'web', secret: 'web-secret' }] };

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await endServer(server);
});

describe.each(EVERY_EXPRESS)('The OpenAPI document, on $name,', ({ express }) => {
  async function serve(options: Partial<RevocationRouterOptions>): Promise<Server> {
    const live = createLiveTokens({ store: memoryStore(), verify: createIssuer().verify, maxLifetime: 60 });
    const app = express();
    app.use('/auth', revocationRouter(live, { oauth, sessions: {}, ...options }));
    app.use((_req, res) => void res.status(418).end());
    const server = createServer(app);
    servers.push(server);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  it.each([
    ['true', true, '/auth/openapi.json', {}],
    ['a path', { path: '/docs/v1/api.json' }, '/auth/docs/v1/api.json', {}],
    ['a URL', { serverUrl: 'https://api.example/auth' }, '/auth/openapi.json', { serverUrl: 'https://api.example/auth' }],
  ])('is served where the option says so: %s', async (_, openapi, path, options) => {
    const server = await serve({ openapi });
    const { status, headers, text } = await sendRaw(server, 'GET', path);
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([200, 'application/json; charset=utf-8', 'public, max-age=300']);
    expect(JSON.parse(text)).toEqual(openApiDocument({ oauth, sessions: {} }, { path: path.replace('/auth', ''), ...options }));
  });

  it.each([undefined, false])('is not served by default: openapi %p', async openapi => {
    const server = await serve(openapi === undefined ? {} : { openapi });
    expect((await sendRaw(server, 'GET', '/auth/openapi.json')).status).toBe(418);
  });

  it('says where the endpoints are without asking the request', async () => {
    const server = await serve({ openapi: true });
    const { text } = await sendRaw(server, 'GET', '/auth/openapi.json', { host: 'evil.example', 'x-forwarded-host': 'evil.example' });
    expect(text).not.toContain('evil');
    const [{ url }] = JSON.parse(text).servers;
    expect(new URL(url as string, 'https://api.example/auth/openapi.json').href).toBe('https://api.example/auth/');
  });

  it('takes GET and HEAD only', async () => {
    const server = await serve({ openapi: true });
    expect(await sendRaw(server, 'HEAD', '/auth/openapi.json')).toMatchObject({ status: 200, text: '' });
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect(await sendRaw(server, method, '/auth/openapi.json')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    }
  });

  it('is left alone where another path is asked for', async () => {
    const server = await serve({ openapi: true });
    for (const path of ['/auth/openapi', '/auth/openapiXjson', '/openapi.json', '/auth/openapi.json/x']) {
      expect((await sendRaw(server, 'GET', path)).status).toBe(418);
    }
  });
});
