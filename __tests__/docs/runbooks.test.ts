import { generateKeyPairSync, randomUUID } from 'node:crypto';
import express from 'express';
import { Redis } from 'ioredis';
import jwt from 'jsonwebtoken';
import { createLiveTokens, jwtVerifier, LivetokenError, redisStore, requireLiveToken, type LiveTokens } from 'livetoken';
import request from 'supertest';
import { freePort } from '../support/free-port.js';
import { createIssuer } from '../support/issuer.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { until } from '../stores/support/until.js';
import { codeIn, commandLines, PAGE, redisLines, runCode, runCommandLine, runRedisLine, sectionOf } from './support/operations-page.js';

const issuer = createIssuer();

/** The doctor finds that nothing is kept on disk; who checks is asked for a token, and nobody gives one here. */
const STATUS: Readonly<Record<string, number>> = { doctor: 1, 'check --organisation-claim org': 2 };

describe('At night, docs/operations.md', () => {
  let server: RedisServer;
  let redis: Redis;
  const opened: LiveTokens[] = [];
  beforeEach(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(live => live.close()));
    redis.disconnect();
    await server.stop();
  });

  async function instance(options: { readonly replica?: false } = {}): Promise<LiveTokens> {
    const store = redisStore(redis, { checkEveryMs: 100, ...options });
    const live = createLiveTokens({ store, verify: issuer.verify, maxLifetime: 3600, claims: { organisation: 'org' } });
    opened.push(live);
    live.on('storeWarning', () => undefined);
    await live.ready();
    return live;
  }

  const answers = (live: LiveTokens, claims: Readonly<Record<string, unknown>>): Promise<boolean | string> =>
    live.check(claims).then(verdict => verdict.live, (error: unknown) => (error instanceof LivetokenError ? error.code : 'unknown'));

  const lineOf = (title: string, start: string): string => {
    const line = redisLines(sectionOf(title)).find(each => each.startsWith(start));
    if (line === undefined) throw new Error(`There is no line ${start} under "${title}".`);
    return line;
  };

  it('ends 503 for a Redis that may evict, with the line for it', async () => {
    const live = await instance({ replica: false });
    const claims = issuer.claims();
    expect(await answers(live, claims)).toBe(true);
    await redis.config('SET', 'maxmemory', '100mb');
    await redis.config('SET', 'maxmemory-policy', 'volatile-lru');
    await until(async () => (await answers(live, claims)) === 'store_unavailable');
    const info = String(await runRedisLine(redis, lineOf('Everything is 503', 'INFO memory')));
    expect(info).toMatch(/^maxmemory_policy:volatile-lru/m);
    expect(await runRedisLine(redis, lineOf('Everything is 503', 'CONFIG SET maxmemory-policy'))).toBe('OK');
    await until(async () => (await answers(live, claims)) === true);
  });

  it('is right that keys that are out of reach are a 503 of which neither the health nor an event tells', async () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const names = { issuer: 'https://id.example', audience: 'https://api.example' };
    const verify = jwtVerifier({ algorithms: ['ES256'], ...names, jwksUri: `http://127.0.0.1:${await freePort()}/jwks` });
    const live = createLiveTokens({ store: redisStore(redis, { replica: false }), verify, maxLifetime: 3600 });
    opened.push(live);
    live.on('storeWarning', () => undefined);
    const told: unknown[] = [];
    live.on('unavailable', event => { told.push(event); });
    await live.ready();
    const app = express().get('/', requireLiveToken(live), (_req, res) => { res.end(); });
    const token = jwt.sign({ iss: names.issuer, aud: names.audience, sub: 'alice', jti: randomUUID() }, pair.privateKey, { algorithm: 'ES256', keyid: 'k1', expiresIn: 600 });
    expect((await request(app).get('/').set('Authorization', `Bearer ${token}`)).status).toBe(503);
    expect([live.health().state, told]).toStrictEqual(['live', []]);
  });

  it('cuts a merchant off, by command line and from code, and leaves the others alone', async () => {
    const live = await instance({ replica: false });
    const [theirs, others] = [issuer.claims({ org: 'shop-1' }), issuer.claims({ org: 'shop-2' })];
    expect([await answers(live, theirs), await answers(live, others)]).toEqual([true, true]);
    await live.revoke({ kind: 'session', id: 'another' });
    const [line = ''] = commandLines(sectionOf('A merchant must be cut off now'));
    expect(await runCommandLine(line, server.url)).toEqual({ status: 0, output: expect.any(String) });
    expect([await answers(live, theirs), await answers(live, others)]).toEqual([false, true]);

    const later = issuer.claims({ org: 'shop-1', iat: Math.floor(Date.now() / 1000) + 1 });
    expect(await answers(live, later)).toBe(true);
    const [code = ''] = codeIn('A merchant must be cut off now');
    await until(async () => {
      await runCode(code, { live });
      return (await answers(live, later)) === false;
    });
    expect(await answers(live, others)).toBe(true);
  });

  it('settles the loss of all data with the code, after which old tokens are refused and new ones are not', async () => {
    const live = await instance({ replica: false });
    const claims = issuer.claims();
    await live.revoke({ kind: 'session', id: 'gone' });
    expect(await answers(live, claims)).toBe(true);
    await redis.flushall();
    await until(async () => (await answers(live, claims)) === 'store_unavailable');
    await until(async () => (await redis.hget('{livetoken:default}:state', 'lost')) !== null);
    const [code = ''] = codeIn('Redis was emptied');
    await runCode(code, { live });
    await until(async () => (await answers(live, claims)) === false);
    expect(await answers(live, issuer.claims({ iat: Math.floor(Date.now() / 1000) + 1 }))).toBe(true);
  });

  it('settles it by hand as well, for instances that start afterwards', async () => {
    const live = await instance({ replica: false });
    const claims = issuer.claims();
    await live.revoke({ kind: 'session', id: 'gone' });
    expect(await answers(live, claims)).toBe(true);
    await redis.flushall();
    await until(async () => (await answers(live, claims)) === 'store_unavailable');
    await until(async () => (await redis.hget('{livetoken:default}:state', 'lost')) !== null);
    const [line = ''] = commandLines(sectionOf('Redis was emptied'));
    expect(await runCommandLine(line, server.url)).toEqual({ status: 0, output: expect.any(String) });
    await live.close();
    expect(await runRedisLine(redis, lineOf('Redis was emptied', 'HDEL'))).toBe(1);
    const restarted = await instance();
    expect(await answers(restarted, claims)).toBe(false);
    expect(await answers(restarted, issuer.claims({ iat: Math.floor(Date.now() / 1000) + 1 }))).toBe(true);
  });

  it('is right that a forged token outlives any revocation, and dies with the key', async () => {
    const [old, fresh] = [0, 1].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }));
    const names = { issuer: 'https://id.example', audience: 'https://api.example' };
    const verifier = (keys: Readonly<Record<string, typeof old>>) =>
      jwtVerifier({ algorithms: ['ES256'], ...names, keys: Object.fromEntries(Object.entries(keys).map(([kid, pair]) => [kid, pair!.publicKey])) });
    const status = async (verify: ReturnType<typeof verifier>, token: string): Promise<number> => {
      const live = createLiveTokens({ store: redisStore(redis, { replica: false }), verify, maxLifetime: 3600 });
      opened.push(live);
      await live.ready();
      await live.revoke({ kind: 'all' });
      const app = express().get('/', requireLiveToken(live), (_req, res) => { res.end(); });
      return (await request(app).get('/').set('Authorization', `Bearer ${token}`)).status;
    };
    const iat = Math.floor(Date.now() / 1000) + 3;
    const forged = jwt.sign({ iss: names.issuer, aud: names.audience, sub: 'root', jti: randomUUID(), iat, exp: iat + 600 }, old!.privateKey, { algorithm: 'ES256', keyid: 'old' });
    expect(await status(verifier({ old, fresh }), forged)).toBe(200);
    expect(await status(verifier({ fresh }), forged)).toBe(401);
  });

  it('has no line of the command line that is wrong', async () => {
    const live = await instance({ replica: false });
    await live.revoke({ kind: 'session', id: 's1' });
    const lines = [...new Set(commandLines(PAGE).map(line => (/^revoke (organisation|client|all)/.test(line) && !line.includes('--yes') ? `${line} --yes` : line)))];
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines) {
      const { status, output } = await runCommandLine(line, server.url);
      expect({ line, status, output }).toEqual({ line, status: STATUS[line] ?? 0, output: expect.any(String) });
    }
  });
});
