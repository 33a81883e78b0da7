import { CLIENTS, GARBAGE } from '../support/oauth-app.js';
import { IssuerSite, rsaKey } from '../verifier/support/issuer-site.js';
import { openAuthorizationServer, type AuthorizationServer } from './support/authorization-server.js';
import { CLIENT_LIBRARIES, refusalOf, type LibraryClient, type ServerMetadata } from './support/client-libraries.js';

const [ours, strangers] = [rsaKey('ours'), rsaKey('ours')];

let server: AuthorizationServer;
const site = new IssuerSite();
beforeEach(async () => {
  await site.open();
  site.publish(ours.jwk);
  server = await openAuthorizationServer({
    oauth: { clients: [CLIENTS.api, CLIENTS.web], introspectionSigning: { key: ours.privateKey, kid: 'ours' } },
    members: { jwks_uri: site.url },
  });
});
afterEach(async () => {
  await server.close();
  await site.close();
});

describe.each(CLIENT_LIBRARIES)('introspections as JWTs, with $name', ({ connect, discover }) => {
  async function resourceServer(differences: Partial<ServerMetadata> = {}): Promise<LibraryClient> {
    const found = await discover(server.issuer);
    expect(found.introspection_signing_alg_values_supported).toEqual(['RS256']);
    const proof = { method: 'client_secret_basic', secret: CLIENTS.api.secret } as const;
    return connect({ ...found, ...differences }, 'api', proof, { introspection_signed_response_alg: 'RS256' });
  }

  it('D51 D52 D53 are asked for, taken, and verified by the key that the issuer publishes', async () => {
    const introspection = await (await resourceServer()).introspect(server.tokens.token());
    expect(introspection).toMatchObject({ active: true, sub: 'alice', client_id: 'web', scope: 'orders:read' });
  });

  it('D54 say of a revoked token and of garbage that they are inactive, and no more', async () => {
    const token = server.tokens.token();
    const found = await discover(server.issuer);
    await connect(found, 'web', { method: 'client_secret_basic', secret: CLIENTS.web.secret }).revoke(token);
    for (const each of [token, GARBAGE]) expect(await (await resourceServer()).introspect(each)).toEqual({ active: false });
  });

  it('D52 D53 are refused there where another key has signed, or another issuer was asked', async () => {
    const token = server.tokens.token();
    const elsewhere = await resourceServer({ issuer: 'https://other.test' });
    expect(await refusalOf(elsewhere.introspect(token))).toMatchObject({ code: 'OAUTH_JWT_CLAIM_COMPARISON_FAILED' });
    site.publish(strangers.jwk);
    expect(await refusalOf((await resourceServer()).introspect(token))).toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' });
  });
});
