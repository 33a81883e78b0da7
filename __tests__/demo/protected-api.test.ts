import { generateKeyPairSync } from 'node:crypto';
import jwt from 'jsonwebtoken';
import request from 'supertest';
import { claimsIn, EVERY_DEMO, issue, login, OAUTH, orders, revoke, type OpenDemo } from './support/every-demo.js';

describe.each(EVERY_DEMO)('the API of the demo, on $name', ({ name, open }) => {
  let demo: OpenDemo;
  beforeAll(async () => {
    demo = await open();
  });
  afterAll(() => demo.close());

  const order = (token: string) => request(demo.app).post('/api/orders').set('Authorization', `Bearer ${token}`);

  it('says at /healthz that it is well, and where it keeps its data', async () => {
    await request(demo.app).get('/healthz').expect(200, { status: 'ok', store: name });
  });

  it('publishes the key that its tokens are signed with, and not the private half', async () => {
    const { body } = await request(demo.app).get('/.well-known/jwks.json').expect(200);
    expect(body.keys).toEqual([{ kty: 'RSA', n: expect.any(String), e: 'AQAB', kid: expect.any(String), alg: 'RS256', use: 'sig' }]);
    const { access } = await login(demo.app);
    expect(JSON.parse(Buffer.from(access.split('.')[0]!, 'base64url').toString()).kid).toBe(body.keys[0].kid);
  });

  it('opens GET /api/orders to any live token', async () => {
    for (const token of [(await login(demo.app)).access, (await issue(demo.app, 'partner-key', ['admin'])).token]) {
      expect((await orders(demo.app, token).expect(200)).body).toEqual({ orders: expect.any(Array) });
    }
  });

  it('F71 opens POST /api/orders to the scope orders:write only', async () => {
    const { access } = await login(demo.app);
    const { body } = await order(access).send({ item: 'tea' }).expect(201);
    expect(body).toMatchObject({ id: expect.any(String), item: 'tea', orderedBy: 'alice' });
    await order(access).expect(201);
    await order(access).send({ item: 'x'.repeat(101) }).expect(400);
    await order(access).send({ item: ['tea'] }).expect(400);
    const reader = await login(demo.app, 'alice', 'web', 'orders:read');
    const refusal = await order(reader.access).send({ item: 'tea' }).expect(403);
    expect(refusal.headers['www-authenticate']).toMatch(/error="insufficient_scope".*scope="orders:write"/);
  });

  it('keeps the orders of organisations apart', async () => {
    const [alice, bob] = [await login(demo.app), await login(demo.app, 'bob')];
    const { body } = await order(alice.access).send({ item: 'secret tea' }).expect(201);
    expect((await orders(demo.app, alice.access)).body.orders).toContainEqual(body);
    expect((await orders(demo.app, bob.access)).text).not.toContain('secret tea');
  });

  it('shows at /api/me what a token says', async () => {
    const { access } = await login(demo.app);
    const { body } = await request(demo.app).get('/api/me').set('Authorization', `Bearer ${access}`).expect(200);
    expect(body).toEqual(claimsIn(access));
  });

  it.each(['/api/orders', '/api/me'])('F64 F70 refuses %s without a token, with garbage and with a revoked one', async (path) => {
    const none = await request(demo.app).get(path).expect(401);
    expect(none.headers['www-authenticate']).toBe('Bearer realm="api"');
    await request(demo.app).get(path).set('Authorization', 'Bearer garbage').expect(401);
    const { access } = await login(demo.app);
    await revoke(demo.app, access).expect(200);
    const { body } = await request(demo.app).get(path).set('Authorization', `Bearer ${access}`).expect(401);
    expect(body).toMatchObject({ error: 'invalid_token', reason: 'revoked' });
  });

  it('F74 refuses what another key signed, under its own kid or the right one', async () => {
    const { access } = await login(demo.app);
    const { header } = jwt.decode(access, { complete: true })!;
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    for (const kid of [header.kid!, 'another']) {
      const forged = jwt.sign(claimsIn(access), privateKey, { algorithm: 'RS256', header: { ...header, kid } });
      await orders(demo.app, forged).expect(401);
    }
  });

  it.each([
    ['GET', '/nowhere', 404],
    ['GET', '/api/nowhere', 404],
    ['GET', '/api/v1/nowhere', 404],
    ['GET', `${OAUTH}/nowhere`, 404],
    ['GET', '/.env', 404],
    ['PUT', '/api/orders', 405],
    ['POST', '/healthz', 405],
    ['POST', '/.well-known/jwks.json', 405],
    ['DELETE', '/api/v1/sessions/%zz', 400],
  ])('answers %s %s with %i in JSON, without a stack', async (method, path, status) => {
    const { token } = await issue(demo.app, 'merchant-key', ['admin']);
    const answer = await request(demo.app)[method.toLowerCase() as 'get'](path).set('Authorization', `Bearer ${token}`);
    expect(answer.status).toBe(status);
    expect(answer.type).toBe('application/json');
    expect(answer.text).not.toMatch(/\\n +at |node_modules|Error:/);
    expect(answer.text).not.toContain(token);
  });

  it('does not say what it is built with', async () => {
    const { headers } = await request(demo.app).get('/').expect(200);
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  });

  it('lists at / only what it serves', async () => {
    const { body } = await request(demo.app).get('/').expect(200);
    for (const line of body.paths as string[]) {
      const [method = '', path = ''] = line.split(' ');
      const { status } = await request(demo.app)[method.toLowerCase() as 'get'](path.replace(/\{\w+\}/g, 'x').replace(/\?.*/, ''));
      expect([line, status]).not.toEqual([line, 404]);
      expect([line, status]).not.toEqual([line, 405]);
    }
  });
});
