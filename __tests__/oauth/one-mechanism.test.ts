import { CLIENTS, ENDPOINTS, GARBAGE, basic, closeOAuthApps, openOAuthApp, type Fields, type OAuthApp } from '../support/oauth-app.js';

const { web, mobile } = CLIENTS;
const SECRET = { client_secret: web.secret };
const IDENTICAL = { client_id: web.id, client_secret: web.secret };
const ASSERTION = { client_assertion: GARBAGE, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' };

afterEach(closeOAuthApps);

describe.each(ENDPOINTS)('a client that authenticates twice at %s', (path) => {
  let app: OAuthApp;
  let token: string;

  async function outcome(form: Fields, authorization?: string): Promise<string> {
    const asked = app.post(path, { token, ...form });
    const { status, body } = await (authorization === undefined ? asked : asked.set('Authorization', authorization));
    return status === 200 ? '200' : `${status} ${String(body.error)}`;
  }

  describe('by default', () => {
    beforeEach(async () => {
      app = await openOAuthApp();
      token = app.issuer.token();
    });

    it.each([
      ['with Basic and the same secret in the body', basic(web), IDENTICAL],
      ['with Basic and the secret alone in the body', basic(web), SECRET],
      ['with Basic and another secret in the body', basic(web), { client_secret: 'canary-wrong' }],
      ["with Basic and another client's credentials in the body", basic(web), { client_id: mobile.id, client_secret: mobile.secret }],
      ['with Basic and an assertion', basic(web), ASSERTION],
      ['with Basic and an assertion without its type', basic(web), { client_assertion: GARBAGE }],
      ['with a secret and an assertion without its type', undefined, { ...IDENTICAL, client_assertion: GARBAGE }],
      ['with Basic, a secret and an assertion', basic(web), { ...IDENTICAL, ...ASSERTION }],
      ['with a secret and an assertion in the body', undefined, { ...IDENTICAL, ...ASSERTION }],
      ['with wrong Basic credentials and right ones in the body', basic({ id: 'web', secret: 'canary-wrong' }), IDENTICAL],
    ])('A06 is refused %s', async (_, authorization, form) => {
      expect(await outcome(form, authorization)).toBe('400 invalid_request');
      expect(await app.accepts(token)).toBe(true);
    });

    it('A06 may repeat its own client_id beside Basic', async () => {
      expect(await outcome({ client_id: web.id }, basic(web))).toBe('200');
    });

    it.each([mobile.id, 'spa', 'nobody', 'WEB', 'web '])('A06 may not name the client_id %p beside Basic', async (client_id) => {
      expect(await outcome({ client_id }, basic(web))).toBe('400 invalid_request');
      expect(await app.accepts(token)).toBe(true);
    });

    it('A06 A14 may leave the secret in the body empty, which is as good as none', async () => {
      expect(await outcome({ client_id: web.id, client_secret: '' }, basic(web))).toBe('200');
    });
  });

  describe('where duplicates are accepted', () => {
    beforeEach(async () => {
      app = await openOAuthApp({ oauth: { acceptDuplicateCredentials: true } });
      token = app.issuer.token();
    });

    it('A06 may send identical credentials in header and body', async () => {
      expect(await outcome(IDENTICAL, basic(web))).toBe('200');
    });

    it.each([
      ['another secret', { client_id: web.id, client_secret: 'canary-wrong' }],
      ['another id', { client_id: mobile.id, client_secret: web.secret }],
      ["another client's credentials", { client_id: mobile.id, client_secret: mobile.secret }],
      ['a secret without an id', SECRET],
      ['an assertion as well', { ...IDENTICAL, ...ASSERTION }],
    ])('A06 may not send %s in the body', async (_, form) => {
      expect(await outcome(form, basic(web))).toBe('400 invalid_request');
      expect(await app.accepts(token)).toBe(true);
    });

    it('A06 gains nothing by sending identical credentials that are wrong', async () => {
      const wrong = { id: web.id, secret: 'canary-wrong' };
      expect(await outcome({ client_id: wrong.id, client_secret: wrong.secret }, basic(wrong))).toBe('401 invalid_client');
    });
  });
});
