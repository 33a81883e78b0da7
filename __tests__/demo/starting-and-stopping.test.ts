import { freePort } from '../support/free-port.js';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import request from 'supertest';
import { readSettings } from '../../demo-app/settings.js';
import { startRedis } from '../support/redis-server.js';
import { afterwards, cleanUp } from './support/clean-up.js';
import { endAll, npmRun, printed, run, startDemoProcess, stop } from './support/demo-process.js';
import { askForTokens, askToIssue, isLive, login, OAUTH } from './support/every-demo.js';

const exec = promisify(execFile);

/** The only one of these tests that needs more than Node: it pastes the printed lines into a shell. A machine may lack curl: then it is skipped. */
const withCurl = findProgram('curl') === undefined ? it.skip : it;

afterEach(endAll);
afterEach(cleanUp);

describe('starting the demo', () => {
  it('says where it listens, what keeps its data, and what to try', async () => {
    const demo = await startDemoProcess();
    await printed(demo, /npm run walkthrough/);
    expect(demo.output()).toMatch(/^livetoken demo: http:\/\/127\.0\.0\.1:\d+ \(store: memory\)$/m);
    await request(demo.url).get('/healthz').expect(200, { status: 'ok', store: 'memory' });
  });

  withCurl('prints lines that work when they are pasted into a shell', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'livetoken-demo-'));
    afterwards(() => rm(directory, { recursive: true }));
    const demo = await startDemoProcess();
    await printed(demo, /npm run walkthrough/);
    const lines = demo.output().split('\n').map(line => line.trim()).filter(line => /^(TOKEN=|curl )/.test(line));
    const [signIn = '', open = '', stream = '', revoke = '', introspect = '', organisation = ''] = lines;
    const events = join(directory, 'events');
    const openStream = `${stream.replace(/ &$/, ` > ${events} &`)}\nuntil grep -q time ${events}; do sleep 0.1; done`;
    // The last line waits for the stream, which ends by itself.
    const shell = [signIn, open, openStream, revoke, open, introspect, signIn, organisation, 'wait'].join('\n');
    expect((await exec('sh', ['-c', shell])).stdout.trimEnd().split('\n')).toEqual([
      '{"orders":[]} -> HTTP 200',
      ' -> HTTP 200',
      expect.stringMatching(/"reason":"revoked"\} -> HTTP 401$/),
      '{"active":false} -> HTTP 200',
      // Of the first login the refresh token is left, of the second both.
      expect.stringMatching(/"revokedTokensCount":3,.* -> HTTP 200$/),
    ]);
    expect(lines).toHaveLength(6);
    expect(await readFile(events, 'utf8')).toMatch(/^event: time\ndata: .*\n\n(.*\n)*event: end\ndata: revoked\n\n$/);
  });

  it('takes its settings from a file .env, unless the environment has them', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'livetoken-demo-'));
    afterwards(() => rm(directory, { recursive: true }));
    const port = await freePort();
    await writeFile(join(directory, '.env'), `PORT=${port}\nREDIS_URL=not-a-url\n`);
    const demo = run('main.ts', { PORT: undefined, REDIS_URL: '' }, directory);
    const [, url] = await printed(demo, /livetoken demo: (\S+) /);
    expect(url).toBe(`http://127.0.0.1:${port}`);
  });

  it('ends with one clear line where the port is in use', async () => {
    const first = await startDemoProcess();
    const second = run('main.ts', { PORT: new URL(first.url).port });
    expect(await second.exit).toBe(1);
    expect(second.output()).toMatch(/^Error: Port \d+ of 127\.0\.0\.1 is in use; .*\n$/);
  });

  it.each([
    ['PORT', 'abc', 'PORT is "abc"'],
    ['HOST', '8.8.8.8', 'HOST is 8.8.8.8'],
    ['REDIS_URL', 'redis-without-scheme', 'REDIS_URL is no Redis URL'],
  ])('ends with one clear line where %s is %s', async (name, value, message) => {
    const demo = run('main.ts', { [name]: value });
    expect(await demo.exit).toBe(1);
    expect(demo.output().trim().split('\n')).toEqual([expect.stringContaining(`Error: ${message}`)]);
  });
});

describe('the settings of the demo', () => {
  it('are 127.0.0.1:3000 and memory where nothing is said, or only empty strings', () => {
    const defaults = { host: '127.0.0.1', port: 3000, redisUrl: undefined };
    expect(readSettings({})).toEqual(defaults);
    expect(readSettings({ HOST: '', PORT: ' ', REDIS_URL: '' })).toEqual(defaults);
  });

  it('are what the environment says', () => {
    const redisUrl = 'rediss://user:password@redis.example:6380/2';
    expect(readSettings({ HOST: '::1', PORT: '0', REDIS_URL: redisUrl })).toEqual({ host: '::1', port: 0, redisUrl });
  });

  it.each(['-1', '65536', '1e3', '0x50', '80 81', '3000.5', 'http', '٣'])('refuse the port %s, naming it', (port) => {
    expect(() => readSettings({ PORT: port })).toThrow(`PORT is ${JSON.stringify(port)}; give a number from 0 to 65535`);
  });

  it.each(['localhost:6379', 'http://localhost', 'redis://:hunter2@', 'hunter2'])('refuse the Redis URL %s, without repeating it', (url) => {
    const read = () => readSettings({ REDIS_URL: url });
    expect(read).toThrow('REDIS_URL is no Redis URL; give one such as redis://127.0.0.1:6379');
    expect(read).not.toThrow(url);
  });
});

describe('stopping the demo', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('by %s ends it with exit code 0, on memory and on Redis', async (signal) => {
    const redis = await startRedis();
    afterwards(() => redis.stop());
    for (const REDIS_URL of ['', redis.url]) {
      const demo = await startDemoProcess({ REDIS_URL });
      await login(demo.url);
      expect(await stop(demo, signal)).toBe(0);
      expect(demo.output()).toContain(`${signal}: closing.`);
      await expect(request(demo.url).get('/healthz')).rejects.toThrow('ECONNREFUSED');
    }
  });

  it('lets a request finish that has begun, and bears a second signal meanwhile', async () => {
    const demo = await startDemoProcess();
    const { hostname, port } = new URL(demo.url);
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    afterwards(() => socket.destroy());
    const form = 'grant_type=password&username=alice&password=alice-password&client_id=spa';
    const head = `POST ${OAUTH}/token HTTP/1.1\r\nHost: demo\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n`;
    socket.write(`${head}Content-Length: ${form.length}\r\n\r\n`);
    const [goAhead] = (await once(socket, 'data')) as [string];
    expect(goAhead).toMatch(/^HTTP\/1\.1 100 /); // so it has begun
    demo.child.kill('SIGINT');
    await printed(demo, /^SIGINT: closing\.$/m);
    demo.child.kill('SIGINT');
    await expect(request(demo.url).get('/healthz')).rejects.toThrow(/ECONNREFUSED|ECONNRESET/);
    socket.write(form);
    const [answer] = (await once(socket, 'data')) as [string];
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(await demo.exit).toBe(0);
  });

  it('by SIGTERM to npm ends the demo too', async () => {
    const npm = npmRun('demo', {});
    const [, url] = await printed(npm, /livetoken demo: (\S+) /);
    expect(await stop(npm)).toBe(0);
    await expect(request(url!).get('/healthz')).rejects.toThrow('ECONNREFUSED');
  });

  it('works while Redis is out of reach', async () => {
    const redis = await startRedis();
    afterwards(() => redis.stop());
    const demo = await startDemoProcess({ REDIS_URL: redis.url });
    await redis.kill();
    expect(await stop(demo)).toBe(0);
    const late = await startDemoProcess({ REDIS_URL: redis.url });
    await printed(late, /^Error: /m);
    expect(await stop(late)).toBe(0);
    expect(late.output()).toMatch(/\nSIGTERM: closing\.\n$/);
  });
});

describe('a demo whose Redis is not there', () => {
  it('says so, answers 503, and serves as soon as Redis is there', async () => {
    const redis = await startRedis({ args: ['--requirepass', 'hunter2'] });
    afterwards(() => redis.stop());
    await redis.kill();
    const demo = await startDemoProcess({ REDIS_URL: redis.url.replace('//', '//:hunter2@') });
    await printed(demo, /^Error: Redis at 127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)\./m);

    const token = `${Buffer.from('{"alg":"RS256","kid":"x"}').toString('base64url')}.e30.c2ln`;
    const answers = await Promise.all([
      request(demo.url).get('/healthz'),
      request(demo.url).get('/.well-known/jwks.json'),
      askForTokens(demo.url, 'web', { grant_type: 'password', username: 'alice', password: 'alice-password' }),
      askToIssue(demo.url, 'merchant-key', { scopes: ['orders:read'] }),
      request(demo.url).post('/tokens/revoke').auth('merchant-key', 'merchant-secret'),
      request(demo.url).get('/api/orders').set('Authorization', `Bearer ${token}`),
      request(demo.url).post(`${OAUTH}/revoke`).auth('web', 'web-secret').type('form').send({ token }),
      request(demo.url).post(`${OAUTH}/introspect`).auth('api', 'api-secret').type('form').send({ token }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
    for (const { headers } of answers) expect(headers['retry-after']).toBe('1');

    await redis.restart();
    await printed(demo, /^The store answers: ready\.$/m);
    expect(await isLive(demo.url, (await login(demo.url)).access)).toBe(true);

    await redis.kill();
    await request(demo.url).get('/healthz').expect(503, { status: 'unavailable', store: 'redis' });
    expect(await stop(demo)).toBe(0);
    expect(demo.output()).not.toContain('hunter2');
  });
});

function findProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '').split(delimiter).map(directory => join(directory, name)).find(existsSync);
}
