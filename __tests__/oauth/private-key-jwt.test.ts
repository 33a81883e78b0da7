import { createPublicKey, randomUUID } from 'node:crypto';
import { memoryStore, type Claims, type OAuthClient } from 'livetoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { EVERY_STORE, openDirectStore, type OpenStore } from '../support/every-store.js';
import { CLIENTS, ENDPOINTS, GARBAGE, closeOAuthApps, encodeForm, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';
import { exchange, rawForm } from '../support/raw-http.js';
import { OURS, TYPE, assertionClaims, assertionOf, byAssertion, ec, otherEc, otherRsa, rsa, signed } from './support/assertions.js';

const signer = { id: 'signer', assertion: { key: rsa.publicKey, algorithms: ['RS256'] } } as const;
/** Has the very same key: only what is signed can tell the two apart. */
const twin = { id: 'twin', assertion: { key: rsa.publicKey, algorithms: ['RS256'] } } as const;
const pss = { id: 'pss', assertion: { key: rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string, algorithms: ['PS256'] } } as const;
const rotating = {
  id: 'rotating',
  assertion: { keys: { old: ec.publicKey, new: otherEc.publicKey.export({ format: 'jwk' }) }, algorithms: ['ES256'] },
} as const;

const clients: readonly OAuthClient[] = [...Object.values(CLIENTS), signer, twin, pss, rotating];
const oauth = { clients, issuer: OURS, failedAttempts: false } as const;

const now = (): number => Math.floor(Date.now() / 1000);

let app: OAuthApp;
let token: string;

beforeEach(async () => {
  app = await openOAuthApp({ oauth });
  token = app.issuer.token({ client_id: signer.id });
});

afterEach(closeOAuthApps);

describe.each(ENDPOINTS)('a client with a key at %s', (path) => {
  const ask = (assertion: string, form = {}) => app.post(path, { token, ...byAssertion(assertion), ...form });

  async function expectProved(answer: { readonly status: number }): Promise<void> {
    expect(answer.status).toBe(200);
    expect(await app.accepts(token)).toBe(path === '/introspect');
  }

  it.each<[string, Claims, Claims]>([
    ['with the claims that it needs', { iat: undefined }, {}],
    ['with the time at which it was made', { iat: now() }, {}],
    ['that lives for as long as is allowed', { exp: now() + 300, iat: now() }, {}],
    ['of a clock that is a little ahead', { iat: now() + 2, exp: now() + 62 }, {}],
    ['that is for us in an array', { aud: [OURS] }, {}],
    ['that says that it is a JWT', {}, { typ: 'JWT' }],
    ['of the type that was made for it', {}, { typ: 'client-authentication+jwt' }],
    ['of the same type as a whole media type', {}, { typ: 'application/Client-Authentication+JWT' }],
    ['that names a key where there is but one', {}, { kid: 'whatever' }],
    ['with claims that nobody asked for', { nonce: 'x', scope: 'y' }, {}],
  ])('A09 A10 A11 proves itself by an assertion %s', async (_, claims, header) => {
    await expectProved(await ask(assertionOf(signer.id, claims, header)));
  });

  it('A09 may send its client_id besides', async () => {
    await expectProved(await ask(assertionOf(signer.id), { client_id: signer.id }));
  });

  it('A09 gets what it is: the assertion of another client gives no right to its token', async () => {
    const answer = await ask(assertionOf(twin.id));
    if (path === '/revoke') expect([answer.status, answer.body.error]).toEqual([400, 'invalid_grant']);
    else expect(answer.text).toBe('{"active":false}');
    expect(await app.accepts(token)).toBe(true);
  });

  it.each([
    ['PS256, with its RSA key', pss.id, () => signed(assertionClaims(pss.id), rsa.privateKey, { alg: 'PS256' })],
    ['ES256, with its old key', rotating.id, () => signed(assertionClaims(rotating.id), ec.privateKey, { alg: 'ES256', kid: 'old' })],
    ['ES256, with its new key', rotating.id, () => signed(assertionClaims(rotating.id), otherEc.privateKey, { alg: 'ES256', kid: 'new' })],
  ])('A09 A12 proves itself by %s', async (_, id, make) => {
    token = app.issuer.token({ client_id: id });
    await expectProved(await ask(make()));
  });

  /** What is not the assertion of this client, for us, now. */
  const REFUSED: [string, () => string, Readonly<Record<string, string>>?][] = [
    ['A09 is garbage', () => GARBAGE],
    ['A09 is three parts of garbage', () => 'a.b.c'],
    ['A09 is of a longer form', () => `${assertionOf(signer.id)}.x.y`],
    ['A09 is longer than anybody needs', () => assertionOf(signer.id, { filler: 'x'.repeat(8192) })],
    ['A09 comes with another type of assertion', () => assertionOf(signer.id), { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }],
    ['A09 comes with its type in other letters', () => assertionOf(signer.id), { client_assertion_type: TYPE.toUpperCase() }],
    ['A09 comes with a type that only begins like it', () => assertionOf(signer.id), { client_assertion_type: `${TYPE}x` }],
    ['A09 comes without its type', () => assertionOf(signer.id), { client_assertion_type: '' }],
    ['A09 is not there, only its type is', () => ''],
    ['A09 is not there, only its type and the client_id are', () => '', { client_id: 'spa' }],
    ['A09 comes with the client_id of another client', () => assertionOf(signer.id), { client_id: twin.id }],
    ['A09 comes with the client_id of a public client', () => assertionOf(signer.id), { client_id: 'spa' }],
    ['A09 has no issuer', () => assertionOf(signer.id, { iss: undefined })],
    ['A09 has another issuer', () => assertionOf(signer.id, { iss: twin.id })],
    ['A09 has its issuer in an array', () => assertionOf(signer.id, { iss: [signer.id] })],
    ['A09 has no subject', () => assertionOf(signer.id, { sub: undefined })],
    ['A09 has another subject', () => assertionOf(signer.id, { sub: twin.id })],
    ['A09 has another subject, and the client_id of its issuer', () => assertionOf(signer.id, { sub: twin.id }), { client_id: signer.id }],
    ['A09 has its subject in an array', () => assertionOf(signer.id, { sub: [signer.id] })],
    ['A09 has a subject that no database likes', () => assertionOf('signer\u0000')],
    ['A09 is of a client that nobody knows', () => assertionOf('nobody')],
    ['A09 is of an inherited name', () => assertionOf('__proto__')],
    ['A09 is of a client that has no key', () => assertionOf('web')],
    ['A09 is of a public client', () => assertionOf('spa')],
    ['A09 never expires', () => assertionOf(signer.id, { exp: undefined })],
    ['A09 never expires, nor says when it was made', () => assertionOf(signer.id, { exp: undefined, iat: undefined })],
    ['A09 has expired', () => assertionOf(signer.id, { iat: now() - 60, exp: now() - 10 })],
    ['A09 expires in words', () => assertionOf(signer.id, { exp: String(now() + 60) })],
    ['A09 is not valid yet', () => assertionOf(signer.id, { nbf: now() + 30 })],
    ['A09 is signed with another key', () => signed(assertionClaims(signer.id), otherRsa.privateKey)],
    ['A09 has been altered', () => assertionOf(signer.id).replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify(assertionClaims(signer.id))).toString('base64url')}.`)],
    ['A09 has no signature', () => assertionOf(signer.id).replace(/[^.]+$/, '')],
    ['A09 has critical extensions', () => assertionOf(signer.id, {}, { crit: ['b64'], b64: true })],
    ['A10 is for nobody', () => assertionOf(signer.id, { aud: undefined })],
    ['A10 is for somebody else', () => assertionOf(signer.id, { aud: 'https://elsewhere.test' })],
    ['A10 is for us and somebody else', () => assertionOf(signer.id, { aud: [OURS, 'https://elsewhere.test'] })],
    ['A10 is for us twice', () => assertionOf(signer.id, { aud: [OURS, OURS] })],
    ['A10 is for us in an array of arrays', () => assertionOf(signer.id, { aud: [[OURS]] })],
    ['A10 is for all of an empty list', () => assertionOf(signer.id, { aud: [] })],
    ['A10 is for us with a slash', () => assertionOf(signer.id, { aud: `${OURS}/` })],
    ['A10 is for us in capitals', () => assertionOf(signer.id, { aud: OURS.toUpperCase() })],
    ['A10 is for one of our endpoints', () => assertionOf(signer.id, { aud: `${OURS}${path}` })],
    ['A10 is for our origin', () => assertionOf(signer.id, { aud: new URL(OURS).origin })],
    ['A11 is an access token', () => assertionOf(signer.id, {}, { typ: 'at+jwt' })],
    ['A11 is a logout token', () => assertionOf(signer.id, {}, { typ: 'logout+jwt' })],
    ['A11 is a security event', () => assertionOf(signer.id, {}, { typ: 'secevent+jwt' })],
    ['A11 is an introspection', () => assertionOf(signer.id, {}, { typ: 'token-introspection+jwt' })],
    ['A11 is a proof of possession', () => assertionOf(signer.id, {}, { typ: 'dpop+jwt' })],
    ['A11 is a request object', () => assertionOf(signer.id, {}, { typ: 'application/oauth-authz-req+jwt' })],
    ['A11 has a type that is no text', () => assertionOf(signer.id, {}, { typ: 7 })],
    ['A11 lives for too long', () => assertionOf(signer.id, { iat: undefined, exp: now() + 400 })],
    ['A11 was made to live for too long', () => assertionOf(signer.id, { iat: now() - 200, exp: now() + 150 })],
    ['A11 was made in the future', () => assertionOf(signer.id, { iat: now() + 60, exp: now() + 90 })],
    ['A11 was made at no time', () => assertionOf(signer.id, { iat: 'now' })],
    ['A11 has no id', () => assertionOf(signer.id, { jti: undefined })],
    ['A11 has an empty id', () => assertionOf(signer.id, { jti: '' })],
    ['A11 has a number for an id', () => assertionOf(signer.id, { jti: 7 })],
    ['A11 has a very long id', () => assertionOf(signer.id, { jti: 'x'.repeat(257) })],
    ['A11 has an id that is no text', () => assertionOf(signer.id, { jti: 'a\ud800' })],
    ['A12 is not signed at all', () => assertionOf(signer.id, {}, { alg: 'none' })],
    ['A12 is signed with the public key as a secret', () => signed(assertionClaims(signer.id), rsa.publicKey, { alg: 'HS256' })],
    ['A12 is signed with its key and another algorithm', () => assertionOf(signer.id, {}, { alg: 'PS256' })],
    ['A12 is signed with its key and a longer hash', () => assertionOf(signer.id, {}, { alg: 'RS512' })],
    ['A12 is signed with a key of another kind', () => signed(assertionClaims(signer.id), ec.privateKey, { alg: 'ES256' })],
    ['A12 says so itself which key it is signed with', () => signed(assertionClaims(signer.id), otherRsa.privateKey, { jwk: otherRsa.publicKey.export({ format: 'jwk' }) })],
    ['A12 names a key that is not known', () => signed(assertionClaims(rotating.id), ec.privateKey, { alg: 'ES256', kid: 'lost' })],
    ['A12 names no key where there are two', () => signed(assertionClaims(rotating.id), ec.privateKey, { alg: 'ES256' })],
    ['A12 names the other key of the two', () => signed(assertionClaims(rotating.id), ec.privateKey, { alg: 'ES256', kid: 'new' })],
  ];

  it.each(REFUSED)('is refused by an assertion that: %s', async (_, make, form = {}) => {
    const answer = await ask(make(), form);
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    expect(answer.headers['www-authenticate']).toMatch(/^Basic /);
    expect(await app.accepts(token)).toBe(true);
  });

  it('A04 A09 A12 is told the same, to the byte, whatever is wrong, and the same as with a wrong secret', async () => {
    const bodies = REFUSED.map(([, make, form = {}]) => encodeForm({ token, ...byAssertion(make()), ...form }));
    const answers = new Set<string>();
    for (const body of [...bodies, encodeForm({ token, client_id: 'web', client_secret: 'canary-wrong' })]) {
      answers.add((await exchange(app.port, rawForm(path, body))).bytes);
    }
    expect([...answers]).toEqual([expect.stringContaining('invalid_client')]);
  });

  it('A11 proves itself by each assertion once, at whichever endpoint', async () => {
    const assertion = assertionOf(signer.id);
    const other = ENDPOINTS.find((each) => each !== path)!;
    expect((await ask(assertion)).status).toBe(200);
    for (const each of [path, other]) expect((await app.post(each, { token, ...byAssertion(assertion) })).status).toBe(401);
  });

  it('A11 cannot use the id of an assertion for another', async () => {
    const jti = 'the-same';
    expect((await ask(assertionOf(signer.id, { jti }))).status).toBe(200);
    expect((await ask(assertionOf(signer.id, { jti, exp: now() + 120 }))).status).toBe(401);
    // What another client calls its assertions is its own business.
    expect((await ask(assertionOf(twin.id, { jti }))).status).not.toBe(401);
  });

  it('A11 may use the id of an assertion that was refused: nobody else can spend it', async () => {
    const jti = 'not-spent';
    const refused = [
      signed(assertionClaims(signer.id, { jti }), otherRsa.privateKey),
      assertionOf(signer.id, { jti, aud: 'https://elsewhere.test' }),
      assertionOf(signer.id, { jti, aud: [OURS, 'https://elsewhere.test'] }),
      assertionOf(signer.id, { jti, sub: twin.id }),
      assertionOf(signer.id, { jti, exp: now() + 400 }),
      assertionOf(signer.id, { jti }, { typ: 'at+jwt' }),
    ];
    for (const assertion of refused) expect((await ask(assertion)).status).toBe(401);
    await expectProved(await ask(assertionOf(signer.id, { jti })));
  });

  it('A09 is authenticated before anything else is looked at', async () => {
    expect((await app.post(path, byAssertion(GARBAGE))).status).toBe(401);
    expect((await app.post(path, byAssertion(assertionOf(signer.id)))).status).toBe(400);
  });

  it('A03 A09 is not authenticated by an assertion in the query', async () => {
    const query = encodeForm(byAssertion(assertionOf(signer.id)));
    expect((await app.post(`${path}?${query}`, { token })).status).toBe(401);
  });

  it('A13 may send its assertion once', async () => {
    const [first, second] = [assertionOf(signer.id), assertionOf(signer.id)];
    const body = `${encodeForm({ token, ...byAssertion(first) })}&client_assertion=${second}`;
    expect((await app.post(path, body)).status).toBe(400);
  });

  it('A06 is refused with a secret and half an assertion', async () => {
    const answer = await app.postAs(CLIENTS.web, path, { token, ...byAssertion('') });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  });

  it('A11 B33 C50 is answered 503 while nobody can tell whether the assertion is a new one', async () => {
    await app.live.close();
    const answer = await ask(assertionOf(signer.id));
    expect([answer.status, answer.headers['retry-after'], answer.body.error]).toEqual([503, '1', 'temporarily_unavailable']);
    // What is wrong by itself is wrong all the same.
    expect((await ask(assertionOf(signer.id, { aud: 'https://elsewhere.test' }))).status).toBe(401);
  });
});

describe('an audience from before the issuer was the only one', () => {
  const acceptEndpointAudience = ['https://as.test/tenant/revoke'];

  it.each<[string, unknown, number]>([
    ['is accepted where the option names it', acceptEndpointAudience[0], 200],
    ['is accepted in an array', acceptEndpointAudience, 200],
    ['does not stand beside the issuer', [OURS, ...acceptEndpointAudience], 401],
    ['does not take the place of the issuer', OURS, 200],
    ['is compared to the letter', `${acceptEndpointAudience[0]!}/`, 401],
    ['is not another endpoint', 'https://as.test/tenant/introspect', 401],
  ])('A10 %s', async (_, aud, status) => {
    app = await openOAuthApp({ oauth: { ...oauth, acceptEndpointAudience }, issuer: app.issuer });
    expect((await app.post('/revoke', { token, ...byAssertion(assertionOf(signer.id, { aud })) })).status).toBe(status);
  });
});

describe.each(EVERY_STORE)('assertions on a $name store', ({ open }) => {
  it('A11 are good for one of many requests at once', async () => {
    const { store } = await open();
    app = await openOAuthApp({ store, oauth });
    for (const path of ENDPOINTS) {
      const assertion = assertionOf(signer.id);
      const answers = await Promise.all(Array.from({ length: 20 }, () => app.post(path, { token: GARBAGE, ...byAssertion(assertion) })));
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses).toEqual([200, ...Array<number>(19).fill(401)]);
    }
  });
});

it('A11 an assertion is good for one of all instances', async () => {
  const namespace = randomUUID();
  const stores: OpenStore[] = [await openDirectStore(namespace), await openDirectStore(namespace)];
  const apps: OAuthApp[] = [];
  for (const { store } of stores) apps.push(await openOAuthApp({ store, oauth }));
  const assertion = assertionOf(signer.id);
  const asked = Array.from({ length: 10 }, () => apps.map((each) => each.post('/introspect', { token: GARBAGE, ...byAssertion(assertion) }))).flat();
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  expect(statuses.filter((status) => status === 401)).toHaveLength(19);
});

it('A11 an assertion is remembered for longer than any clock lets it live', async () => {
  const started = Date.now();
  let nowMs = started;
  const store = memoryStore({ now: () => nowMs });
  app = await openOAuthApp({ store, oauth });
  const assertion = assertionOf(signer.id, { exp: now() + 2 });
  const status = async () => (await app.post('/introspect', { token: GARBAGE, ...byAssertion(assertion) })).status;
  expect(await status()).toBe(200);
  // The store's clock has run on, ours has not: to us the assertion is still good.
  nowMs = started + 60_000;
  expect(await status()).toBe(401);
});

it('A11 B33 a store that is full is no reason to accept an assertion', async () => {
  app = await openOAuthApp({ store: memoryStore({ maxEntries: 1 }), oauth });
  const statuses = [];
  for (let i = 0; i < 2; i++) statuses.push((await app.post('/introspect', { token: GARBAGE, ...byAssertion(assertionOf(signer.id)) })).status);
  expect(statuses).toEqual([200, 503]);
});

it.each(EVERY_EXPRESS)('A09 A11 assertions work on $name', async ({ express }) => {
  app = await openOAuthApp({ oauth, express });
  token = app.issuer.token({ client_id: signer.id });
  const assertion = byAssertion(assertionOf(signer.id));
  expect((await app.post('/introspect', { token, ...assertion })).body).toMatchObject({ active: true });
  expect((await app.post('/revoke', { token, ...assertion })).status).toBe(401);
  expect((await app.post('/revoke', { token, ...byAssertion(assertionOf(signer.id)) })).status).toBe(200);
  expect(await app.accepts(token)).toBe(false);
});

it('A09 takes a public key that was derived from the private one', async () => {
  const key = createPublicKey(ec.privateKey);
  app = await openOAuthApp({ oauth: { issuer: OURS, clients: [{ id: 'signer', assertion: { key, algorithms: ['ES256'] } }] } });
  const assertion = signed(assertionClaims('signer'), ec.privateKey, { alg: 'ES256' });
  expect((await app.post('/revoke', { token: GARBAGE, ...byAssertion(assertion) })).status).toBe(200);
});
