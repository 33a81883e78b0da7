import { createLiveTokens, memoryStore, revocationRouter, type AuthMethod, type OAuthClient, type OAuthOptions } from 'livetoken';
import { supportedAuthMethods, type SupportedAuthMethods } from '../../lib/router/oauth/auth-methods.js';
import { parseOAuthOptions } from '../../lib/router/oauth/oauth-options.js';
import { createIssuer } from '../support/issuer.js';
import { CANARY } from '../support/leak-scan.js';
import { ENDPOINTS, GARBAGE, basic, closeOAuthApps, encodeForm, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';
import { exchange, rawForm } from '../support/raw-http.js';
import { OURS, assertionClaims, assertionOf, byAssertion, ec, rsa, signed } from './support/assertions.js';

const METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const satisfies readonly AuthMethod[];

const secret = `${CANARY}-secret`;
const assertion = { key: rsa.publicKey, algorithms: ['RS256'] } as const;

afterEach(closeOAuthApps);

/** What a client sends that authenticates in this way, with credentials that are right. */
function sent(method: AuthMethod, id: string, token = GARBAGE): { readonly form: Record<string, string>; readonly header?: string } {
  if (method === 'client_secret_basic') return { form: { token }, header: basic({ id, secret }) };
  if (method === 'client_secret_post') return { form: { token, client_id: id, client_secret: secret } };
  if (method === 'private_key_jwt') return { form: { token, ...byAssertion(assertionOf(id)) } };
  return { form: { token, client_id: id } };
}

async function statusOf(app: OAuthApp, path: string, method: AuthMethod, id: string, token?: string): Promise<number> {
  const { form, header } = sent(method, id, token);
  const asked = app.post(path, form);
  return (await (header === undefined ? asked : asked.set('Authorization', header))).status;
}

/** The methods that a client can use at an endpoint. */
async function usable(app: OAuthApp, path: string, id: string): Promise<readonly AuthMethod[]> {
  const statuses: number[] = [];
  for (const method of METHODS) statuses.push(await statusOf(app, path, method, id));
  expect(statuses.filter((status) => status !== 200 && status !== 401)).toEqual([]);
  return METHODS.filter((_, index) => statuses[index] === 200);
}

/** A client with all that it could authenticate by, and what is said of its method. */
const CASES: readonly (readonly [string, OAuthClient, readonly AuthMethod[]])[] = [
  ['a secret', { id: 'c', secret }, ['client_secret_basic', 'client_secret_post']],
  ['a secret, to be sent in the header', { id: 'c', secret, authMethod: 'client_secret_basic' }, ['client_secret_basic']],
  ['a secret, to be sent in the body', { id: 'c', secret, authMethod: 'client_secret_post' }, ['client_secret_post']],
  ['a hashed secret, to be sent in the body', { id: 'c', verifySecret: (each) => each === secret, authMethod: 'client_secret_post' }, ['client_secret_post']],
  ['a key', { id: 'c', assertion }, ['private_key_jwt']],
  ['a key, and says so', { id: 'c', assertion, authMethod: 'private_key_jwt' }, ['private_key_jwt']],
  ['a key and a secret', { id: 'c', assertion, secret }, ['private_key_jwt']],
  ['a key and a secret, and is to use the key', { id: 'c', assertion, secret, authMethod: 'private_key_jwt' }, ['private_key_jwt']],
  ['a key and a secret, and is to use the secret', { id: 'c', assertion, secret, authMethod: 'client_secret_basic' }, ['client_secret_basic']],
  ['nothing, and is public', { id: 'c', public: true }, ['none']],
  ['nothing, and says so', { id: 'c', authMethod: 'none' }, ['none']],
  ['nothing, is public and says so', { id: 'c', public: true, authMethod: 'none' }, ['none']],
  ['nothing at all', { id: 'c' }, []],
];

describe.each(ENDPOINTS)('a registered client at %s', (path) => {
  it.each(CASES)('A12 can authenticate in its own way only: one that has %s', async (_, client, methods) => {
    const listed = await openOAuthApp({ oauth: { clients: [client], issuer: OURS, failedAttempts: false } });
    const found = await openOAuthApp({ oauth: { clients: (id) => (id === 'c' ? { ...client } : undefined), issuer: OURS, failedAttempts: false } });
    // A public client may not introspect (C38).
    const expected = path === '/introspect' ? methods.filter((method) => method !== 'none') : methods;
    expect([await usable(listed, path, 'c'), await usable(found, path, 'c')]).toEqual([expected, expected]);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['says that it has none, and has a secret', { secret, authMethod: 'none' }],
    ['says that it has none, and has a key', { assertion, authMethod: 'none' }],
    ['is public, and has a key for nothing', { public: true, authMethod: 'client_secret_basic' }],
    ['is to use a key that it has not', { secret, authMethod: 'private_key_jwt' }],
    ['is to use a secret that it has not', { assertion, authMethod: 'client_secret_post' }],
    ['is to use what nobody knows', { secret, assertion, authMethod: 'client_secret_jwt' }],
    ['is to use several', { secret, assertion, authMethod: ['client_secret_basic', 'private_key_jwt'] }],
    ['is to use nothing', { secret, public: true, authMethod: '' }],
  ])('A12 cannot authenticate at all where a function finds an entry that contradicts itself: one that %s', async (_, client) => {
    const app = await openOAuthApp({ oauth: { clients: () => ({ id: 'c', ...client }), issuer: OURS, failedAttempts: false } });
    expect(await usable(app, path, 'c')).toEqual([]);
  });

  it('A04 A12 is told the same, to the byte, in whichever way it may not authenticate', async () => {
    const clients = CASES.map(([, client], index) => ({ ...client, id: `c${index}` }));
    const app = await openOAuthApp({ oauth: { clients, issuer: OURS, failedAttempts: false } });
    const answers = new Set<string>();
    for (const [index, [, , methods]] of CASES.entries()) {
      for (const method of METHODS.filter((each) => !methods.includes(each))) {
        const { form, header } = sent(method, `c${index}`);
        answers.add((await exchange(app.port, rawForm(path, encodeForm(form), ...(header === undefined ? [] : [['Authorization', header] as const])))).bytes);
      }
    }
    answers.add((await exchange(app.port, rawForm(path, encodeForm(sent('client_secret_post', 'nobody').form)))).bytes);
    expect([...answers]).toEqual([expect.stringContaining('invalid_client')]);
  });

  it('A12 changes nothing where it authenticates in another way than its own', async () => {
    for (const [, client, methods] of CASES) {
      const app = await openOAuthApp({ oauth: { clients: [client], issuer: OURS, failedAttempts: false } });
      const token = app.issuer.token({ client_id: 'c' });
      for (const method of METHODS.filter((each) => !methods.includes(each))) await statusOf(app, path, method, 'c', token);
      expect(await app.accepts(token)).toBe(true);
    }
  });
});

describe('the methods that are accepted at all', () => {
  const clients: readonly OAuthClient[] = [
    { id: 'secret', secret },
    { id: 'header', secret, authMethod: 'client_secret_basic' },
    { id: 'key', assertion },
    { id: 'public', public: true },
  ];
  const elliptic: OAuthClient = { id: 'elliptic', assertion: { key: ec.publicKey, algorithms: ['ES256'] } };

  const OPTIONS: readonly (readonly [string, OAuthOptions, SupportedAuthMethods])[] = [
    [
      'all four by default',
      { clients, issuer: OURS },
      { revocation: [...METHODS], introspection: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'], signingAlgorithms: ['RS256'] },
    ],
    [
      'what the clients can',
      { clients: clients.slice(1, 2), issuer: OURS },
      { revocation: ['client_secret_basic'], introspection: ['client_secret_basic'], signingAlgorithms: [] },
    ],
    [
      'what the option says, and the clients can',
      { clients: clients.slice(0, 1), issuer: OURS, authMethods: ['client_secret_post', 'private_key_jwt'] },
      { revocation: ['client_secret_post'], introspection: ['client_secret_post'], signingAlgorithms: [] },
    ],
    [
      'what the keys of the clients are for',
      { clients: [...clients, elliptic], issuer: OURS, authMethods: [...METHODS], assertionAlgorithms: ['ES256', 'RS256', 'ES512'] },
      { revocation: [...METHODS], introspection: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'], signingAlgorithms: ['ES256', 'RS256'] },
    ],
    [
      'all four of clients that a function finds',
      { clients: (id) => clients.find((client) => client.id === id), issuer: OURS },
      { revocation: [...METHODS], introspection: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'], signingAlgorithms: ['RS256', 'PS256', 'ES256'] },
    ],
    [
      'no assertions of clients that a function finds where nobody said who we are',
      { clients: (id) => clients.find((client) => client.id === id) },
      { revocation: ['client_secret_basic', 'client_secret_post', 'none'], introspection: ['client_secret_basic', 'client_secret_post'], signingAlgorithms: [] },
    ],
    [
      'what the option says of clients that a function finds',
      { clients: (id) => clients.find((client) => client.id === id), issuer: OURS, authMethods: ['private_key_jwt'], assertionAlgorithms: ['RS256'] },
      { revocation: ['private_key_jwt'], introspection: ['private_key_jwt'], signingAlgorithms: ['RS256'] },
    ],
    [
      'tokens besides',
      { clients: clients.slice(0, 1), introspectionScope: 'introspect', authMethods: ['client_secret_basic'] },
      { revocation: ['client_secret_basic'], introspection: ['client_secret_basic', 'Bearer'], signingAlgorithms: [] },
    ],
  ];

  it.each(OPTIONS)('E58 A12 are told: %s; each of them works, and no other does', async (_, oauth, expected) => {
    const live = createLiveTokens({ store: memoryStore(), verify: createIssuer().verify, maxLifetime: 3600 });
    expect(supportedAuthMethods(parseOAuthOptions(live, oauth))).toEqual(expected);
    const app = await openOAuthApp({ oauth: { ...oauth, failedAttempts: false } });
    for (const [path, told] of [['/revoke', expected.revocation], ['/introspect', expected.introspection]] as const) {
      const working = new Set<string>();
      for (const { id } of clients) for (const method of await usable(app, path, id)) working.add(method);
      expect(METHODS.filter((method) => working.has(method))).toEqual(METHODS.filter((method) => told.includes(method)));
    }
  });

  it('A12 include no algorithm that the option leaves out, also where a function finds the client', async () => {
    const found: OAuthClient = { id: 'elliptic', assertion: { key: ec.publicKey, algorithms: ['ES256'] } };
    const make = () => byAssertion(signed(assertionClaims('elliptic'), ec.privateKey, { alg: 'ES256' }));
    const open = (assertionAlgorithms: OAuthOptions['assertionAlgorithms']) =>
      openOAuthApp({ oauth: { clients: () => found, issuer: OURS, ...(assertionAlgorithms && { assertionAlgorithms }) } });
    expect((await (await open(undefined)).post('/revoke', { token: GARBAGE, ...make() })).status).toBe(200);
    expect((await (await open(['RS256'])).post('/revoke', { token: GARBAGE, ...make() })).status).toBe(401);
  });
});

describe('what is refused at construction', () => {
  const live = createLiveTokens({ store: memoryStore(), verify: createIssuer().verify, maxLifetime: 3600 });
  const one = (client: object, more: object = { issuer: OURS }): unknown => ({ clients: [{ id: 'c', ...client }], ...more });

  it.each<[string, unknown, string]>([
    ['a method that nobody knows', one({ secret, authMethod: 'client_secret_jwt' }), "oauth.clients[0].authMethod is a string; give 'client_secret_basic' or"],
    ['a method of a client without a secret', one({ authMethod: 'client_secret_basic' }), "oauth.clients[0].authMethod is 'client_secret_basic', which takes secret or verifySecret"],
    ['a method of a client without keys', one({ secret, authMethod: 'private_key_jwt' }), "oauth.clients[0].authMethod is 'private_key_jwt', which takes assertion"],
    ['no method of a client with a secret', one({ secret, authMethod: 'none' }), "oauth.clients[0].authMethod is 'none', which takes a client without secret and keys"],
    ['a public client with keys', one({ public: true, assertion }), 'oauth.clients[0] is public and has keys for assertions; leave one of them out'],
    ['keys, and no issuer', one({ assertion }, {}), 'oauth.clients[0] authenticates by private_key_jwt, which needs the option oauth.issuer'],
    ['a method that is not accepted', one({ assertion }, { issuer: OURS, authMethods: ['client_secret_basic'] }), 'oauth.clients[0] can only authenticate by private_key_jwt, which oauth.authMethods does not list'],
    ['a secret where none is accepted', one({ secret }, { issuer: OURS, authMethods: ['private_key_jwt'] }), 'oauth.clients[0] can only authenticate by client_secret_basic or client_secret_post'],
    ['keys that are a word', one({ assertion: 'RS256' }), 'oauth.clients[0].assertion is a string; give keys'],
    ['keys that are null', one({ assertion: null, authMethod: 'private_key_jwt' }), 'which takes assertion'],
    ['keys without algorithms', one({ assertion: { key: rsa.publicKey } }), 'oauth.clients[0].assertion.algorithms is undefined; give what the client signs with'],
    ['keys with no algorithms', one({ assertion: { key: rsa.publicKey, algorithms: [] } }), 'oauth.clients[0].assertion.algorithms is an array; give'],
    ['a shared secret', one({ assertion: { key: secret.repeat(4), algorithms: ['HS256'] } }), 'oauth.clients[0].assertion.algorithms lists HS256, which takes a shared secret'],
    ['no signature', one({ assertion: { key: rsa.publicKey, algorithms: ['none'] } }), 'oauth.clients[0].assertion.algorithms lists one that oauth.assertionAlgorithms does not'],
    ['an algorithm that is not accepted', one({ assertion: { key: rsa.publicKey, algorithms: ['RS512'] } }), 'that accepts RS256, PS256, ES256'],
    ['algorithms without keys', one({ assertion: { algorithms: ['RS256'] } }), 'oauth.clients[0].assertion: jwtVerifier takes exactly one of the options'],
    ['a private key', one({ assertion: { key: rsa.privateKey, algorithms: ['RS256'] } }), 'oauth.clients[0].assertion: jwtVerifier option "key" is a private key'],
    ['a misspelt option', one({ assertion: { ...assertion, jwksUrl: 'https://client.test/jwks' } }), 'oauth.clients[0].assertion has no option jwksUrl'],
    ['an option of jwtVerifier that is not the client\'s to have', one({ assertion: { ...assertion, allowAnyIssuer: true } }), 'oauth.clients[0].assertion has no option allowAnyIssuer'],
    ['no methods', one({ secret }, { authMethods: [] }), 'oauth.authMethods is an array; give an array of some of client_secret_basic'],
    ['one method', one({ secret }, { authMethods: 'none' }), 'oauth.authMethods is a string; give an array'],
    ['methods that nobody knows', one({ secret }, { authMethods: ['client_secret_jwt'] }), "oauth.authMethods is a string; give 'client_secret_basic' or"],
    ['assertions, and no issuer', one({ secret }, { authMethods: ['client_secret_basic', 'private_key_jwt'] }), 'oauth.authMethods lists private_key_jwt, which needs the option oauth.issuer'],
    ['no algorithms', one({ secret }, { assertionAlgorithms: [] }), 'oauth.assertionAlgorithms is an array; give an array of some of RS256'],
    ['a shared secret for all', one({ secret }, { assertionAlgorithms: ['RS256', 'HS256'] }), "oauth.assertionAlgorithms is a string; give 'RS256' or"],
    ['an endpoint that is none', one({ secret }, { acceptEndpointAudience: ['/revoke'] }), 'oauth.acceptEndpointAudience is a string; give an array of exact https URLs'],
    ['one endpoint', one({ secret }, { acceptEndpointAudience: 'https://as.test/revoke' }), 'oauth.acceptEndpointAudience is a string; give an array'],
    ['an endpoint without TLS', one({ secret }, { acceptEndpointAudience: ['http://as.test/revoke'] }), 'oauth.acceptEndpointAudience is a string; give an array'],
  ])('A12 is %s', (_, oauth, message) => {
    const construct = (): unknown => revocationRouter(live, { oauth: oauth as OAuthOptions });
    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(message);
    expect(construct).not.toThrow(/canary|BEGIN/i);
  });
});
