import { CLIENTS, GARBAGE } from '../support/oauth-app.js';
import { REFRESH } from '../support/issuer.js';
import { startApache, type ApacheServer } from './support/apache.js';
import { openAuthorizationServer, type AuthorizationServer } from './support/authorization-server.js';
import { CLIENT_LIBRARIES } from './support/client-libraries.js';

// Apache with mod_oauth2, the successor of mod_auth_openidc for resource servers. It reads our metadata, too.

const RESOURCE_SERVER = { ...CLIENTS.odd, mayIntrospect: true };

let server: AuthorizationServer;
let apache: ApacheServer;

async function start(): Promise<void> {
  server = await openAuthorizationServer({ oauth: { clients: [CLIENTS.web, RESOURCE_SERVER] } });
  const [id, secret] = [RESOURCE_SERVER.id, RESOURCE_SERVER.secret].map(encodeURIComponent);
  const introspection = `${server.origin}/auth/introspect`;
  const metadata = `${server.origin}/.well-known/oauth-authorization-server`;
  const guard = (source: string, method: string, expiry = '&expiry=0'): readonly string[] => [
    ...['AuthType oauth2', 'Require valid-user'],
    // 0: asked at every request. `introspect.expiry` is about something else.
    `OAuth2TokenVerify ${source} introspect.auth=${method}&client_id=${id!}&client_secret=${secret!}${expiry}`,
  ];
  apache = await startApache({
    server: async () => [],
    locations: {
      '/basic': guard(`introspect ${introspection}`, 'client_secret_basic'),
      '/post': guard(`introspect ${introspection}`, 'client_secret_post'),
      '/found': guard(`metadata ${metadata}`, 'client_secret_basic'),
      '/by-default': guard(`introspect ${introspection}`, 'client_secret_basic', ''),
    },
  });
}

async function revoke(token: string): Promise<void> {
  const endpoints = { revocation_endpoint: `${server.origin}/auth/revoke`, introspection_endpoint: `${server.origin}/auth/introspect` };
  const proof = { method: 'client_secret_basic', secret: CLIENTS.web.secret } as const;
  await CLIENT_LIBRARIES[0]!.connect({ issuer: server.issuer, ...endpoints }, 'web', proof).revoke(token);
}

describe('Apache with mod_oauth2', () => {
  beforeAll(start);
  afterAll(async () => {
    await apache.stop();
    await server.close();
  });

  it.each([
    ['A01 A02', 'client_secret_basic', '/basic'],
    ['A01 A02', 'client_secret_post', '/post'],
    ['E56 E58', 'asking where our metadata says', '/found'],
  ])('%s B22 C40 C41 lets live tokens in and no others: %s', async (_numbers, _way, path) => {
    const token = server.tokens.token();
    expect(await apache.get(path, token)).toMatchObject({ status: 200 });
    await revoke(token);
    for (const each of [token, GARBAGE, server.tokens.token({ exp: 1 }), server.tokens.token(REFRESH), undefined]) {
      expect(await apache.get(path, each)).toMatchObject({ status: 401 });
    }
  });

  // All paths share the memory: a token that this one has let in opens the others as well, though they ask at every request.
  it('remembers what it was told unless configured otherwise', async () => {
    const token = server.tokens.token();
    expect(await apache.get('/by-default', token)).toMatchObject({ status: 200 });
    await revoke(token);
    expect(await server.accepts(token)).toBe(false);
    expect(await apache.get('/by-default', token)).toMatchObject({ status: 200 });
  });
});

describe('Apache with mod_oauth2, on its own', () => {
  beforeEach(start);
  afterEach(() => apache.stop());

  it('C50 lets nobody in while it cannot ask us', async () => {
    const token = server.tokens.token();
    expect(await apache.get('/basic', token)).toMatchObject({ status: 200 });
    await server.close();
    expect(await apache.get('/basic', token)).toMatchObject({ status: 401 });
  });
});
