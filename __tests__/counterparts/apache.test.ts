import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { until } from '../stores/support/until.js';
import { createIssuer, REFRESH } from '../support/issuer.js';
import { CLIENTS, closeOAuthApps, GARBAGE, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';
import { startApache, type ApacheServer } from './support/apache.js';
import { openTlsFront, type TlsFront } from './support/tls-front.js';

// Apache with mod_auth_openidc: a resource server in C, which knows of us what RFC 7662 says and nothing else.

const issuer = createIssuer();
const RESOURCE_SERVER = { ...CLIENTS.odd, mayIntrospect: true };
const KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = { type: 'pkcs8', format: 'pem' } as const;

let app: OAuthApp;
let front: TlsFront;
let apache: ApacheServer;

const GUARD = ['AuthType oauth20', 'Require valid-user'];
const LOCATIONS = {
  // -1: asked at every request. What is remembered is not asked about.
  '/api': [...GUARD, 'OIDCOAuthTokenIntrospectionInterval -1'],
  // A scope is one of several in one string, which `scope:orders:read` would compare as a whole.
  '/orders': ['AuthType oauth20', 'Require claim "scope~(^| )orders:read( |$)"', 'OIDCOAuthTokenIntrospectionInterval -1'],
  '/for-a-second': [...GUARD, 'OIDCOAuthTokenIntrospectionInterval 1'],
  '/by-default': GUARD,
};

/** How Apache shows us who it is. The keys are files, and stand first, or it takes no method that needs them. */
type Credentials = (directory: string) => Promise<readonly string[]>;

const bySecret = (method: string): Credentials => async () => [
  `OIDCOAuthIntrospectionEndpointAuth ${method}`,
  `OIDCOAuthClientID "${RESOURCE_SERVER.id}"`,
  `OIDCOAuthClientSecret "${RESOURCE_SERVER.secret}"`,
];

const byKey: Credentials = async (directory) => {
  await writeFile(`${directory}/key.pem`, KEYS.privateKey.export(pem), { mode: 0o600 });
  await writeFile(`${directory}/public.pem`, KEYS.publicKey.export({ ...pem, type: 'spki' }));
  return [
    ...[`OIDCPrivateKeyFiles "apache#${directory}/key.pem"`, `OIDCPublicKeyFiles "apache#${directory}/public.pem"`],
    ...['OIDCOAuthIntrospectionEndpointAuth private_key_jwt', 'OIDCOAuthClientID apache', 'OIDCOAuthClientSecret unused'],
  ];
};

const byToken: Credentials = async () => [
  ...['OIDCOAuthIntrospectionEndpointAuth bearer_access_token', 'OIDCOAuthClientID apache', 'OIDCOAuthClientSecret unused'],
  `OIDCOAuthIntrospectionClientAuthBearerToken ${issuer.token({ scope: 'introspect', client_id: 'apache' })}`,
];

async function start(credentials: Credentials): Promise<void> {
  front = await openTlsFront();
  const endpoint = `${front.url}/auth/introspect`;
  const apacheItself = { id: 'apache', assertion: { key: KEYS.publicKey, algorithms: ['RS256'] }, mayIntrospect: true } as const;
  const oauth = { issuer: 'https://as.test', clients: [CLIENTS.web, RESOURCE_SERVER, apacheItself], introspectionScope: 'introspect' };
  app = await openOAuthApp({ issuer, oauth: { ...oauth, acceptEndpointAudience: [endpoint] } });
  front.leadTo(app.port);
  apache = await startApache({
    locations: LOCATIONS,
    server: async directory => [
      ...[`OIDCOAuthIntrospectionEndpoint ${endpoint}`, `OIDCCABundlePath ${front.certificate}`],
      'OIDCCryptoPassphrase "the module insists, and uses it for nothing here"',
      ...(await credentials(directory)),
    ],
  });
}

async function stop(): Promise<void> {
  await apache.stop();
  await front.close();
  await closeOAuthApps();
}

describe.each([
  ['A01 A02', 'client_secret_basic', bySecret('client_secret_basic')],
  ['A01 A02', 'client_secret_post', bySecret('client_secret_post')],
  ['A09 A10', 'private_key_jwt, addressed to the endpoint', byKey],
  ['C39', 'an access token of its own', byToken],
])('%s Apache with mod_auth_openidc and %s', (_numbers, _method, credentials) => {
  beforeAll(() => start(credentials));
  afterAll(stop);

  it('C40 C43 C44 lets a live token in, and looks at its scope', async () => {
    expect(await apache.get('/api', issuer.token())).toMatchObject({ status: 200 });
    expect(await apache.get('/orders', issuer.token({ scope: 'invoices:read orders:read' }))).toMatchObject({ status: 200 });
    expect(await apache.get('/orders', issuer.token({ scope: 'invoices:read' }))).toMatchObject({ status: 401 });
  });

  it('B22 C41 refuses a token from the moment that it is revoked', async () => {
    const token = issuer.token();
    expect(await apache.get('/api', token)).toMatchObject({ status: 200 });
    await app.revoke(CLIENTS.web, { token }).expect(200);
    expect(await apache.get('/api', token)).toEqual({ status: 401, challenge: expect.stringContaining('error="invalid_token"') });
  });

  it('C41 C46 refuses garbage, expired tokens, refresh tokens and no token', async () => {
    for (const token of [GARBAGE, issuer.token({ exp: 1 }), issuer.token(REFRESH), undefined]) {
      expect(await apache.get('/api', token)).toMatchObject({ status: 401 });
    }
  });
});

describe('Apache with mod_auth_openidc', () => {
  beforeEach(() => start(bySecret('client_secret_basic')));
  afterEach(stop);

  it('C50 lets nobody in while it cannot ask us', async () => {
    const token = issuer.token();
    expect(await apache.get('/api', token)).toMatchObject({ status: 200 });
    await front.close();
    expect(await apache.get('/api', token)).toMatchObject({ status: 401 });
  });

  it('remembers what it was told unless configured otherwise: until its interval is over, or else until the token expires', async () => {
    const token = issuer.token();
    expect(await apache.get('/by-default', token)).toMatchObject({ status: 200 });
    await app.revoke(CLIENTS.web, { token }).expect(200);
    await until(async () => (await apache.get('/for-a-second', token)).status === 401);
    expect(await apache.get('/by-default', token)).toMatchObject({ status: 200 });
  });
});
