import type { webcrypto } from 'node:crypto';
import { CLIENTS, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';
import { IssuerSite } from '../verifier/support/issuer-site.js';
import { keyPair, publicJwk, SIGNING_ALGORITHMS, type SigningAlgorithm } from './support/client-keys.js';
import { CLIENT_LIBRARIES, refusalOf, type LibraryClient } from './support/client-libraries.js';

const ISSUER = 'https://as.test';
const site = new IssuerSite();
let app: OAuthApp;
beforeEach(() => site.open());
afterEach(async () => {
  await closeOAuthApps();
  await site.close();
});

/** The client publishes its keys, and we know where: nothing is shared. */
async function openWithKeys(algorithm: SigningAlgorithm, keys: webcrypto.CryptoKeyPair): Promise<void> {
  site.publish({ ...publicJwk(keys.publicKey), kid: 'of-the-client' });
  const signer = { id: 'signer', assertion: { jwksUri: site.url, algorithms: [algorithm] }, mayIntrospect: true };
  app = await openOAuthApp({ oauth: { issuer: ISSUER, clients: [signer, CLIENTS.web] } });
}

describe.each(CLIENT_LIBRARIES)('private_key_jwt with $name', ({ connect }) => {
  const signing = (key: webcrypto.CryptoKey, issuer = ISSUER, id = 'signer'): LibraryClient => {
    const base = `http://127.0.0.1:${app.port}/auth`;
    const server = { issuer, revocation_endpoint: `${base}/revoke`, introspection_endpoint: `${base}/introspect` };
    return connect(server, id, { method: 'private_key_jwt', key, kid: 'of-the-client' });
  };

  it.each(SIGNING_ALGORITHMS)('A09 A10 B21 C40 asks about and revokes tokens: %s', async (algorithm) => {
    const keys = await keyPair(algorithm);
    await openWithKeys(algorithm, keys);
    const [token, client] = [app.issuer.token({ client_id: 'signer' }), signing(keys.privateKey)];
    expect(await client.introspect(token)).toMatchObject({ active: true, client_id: 'signer' });
    await client.revoke(token);
    expect(await client.introspect(token)).toEqual({ active: false });
    expect(await app.accepts(token)).toBe(false);
  });

  it('A09 A10 A12 is told by a challenge that the key, the audience or the method is not the one', async () => {
    const [keys, others] = [await keyPair('ES256'), await keyPair('ES256')];
    await openWithKeys('ES256', keys);
    const token = app.issuer.token();
    const base = `http://127.0.0.1:${app.port}/auth`;
    const server = { issuer: ISSUER, revocation_endpoint: `${base}/revoke`, introspection_endpoint: `${base}/introspect` };
    const strangers = [
      signing(others.privateKey),
      signing(keys.privateKey, 'https://other.test'),
      signing(keys.privateKey, ISSUER, 'web'),
      connect(server, 'signer', { method: 'client_secret_post', secret: 'anything' }),
      connect(server, 'signer', { method: 'none' }),
    ];
    for (const stranger of strangers) {
      expect(await refusalOf(stranger.introspect(token))).toMatchObject({ name: 'WWWAuthenticateChallengeError', status: 401 });
    }
    expect(await signing(keys.privateKey).introspect(token)).toMatchObject({ active: true });
  });
});
