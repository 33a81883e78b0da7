import type { FindClient, OAuthClient } from 'livetoken';
import { GARBAGE, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';
import { until } from '../stores/support/until.js';
import { IssuerSite, rsaKey } from '../verifier/support/issuer-site.js';
import { OURS, assertionClaims, assertionOf, byAssertion, ec, otherRsa, rsa, signed } from './support/assertions.js';

let app: OAuthApp;

afterEach(closeOAuthApps);

const status = async (assertion: string): Promise<number> => (await app.post('/introspect', { token: GARBAGE, ...byAssertion(assertion) })).status;

async function open(clients: readonly OAuthClient[] | FindClient, whoWeAre: { readonly issuer?: string } = { issuer: OURS }): Promise<void> {
  app = await openOAuthApp({ oauth: { clients, failedAttempts: false, ...whoWeAre } });
}

describe('a client that publishes its keys', () => {
  const first = rsaKey('first');
  const second = rsaKey('second');
  let site: IssuerSite;

  beforeEach(async () => { site = await IssuerSite.of(first.jwk); });

  afterEach(() => site.close());

  const by = (key: typeof first): string => signed(assertionClaims('remote'), key.privateKey, { kid: key.kid });
  const remote = (): OAuthClient => ({
    id: 'remote',
    assertion: { jwksUri: site.url, algorithms: ['RS256'], jwks: { cooldownMs: 1, refreshMs: 1, retryMs: 1 } },
  });

  it('A09 proves itself with a key that is new there', async () => {
    await open([remote()]);
    expect([await status(by(first)), await status(by(second))]).toEqual([200, 401]);
    site.publish(first.jwk, second.jwk);
    await until(async () => (await status(by(second))) === 200);
    expect(await status(by(first))).toBe(200);
  });

  it('A09 does not prove itself for long with a key that is no longer there', async () => {
    await open([remote()]);
    expect(await status(by(first))).toBe(200);
    site.publish(second.jwk);
    await until(async () => (await status(by(first))) === 401);
  });

  it('A09 is answered 503 while its keys have never been had, and by what was had before while they are away', async () => {
    await site.close();
    await open([remote()]);
    const answer = await app.post('/introspect', { token: GARBAGE, ...byAssertion(by(first)) });
    expect([answer.status, answer.headers['retry-after'], answer.body.error]).toEqual([503, '1', 'temporarily_unavailable']);
    await site.open();
    await until(async () => (await status(by(first))) === 200);
    await site.close();
    expect(await status(by(first))).toBe(200);
  });

  it('A09 has its keys fetched once, though a function finds it anew for every request', async () => {
    const { assertion } = remote();
    await open((id) => (id === 'remote' ? { id, assertion: { ...assertion!, jwks: {} } } : undefined));
    for (let i = 0; i < 5; i++) expect(await status(by(first))).toBe(200);
    for (let i = 0; i < 5; i++) expect(await status(by(second))).toBe(401);
    expect(site.fetches).toBe(1);
  });

  it('A09 has its keys fetched once while others prove themselves in turn', async () => {
    const { assertion } = remote();
    await open((id) => ({ id, assertion: { ...assertion!, jwks: {} } }));
    const as = (id: string): string => signed(assertionClaims(id), first.privateKey, { kid: first.kid });
    for (const id of ['one', 'two', 'one', 'two']) expect(await status(as(id))).toBe(200);
    expect(site.fetches).toBe(2);
  });

  it('A09 is told from another one that publishes its keys in the same place', async () => {
    const { assertion } = remote();
    await open((id) => ({ id, assertion: { ...assertion! } }));
    const as = (id: string, claims = {}): string => signed(assertionClaims(id, claims), first.privateKey, { kid: first.kid });
    expect([await status(as('one')), await status(as('two')), await status(as('one', { sub: 'two' }))]).toEqual([200, 200, 401]);
  });

  it('A09 moves with its entry to keys in another place', async () => {
    const moved = await IssuerSite.of(second.jwk);
    let client = remote();
    await open(() => client);
    expect(await status(by(first))).toBe(200);
    client = { id: 'remote', assertion: { jwksUri: moved.url, algorithms: ['RS256'] } };
    expect([await status(by(second)), await status(by(first))]).toEqual([200, 401]);
    await moved.close();
  });
});

describe('a client that a function finds', () => {
  it.each<[string, FindClient]>([
    ['the same object each time', ((client: OAuthClient): FindClient => () => client)({ id: 'signer', assertion: { key: rsa.publicKey, algorithms: ['RS256'] } })],
    ['a new object each time', (id) => ({ id, assertion: { key: rsa.publicKey, algorithms: ['RS256'] } })],
    ['later', async (id) => ({ id, assertion: { key: rsa.publicKey, algorithms: ['RS256'] } })],
    ['null for what is not there', (id) => ({ id, secret: null, verifySecret: null, authMethod: null, public: null, assertion: { key: rsa.publicKey, algorithms: ['RS256'] } }) as never],
  ])('A09 proves itself where the function answers %s', async (_, find) => {
    await open(find);
    expect([await status(assertionOf('signer')), await status(signed(assertionClaims('signer'), otherRsa.privateKey))]).toEqual([200, 401]);
  });

  it('A09 A12 is held to the keys that its entry has now', async () => {
    const client: { -readonly [name in keyof OAuthClient]: OAuthClient[name] } = { id: 'signer', assertion: { key: rsa.publicKey, algorithms: ['RS256'] } };
    await open(() => client);
    expect(await status(assertionOf('signer'))).toBe(200);
    client.assertion = { key: otherRsa.publicKey, algorithms: ['RS256'] };
    expect(await status(assertionOf('signer'))).toBe(401);
    expect(await status(signed(assertionClaims('signer'), otherRsa.privateKey))).toBe(200);
  });

  it('A09 is not another one that the function takes it for', async () => {
    await open(() => ({ id: 'signer', assertion: { key: rsa.publicKey, algorithms: ['RS256'] } }));
    expect([await status(assertionOf('SIGNER')), await status(assertionOf('signer', { sub: 'SIGNER' }))]).toEqual([401, 401]);
    expect(await status(assertionOf('signer'))).toBe(200);
  });

  it('A09 shares its keys, and nothing else, with another one', async () => {
    const assertion = { key: rsa.publicKey, algorithms: ['RS256'] } as const;
    await open((id) => ({ id, assertion }));
    expect([await status(assertionOf('one')), await status(assertionOf('two'))]).toEqual([200, 200]);
    expect(await status(assertionOf('one', { sub: 'two' }))).toBe(401);
  });

  it('A07 A09 is not looked for by a name that no database likes', async () => {
    const asked: string[] = [];
    await open((id) => {
      asked.push(id);
      return undefined;
    });
    for (const id of ['signer\u0000', 'signer\n', '\u0007', 'signer']) expect(await status(assertionOf(id))).toBe(401);
    expect(asked).toEqual(['signer']);
  });

  it.each<[string, unknown]>([
    ['a word for its keys', 'canary'],
    ['no keys', {}],
    ['no algorithms', { key: rsa.publicKey }],
    ['an empty list of algorithms', { key: rsa.publicKey, algorithms: [] }],
    ['a shared secret', { key: 'canary-canary-canary-canary-canary', algorithms: ['HS256'] }],
    ['a shared secret among its algorithms', { key: rsa.publicKey, algorithms: ['RS256', 'HS256'] }],
    ['an algorithm that is not accepted here', { key: rsa.publicKey, algorithms: ['RS512'] }],
    ['no signature', { key: rsa.publicKey, algorithms: ['none'] }],
    ['its private key', { key: rsa.privateKey, algorithms: ['RS256'] }],
    ['a key of another kind', { key: ec.publicKey, algorithms: ['RS256'] }],
    ['two kinds of keys', { key: rsa.publicKey, jwksUri: 'https://client.test/jwks', algorithms: ['RS256'] }],
    ['keys that come without TLS', { jwksUri: 'http://client.test/jwks', algorithms: ['RS256'] }],
    ['a switch that is not its own', { key: rsa.publicKey, algorithms: ['RS256'], allowAnyAudience: true }],
  ])('A09 A12 cannot authenticate with %s in its entry, whatever it sends, and a warning says why, once', async (_, assertion) => {
    await open((id) => ({ id, assertion }) as never);
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation();
    for (const sent of [assertionOf('signer'), assertionOf('signer'), assertionOf('signer', {}, { alg: 'none' }), signed(assertionClaims('signer'), rsa.publicKey, { alg: 'HS256' })]) {
      expect(await status(sent)).toBe(401);
    }
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/oauth\.clients\(id\)\.assertion/), { code: 'LIVETOKEN_CLIENT' }]]);
    expect(warn.mock.calls[0]![0]).not.toMatch(/canary|BEGIN|signer/i);
    warn.mockRestore();
  });

  it('A10 cannot authenticate by an assertion where nobody said who we are', async () => {
    await open((id) => ({ id, assertion: { key: rsa.publicKey, algorithms: ['RS256'] } }), {});
    const audiences = [OURS, undefined, '', 'undefined', []];
    for (const aud of audiences) expect(await status(assertionOf('signer', { aud }))).toBe(401);
  });
});
