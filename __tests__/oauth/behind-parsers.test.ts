import { once } from 'node:events';
import type express5 from 'express';
import type { RequestHandler } from 'express';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { CLIENTS, ENDPOINTS, GARBAGE, basic, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';
import { open, rawForm } from '../support/raw-http.js';

const { web } = CLIENTS;

type Parsers = (express: typeof express5) => readonly RequestHandler[];

const PARSERS: readonly (readonly [name: string, parsers: Parsers])[] = [
  ['json()', (express) => [express.json()]],
  ['urlencoded({ extended: false })', (express) => [express.urlencoded({ extended: false })]],
  ['urlencoded({ extended: true })', (express) => [express.urlencoded({ extended: true })]],
  ['both, of anything', (express) => [express.json({ strict: false }), express.urlencoded({ extended: true, type: () => true })]],
];

const CASES = EVERY_EXPRESS.flatMap(({ name, express }) =>
  ENDPOINTS.flatMap((path) => PARSERS.map(([parser, parsers]) => ({ name, express, path, parser, parsers }))),
);

let app: OAuthApp;
let token: string;

afterEach(closeOAuthApps);

describe.each(CASES)('$path behind $parser on $name', ({ express, path, parsers }) => {
  const client = { client_id: web.id, client_secret: web.secret };

  beforeEach(async () => {
    app = await openOAuthApp({ express, before: parsers(express) });
    token = app.issuer.token();
  });

  async function outcome(form: string): Promise<string> {
    const { status, body } = await app.post(path, form).set('Authorization', basic(web));
    return status === 200 ? '200' : `${status} ${String(body.error)}`;
  }

  it('A16 works, whoever has parsed the form', async () => {
    expect((await app.postAs(web, path, { token, token_type_hint: 'access_token', unknown: 'x' })).status).toBe(200);
    expect(await app.accepts(token)).toBe(path === '/introspect');
    expect((await app.post(path, { token, ...client })).status).toBe(200);
    expect((await app.post(path, { token: GARBAGE, client_id: 'web' })).status).toBe(401);
    expect(await outcome('')).toBe('400 invalid_request');
  });

  it.each([
    ['with the client in the header', {}],
    ['with the client in the JSON', client],
  ])('A15 A16 still refuses a token in JSON, %s', async (_, fields) => {
    const asked = app.postAs(web, path, '').type('json').send(JSON.stringify({ token, ...fields }));
    const { status, body } = await asked;
    expect([status, body.error]).toEqual([400, 'invalid_request']);
    expect(await app.accepts(token)).toBe(true);
  });

  it('A13 A16 still refuses a parameter that is repeated', async () => {
    expect(await outcome(`token=${token}&token=${token}`)).toBe('400 invalid_request');
    expect(await outcome(`token=${token}&token=`)).toBe('400 invalid_request');
    expect(await outcome(`token=${token}&client_id=web&client_id=web`)).toBe('400 invalid_request');
    expect(await outcome(Array(30).fill(`token=${token}`).join('&'))).toBe('400 invalid_request');
    expect(await app.accepts(token)).toBe(true);
  });

  it.each(['token[]=', 'token[0]=', 'token[x]=', 'token[x][y]=', '__proto__[token]=', 'constructor[token]=', 'access_token='])(
    'A14 A16 still takes nothing else for the token: %s',
    async (name) => {
      expect(await outcome(name + token)).toBe('400 invalid_request');
      expect(await app.accepts(token)).toBe(true);
    },
  );

  it('A14 A16 does not mind names on the prototype', async () => {
    expect(await outcome(`__proto__=1&constructor=1&hasOwnProperty=1&token=${token}`)).toBe('200');
  });

  it('A16 A17 still refuses a body that announces more than 16 KiB', async () => {
    expect(await outcome(`token=${token}&padding=${'x'.repeat(16_384)}`)).toBe('413 invalid_request');
    expect(await app.accepts(token)).toBe(true);
  });
});

/** Resolves when the body has been read to its end. */
const drain: RequestHandler = (req, _res, next) => {
  req.on('end', () => { next(); }).resume();
};

/** Looks at what goes by, as loggers do, and lets the request go on at once. */
const listen: RequestHandler = (req, _res, next) => {
  req.on('data', () => undefined);
  next();
};

const decode: RequestHandler = (req, _res, next) => {
  req.setEncoding('utf8');
  next();
};

/** Takes the first piece of a body and lets the request go on without it. */
const bite: RequestHandler = (req, _res, next) => {
  if (req.method === 'POST') req.once('data', () => { next(); });
  else next();
};

describe.each(EVERY_EXPRESS.flatMap((each) => ENDPOINTS.map((path) => ({ ...each, path }))))('$path on $name', ({ express, path }) => {
  async function sendThrough(...before: readonly RequestHandler[]): Promise<{ status: number; error: unknown; type: string | undefined }> {
    app = await openOAuthApp({ express, before });
    token = app.issuer.token();
    const { status, body, type } = await app.postAs(web, path, { token });
    return { status, error: body.error, type };
  }

  it.each([
    ['read to its end and thrown away', () => [drain]],
    ['left as bytes', () => [express.raw({ type: () => true })]],
    ['left as text', () => [express.text({ type: () => true })]],
  ])('A16 does nothing where the body was %s: 400', async (_, before) => {
    expect(await sendThrough(...before())).toEqual({ status: 400, error: 'invalid_request', type: 'application/json' });
    expect(await app.accepts(token)).toBe(true);
  });

  it('A14 A16 takes no parameter from what the parsed body inherits', async () => {
    const inherit: RequestHandler = (req, _res, next) => {
      req.body = Object.create({ token, client_id: 'web', client_secret: web.secret });
      next();
    };
    app = await openOAuthApp({ express, before: [drain, inherit] });
    token = app.issuer.token();
    expect((await app.post(path, { token })).status).toBe(401);
    expect((await app.postAs(web, path, { token })).status).toBe(400);
    expect(await app.accepts(token)).toBe(true);
  });

  it('A16 says what is wrong with the application where something else decodes the body', async () => {
    expect(await sendThrough(decode)).toEqual({ status: 500, error: 'server_error', type: 'application/json' });
    expect(await app.accepts(token)).toBe(true);
  });

  it('A16 works where something else looks at the body as it comes', async () => {
    expect((await sendThrough(listen)).status).toBe(200);
  });

  it('A16 does not take the rest of a body for all of it: 400', async () => {
    app = await openOAuthApp({ express, before: [bite] });
    token = app.issuer.token();
    const pieces = ['token_type_hint=refresh_token&', `token=${token}`] as const;
    const arrived = app.nextRequest();
    const { socket, answer } = await open(app.port, rawForm(path, pieces.join(''), ['Authorization', basic(web)]));
    const bitten = once(await arrived, 'data');
    socket.write(pieces[0]);
    await bitten;
    socket.write(pieces[1]);
    expect((await answer).status).toBe(400);
    expect(await app.accepts(token)).toBe(true);
  });
});
