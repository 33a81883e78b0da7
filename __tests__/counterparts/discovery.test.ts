import { CLIENTS } from '../support/oauth-app.js';
import { IssuerSite } from '../verifier/support/issuer-site.js';
import { openAuthorizationServer, type AuthorizationServer } from './support/authorization-server.js';
import { keyPair, publicJwk } from './support/client-keys.js';
import { CLIENT_LIBRARIES, refusalOf, type Proof } from './support/client-libraries.js';

let server: AuthorizationServer;
let proofs: Readonly<Record<Proof['method'], readonly [id: string, proof: Proof]>>;
const site = new IssuerSite();

beforeAll(async () => {
  const { privateKey, publicKey } = await keyPair('ES256');
  await site.open();
  site.publish(publicJwk(publicKey));
  proofs = {
    client_secret_basic: ['odd', { method: 'client_secret_basic', secret: CLIENTS.odd.secret }],
    client_secret_post: ['odd', { method: 'client_secret_post', secret: CLIENTS.odd.secret }],
    private_key_jwt: ['signer', { method: 'private_key_jwt', key: privateKey }],
    none: ['spa', { method: 'none' }],
  };
});
afterAll(() => site.close());
afterEach(() => server.close());

async function open(path = ''): Promise<void> {
  const signer = { id: 'signer', assertion: { jwksUri: site.url, algorithms: ['ES256'] } } as const;
  const clients = [{ ...CLIENTS.odd, id: 'odd' }, CLIENTS.spa, signer];
  const members = { token_endpoint: 'https://as.test/token', response_types_supported: ['code'] };
  server = await openAuthorizationServer({ path, members, oauth: { clients } });
}

describe.each(CLIENT_LIBRARIES)('discovery by $name', ({ connect, discover }) => {
  it.each([
    ['of its own', ''],
    ['that it shares with others', '/tenants/one'],
  ])('E56 E57 finds an issuer on a host %s', async (_, path) => {
    await open(path);
    expect(await discover(server.issuer)).toMatchObject({ issuer: `${server.origin}${path}`, token_endpoint: 'https://as.test/token' });
  });

  it('E56 E57 takes no other issuer for the one it asked for', async () => {
    await open('/tenants/one');
    expect(await refusalOf(discover(`${server.origin}/tenants/two`))).toMatchObject({ status: 404 });
  });

  it('A02 A09 B21 B29 E58 E59 E60 revokes at the endpoint that it found, in each way that it found', async () => {
    await open();
    const found = await discover(server.issuer);
    expect([...found.revocation_endpoint_auth_methods_supported!].sort()).toEqual(Object.keys(proofs).sort());
    for (const method of found.revocation_endpoint_auth_methods_supported!) {
      const [id, proof] = proofs[method];
      const token = server.tokens.token({ client_id: id });
      await connect(found, id, proof).revoke(token);
      expect([method, await server.accepts(token)]).toEqual([method, false]);
    }
  });

  it('A02 A09 C38 C40 E58 E59 E60 introspects at the endpoint that it found, in each way that it found, and no other', async () => {
    await open();
    const found = await discover(server.issuer);
    const listed = found.introspection_endpoint_auth_methods_supported!;
    expect([...listed, 'none'].sort()).toEqual(Object.keys(proofs).sort());
    for (const method of listed) {
      const [id, proof] = proofs[method];
      expect(await connect(found, id, proof).introspect(server.tokens.token({ client_id: id }))).toMatchObject({ active: true });
    }
    expect(await refusalOf(connect(found, ...proofs.none).introspect(server.tokens.token({ client_id: 'spa' })))).toMatchObject({ status: 401 });
  });
});
