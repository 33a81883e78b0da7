import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import request, { type Test } from 'supertest';
import { startDemo, type RunningDemo } from '../../demo-app/server.js';
import { claimsIn, login } from '../demo/support/every-demo.js';
import { until } from '../stores/support/until.js';
import { look, timesOf } from './support/look.js';

const CREDENTIALS = { name: 'operator', password: 'operator-password' };

const GUARDED = [
  ['get', 'events'],
  ['post', 'preview'],
  ['post', 'revoke'],
  ['post', 'people'],
  ['post', 'redis'],
  ['post', 'sign-out'],
  ['get', 'no-such-thing'],
] as const;

/** That the console calls with. */
const TOKENS = 10;

const ALICE = { kind: 'member', id: 'alice', organisation: 'ybo8zd8j2q' };

describe("the console's API", () => {
  let demo: RunningDemo;
  let operator: string;
  beforeAll(async () => {
    demo = await startDemo({ host: '127.0.0.1', port: 0, redisUrl: undefined });
    operator = (await signIn(CREDENTIALS).expect(200)).body.token;
  });
  afterAll(() => demo.close());

  const signIn = (body: object): Test => request(demo.url).post('/console/api/sign-in').send(body);
  const ask = (method: 'get' | 'post', path: string, token: string): Test => request(demo.url)[method](`/console/api/${path}`).set('Authorization', `Bearer ${token}`);
  const post = (path: string, body: object): Test => ask('post', path, operator).send(body);

  describe('lets nobody do anything', () => {
    it.each(GUARDED)('without a token: %s %s', async (method, path) => {
      const { body } = await request(demo.url)[method](`/console/api/${path}`).expect(401);
      expect(body).toMatchObject({ error: 'unauthorized' });
    });

    it.each(GUARDED)("with a user's token: %s %s", async (method, path) => {
      const { access } = await login(demo.url);
      expect((await ask(method, path, access).expect(401)).body).toMatchObject({ error: 'invalid_token', reason: 'unknown_key' });
    });
  });

  it('signs in the operator with the password, and nobody else', async () => {
    for (const body of [{ ...CREDENTIALS, password: 'wrong' }, { ...CREDENTIALS, name: 'alice' }, { name: 'alice', password: 'alice-password' }]) {
      expect((await signIn(body).expect(403)).body).toEqual({ error: 'forbidden', error_description: 'The name or the password is wrong' });
    }
    for (const body of [{}, { name: 'operator' }, { ...CREDENTIALS, password: 7 }, { ...CREDENTIALS, more: 1 }]) await signIn(body).expect(400);
    await request(demo.url).post('/console/api/sign-in').type('text').send(JSON.stringify(CREDENTIALS)).expect(415);
    await request(demo.url).get('/console/api/sign-in').expect(405);
  });

  it('gives the operator a token that opens nothing but the console', async () => {
    expect(claimsIn(operator)).toMatchObject({ sub: 'operator', scope: 'console' });
    await request(demo.url).get('/api/me').set('Authorization', `Bearer ${operator}`).expect(401);
    await post('preview', { target: ALICE }).expect(200);
  });

  it('keeps its operator out of the token endpoint', async () => {
    const form = { grant_type: 'password', username: 'operator', password: 'operator-password' };
    await request(demo.url).post('/oauth2/default/v1/token').auth('web', 'web-secret').type('form').send(form).expect(400);
  });

  it('counts what a revocation ends, as it then does', async () => {
    await login(demo.url);
    await login(demo.url, 'alice', 'mobile');
    const { body } = await post('preview', { target: ALICE }).expect(200);
    expect(body.count).toBeGreaterThanOrEqual(4);
    expect((await post('revoke', { target: ALICE, clickedAgoMs: 12.5 }).expect(200)).body).toMatchObject({ count: body.count });
    expect((await post('preview', { target: ALICE }).expect(200)).body).toMatchObject({ count: 0 });
    const { items } = await demo.demo.live.history({ limit: 1 });
    expect(items).toMatchObject([{ target: 'member alice in organisation ybo8zd8j2q', actor: 'console operator' }]);
  });

  it.each([
    ['no target', {}],
    ['a token as text', { target: operatorText() }],
    ['a kind that is none', { target: { kind: 'planet', id: 'x' } }],
    ['an id that is none', { target: { kind: 'session', id: 7 } }],
    ['more than a target', { target: ALICE, reason: 'because' }],
  ])('refuses %s', async (_, body) => {
    for (const path of ['preview', 'revoke']) await post(path, body).expect(400);
  });

  it.each([-1, 'now', 60_001, null])('refuses a click that was %s milliseconds ago', async (clickedAgoMs) => {
    await post('revoke', { target: ALICE, clickedAgoMs }).expect(400);
  });

  it('times answers from the click, as long ago as the page says that it was', async () => {
    await post('people', {}).expect(204);
    const seen = await look(demo.url, operator);
    // From then on every token is known to be accepted, and a change of it is an answer.
    for await (const { name, data } of seen.events) if (name === 'pulse' && (JSON.parse(data) as { calls: [number] }).calls[0] > TOKENS) break;
    seen.leave();
    const watching = await look(demo.url, operator);
    const timed = timesOf(1, watching);
    await post('revoke', { target: { kind: 'client', id: 'api' }, clickedAgoMs: 5000 }).expect(200);
    for (const ms of await timed) expect(ms).toBeGreaterThan(5000);
    watching.leave();
  });

  it('has no Redis to switch where it did not start one', async () => {
    expect((await post('redis', { isOn: false }).expect(404)).body).toMatchObject({ error: 'not_found' });
  });

  it('ends the stream of whoever signs out', async () => {
    const { token } = (await signIn(CREDENTIALS).expect(200)).body as { token: string };
    const { events } = await look(demo.url, token);
    expect((await events.next()).value).toEqual({ name: 'store', data: '{"name":"memory","canSwitch":false}' });
    await ask('post', 'sign-out', token).expect(204);
    // Its end is what is waited for.
    for await (const event of events) expect(event.name).not.toBe('');
    await ask('post', 'people', token).expect(401);
  });

  it('calls no instance once nobody looks any more', async () => {
    await post('people', {}).expect(204);
    const callsIn = (data: string) => (JSON.parse(data) as { calls: [number] }).calls[0];
    const first = await look(demo.url, operator);
    for await (const { name, data } of first.events) if (name === 'pulse' && callsIn(data) > TOKENS) break;
    first.leave();
    // Who looks next begins anew, with one call for each token.
    await until(async () => {
      const next = await look(demo.url, operator);
      for await (const { name, data } of next.events) if (name === 'pulse') return callsIn(data) === TOKENS;
      return false;
    });
  });
});

describe("the console's page", () => {
  let demo: RunningDemo;
  beforeAll(async () => {
    demo = await startDemo({ host: '127.0.0.1', port: 0, redisUrl: undefined });
  });
  afterAll(() => demo.close());

  it.each(['/console', '/console/'])('is at %s, and allows nothing that does not come from here', async (path) => {
    const { headers, text } = await request(demo.url).get(path).expect(200).expect('Content-Type', /html/);
    expect(headers['content-security-policy']!.split(';').sort()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "img-src 'self'",
      "require-trusted-types-for 'script'",
      "script-src 'self'",
      "style-src 'self'",
      "trusted-types 'none'",
    ]);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
    expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
  });

  it('has scripts that never make markup of text', () => {
    const directory = join(__dirname, '../../demo-app/console/page');
    const scripts = readdirSync(directory).filter(name => name.endsWith('.js'));
    expect(scripts).toContain('main.js');
    const isUnsafe = (name: string) => /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/.test(readFileSync(join(directory, name), 'utf8'));
    expect(scripts.filter(isUnsafe)).toStrictEqual([]);
  });

  it.each(['main.js', 'base.css', 'mark.svg'])('has its file %s, with the same policy', async (name) => {
    const { headers } = await request(demo.url).get(`/console/${name}`).expect(200);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
  });

  it.each(['../app.ts', '..%2fapp.ts', 'nothing.js', 'api', '.env'])('has no file %s', async (name) => {
    const { status } = await request(demo.url).get(`/console/${name}`);
    expect([401, 403, 404]).toContain(status);
  });

  it.each(['demo.example', 'demo.example:3000', '127.0.0.1.demo.example', 'localhost.'])('answers to no name that somebody else may let point here: %s', async (host) => {
    for (const path of ['/console', '/console/main.js']) await request(demo.url).get(path).set('Host', host).expect(403);
    await request(demo.url).post('/console/api/sign-in').set('Host', host).send(CREDENTIALS).expect(403);
  });

  it.each(['localhost', 'localhost:8080', '127.0.0.1', '[::1]:3000', '192.168.1.5'])('answers to %s', async (host) => {
    await request(demo.url).get('/console').set('Host', host).expect(200);
  });
});

/** What reads like a token. */
function operatorText(): string {
  return 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln';
}
