import { CLIENTS, ENDPOINTS, basic, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';

const { web } = CLIENTS;

let app: OAuthApp;
let token: string;

beforeEach(async () => {
  app = await openOAuthApp();
  token = app.issuer.token();
});

afterEach(closeOAuthApps);

describe.each(ENDPOINTS)('parameters at %s', (path) => {
  /** What a client gets that proves itself in the header. */
  async function outcome(form: string): Promise<string> {
    const { status, body } = await app.post(path, form).set('Authorization', basic(web));
    return status === 200 ? '200' : `${status} ${String(body.error)}`;
  }

  describe.each([
    ['token', 'canary-1', 'canary-2'],
    ['token_type_hint', 'access_token', 'refresh_token'],
    ['client_id', 'web', 'mobile'],
    ['client_secret', 'canary-1', 'canary-2'],
    ['client_assertion', 'canary-1', 'canary-2'],
    ['client_assertion_type', 'urn:a', 'urn:b'],
  ])('%s', (name, one, another) => {
    it.each([
      ['with two values', `${name}=${one}&${name}=${another}`],
      ['with one value', `${name}=${one}&${name}=${one}`],
      ['first empty', `${name}=&${name}=${one}`],
      ['then empty', `${name}=${one}&${name}=`],
      ['both times empty', `${name}=&${name}=`],
      ['once without a value', `${name}&${name}=${one}`],
      ['once in an encoding of its name', `${name}=${one}&%${name.charCodeAt(0).toString(16)}${name.slice(1)}=${one}`],
      ['three times', `${name}=${one}&${name}=${one}&${name}=${one}`],
    ])('A13 may not be given twice: %s', async (_, repeated) => {
      expect(await outcome(`${repeated}&token=${token}`)).toBe('400 invalid_request');
      expect(await app.accepts(token)).toBe(true);
    });
  });

  it('A13 may not be given twice where one of them is a token that could be revoked', async () => {
    expect(await outcome(`token=${token}&token=${token}`)).toBe('400 invalid_request');
    expect(await outcome(`token=${token}&token=`)).toBe('400 invalid_request');
    expect(await app.accepts(token)).toBe(true);
  });

  it('A13 are checked before the client is: a repeated one is 400 whoever sends it', async () => {
    const answer = await app.post(path, `token=${token}&token=${token}`);
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  });

  it('A14 B26 C48 need a token that is not empty: an empty one is as good as none', async () => {
    expect(await outcome('token=')).toBe('400 invalid_request');
    expect(await outcome('token')).toBe('400 invalid_request');
    expect(await outcome('')).toBe('400 invalid_request');
    expect(await outcome('token_type_hint=access_token')).toBe('400 invalid_request');
  });

  it.each(['token_type_hint=', 'client_id=', 'client_secret=', 'client_assertion=', 'client_assertion_type='])(
    'A14 may be empty, as if they were not there: %s',
    async (empty) => {
      expect(await outcome(`token=${token}&${empty}`)).toBe('200');
    },
  );

  const UNKNOWN = [
    'resource=https%3A%2F%2Fapi.test',
    'token_hint=access_token',
    'Token=canary',
    ' token=canary',
    'token%00=canary',
    'access_token=canary',
    'token[]=canary',
    'token%5B%5D=canary',
    'token[0]=canary',
    'token[x]=canary',
    'token[x][y]=canary',
    'token.x=canary',
    'client_id[]=mobile',
    '__proto__=canary',
    '__proto__[token]=canary',
    '__proto__.token=canary',
    'constructor[prototype][token]=canary',
    'hasOwnProperty=canary',
    'toString=canary',
    '=canary',
    '&&&',
    '%',
    '%zz=%zz',
  ];

  it.each(UNKNOWN)('A14 that are unknown are ignored: %s', async (unknown) => {
    expect(await outcome(`${unknown}&token=${token}`)).toBe('200');
    expect(await app.accepts(token)).toBe(path === '/introspect');
  });

  it.each(UNKNOWN)('A13 A14 that are unknown may be repeated: %s', async (unknown) => {
    expect(await outcome(`${unknown}&token=${token}&${unknown}`)).toBe('200');
  });

  it.each(UNKNOWN)('A14 that are unknown do not stand for the token: %s', async (unknown) => {
    expect(await outcome(unknown.replaceAll('canary', token))).toBe('400 invalid_request');
    expect(await app.accepts(token)).toBe(true);
  });

  it('A14 leave nothing behind on the prototype of all objects', async () => {
    await outcome(`__proto__[polluted]=1&constructor[prototype][polluted]=1&token=${token}`);
    expect({}).not.toHaveProperty('polluted');
  });

  it('A14 with inherited names do not stand for parameters that are missing', async () => {
    const answer = await app.post(path, `__proto__[client_id]=spa&__proto__[token]=${token}`);
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
  });
});
