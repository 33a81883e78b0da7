import type { Test } from 'supertest';
import { StoreUnavailableError } from 'livetoken';
import { CLIENTS, ENDPOINTS, GARBAGE, basic, basicOf, closeOAuthApps, errorsInto, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';

const { web, mobile } = CLIENTS;

/** Comes back in no answer, wherever in a request it stands. The scan at the end of each test looks for it. */
const ECHO = 'canary-"echo"<script>ö\u2028';

let app: OAuthApp;
let token: string;

beforeEach(async () => {
  const findClient = (id: string) => {
    if (id === 'out-of-reach') throw new StoreUnavailableError(`no answer for ${GARBAGE}`);
    return Object.values(CLIENTS).find((client) => client.id === id);
  };
  app = await openOAuthApp({ oauth: { clients: findClient } });
  token = app.issuer.token();
});

afterEach(closeOAuthApps);

describe.each(ENDPOINTS)('an error at %s', (path) => {
  const ERRORS: readonly (readonly [name: string, status: number, error: string, ask: () => Test])[] = [
    ['no credentials', 401, 'invalid_client', () => app.post(path, { token })],
    ['wrong credentials', 401, 'invalid_client', () => app.postAs({ id: 'web', secret: ECHO }, path, { token })],
    ['an unknown client', 401, 'invalid_client', () => app.postAs({ id: ECHO, secret: ECHO }, path, { token })],
    ['an unknown client in the body', 401, 'invalid_client', () => app.post(path, { token, client_id: ECHO, client_secret: ECHO })],
    ['an unknown scheme', 401, 'invalid_client', () => app.post(path, { token }).set('Authorization', GARBAGE)],
    ['malformed credentials', 400, 'invalid_request', () => app.post(path, { token }).set('Authorization', basicOf(GARBAGE))],
    ['two mechanisms', 400, 'invalid_request', () => app.postAs(web, path, { token, client_secret: web.secret })],
    ['another client_id', 400, 'invalid_request', () => app.postAs(web, path, { token, client_id: ECHO })],
    ['a repeated parameter', 400, 'invalid_request', () => app.postAs(web, path, `token=${token}&token=${GARBAGE}`)],
    ['no token', 400, 'invalid_request', () => app.postAs(web, path, { token_type_hint: ECHO })],
    ['another type of body', 400, 'invalid_request', () => app.postAs(web, path, '').type(`text/${GARBAGE}`).send(token)],
    ['an unknown charset', 400, 'invalid_request', () => app.postAs(web, path, `token=${token}`).type(`application/x-www-form-urlencoded; charset=${GARBAGE}`)],
    ['an unknown coding', 400, 'invalid_request', () => app.postAs(web, path, `token=${token}`).set('Content-Encoding', GARBAGE)],
    ['too many bytes', 413, 'invalid_request', () => app.postAs(web, path, `token=${token}&x=${'canary'.repeat(5000)}`)],
    ['too many parameters', 400, 'invalid_request', () => app.postAs(web, path, `token=${token}${'&canary'.repeat(40)}`)],
    ['another method', 405, 'invalid_request', () => app.send('PUT', `${path}?token=${GARBAGE}`).set('Authorization', basic(web))],
    ['a look-up that cannot tell', 503, 'temporarily_unavailable', () => app.postAs({ id: 'out-of-reach', secret: ECHO }, path, { token })],
  ];

  it.each(ERRORS)('A18 is JSON with a description in plain ASCII that echoes nothing: %s', async (_, status, error, ask) => {
    const answer = await ask();
    expect([answer.status, answer.body.error]).toEqual([status, error]);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(Object.keys(answer.body)).toEqual(['error', 'error_description']);
    // RFC 6749 section 5.2: no quotes, no backslashes.
    expect(answer.body.error_description).toMatch(/^[ !#-[\]-~]{8,}$/);
    expect(await app.accepts(token)).toBe(true);
  });

  it.each(ERRORS)('A19 is for no cache to keep, and for no browser to interpret: %s', async (_, __, ___, ask) => {
    const { headers } = await ask();
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['set-cookie']).toBeUndefined();
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['x-powered-by']).toBeUndefined();
  });

  it('A18 of the application itself is left to the application, and has no effect', async () => {
    const seen: unknown[] = [];
    // A status of its own says nothing about the client's request: it comes from whatever the look-up asked.
    const failure = Object.assign(new Error('look-up failed'), { status: 404 });
    const findClient = async () => Promise.reject(failure);
    const theirs = await openOAuthApp({ oauth: { clients: findClient }, issuer: app.issuer, configure: (each) => each.use(errorsInto(seen)) });
    const { status, body } = await theirs.postAs(web, path, { token });
    expect([status, body, seen]).toEqual([500, { theirs: true }, [failure]]);
    expect(await theirs.accepts(token)).toBe(true);
  });
});

it.each([
  ["another client's token", 'invalid_grant', { client_id: mobile.id }],
  ['a token that cannot be revoked', 'unsupported_token_type', { nonce: 'n' }],
])('A18 B28 B30 is JSON in plain ASCII for %s as well', async (_, error, claims) => {
  const { status, headers, body } = await app.revoke(web, { token: app.issuer.token(claims) });
  expect([status, body.error]).toEqual([400, error]);
  expect(headers['content-type']).toBe('application/json; charset=utf-8');
  expect(headers['cache-control']).toBe('no-store');
  expect(body.error_description).toMatch(/^[ !#-[\]-~]{8,}$/);
});
