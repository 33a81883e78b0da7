import { createHmac, randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { oauthMetadata, type OAuthClient, type OAuthOptions } from 'livetoken';
import { ASSERTION_TYPE } from '../../lib/router/oauth/client-assertion.js';
import type { AuthMethod } from '../../lib/router/oauth/registered-clients.js';
import { AS, KEYS, closeSigningApps, openSigningApp, type SigningApp } from '../support/signing-app.js';

const SECRET = { id: 'secretive', secret: 'the-secret' };
const SIGNER = { id: 'signer', assertion: { key: KEYS.RS256.publicKey, algorithms: ['RS256', 'PS256'] } } as const;
const SPA = { id: 'spa', public: true };

const MIXED: readonly OAuthClient[] = [SECRET, SIGNER, SPA];
const found = (id: string) => MIXED.find(client => client.id === id);

/** All methods of the IANA registry that RFC 8414 draws on, and `Bearer`. */
const METHODS = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none', 'tls_client_auth', 'self_signed_tls_client_auth', 'Bearer'] as const;
const ENDPOINTS = { revocation: '/revoke', introspection: '/introspect' } as const;

type Method = (typeof METHODS)[number];

let app: SigningApp;

afterEach(closeSigningApps);

function assertion(algorithm: 'RS256' | 'PS256' | 'RS384', id = SIGNER.id): string {
  const iat = Math.floor(Date.now() / 1000);
  return jwt.sign({ iss: id, sub: id, aud: AS, jti: randomUUID(), iat, exp: iat + 60 }, KEYS.RS256.privateKey, { algorithm });
}

/** client_secret_jwt: signed with the client's secret. */
function secretAssertion(): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: SECRET.id, sub: SECRET.id, aud: AS, jti: randomUUID(), iat, exp: iat + 60 };
  const input = [{ alg: 'HS256', typ: 'JWT' }, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${input}.${createHmac('sha256', SECRET.secret).update(input).digest('base64url')}`;
}

const asserted = (client_assertion: string) => ({ client_assertion, client_assertion_type: ASSERTION_TYPE });

/** Authenticates in the best way that the method knows; says with which status that is answered. */
const ATTEMPTS: Readonly<Record<Method, (path: string, form: { token: string }) => PromiseLike<{ status: number }>>> = {
  client_secret_basic: (path, form) => app.post(path, form, SECRET),
  client_secret_post: (path, form) => app.post(path, { ...form, client_id: SECRET.id, client_secret: SECRET.secret }),
  client_secret_jwt: (path, form) => app.post(path, { ...form, ...asserted(secretAssertion()) }),
  private_key_jwt: (path, form) => app.post(path, { ...form, ...asserted(assertion('RS256')) }),
  none: (path, form) => app.post(path, { ...form, client_id: SPA.id }),
  // What a proxy that ends TLS would add.
  tls_client_auth: (path, form) => app.post(path, { ...form, client_id: SECRET.id }).set('X-SSL-Client-Verify', 'SUCCESS'),
  self_signed_tls_client_auth: (path, form) => app.post(path, { ...form, client_id: SIGNER.id }).set('X-SSL-Client-Verify', 'SUCCESS'),
  Bearer: (path, form) => app.post(path, form, `Bearer ${app.sign(app.claims({ scope: 'introspect' }))}`),
};

const CONFIGURATIONS: readonly (readonly [string, Partial<OAuthOptions>])[] = [
  ['clients of every kind', { clients: MIXED }],
  ['clients of every kind, found by a function', { clients: found }],
  ['bearers too', { clients: MIXED, introspectionScope: 'introspect' }],
  ['only clients with a secret', { clients: [SECRET] }],
  ['only clients that sign', { clients: [SIGNER] }],
  ['only public clients', { clients: [SPA] }],
  ['a client that is pinned to one method', { clients: [{ ...SECRET, authMethod: 'client_secret_post' }] }],
  ...(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] satisfies AuthMethod[]).map(
    method => [`only ${method}, clients found by a function`, { clients: found, authMethods: [method] }] as const,
  ),
];

describe.each(CONFIGURATIONS)('With %s,', (_, oauth) => {
  const options = { clients: [], issuer: AS, ...oauth } satisfies OAuthOptions;

  beforeEach(async () => {
    app = await openSigningApp({ introspectionSigning: undefined as never, ...oauth });
  });

  it.each(['revocation', 'introspection'] as const)('E59 E60 every method that is listed for %s works, and every other fails', async endpoint => {
    const metadata = oauthMetadata(app.live, { oauth: options, endpointBase: 'https://api.example' });
    const listed: readonly string[] = metadata[`${endpoint}_endpoint_auth_methods_supported`] ?? [];
    const working: string[] = [];
    for (const method of METHODS) {
      const { status } = await ATTEMPTS[method](ENDPOINTS[endpoint], { token: 'whatever' });
      expect([200, 400, 401]).toContain(status);
      if (status === 200) working.push(method);
    }
    expect(working.sort()).toEqual([...listed].sort());
  });

  it('E61 every algorithm that is listed for assertions works, and no other', async () => {
    const metadata = oauthMetadata(app.live, { oauth: options, endpointBase: 'https://api.example' });
    const listed: readonly string[] = metadata.revocation_endpoint_auth_signing_alg_values_supported ?? [];
    expect(metadata.introspection_endpoint_auth_signing_alg_values_supported ?? []).toEqual(listed);
    for (const algorithm of ['RS256', 'PS256', 'RS384'] as const) {
      const { status } = await app.post('/revoke', { token: 'whatever', ...asserted(assertion(algorithm)) });
      expect([algorithm, status]).toEqual([algorithm, listed.includes(algorithm) ? 200 : 401]);
    }
  });
});
