import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { Redis } from 'ioredis';
import { createDemo, type Demo } from '../../demo-app/app.js';
import { tellAll } from '../../demo-app/walkthrough/tell-all.js';
import { startRedis } from '../support/redis-server.js';
import { afterwards, cleanUp } from './support/clean-up.js';
import { endAll, run, startDemoProcess, stop } from './support/demo-process.js';

afterEach(endAll);
afterEach(cleanUp);

describe('the walkthrough', () => {
  it('goes as told on the embedded store, and prints no token and no password', async () => {
    const walkthrough = run('walkthrough.ts');
    expect([await walkthrough.exit, walkthrough.output()]).toEqual([0, expect.stringMatching(/All \d+ steps went as told\.\n$/)]);
    expect(walkthrough.output()).toContain('(store: memory)');
    expect(walkthrough.output()).toContain('nothing was written');
    expect(walkthrough.output()).not.toMatch(/eyJ[\w-]{20}|rt_[\w-]{20}|alice-password|web-secret|(YWxpY2U|d2Vi)/);
  });

  it('goes as told on Redis, where it is done twice', async () => {
    const redis = await startRedis();
    afterwards(() => redis.stop());
    for (let round = 0; round < 2; round += 1) {
      const walkthrough = run('walkthrough.ts', { REDIS_URL: redis.url });
      expect([await walkthrough.exit, walkthrough.output()]).toEqual([0, expect.stringMatching(/All \d+ steps went as told\.\n$/)]);
      expect(walkthrough.output()).toContain('(store: redis)');
    }
    const client = new Redis(redis.url);
    afterwards(() => { client.disconnect(); });
    expect(await client.xlen('{livetoken:demo}:log')).toBeGreaterThan(10);
  });

  it('goes as told against a demo that runs already', async () => {
    const demo = await startDemoProcess();
    const walkthrough = run('walkthrough.ts', { BASE_URL: `${demo.url}/` });
    expect([await walkthrough.exit, walkthrough.output()]).toEqual([0, expect.stringMatching(/All \d+ steps went as told\.\n$/)]);
    expect(await stop(demo)).toBe(0);
    expect(demo.output()).toContain('revoked: organisation 8ow24y2pdx, by key partner-key');
  });

  it.each([
    ['BASE_URL', 'http://127.0.0.1:9', 'Nothing answers at http://127.0.0.1:9: start the demo there'],
    ['BASE_URL', 'nonsense', 'BASE_URL is no URL'],
    ['REDIS_URL', 'redis://127.0.0.1:9', 'Redis at 127.0.0.1:9 cannot be reached'],
  ])('ends with one clear line where %s is %s', async (name, value, message) => {
    const walkthrough = run('walkthrough.ts', { [name]: value });
    expect(await walkthrough.exit).toBe(1);
    expect(walkthrough.output().trim().split('\n')).toEqual([expect.stringContaining(message)]);
  });
});

describe('the walkthrough against a demo that lies', () => {
  let demo: Demo;
  let server: Server;
  beforeAll(async () => {
    demo = createDemo();
    await demo.ready();
    server = createServer(demo.app).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await demo.close();
  });

  it.each<[string, RegExp, number, string]>([
    ['does not revoke at /revoke', /^POST .*\/v1\/revoke$/, 200, '2.3 is not as told: the status should be 401 and is 200'],
    ['does not revoke tokens by id', /^POST \/tokens\/[\w-]+\/revoke$/, 200, '3.4 is not as told: the answer should have'],
    ['does not revoke all of an organisation', /^POST \/organisations\/\w+\/tokens\/revoke$/, 200, '3.20 is not as told: the answer should have'],
    ['does not end sessions', /^DELETE .*\/sessions\/[\w-]+$/, 204, '4.4 is not as told: the status should be 401 and is 200'],
    ['does not sign users out', /^DELETE .*\/users\/alice\/sessions/, 204, '4.10 is not as told: the status should be 401 and is 200'],
    ['does not withdraw clients', /^DELETE .*\/clients\//, 204, '4.27 is not as told: the status should be 401 and is 200'],
    ['has a stream that is none', /^GET \/api\/stream$/, 200, '4.31 is not as told: there should be an event'],
    ['does not open its stream', /^GET \/api\/stream$/, 503, '4.31 is not as told: there should be an event'],
    ['lets everybody in', /^GET \/api\/orders$/, 200, '1.8 is not as told: the status should be 401 and is 200'],
  ])('which %s: it fails and names the step', async (_what, request, status, told) => {
    const liar = await startLiar(server, request, status);
    await expect(tellAll(liar.url, () => undefined)).rejects.toThrow(`Step ${told}`);
  });

  it('whose stream ends without a reason: it fails and names the step', async () => {
    const liar = await startLiar(server, /^GET \/api\/stream$/, 'event: time\ndata: now\n\n');
    await expect(tellAll(liar.url, () => undefined)).rejects.toThrow('Step 4.33 is not as told: its last event should be end, with revoked');
  });

  it('which stops answering: it fails and names the step', async () => {
    const liar = await startLiar(server, /^POST .*\/introspect$/, 'hang up');
    await expect(tellAll(liar.url, () => undefined)).rejects.toThrow(/^Step 1\.9 is not as told: there is no answer \(\w+\)/);
  });

  it('ends with exit code 1, and says last what is not as told', async () => {
    const liar = await startLiar(server, /^POST .*\/revoke$/, 200);
    const walkthrough = run('walkthrough.ts', { BASE_URL: liar.url });
    expect(await walkthrough.exit).toBe(1);
    expect(walkthrough.output()).toMatch(/\nStep 2\.3 is not as told: .*\n {2}The very next request is refused, .*\n$/);
  });

  it('which writes garbage down: it fails', async () => {
    let recorded = 0;
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(tellAll(url, () => undefined, async () => (recorded += 1))).rejects.toThrow('Step 7.8 is not as told: it does not hold.');
  });
});

/**
 * Stands before an honest demo, and answers certain requests by itself, so that they have no effect: with a status, with a text,
 * or not at all.
 */
async function startLiar(honest: Server, lie: RegExp, told: number | string): Promise<{ readonly url: string }> {
  const target = `http://127.0.0.1:${(honest.address() as AddressInfo).port}`;
  const liar = createServer((req, res) => {
    void (async () => {
      const body = await buffer(req);
      if (!lie.test(`${String(req.method)} ${String(req.url)}`)) {
        const answer = await forward(target, req, body);
        res.writeHead(answer.status, { 'Content-Type': 'application/json' });
        if (answer.body === null) res.end();
        else await pipeline(Readable.fromWeb(answer.body), res);
      } else if (told === 'hang up') res.destroy();
      else if (typeof told === 'string') res.writeHead(200).end(told);
      else res.writeHead(told, { 'Content-Type': 'application/json' }).end(told === 204 ? undefined : '{}');
    })();
  }).listen(0, '127.0.0.1');
  afterwards(() => {
    liar.close();
    liar.closeAllConnections();
  });
  await once(liar, 'listening');
  return { url: `http://127.0.0.1:${(liar.address() as AddressInfo).port}` };
}

function forward(target: string, { method = '', url = '', headers }: IncomingMessage, body: Buffer): Promise<Response> {
  const kept = Object.entries(headers).filter(([name]) => ['authorization', 'content-type'].includes(name)) as [string, string][];
  return fetch(target + url, { method, headers: kept, ...(body.length > 0 && { body: new Uint8Array(body) }) });
}
