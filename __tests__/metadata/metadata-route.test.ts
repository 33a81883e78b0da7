import { createServer, type Server } from 'node:http';
import type express5 from 'express';
import { createLiveTokens, memoryStore, oauthMetadata, oauthMetadataRouter, type OAuthMetadataRouterOptions } from 'livetoken';
import { endServer } from '../support/end-server.js';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { createIssuer } from '../support/issuer.js';
import { sendRaw } from '../support/send-raw.js';

const live = createLiveTokens({ store: memoryStore(), verify: createIssuer().verify, maxLifetime: 60 });
const WELL_KNOWN = '/.well-known/oauth-authorization-server';

let server: Server;

afterEach(() => endServer(server));

function optionsOf(issuer = 'https://as.example/tenant'): OAuthMetadataRouterOptions {
  return { oauth: { clients: [{ id: 'web', secret: 'web-secret' }], issuer }, endpointBase: 'https://api.example/auth' };
}

async function serve(express: typeof express5, options: OAuthMetadataRouterOptions): Promise<void> {
  const app = express();
  app.set('trust proxy', true);
  app.use(oauthMetadataRouter(live, options));
  app.use((req, res) => void res.status(418).end(req.path));
  server = createServer(app);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
}

describe.each(EVERY_EXPRESS)('The metadata router, on $name,', ({ express }) => {
  it.each([
    ['https://as.example', WELL_KNOWN],
    ['https://as.example/', WELL_KNOWN],
    ['https://as.example:8443', WELL_KNOWN],
    ['https://as.example/tenant', `${WELL_KNOWN}/tenant`],
    ['https://as.example/tenant/', `${WELL_KNOWN}/tenant`],
    ['https://as.example/oauth2/default', `${WELL_KNOWN}/oauth2/default`],
    ['https://as.example/a:b/(c)*', `${WELL_KNOWN}/a:b/(c)*`],
    ['https://as.example/%C3%B6', `${WELL_KNOWN}/%C3%B6`],
  ])('E56 E57 serves issuer %s at %s', async (issuer, path) => {
    await serve(express, optionsOf(issuer));
    const { status, headers, text } = await sendRaw(server, 'GET', path);
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(JSON.parse(text)).toEqual(oauthMetadata(live, optionsOf(issuer)));
    expect(JSON.parse(text).issuer).toBe(issuer);
  });

  it.each([
    ...['/', WELL_KNOWN, `${WELL_KNOWN}/`, `${WELL_KNOWN}/other`, `${WELL_KNOWN}/tenant/x`, `/tenant${WELL_KNOWN}`, `${WELL_KNOWN}/TENANT`],
    ...['/.well-known/openid-configuration', '/.well-known/openid-configuration/tenant', `${WELL_KNOWN}/%74enant`, '/revoke'],
  ])('E56 leaves other paths to the application: %s', async path => {
    await serve(express, optionsOf());
    for (const method of ['GET', 'POST', 'DELETE']) expect((await sendRaw(server, method, path)).status).toBe(418);
  });

  it('E58 does not believe what a request says of where it is', async () => {
    await serve(express, optionsOf());
    const honest = await sendRaw(server, 'GET', `${WELL_KNOWN}/tenant`);
    const lies = {
      ...{ host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http', 'x-forwarded-prefix': '/evil' },
      ...{ forwarded: 'host=evil.example;proto=http', 'x-original-url': '/evil', origin: 'https://evil.example' },
    };
    const lied = await sendRaw(server, 'GET', `${WELL_KNOWN}/tenant`, lies);
    expect([lied.status, lied.text]).toEqual([200, honest.text]);
    expect(JSON.stringify(lied)).not.toContain('evil');
    expect(JSON.parse(lied.text).revocation_endpoint).toBe('https://api.example/auth/revoke');
  });

  it('E56 is for everybody to read and keep, pages of other origins too', async () => {
    await serve(express, optionsOf());
    const { headers } = await sendRaw(server, 'GET', `${WELL_KNOWN}/tenant`);
    expect(headers).toMatchObject({ 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*', 'x-content-type-options': 'nosniff' });
    expect(headers).not.toHaveProperty('set-cookie');
    const again = await sendRaw(server, 'GET', `${WELL_KNOWN}/tenant`, { 'if-none-match': headers.etag! });
    expect([again.status, again.text, again.headers['cache-control']]).toEqual([304, '', 'public, max-age=300']);
  });

  it('E56 answers HEAD as GET, without the document', async () => {
    await serve(express, optionsOf());
    const [got, head] = [await sendRaw(server, 'GET', `${WELL_KNOWN}/tenant`), await sendRaw(server, 'HEAD', `${WELL_KNOWN}/tenant`)];
    expect([head.status, head.text, head.headers['content-length'], head.headers.etag]).toEqual([200, '', got.headers['content-length'], got.headers.etag]);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])('E56 takes no %s: 405, for no cache to keep', async method => {
    await serve(express, optionsOf());
    const { status, headers, text } = await sendRaw(server, method, `${WELL_KNOWN}/tenant`);
    expect([status, headers.allow, headers['cache-control']]).toEqual([405, 'GET, HEAD', 'no-store']);
    expect(JSON.parse(text)).toEqual({ error: 'invalid_request', error_description: 'This endpoint takes GET and HEAD only' });
  });

  it('E62 serves what the authorisation server says of itself besides', async () => {
    const members = { token_endpoint: 'https://as.example/token', response_types_supported: ['code'] };
    await serve(express, { ...optionsOf(), members });
    expect(JSON.parse((await sendRaw(server, 'GET', `${WELL_KNOWN}/tenant`)).text)).toEqual({ ...members, ...oauthMetadata(live, optionsOf()) });
  });
});

describe('oauthMetadataRouter', () => {
  beforeEach(async () => {
    server = createServer();
  });

  it.each([
    ['members that it says itself', { members: { issuer: 'https://other.example' } }, /members has issuer, which oauthMetadata says; leave it out/],
    ['members that are none', { members: null }, /members is null; give an object/],
    ['a misspelt option', { member: {} }, /oauthMetadataRouter has no option member; its options are oauth, endpointBase, members/],
  ])('E57 E62 refuses %s', (_, more, message) => {
    expect(() => oauthMetadataRouter(live, { ...optionsOf(), ...more } as OAuthMetadataRouterOptions)).toThrow(message);
  });
});
