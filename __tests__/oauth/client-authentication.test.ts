import { REFRESH } from '../support/issuer.js';
import { exchange, rawForm } from '../support/raw-http.js';
import { CLIENTS, ENDPOINTS, GARBAGE, basic, basicOf, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';

const { web, mobile, spa, odd } = CLIENTS;

/** A client whose colons nobody encoded, one without a secret, and one that is asked with a function. */
const FURTHER = [
  { id: 'colons', secret: 'canary:1:2' },
  { id: 'secretless' },
  { id: 'hashed', verifySecret: async (secret: string) => secret === 'canary-hashed' },
  { id: 'rotating', secret: ['canary-old', 'canary-new'] },
];

let app: OAuthApp;
let token: string;

beforeEach(async () => {
  app = await openOAuthApp({ oauth: { clients: [...Object.values(CLIENTS), ...FURTHER] } });
  token = app.issuer.token();
});

afterEach(closeOAuthApps);

describe.each(ENDPOINTS)('a client at %s', (path) => {
  describe('by client_secret_basic', () => {
    it.each([
      ['with characters that mean something', odd.id, basic(odd)],
      ['with every byte percent-encoded', odd.id, basicOf(`%61%3A%62%20%2B:p%25w%2B%C3%B6%26%3D%3Acanary`)],
      ['with a plus for a space', odd.id, basicOf('a%3Ab+%2B:p%25w%2B%C3%B6%26%3D%3Acanary')],
      ['split at the first colon only', 'colons', basicOf('colons:canary:1:2')],
      ['with its new secret', 'rotating', basicOf('rotating:canary-new')],
      ['with its old secret', 'rotating', basicOf('rotating:canary-old')],
      ['with a secret that a function knows', 'hashed', basicOf('hashed:canary-hashed')],
    ])('A01 proves itself %s', async (_, id, authorization) => {
      token = app.issuer.token({ client_id: id });
      const answer = await app.post(path, { token }).set('Authorization', authorization);
      expect(answer.status).toBe(200);
      expect(await app.accepts(token)).toBe(path === '/introspect');
    });

    it.each([
      ['its secret not encoded, so that + is a space', basicOf('a%3Ab+%2B:p%25w+%C3%B6%26%3D%3Acanary')],
      ['its id not encoded, so that it ends at its own colon', basicOf('a:b +:p%25w%2B%C3%B6%26%3D%3Acanary')],
      ['its secret encoded twice', basicOf('a%3Ab+%2B:p%2525w%252B%25C3%25B6%2526%253D%253Acanary')],
    ])('A01 does not prove itself with %s', async (_, authorization) => {
      const answer = await app.post(path, { token }).set('Authorization', authorization);
      expect(answer.status).toBe(401);
    });

    it.each(['Basic', 'basic', 'BASIC', 'bAsIc'])('A08 may write the scheme as %s', async (scheme) => {
      const answer = await app.post(path, { token }).set('Authorization', basic(web).replace('Basic', scheme));
      expect(answer.status).toBe(200);
    });
  });

  it.each([
    ['client_secret_basic', true],
    ['client_secret_post', false],
  ])('A02 proves itself by %s', async (_, inHeader) => {
    const { id: client_id, secret: client_secret } = web;
    const answer = inHeader ? await app.postAs(web, path, { token }) : await app.post(path, { token, client_id, client_secret });
    expect(answer.status).toBe(200);
    expect(await app.accepts(token)).toBe(path === '/introspect');
  });

  it('A02 may post a secret that holds every special character', async () => {
    token = app.issuer.token({ client_id: odd.id });
    const answer = await app.post(path, { token, client_id: odd.id, client_secret: odd.secret });
    expect(answer.status).toBe(200);
  });

  it.each([
    ['id and secret in the query', `?client_id=web&client_secret=${web.secret}`, {}],
    ['the secret in the query', `?client_secret=${web.secret}`, { client_id: 'web' }],
    ['all of the request in the query', `?client_id=web&client_secret=${web.secret}&token=`, {}],
  ])('A03 is not authenticated by %s', async (_, query, form) => {
    const answer = await app.post(`${path}${query.replace(/token=$/, `token=${token}`)}`, { token, ...form });
    expect(answer.status).toBe(401);
    expect(answer.body.error).toBe('invalid_client');
    expect(await app.accepts(token)).toBe(true);
  });

  describe('whose credentials are wrong', () => {
    const WRONG = [
      ['a wrong secret', 'web', 'canary-wrong'],
      ['a wrong secret of another length', 'web', 'x'],
      ["another client's secret", 'web', mobile.secret],
      ['a secret cut short', 'web', web.secret.slice(0, -1)],
      ['a secret in another case', 'web', web.secret.toUpperCase()],
      ['an unknown id', 'nobody', web.secret],
      ['an id in another case', 'WEB', web.secret],
      ['an inherited name', 'constructor', web.secret],
      ['the name of the prototype', '__proto__', web.secret],
      ['a public id, and a secret', 'spa', web.secret],
      ['an id without a secret of its own', 'secretless', 'undefined'],
      ['a secret that a function does not know', 'hashed', 'canary-unhashed'],
      ['no id', '', web.secret],
    ] as const;

    it.each(WRONG)('A04 is refused in the header: %s', async (_, id, secret) => {
      const answer = await app.postAs({ id, secret }, path, { token });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Basic realm="[^"]+"/);
      expect(answer.body.error).toBe('invalid_client');
      expect(await app.accepts(token)).toBe(true);
    });

    it.each(WRONG)('A05 is refused in the body, with a challenge too: %s', async (_, client_id, client_secret) => {
      const answer = await app.post(path, { token, client_id, client_secret });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Basic realm="[^"]+"/);
      expect(answer.body.error).toBe('invalid_client');
      expect(await app.accepts(token)).toBe(true);
    });

    it('A04 A05 is told the same, to the byte, whoever it says it is and whatever is wrong', async () => {
      const answers = new Set<string>();
      for (const [, id, secret] of WRONG) {
        const inHeader = rawForm(path, `token=${token}`, ['Authorization', basic({ id, secret })]);
        const inBody = rawForm(path, new URLSearchParams({ token, client_id: id, client_secret: secret }).toString());
        for (const sent of [inHeader, inBody]) answers.add((await exchange(app.port, sent)).bytes);
      }
      expect([...answers]).toEqual([expect.stringContaining('invalid_client')]);
    });

    it('A04 is refused with an empty secret, even where the registered one is unusable', async () => {
      const findClient = (id: string) => ({ id, secret: '' });
      const careless = await openOAuthApp({ oauth: { clients: findClient } });
      expect((await careless.postAs({ id: 'web' }, path, { token })).status).toBe(401);
      expect((await careless.post(path, { token, client_id: 'web' })).status).toBe(401);
    });

    it.each([['yes'], [{ ok: false }], [1]])('A04 is refused when a function answers %p, which is not true', async (verdict) => {
      const findClient = (id: string) => ({ id, verifySecret: () => verdict as unknown as boolean });
      const careless = await openOAuthApp({ oauth: { clients: findClient } });
      expect((await careless.postAs(web, path, { token })).status).toBe(401);
    });
  });

  it.each([
    ['an unsupported scheme', 'Digest username="web"'],
    ['a scheme of another kind of credentials', `Bearer ${GARBAGE}`],
    ['a scheme that only begins like Basic', basic(web).replace('Basic', 'Basically')],
    ['no scheme', basic(web).replace('Basic ', '')],
    ['an empty header', ''],
  ])('A08 is refused with %s', async (_, authorization) => {
    const answer = await app.post(path, { token, client_id: 'web', client_secret: web.secret }).set('Authorization', authorization);
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    expect(await app.accepts(token)).toBe(true);
  });

  it('A08 is refused with no credentials and no client_id', async () => {
    const answer = await app.post(path, { token });
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    expect(answer.headers['www-authenticate']).toMatch(/^Basic /);
    expect(await app.accepts(token)).toBe(true);
  });

  it('A08 is refused with a secret that belongs to no client_id', async () => {
    const answer = await app.post(path, { token, client_secret: web.secret });
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
  });

  it('A09 is refused with an assertion that is none', async () => {
    const assertion = { client_assertion: GARBAGE, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' };
    const answer = await app.post(path, { token, client_id: spa.id, ...assertion });
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
  });
});

it('B29 takes a client that has a secret for a confidential one, whatever else its entry says', async () => {
  const confused = { id: 'web', secret: web.secret, public: true };
  const opened = await openOAuthApp({ oauth: { clients: () => confused } });
  const refresh = opened.issuer.token(REFRESH);
  expect((await opened.post('/revoke', { token: refresh, client_id: 'web' })).status).toBe(401);
  expect((await opened.revoke(web, { token: refresh })).status).toBe(200);
});
