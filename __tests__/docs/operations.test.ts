import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import express from 'express';
import { Redis } from 'ioredis';
import { createLiveTokens, memoryStore, openApiDocument, redisStore, requireLiveToken, revocationRouter } from 'livetoken';
import request from 'supertest';
import { programFolder } from '../support/documented-programs.js';
import { createIssuer } from '../support/issuer.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { until } from '../stores/support/until.js';
import { compilerOf } from './support/compiler.js';
import { codeIn, PAGE, redisLines, runCode, runRedisLine, sectionOf } from './support/operations-page.js';

const issuer = createIssuer();
const read = (name: string): string => readFileSync(path.join(__dirname, '../../docs', name), 'utf8');

describe('docs/operations.md', () => {
  it('has no shell line that no test runs', () => {
    const lines = [...PAGE.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, code = '']) => code.trim().split('\n'));
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter(line => !/^(redis-cli [A-Z]|npx livetoken [a-z])/.test(line))).toEqual([]);
  });

  it('shows code that passes the strictest type check', async () => {
    const folder = await programFolder();
    try {
      const head = "import type { Express } from 'express';\nimport type { LiveTokens } from 'livetoken';\ndeclare const live: LiveTokens;\ndeclare const app: Express;\n";
      const blocks = [...PAGE.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
      expect(blocks.length).toBe(3);
      expect(compilerOf(folder.directory).faultsOf(await folder.write('operations', head + blocks.join('\n')))).toEqual([]);
    } finally {
      await folder.remove();
    }
  });

  it('quotes no figure that scaling.md and benchmarks.md do not have', () => {
    const sources = `${read('scaling.md')}${read('benchmarks.md')}${read('options.md')}`.replaceAll(/\s+/g, ' ');
    const rows = [...sectionOf('Sizing').matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].slice(1);
    expect(rows.length).toBe(9);
    for (const [row, , figure = ''] of rows) {
      const [number = 'none'] = /\d[\d,.]*/.exec(figure) ?? [];
      expect({ row, isThere: new RegExp(`(?<![\\d,.])${number.replaceAll('.', '\\.')}(?![\\d,]|\\.\\d)`).test(sources) }).toEqual({ row, isThere: true });
    }
  });

  it('adds up what 5 revocations a second come to', () => {
    const text = sectionOf('Sizing').replaceAll(/\s+/g, ' ');
    const [, revocation, audit] = [/(\d+) B beyond/, /audit entry \| (\d+) B/].reduce<readonly number[]>((found, each) => [...found, Number(each.exec(text)?.[1])], [0]);
    const gigabytes = (days: number, bytes = NaN): string => `${(5 * 86_400 * days * bytes / 1e9).toFixed(1)} GB`;
    expect(text).toContain(`5 a second for 30 days are ${(5 * 86_400 * 30 / 1e6).toFixed(0)} million, ${gigabytes(30, revocation)} in Redis`);
    expect(text).toContain(`${(5 * 86_400 * 90 / 1e6).toFixed(0)} million, ${gigabytes(90, audit)} more in the same Redis`);
  });

  it('names events, health figures and warnings that exist', () => {
    const table = sectionOf('What to watch');
    const events = read('../lib/policy/events.ts');
    for (const name of ['unavailable', 'storeWarning', 'allowedUnchecked', 'healed', 'replayed', 'refused']) {
      expect(table).toContain(`\`${name}\``);
      expect(events).toMatch(new RegExp(`^  ${name}: `, 'm'));
    }
    const figures = [...table.matchAll(/health\(\)\.replica\.(\w+)/g)].map(([, name = '']) => name);
    expect(figures.length).toBeGreaterThan(2);
    for (const name of figures) expect(read('../lib/stores/replica/replica-state.ts')).toMatch(new RegExp(`readonly ${name}: `));
  });

  it('says of every cause of a resync what it means', () => {
    const [, causes = ''] = /type ResyncCause = (.+);/.exec(read('../lib/stores/replica/log-tail.ts')) ?? [];
    const named = [...sectionOf('The copy does not become live').matchAll(/^\| `(\w+)` \|/gm)].map(([, cause]) => cause).filter(cause => cause !== 'resync');
    expect(named).toEqual([...causes.matchAll(/'(\w+)'/g)].map(([, cause]) => cause));
  });

  describe('on a Redis', () => {
    let server: RedisServer;
    let redis: Redis;
    beforeAll(async () => {
      server = await startRedis({ config: 'save ""\n' });
      redis = new Redis(server.url);
    });
    afterAll(async () => {
      redis.disconnect();
      await server.stop();
    });

    it('sets it up so that nothing is left to warn of', async () => {
      const live = createLiveTokens({ store: redisStore(redis, { namespace: 'setup' }), verify: issuer.verify, maxLifetime: 3600 });
      live.on('storeWarning', () => undefined);
      await live.ready();
      expect(live.health().warnings?.map(({ code }) => code)).toEqual(['no_persistence']);
      await live.close();
      const [block = ''] = /^```sh\n(.*?)^```$/ms.exec(sectionOf('Set up Redis')) ?? [];
      for (const line of redisLines(block)) expect(await runRedisLine(redis, line)).toBe('OK');
      const after = createLiveTokens({ store: redisStore(redis, { namespace: 'setup' }), verify: issuer.verify, maxLifetime: 3600 });
      await after.ready();
      expect(after.health().warnings).toBeUndefined();
      await after.close();
    });

    it('has no line for redis-cli that Redis does not know', async () => {
      const live = createLiveTokens({ store: redisStore(redis), verify: issuer.verify, maxLifetime: 3600 });
      await live.ready();
      await live.revoke({ kind: 'session', id: 's1' });
      const lines = redisLines(PAGE);
      expect(lines.length).toBeGreaterThan(25);
      for (const line of lines) {
        await expect(runRedisLine(redis, line).then(() => line)).resolves.toBe(line);
        // There is no replica here, and nothing more could be written.
        await redis.config('SET', 'min-replicas-to-write', '0');
      }
      await live.close();
    });

    it('trims the audit log without touching a revocation', async () => {
      const live = createLiveTokens({ store: redisStore(redis, { replica: false }), verify: issuer.verify, maxLifetime: 3600 });
      const claims = issuer.claims({ sid: 'trimmed' });
      await live.ready();
      await live.revoke({ kind: 'session', id: 'trimmed' });
      const line = redisLines(sectionOf('Memory grows')).find(each => each.startsWith('XTRIM')) ?? '';
      await runRedisLine(redis, line.replace("'~' 1000000", '0'));
      expect(await redis.xlen('{livetoken:default}:audit')).toBe(0);
      expect((await live.check(claims)).live).toBe(false);
      await live.close();
    });

    it('begins with nothing in another namespace', async () => {
      const claims = issuer.claims({ sid: 'moved' });
      const [one, other] = ['one', 'other'].map(namespace => createLiveTokens({ store: redisStore(redis, { namespace, replica: false }), verify: issuer.verify, maxLifetime: 3600 }));
      await Promise.all([one?.ready(), other?.ready()]);
      await one?.revoke({ kind: 'session', id: 'moved' });
      expect([(await one?.check(claims))?.live, (await other?.check(claims))?.live]).toEqual([false, true]);
      await Promise.all([one?.close(), other?.close()]);
    });
  });

  it('is right that settings cannot be written down where there is no file, and can be given at the start instead', async () => {
    const { args = '' } = /start it with `(?<args>--[^`]+)`/.exec(sectionOf('Set up Redis'))?.groups ?? {};
    const server = await startRedis({ args: args.split(' ') });
    const redis = new Redis(server.url);
    try {
      await expect(redis.config('REWRITE')).rejects.toThrow('without a config file');
      const store = redisStore(redis);
      const live = createLiveTokens({ store, verify: issuer.verify, maxLifetime: 3600 });
      await live.ready();
      expect(live.health().warnings).toBeUndefined();
      await live.close();
    } finally {
      redis.disconnect();
      await server.stop();
    }
  });

  it('is right that nothing can be revoked any more where replicas are asked for and there are none', async () => {
    const server = await startRedis();
    const redis = new Redis(server.url);
    try {
      const live = createLiveTokens({ store: redisStore(redis), verify: issuer.verify, maxLifetime: 3600 });
      await live.ready();
      await live.revoke({ kind: 'session', id: 's1' });
      const lines = redisLines(sectionOf('Set up Redis')).filter(line => line.includes('min-replicas'));
      expect(lines.length).toBe(2);
      for (const line of lines) await runRedisLine(redis, line);
      await expect(live.revoke({ kind: 'session', id: 's2' })).rejects.toThrow('NOREPLICAS');
      await live.close();
    } finally {
      redis.disconnect();
      await server.stop();
    }
  });

  it('shows what would be refused, without refusing anything', async () => {
    const store = memoryStore();
    const live = createLiveTokens({ store, verify: issuer.verify, maxLifetime: 3600 });
    const app = express();
    const said: string[] = [];
    const [shadow = ''] = codeIn('First deploy');
    await runCode(shadow, { live, app, console: { log: (text: string) => { said.push(text); } } });
    app.get('/api/me', (_req, res) => { res.end('in'); });
    const get = (token: string) => request(app).get('/api/me').set('Authorization', `Bearer ${token}`);
    expect((await get(issuer.token())).text).toBe('in');
    expect((await request(app).get('/api/me')).text).toBe('in');
    expect(said).toEqual([]);
    expect((await get(issuer.token({ jti: undefined }))).text).toBe('in');
    await until(() => said.length === 1);
    expect(said).toEqual(['would refuse: unrevocable']);
    await live.close();
    expect((await get(issuer.token())).text).toBe('in');
    await until(() => said.length === 2);
    expect(said[1]).toBe('would refuse: closed');
  });

  it('is right that with tracking what was never tracked is 404, and without it is not', async () => {
    const answers: number[] = [];
    for (const tracking of [true, false]) {
      const live = createLiveTokens({ store: memoryStore(), verify: issuer.verify, maxLifetime: 3600, tracking, claims: { organisation: 'org' } });
      const app = express().use(revocationRouter(live, { organisations: {} }));
      const token = issuer.token({ org: 'shop-1', scope: 'admin' });
      answers.push((await request(app).post(`/tokens/${randomUUID()}/revoke`).set('Authorization', `Bearer ${token}`)).status);
      await live.close();
    }
    expect(answers).toEqual([404, 200]);
  });

  it('is right that an instance refuses tokens that live longer than its own maxLifetime', async () => {
    const live = createLiveTokens({ store: memoryStore(), verify: issuer.verify, maxLifetime: 60 });
    const app = express().get('/', requireLiveToken(live, { exposeReason: true }), (_req, res) => { res.end(); });
    const { body } = await request(app).get('/').set('Authorization', `Bearer ${issuer.token()}`);
    expect(body.reason).toBe('lifetime_too_long');
    await live.close();
  });

  it('names endpoints that exist', () => {
    const { paths } = openApiDocument({ oauth: { clients: [] }, organisations: {}, sessions: {} });
    const named = [...PAGE.matchAll(/`(?:POST|DELETE|GET) \/auth(\/[^`]+)`/g)].map(([, at = '']) => at.replace('/shop-1/', '/{encodedOrganisationId}/'));
    expect(named.length).toBeGreaterThan(0);
    for (const each of named) expect(Object.keys(paths)).toContain(each);
  });
});
