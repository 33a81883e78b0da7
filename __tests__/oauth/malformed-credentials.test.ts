import { CLIENTS, ENDPOINTS, basic, basicOf, closeOAuthApps, openOAuthApp, type Fields, type OAuthApp } from '../support/oauth-app.js';
import { exchange, rawForm } from '../support/raw-http.js';
import { assertionOf, byAssertion } from './support/assertions.js';

const { web, mobile } = CLIENTS;

let app: OAuthApp;
let token: string;
const asked: string[] = [];

beforeEach(async () => {
  asked.length = 0;
  // Like a look-up in a database, it is asked for nothing that is no id.
  const findClient = (id: string) => {
    asked.push(id);
    return Object.values(CLIENTS).find((client) => client.id === id);
  };
  app = await openOAuthApp({ oauth: { clients: findClient } });
  token = app.issuer.token();
});

afterEach(closeOAuthApps);

describe.each(ENDPOINTS)('credentials that name nobody at %s', (path) => {
  // A database that is asked for `undefined`, or for an object of its own query language, may well find somebody.
  it.each<[string, Fields]>([
    ['none at all', {}],
    ['an empty client_id', { client_id: '' }],
    ['a secret alone', { client_secret: web.secret }],
    ['half an assertion', byAssertion('')],
    ['an assertion without a subject', byAssertion(assertionOf(web.id, { sub: undefined }))],
    ['an assertion whose subject is empty', byAssertion(assertionOf(web.id, { sub: '' }))],
    ['an assertion whose subject is a number', byAssertion(assertionOf(web.id, { sub: 7 }))],
    ['an assertion whose subject is an object', byAssertion(assertionOf(web.id, { sub: { $gt: '' } }))],
    ['an assertion whose subject is in an array', byAssertion(assertionOf(web.id, { sub: [web.id] }))],
  ])('A08 A09 are answered 401 without a look-up: %s', async (_, form) => {
    const answer = await app.post(path, { token, ...form });
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    // Strictly: to toEqual, [undefined] is [].
    expect(asked).toStrictEqual([]);
    expect(await app.accepts(token)).toBe(true);
  });
});

describe.each(ENDPOINTS)('malformed credentials at %s', (path) => {
  it.each([
    ['nothing after the scheme', 'Basic'],
    ['a space after the scheme', 'Basic '],
    ['a character that is not base64', `${basic(web).slice(0, -4)}*A==`],
    ['base64url', `Basic ${Buffer.from('web:canary??>').toString('base64').replace('/', '_')}_-`],
    ['padding in the middle', `Basic d2Vi==OmNhbmFyeQ`],
    ['three times padding', `${basicOf('web:c')}===`],
    ['padding alone', 'Basic =='],
    ['two values', `${basic(web)} ${basic(web).slice(6)}`],
    ['parameters', `${basic(web)}, realm="oauth"`],
    ['no colon', basicOf('web')],
    ['an encoded colon only', basicOf('web%3Acanary')],
    ['a percent sign and nothing', basicOf('web:canary%')],
    ['a bad escape in the secret', basicOf('web:canary%zz')],
    ['a bad escape in the id', basicOf('w%g1b:canary')],
    ['half a character, percent-encoded', basicOf('web:canary%C3')],
    ['an overlong encoding of NUL', basicOf('web:canary%C0%80')],
    ['an encoded lone surrogate', basicOf('web:canary%ED%A0%80')],
    ['a NUL in the id', basicOf('we\0b:canary')],
    ['a NUL in the secret', basicOf('web:canary\0')],
    ['a percent-encoded NUL in the id', basicOf('web%00:canary')],
    ['a percent-encoded NUL in the secret', basicOf('web:canary%00')],
    ['a line break', basicOf('web:canary\r\nX-Injected: 1')],
    ['a percent-encoded line break', basicOf('web:canary%0D%0A')],
    ['bytes that are not UTF-8', basicOf(Buffer.from([0x77, 0x65, 0x62, 0x3a, 0xff, 0xfe]))],
    ['Latin-1', basicOf(Buffer.from('web:canary-ö', 'latin1'))],
    ['a character cut in half', basicOf(Buffer.from('web:canary-ö').subarray(0, -1))],
  ])('A07 are answered 400, never 500: %s', async (_, authorization) => {
    const answer = await app.post(path, { token }).set('Authorization', authorization);
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
    expect(asked).toStrictEqual([]);
    expect(await app.accepts(token)).toBe(true);
  });

  it.each([
    ['a NUL in the id', 'web%00', web.secret],
    ['a NUL in the secret', 'web', 'canary%00'],
    ['a line break in the id', 'web%0A', web.secret],
    ['a NUL in the id of a public client', 'spa%00', ''],
  ])('A07 are answered 400 in the body as well: %s', async (_, id, secret) => {
    const answer = await app.post(path, `token=${token}&client_id=${id}&client_secret=${secret}`);
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
    expect(asked).toStrictEqual([]);
    expect(await app.accepts(token)).toBe(true);
  });

  it.each([
    ['the same twice', [basic(web), basic(web)]],
    ['the right one first', [basic(web), basic(mobile)]],
    ['the right one last', ['Digest x', basic(web)]],
    ['Basic after Bearer', ['Bearer x', basic(web)]],
    ['one of them empty', ['', basic(web)]],
  ])('A06 A07 are an Authorization header that is repeated: %s', async (_, values) => {
    const answer = await exchange(app.port, rawForm(path, `token=${token}`, ...values.map((value) => ['Authorization', value] as const)));
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('"error":"invalid_request"');
    expect(await app.accepts(token)).toBe(true);
  });

  it.each([
    ['a NUL', Buffer.from('Basic \0')],
    ['a bare line break', Buffer.from('Basic \nX-Injected: 1')],
    ['a byte beyond ASCII', Buffer.concat([Buffer.from(basic(web)), Buffer.from([0xff])])],
  ])('A07 are answered 400 when the header itself holds %s', async (_, value) => {
    const answer = await exchange(app.port, rawForm(path, `token=${token}`, ['Authorization', value]));
    expect(answer.status).toBe(400);
    expect(asked).toStrictEqual([]);
    expect(await app.accepts(token)).toBe(true);
  });

  it('A07 are not what an id and a secret of thousands of characters are', async () => {
    const long = 'canary'.repeat(600);
    const answer = await app.postAs({ id: long, secret: long }, path, { token });
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
  });
});
