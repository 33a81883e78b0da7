import { gzipSync } from 'node:zlib';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type express5 from 'express';
import type { Request, RequestHandler } from 'express';
import { revocationRouter } from 'livetoken';
import type { Test } from 'supertest';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { MERCHANT, parentOf, PARTNER } from '../support/organisation-tree.js';
import { chunked, exchange, open } from '../support/raw-http.js';
import { closeApps, openApp, usualCallers, type RevocationApp, type RevocationAppOptions } from '../support/revocation-app.js';
import { sessionError } from '../support/session-answers.js';
import { until } from '../stores/support/until.js';

const WHOLE = [
  ['POST', '/organisations/shop/tokens/revoke', PARTNER],
  ['POST', '/organisations/shop/users/alice/tokens/revoke', PARTNER],
  ['POST', '/tokens/revoke', MERCHANT],
] as const;
const SINGLE = [
  ['POST', '/organisations/shop/tokens/the-id/revoke', PARTNER],
  ['POST', '/tokens/the-id/revoke', MERCHANT],
] as const;
const SESSIONS = [
  ['DELETE', '/sessions/session-1', MERCHANT],
  ['DELETE', '/users/alice/sessions', MERCHANT],
  ['DELETE', '/users/alice/clients/web/tokens', MERCHANT],
] as const;
const ENDPOINTS = [...WHOLE, ...SINGLE, ...SESSIONS];
/** The others take no body that says it is something else than JSON. */
const OF_ANY_TYPE = [...SINGLE, ...SESSIONS];

const DESCRIPTION = 'Nothing was revoked: write dryRun=true or dryRun=false in the query, exactly so and once, or leave it out';
const REFUSED = {
  POST: { status: 422, body: { returnCode: '422', returnDescription: DESCRIPTION, details: [{ code: 'malformed_dry_run', description: DESCRIPTION, field: 'dryRun', resourceUri: null }] } },
  DELETE: { status: 400, body: sessionError(400, 'There is no dry run here, only on the organisation endpoints') },
} as const;
const DONE = { POST: 200, DELETE: 204 } as const;

/** One that has a text in it, with the headers that go along. */
type Body = readonly [what: string, body: string | Buffer, headers?: Readonly<Record<string, string>>];

type Endpoint = readonly [method: 'POST' | 'DELETE', path: string, caller: string];

/** What an application may have in front of the router. */
const IN_FRONT: Readonly<Record<string, (express: typeof express5) => readonly RequestHandler[]>> = {
  nothing: () => [],
  'express.json()': express => [express.json()],
  'express.json() and express.urlencoded()': express => [express.json(), express.urlencoded({ extended: true })],
  'express.text() for everything': express => [express.text({ type: () => true })],
  'express.raw() for everything': express => [express.raw({ type: () => true })],
};

const EVERY_FRONT = EVERY_EXPRESS.flatMap(({ name, express }) => Object.entries(IN_FRONT).map(([front, handlers]) => ({ on: `${name} with ${front} in front`, express, handlers })));

afterEach(closeApps);

async function appBehind(handlers: readonly RequestHandler[], options: RevocationAppOptions = {}) {
  const app = await openApp({
    ...options,
    mount: (root, live) => {
      for (const each of handlers) root.use(each);
      const shared = { authenticate: usualCallers(live), parentOf };
      root.use(revocationRouter(live, { organisations: { ...shared, ...options.organisations }, sessions: { ...shared, ...options.sessions } }));
    },
  });
  return { app, token: await app.issue({ jti: 'the-id' }) };
}

const sent = (app: RevocationApp, [method, path, caller]: Endpoint): Test => (method === 'POST' ? app.post(path, caller) : app.delete(path, caller));

const portOf = (app: RevocationApp): number => (app.server.address() as AddressInfo).port;

describe.each(EVERY_FRONT)('A dry run that a body asks for, on $on,', ({ express, handlers }) => {
  it.each(ENDPOINTS)('is refused, and nothing is revoked: %s %s in JSON', async (...endpoint) => {
    const { app, token } = await appBehind(handlers(express), { express });

    for (const body of [{ dryRun: true }, { options: [{ 'dry-run': 1 }] }]) {
      const { status, body: answer } = await sent(app, endpoint).send(body);
      expect({ status, body: answer }).toEqual(REFUSED[endpoint[0]]);
    }
    expect(await app.aftermath(token)).toEqual({ live: [true], recorded: 0 });
  });

  it.each(OF_ANY_TYPE)('is refused, and nothing is revoked: %s %s in a form', async (...endpoint) => {
    const { app, token } = await appBehind(handlers(express), { express });

    for (const form of ['dryRun=true', 'a=b&dry_run=', 'options[dryRun]=true']) {
      const { status, body } = await sent(app, endpoint).type('form').send(form);
      expect({ status, body }).toEqual(REFUSED[endpoint[0]]);
    }
    expect(await app.aftermath(token)).toEqual({ live: [true], recorded: 0 });
  });

  it.each(ENDPOINTS)('is not one where the body is empty, {} or about something else: %s %s', async (...endpoint) => {
    for (const body of [undefined, '', '{}', '{"reason":"laundry","run":1,"count":[null,2.5,false]}']) {
      const { app, token } = await appBehind(handlers(express), { express });
      const { status } = await (body === undefined ? sent(app, endpoint) : sent(app, endpoint).type('json').send(body));

      expect([body, status]).toEqual([body, DONE[endpoint[0]]]);
      expect((await app.aftermath(token)).live).toEqual([false]);
    }
  });
});

describe.each(EVERY_EXPRESS)('What a body says, on $name,', ({ express }) => {
  const bodies: readonly Body[] = [
    ['without saying of what type it is', 'dryRun=true'],
    ['as plain text', 'please, only a dry run', { 'content-type': 'text/plain' }],
    ['as a form of several parts', '--x\r\nContent-Disposition: form-data; name="dryRun"\r\n\r\ntrue\r\n--x--\r\n', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['in XML', '<revoke><dryRun>true</dryRun></revoke>', { 'content-type': 'application/xml' }],
    ['in JSON that says it is a form', '{"dryRun":true}', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['in JSON that is cut off', '{"dryRun":true', { 'content-type': 'application/json' }],
    ['in JSON with its letters escaped', '{"\\u0064ryRun":true}', { 'content-type': 'application/json' }],
    ['in JSON after a byte order mark', '\ufeff{"\\u0064ryRun":true}', { 'content-type': 'application/json' }],
    ['in JSON of two bytes a letter', Buffer.from('{"dryRun":true}', 'utf16le'), { 'content-type': 'application/json; charset=utf-16' }],
    ['in JSON of an unknown charset', '{"dryRun":true}', { 'content-type': 'application/json; charset=x-none' }],
    ['in a form, percent-encoded', '%64ry%52un=true', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['as a value', '{"mode":"dry_run"}', { 'content-type': 'application/json' }],
    ['as JSON that is nothing but a text', '"dryRun"', { 'content-type': 'application/json' }],
    ['compressed', gzipSync('{"dryRun":true}'), { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
    ['as no and not as yes', '{"dryRun":false}', { 'content-type': 'application/json' }],
    ['deep inside', `${'{"a":['.repeat(500)}{"dryRun":true}${']}'.repeat(500)}`, { 'content-type': 'application/json' }],
    ['before much else', `{"dryRun":true,"rest":[${'0,'.repeat(6000)}0]}`, { 'content-type': 'application/json' }],
  ];

  it.each(bodies.flatMap(body => [SINGLE[1], SESSIONS[1]].map(endpoint => [body[0], endpoint[0], endpoint[1], body, endpoint] as const)))(
    'counts %s: %s %s revokes nothing',
    async (_what, _method, _path, [, body, headers = {}], [method, path, caller]) => {
      const { app, token } = await appBehind([], { express });
      const framing = [['Content-Length', String(Buffer.byteLength(body))], ['Authorization', caller], ...Object.entries(headers)] as const;

      expect((await exchange(portOf(app), { method, path, headers: framing, body })).status).toBe(REFUSED[method].status);
      expect((await exchange(portOf(app), { method, path, headers: [['Transfer-Encoding', 'chunked'], ...framing.slice(1)], body: chunked(body) })).status).toBe(REFUSED[method].status);
      expect(await app.aftermath(token)).toEqual({ live: [true], recorded: 0 });
    },
  );

  const unread: readonly Body[] = [
    ['is longer than such a body would be', `{"dryRun":true,"x":"${'x'.repeat(20_000)}"}`],
    ['is longer than that once it is unpacked', gzipSync(`{"dryRun":true,"x":"${'x'.repeat(2_000_000)}"}`), { 'content-encoding': 'gzip' }],
    ['is not compressed as it says', 'dryRun=true', { 'content-encoding': 'gzip' }],
    ['is compressed in a way that nobody knows', 'dryRun=true', { 'content-encoding': 'x-none' }],
  ];

  it.each(unread.flatMap(body => [SINGLE[1], SESSIONS[1]].map(endpoint => [body[0], endpoint[0], endpoint[1], body, endpoint] as const)))(
    'is not looked at where it %s: %s %s revokes, and fails of nothing',
    async (_what, _method, _path, [, body, headers = {}], [method, path, caller]) => {
      for (const framing of [[['Content-Length', String(Buffer.byteLength(body))]], [['Transfer-Encoding', 'chunked']]] as const) {
        const { app, token } = await appBehind([], { express });
        const all = [...framing, ['Authorization', caller], ...Object.entries(headers)] as const;
        const { status } = await exchange(portOf(app), { method, path, headers: all, body: framing[0][0] === 'Content-Length' ? body : chunked(body) });

        expect(status).toBe(DONE[method]);
        expect((await app.aftermath(token)).live).toEqual([false]);
      }
    },
  );

  it.each([SINGLE[1], SESSIONS[1]])('does not matter where somebody has read it before and kept it to himself: %s %s revokes', async (...endpoint) => {
    const drain: RequestHandler = (req, _res, next) => void req.resume().once('end', next);
    const { app, token } = await appBehind([drain], { express });

    expect((await sent(app, endpoint).send({ dryRun: true })).status).toBe(DONE[endpoint[0]]);
    expect((await app.aftermath(token)).live).toEqual([false]);
  });

  it('is there for an authenticate of the application to read first, which may hand it on', async () => {
    const caller = { actor: 'key signed', level: 'merchant', organisation: 'shop' } as const;
    const authenticate = async (req: Request) => {
      let text = '';
      for await (const chunk of req) text += String(chunk);
      req.body = text;
      return caller;
    };
    const { app, token } = await appBehind([], { express, organisations: { authenticate }, sessions: { authenticate } });

    for (const endpoint of [SINGLE[1], SESSIONS[1]]) {
      expect((await sent(app, endpoint).send({ dryRun: true })).status).toBe(REFUSED[endpoint[0]].status);
      expect((await app.aftermath(token)).live).toEqual([true]);
    }
    expect((await sent(app, SINGLE[1]).send({})).status).toBe(200);
  });

  it.each(ENDPOINTS)('counts at the top of a body that the application let in though it is long: %s %s', async (...endpoint) => {
    const { app, token } = await appBehind([express.json()], { express });
    const body = JSON.stringify({ dryRun: true, rest: Array(30_000).fill(0) });

    expect((await sent(app, endpoint).type('json').send(body)).status).toBe(REFUSED[endpoint[0]].status);
    expect((await app.aftermath(token)).live).toEqual([true]);
  });

  it('changes nothing of what the application has in its request', async () => {
    const seen: unknown[] = [];
    const keep: RequestHandler = (req, res, next) => {
      const before: unknown = req.body;
      res.once('finish', () => seen.push(req.body === before));
      next();
    };
    const { app } = await appBehind([keep], { express });

    for (const body of [{ dryRun: true }, { a: 1 }]) await sent(app, SINGLE[1]).send(body);
    expect(seen).toEqual([true, true]);
  });
});

describe.each([SINGLE[1], SESSIONS[1]])('A body that takes its time: %s %s', (method, path, caller) => {
  const body = '{"dryRun":true}';
  const head = { method, path, headers: [['Content-Length', String(body.length)], ['Authorization', caller]] } as const;

  it('is waited for', async () => {
    const { app, token } = await appBehind([]);
    const { socket, answer } = await open(portOf(app), head);
    socket.setNoDelay();
    for (const byte of body) socket.write(byte);

    expect((await answer).status).toBe(REFUSED[method].status);
    expect(await app.aftermath(token)).toEqual({ live: [true], recorded: 0 });
  });

  it('is not waited for where it is announced to be longer than such a body would be', async () => {
    const { app, token } = await appBehind([]);
    const { answer } = await open(portOf(app), { method, path, headers: [['Content-Length', '20000'], ['Authorization', caller]] });

    expect((await answer).status).toBe(DONE[method]);
    expect((await app.aftermath(token)).live).toEqual([false]);
  });

  it.each([['nothing of it', 0], ['half of it', 7]])('revokes nothing where the caller has gone after %s', async (_, upTo) => {
    let authenticated = false;
    const seen: unknown[] = [];
    const { app, token } = await appBehind([(req, _res, next) => {
      authenticated = true;
      req.once('close', () => seen.push('gone'));
      next();
    }]);
    const { socket } = await open(portOf(app), head);
    socket.write(body.slice(0, upTo));
    await until(() => authenticated);
    socket.resetAndDestroy();
    await once(socket, 'close');
    await until(() => seen.length > 0);

    expect((await app.aftermath(token)).live).toEqual([true]);
  });
});

it('A body is told of only to callers who may do what they ask about', async () => {
  const { app } = await appBehind([]);

  expect((await app.post('/tokens/revoke').send({ dryRun: true })).status).toBe(401);
  expect((await app.post('/organisations/rival/tokens/revoke', PARTNER).send({ dryRun: true })).status).toBe(403);
  expect((await app.delete('/sessions/session-1').send({ dryRun: true })).status).toBe(401);
});

it('A dry run in the query does not stand beside one in the body, and nothing is revoked', async () => {
  const { app, token } = await appBehind([]);

  for (const value of [true, false]) expect((await app.post(`/tokens/revoke?dryRun=${String(value)}`, MERCHANT).send({ dryRun: true })).status).toBe(422);
  expect((await app.post('/tokens/revoke?dryRun=true', MERCHANT).send({})).body.data.dryRun).toBe(true);
  expect(await app.aftermath(token)).toEqual({ live: [true], recorded: 0 });
});
