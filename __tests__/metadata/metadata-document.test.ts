import { createLiveTokens, memoryStore, oauthMetadata, type OAuthMetadataOptions, type OAuthOptions } from 'livetoken';
import { createIssuer } from '../support/issuer.js';
import { KEYS, SIGNING } from '../support/signing-app.js';

const live = createLiveTokens({ store: memoryStore(), verify: createIssuer().verify, maxLifetime: 60 });
const ISSUER = 'https://as.example/tenant';
const endpointBase = 'https://api.example/auth';

const WEB = { id: 'web', secret: 'web-secret' };
const SPA = { id: 'spa', public: true };
const SIGNER = { id: 'signer', assertion: { key: KEYS.ES256.publicKey, algorithms: ['ES256'] } } as const;

function metadata(oauth: Partial<OAuthOptions> = {}, base = endpointBase) {
  return oauthMetadata(live, { oauth: { clients: [WEB], issuer: ISSUER, ...oauth }, endpointBase: base });
}

describe('The metadata of the OAuth endpoints', () => {
  it('E57 E58 E59 E62 is all that is known here, and nothing else', () => {
    expect(metadata()).toEqual({
      issuer: ISSUER,
      revocation_endpoint: 'https://api.example/auth/revoke',
      revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      introspection_endpoint: 'https://api.example/auth/introspect',
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    });
  });

  it.each([['https://as.example'], ['https://as.example/'], ['https://AS.example:443/a%2fb/'], ['http://localhost:3000']])('E57 names the issuer to the letter: %s', issuer => {
    expect(metadata({ issuer }).issuer).toBe(issuer);
  });

  it.each([
    ['https://api.example', 'https://api.example/revoke'],
    ['https://api.example/', 'https://api.example/revoke'],
    ['https://api.example/a/b//', 'https://api.example/a/b/revoke'],
    ['http://127.0.0.1:8080/auth', 'http://127.0.0.1:8080/auth/revoke'],
  ])('E58 puts endpoints under %s', (base, revocation) => {
    expect(metadata({}, base)).toMatchObject({ revocation_endpoint: revocation, introspection_endpoint: revocation.replace('revoke', 'introspect') });
  });

  it('E59 E61 lists what the registered clients can, and what those sign with that sign', () => {
    expect(metadata({ clients: [WEB, SPA, SIGNER] })).toMatchObject({
      revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
      revocation_endpoint_auth_signing_alg_values_supported: ['ES256'],
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      introspection_endpoint_auth_signing_alg_values_supported: ['ES256'],
    });
  });

  it('E59 E61 lists all that is accepted where a function finds the clients', () => {
    expect(metadata({ clients: () => undefined, introspectionScope: 'introspect', assertionAlgorithms: ['PS256', 'ES384'] })).toMatchObject({
      revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
      revocation_endpoint_auth_signing_alg_values_supported: ['PS256', 'ES384'],
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'Bearer'],
      introspection_endpoint_auth_signing_alg_values_supported: ['PS256', 'ES384'],
    });
  });

  it('E59 E61 lists no method that is switched off, nor algorithms for it', () => {
    const { revocation_endpoint_auth_methods_supported: methods, ...rest } = metadata({ clients: () => undefined, authMethods: ['client_secret_basic'] });
    expect(methods).toEqual(['client_secret_basic']);
    expect(Object.keys(rest).filter(name => name.includes('signing_alg'))).toEqual([]);
  });

  it('E62 leaves lists out that would be empty', () => {
    expect(Object.keys(metadata({ clients: [] }))).toEqual(['issuer', 'revocation_endpoint', 'introspection_endpoint']);
    expect(Object.keys(metadata({ clients: [SPA] }))).toEqual(['issuer', 'revocation_endpoint', 'revocation_endpoint_auth_methods_supported', 'introspection_endpoint']);
  });

  it('D52 E61 says what introspections are signed with', () => {
    expect(metadata({ introspectionSigning: SIGNING }).introspection_signing_alg_values_supported).toEqual(['RS256', 'ES256']);
    expect(metadata()).not.toHaveProperty('introspection_signing_alg_values_supported');
  });

  it('E62 is a plain object that is merged into another and cannot be changed', () => {
    const fragment = metadata();
    expect({ token_endpoint: 'https://as.example/token', ...fragment }).toMatchObject({ token_endpoint: 'https://as.example/token', issuer: ISSUER });
    expect(Object.getPrototypeOf(fragment)).toBe(Object.prototype);
    expect([fragment, fragment.revocation_endpoint_auth_methods_supported].every(each => Object.isFrozen(each))).toBe(true);
    expect(JSON.parse(JSON.stringify(fragment))).toEqual(fragment);
  });

  it('E59 makes no limiter: nobody authenticates here', () => {
    const limiter = jest.fn(() => { throw new Error('was asked'); });
    metadata({ failedAttempts: { limiter } });
    expect(limiter).not.toHaveBeenCalled();
  });
});

describe('oauthMetadata, given what it cannot use, throws and says what to write instead:', () => {
  const oauth = { clients: [WEB], issuer: ISSUER };

  it.each([
    ['no issuer', { oauth: { clients: [WEB] }, endpointBase }, /needs oauth.issuer/],
    ['plain http', { oauth: { ...oauth, issuer: 'http://as.example' }, endpointBase }, /oauth.issuer is a string; give an https URL/],
    ['a query', { oauth: { ...oauth, issuer: 'https://as.example/?tenant=1' }, endpointBase }, /oauth.issuer is a string/],
    ['an empty query', { oauth: { ...oauth, issuer: 'https://as.example/?' }, endpointBase }, /oauth.issuer is a string/],
    ['a fragment', { oauth: { ...oauth, issuer: 'https://as.example/#tenant' }, endpointBase }, /oauth.issuer is a string/],
    ['an empty fragment', { oauth: { ...oauth, issuer: 'https://as.example/#' }, endpointBase }, /oauth.issuer is a string/],
    ['credentials', { oauth: { ...oauth, issuer: 'https://me:pw@as.example' }, endpointBase }, /oauth.issuer is a string/],
    ['no URL', { oauth: { ...oauth, issuer: 'as.example' }, endpointBase }, /oauth.issuer is a string/],
    ['a space after the issuer', { oauth: { ...oauth, issuer: 'https://as.example ' }, endpointBase }, /oauth.issuer is a string/],
    ['an URL object', { oauth: { ...oauth, issuer: new URL(ISSUER) }, endpointBase }, /oauth.issuer is an object/],
    ['no base', { oauth }, /endpointBase is undefined; give the https URL that the router is mounted at/],
    ['a path for a base', { oauth, endpointBase: '/auth' }, /endpointBase is a string; give the https URL/],
    ['plain http for a base', { oauth, endpointBase: 'http://api.example' }, /endpointBase is a string/],
    ['a query in the base', { oauth, endpointBase: 'https://api.example/?x' }, /endpointBase is a string/],
    ['a misspelt option', { oauth, endpointbase: endpointBase }, /oauthMetadata has no option endpointbase; its options are oauth, endpointBase/],
    ['a bad option of oauth', { oauth: { ...oauth, corsOrigins: '*' }, endpointBase }, /oauth.corsOrigins/],
  ])('E57 E58 %s', (_, options, message) => {
    const make = () => oauthMetadata(live, options as unknown as OAuthMetadataOptions);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });
});
