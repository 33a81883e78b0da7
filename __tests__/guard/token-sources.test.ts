import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import request from 'supertest';
import { memoryStore, requireLiveToken, type TokenSources } from 'livetoken';
import { apiBehind, CHALLENGE, guardedApi, liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';
import { exchange, rawForm } from '../support/raw-http.js';

const issuer = createIssuer();
const live = liveTokens(memoryStore(), issuer);

const form = (extended: boolean) => express.urlencoded({ extended });

function apiWith(acceptTokenIn: TokenSources, ...parsers: ReturnType<typeof form>[]) {
  return apiBehind([...parsers, requireLiveToken(live, { acceptTokenIn })]);
}

describe('a token in a form, with acceptTokenIn: { formBody: true }', () => {
  const api = apiWith({ formBody: true }, form(false));

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)('F68 opens the route of a %s', async method => {
    const token = issuer.token();
    const { status, body } = await request(api)[method.toLowerCase() as 'post']('/').type('form').send({ access_token: token, x: '1' });

    expect([status, body.auth?.token]).toEqual([200, token]);
  });

  it('F68 leaves the caching of the answer alone: it stands in no URL', async () => {
    const { status, headers } = await request(api).post('/').type('form').send({ access_token: issuer.token() });

    expect([status, headers['cache-control']]).toEqual([200, undefined]);
  });

  it('F68 is found with a charset beside the type, and with a nested parser too', async () => {
    const sent = request(apiWith({ formBody: true }, form(true))).post('/').set('Content-Type', 'application/x-www-form-urlencoded; charset=UTF-8');

    expect((await sent.send(`access_token=${issuer.token()}`)).status).toBe(200);
  });

  it.each(['GET', 'HEAD'])('F68 is not looked for in a %s, whose body means nothing', async method => {
    const server = api.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { status } = await exchange((server.address() as AddressInfo).port, { ...rawForm('/', `access_token=${issuer.token()}`), method });
    server.close();

    expect(status).toBe(401);
  });

  it('F68 is not looked for in bodies of another type', async () => {
    const all = apiBehind([express.json(), express.urlencoded({ extended: false, type: () => true }), requireLiveToken(live, { acceptTokenIn: { formBody: true } })]);
    const access_token = issuer.token();

    expect((await request(all).post('/').send({ access_token })).status).toBe(401);
    expect((await request(all).post('/').type('text/plain').send(`access_token=${access_token}`)).status).toBe(401);
    expect((await request(all).post('/').field('access_token', access_token)).status).toBe(401);
  });

  it('F68 is none where nothing has parsed the form', async () => {
    const { status } = await request(apiWith({ formBody: true })).post('/').type('form').send(`access_token=${issuer.token()}`);

    expect(status).toBe(401);
  });

  it.each([
    ['sent twice', 'access_token=TOKEN&access_token=TOKEN'],
    ['an object', 'access_token[x]=TOKEN'],
    ['an array', 'access_token[]=TOKEN'],
    ['empty', 'access_token='],
    ['no b64token', 'access_token=a%20b'],
    ['not ASCII', 'access_token=%C3%A4'],
  ])('F68 that is %s is answered 400', async (_, body) => {
    const nested = apiWith({ formBody: true }, form(true));
    const { status, headers } = await request(nested).post('/').type('form').send(body.replaceAll('TOKEN', issuer.token()));

    expect([status, headers['www-authenticate']]).toEqual([400, CHALLENGE.invalid_request]);
  });

  it('F68 beside one in the header is answered 400', async () => {
    const both = request(api).post('/').type('form').set('Authorization', `Bearer ${issuer.token()}`);

    expect((await both.send(`access_token=${issuer.token()}`)).status).toBe(400);
  });

  it('F69 does not open the query as well', async () => {
    expect((await request(api).post(`/?access_token=${issuer.token()}`).type('form').send('x=1')).status).toBe(401);
    expect((await request(api).post('/?access_token=x').type('form').send(`access_token=${issuer.token()}`)).status).toBe(400);
  });

  it('F70 that is bad is answered 401, as anywhere', async () => {
    const { status, headers } = await request(api).post('/').type('form').send(`access_token=${createIssuer().token()}`);

    expect([status, headers['www-authenticate']]).toEqual([401, CHALLENGE.invalid_token]);
  });
});

describe('a token in the query, with acceptTokenIn: { query: true }', () => {
  const api = guardedApi(live, { acceptTokenIn: { query: true } });

  it('F69 opens the route, and the answer is marked Cache-Control: private', async () => {
    const { status, headers } = await request(api).get(`/orders?x=1&access_token=${issuer.token()}`);

    expect([status, headers['cache-control']]).toEqual([200, 'private']);
  });

  it('F69 leaves the caching of requests with a header alone', async () => {
    const { status, headers } = await request(api).get('/orders').set('Authorization', `Bearer ${issuer.token()}`);

    expect([status, headers['cache-control']]).toEqual([200, undefined]);
  });

  it('F69 that is bad is answered 401, which nobody may keep', async () => {
    const { status, headers } = await request(api).get(`/orders?access_token=${createIssuer().token()}`);

    expect([status, headers['www-authenticate'], headers['cache-control']]).toEqual([401, CHALLENGE.invalid_token, 'no-store']);
  });

  it.each(['access_token=TOKEN&access_token=TOKEN', 'access_token=TOKEN&%61ccess_token=x', 'access_token=', 'access_token', 'access_token=a%20b', 'access_token=%0d%0aX: 1'])(
    'F69 that is not exactly one b64token is answered 400: %j',
    async query => {
      const { status, headers } = await request(api).get(`/orders?${query.replaceAll('TOKEN', issuer.token())}`);

      expect([status, headers['www-authenticate']]).toEqual([400, CHALLENGE.invalid_request]);
    },
  );

  it.each(['access_token[]=TOKEN', 'access_token[x]=TOKEN', 'Access_Token=TOKEN', '__proto__[access_token]=TOKEN'])('F69 under another name is none: %j', async query => {
    expect((await request(api).get(`/orders?${query.replaceAll('TOKEN', issuer.token())}`)).status).toBe(401);
  });

  it('F69 in the path is none', async () => {
    expect((await request(api).get(`/orders/access_token=${issuer.token()}`)).status).toBe(401);
  });

  it('F69 beside one in the header or in a form is answered 400', async () => {
    const everywhere = apiWith({ query: true, formBody: true }, form(false));
    const token = issuer.token();

    expect((await request(api).get(`/?access_token=${token}`).set('Authorization', `Bearer ${token}`)).status).toBe(400);
    expect((await request(everywhere).post(`/?access_token=${token}`).type('form').send({ access_token: token })).status).toBe(400);
    expect((await request(everywhere).post(`/?access_token=${token}`).type('form').send({ x: '1' })).status).toBe(200);
    expect((await request(everywhere).post('/').type('form').send({ access_token: token })).status).toBe(200);
  });
});
