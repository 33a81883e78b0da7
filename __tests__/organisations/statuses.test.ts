import { PARTNER } from '../support/organisation-tree.js';
import { closeApps, openApp, type Issued, type RevocationApp } from '../support/revocation-app.js';
import { sendRaw } from '../support/send-raw.js';

const WITHOUT_ID = ['/organisations/shop/tokens/revoke', '/organisations/shop/users/alice/tokens/revoke', '/tokens/revoke'];
const WITH_ID = ['/organisations/shop/tokens/victim/revoke', '/tokens/victim/revoke'];
const PATHS = [...WITHOUT_ID, ...WITH_ID];

function errorBody(returnCode: string, code: string, description: string, field: string | null = null) {
  return { returnCode, returnDescription: description, details: [{ code, description, field, resourceUri: null }] };
}

let app: RevocationApp;
let victim: Issued;

beforeEach(async () => {
  // Whatever the endpoint, the caller has the authority: a refusal is for the reason under test.
  app = await openApp({ organisations: { authenticate: async () => ({ actor: 'key root', level: 'partner', organisation: 'shop' }) } });
  victim = await app.issue({ jti: 'victim' });
});

afterEach(closeApps);

async function expectUntouched() {
  expect(await app.aftermath(victim)).toEqual({ live: [true], recorded: 0 });
}

describe('Methods', () => {
  const methods = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'];
  const body = errorBody('405', 'method_not_allowed', 'This endpoint takes POST only');

  it.each(PATHS.flatMap(path => methods.map(method => [method, path] as const)))('I96 %s %s is answered 405 with Allow, and changes nothing', async (method, path) => {
    const { status, headers, text } = await sendRaw(app.server, method, path, { authorization: PARTNER });

    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'POST' });
    expect(text).toBe(method === 'HEAD' ? '' : JSON.stringify(body));
    await expectUntouched();
  });

  it('I96 a method cannot be overridden by a header', async () => {
    const { status } = await sendRaw(app.server, 'GET', PATHS[0]!, { authorization: PARTNER, 'x-http-method-override': 'POST' });

    expect(status).toBe(405);
    await expectUntouched();
  });
});

describe('Content types', () => {
  const foreign = [
    ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp', 'application/json5'],
    ...['text/json', 'application/xml', 'json', 'application/json/x', 'text/plain; application/json', ''],
  ];

  it.each(WITHOUT_ID.flatMap(path => foreign.map(type => [path, type] as const)))('I96 %s with Content-Type "%s" is answered 415, and changes nothing', async (path, type) => {
    const { status, text } = await sendRaw(app.server, 'POST', path, { 'content-type': type });

    expect([status, JSON.parse(text)]).toEqual([415, errorBody('415', 'unsupported_media_type', 'Send no body, or a JSON one')]);
    await expectUntouched();
  });

  it.each(['application/json', 'APPLICATION/JSON', 'application/json; charset=utf-8', 'application/json ;v=1', 'application/hal+json'])(
    'I96 O1 and T1 take Content-Type "%s"',
    async type => {
      for (const path of WITHOUT_ID) expect((await app.post(path).set('Content-Type', type)).status).toBe(200);
    },
  );

  it('I94 a body is not even read: one that is no JSON, though it says so, does no harm', async () => {
    for (const path of PATHS) expect((await app.post(path).set('Content-Type', 'application/json').send('{"a":')).status).toBe(200);
  });

  it.each(WITH_ID)('I96 %s declares no 415: any Content-Type will do', async path => {
    expect((await app.post(path).type('form').send('a=b')).status).toBe(200);
  });
});

describe('Malformed ids', () => {
  const tooLong = 'x'.repeat(257);
  const tooManyBytes = encodeURIComponent('ü'.repeat(129));
  const malformed = (field: string | null) => errorBody('422', 'malformed_id', 'An id is 1 to 256 bytes of well-formed UTF-8', field);

  it.each([
    ['257 characters', tooLong, 'tokenId'],
    ['258 bytes in 129 characters', tooManyBytes, 'tokenId'],
    ['a percent sign and no digits', '%zz', null],
    ['a percent sign at the end', 'abc%', null],
    ['a lone high surrogate', '%ED%A0%80', null],
    ['a lone low surrogate', 'a%ED%B0%80', null],
    ['an overlong encoding', '%C0%AF', null],
    ['a byte that is no UTF-8', '%FF', null],
    ['half a character', '%C3', null],
  ])('I96 a token id of %s is answered 422 on O2 and T2', async (_, id, field) => {
    for (const path of [`/organisations/shop/tokens/${id}/revoke`, `/tokens/${id}/revoke`]) {
      const { status, text, headers } = await sendRaw(app.server, 'POST', path);

      expect([status, JSON.parse(text)]).toEqual([422, malformed(field)]);
      expect(headers['cache-control']).toBe('no-store');
    }
    await expectUntouched();
  });

  it.each([
    ['257 characters', tooLong, malformed('userId')],
    ['258 bytes in 129 characters', tooManyBytes, malformed('userId')],
    ['a lone surrogate', '%ED%A0%80', malformed(null)],
  ])('I96 a user id of %s is answered 422', async (_, id, body) => {
    const { status, text } = await sendRaw(app.server, 'POST', `/organisations/shop/users/${id}/tokens/revoke`);

    expect([status, JSON.parse(text)]).toEqual([422, body]);
    await expectUntouched();
  });

  it.each([
    ['257 characters', tooLong, errorBody('404', 'not_found', 'There is no such organisation, user or token', 'encodedOrganisationId')],
    ['258 bytes in 129 characters', tooManyBytes, errorBody('404', 'not_found', 'There is no such organisation, user or token', 'encodedOrganisationId')],
    ['a lone surrogate', '%ED%A0%80', malformed(null)],
  ])('I96 an organisation id of %s names no organisation', async (_, id, body) => {
    for (const rest of ['tokens/revoke', 'tokens/victim/revoke', 'users/alice/tokens/revoke']) {
      const { status, text } = await sendRaw(app.server, 'POST', `/organisations/${id}/${rest}`);

      expect([String(status), JSON.parse(text)]).toEqual([body.returnCode, body]);
    }
    await expectUntouched();
  });

  it.each([
    '/organisations//tokens/revoke',
    '/organisations//tokens/victim/revoke',
    '/organisations/shop/tokens//revoke',
    '/organisations/shop/users//tokens/revoke',
    '/tokens//revoke',
    '//tokens/revoke',
    '/organisations/shop/tokens/a/b/revoke',
  ])('I96 an empty id is no endpoint of ours: POST %s is 404, and changes nothing', async path => {
    expect((await sendRaw(app.server, 'POST', path)).status).toBe(404);
    await expectUntouched();
  });
});
