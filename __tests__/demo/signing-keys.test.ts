import jwt from 'jsonwebtoken';
import { Redis } from 'ioredis';
import type { Claims } from 'livetoken';
import { createDemo } from '../../demo-app/app.js';
import { ISSUER, AUDIENCE, SigningKeys, type SigningKey } from '../../demo-app/issuer/signing-keys.js';
import { memoryState } from '../../demo-app/state/memory-state.js';
import { startRedis } from '../support/redis-server.js';
import { afterwards, cleanUp } from './support/clean-up.js';
import { isLive, login, orders } from './support/every-demo.js';

afterEach(cleanUp);

function sign({ privateKey, kid }: SigningKey, claims: Claims = {}): string {
  const all = { iss: ISSUER, aud: AUDIENCE, sub: 'alice', exp: Math.floor(Date.now() / 1000) + 60, ...claims };
  return jwt.sign(all, privateKey, { algorithm: 'RS256', keyid: kid });
}

describe('the signing key of the demo', () => {
  it('is one for all who share a state, also when all need it at once', async () => {
    const state = memoryState();
    const keys = await Promise.all(Array.from({ length: 5 }, () => new SigningKeys(state).current()));
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(1);
    const [one, another] = [new SigningKeys(state), new SigningKeys(state)];
    await expect(another.verify(sign(await one.current()))).resolves.toMatchObject({ sub: 'alice' });
  });

  it('is another one in another system, whose tokens are refused', async () => {
    const [ours, theirs] = [new SigningKeys(memoryState()), new SigningKeys(memoryState())];
    await expect(ours.verify(sign(await theirs.current()))).rejects.toMatchObject({ reason: 'unknown_key' });
  });

  it.each([
    ['F75', { iss: 'https://elsewhere.example' }, 'wrong_issuer'],
    ['F76', { aud: 'https://elsewhere.example' }, 'wrong_audience'],
    ['F77', { exp: 1 }, 'expired'],
  ])('%s signs nothing that passes with %j', async (_number, claims, reason) => {
    const keys = new SigningKeys(memoryState());
    await expect(keys.verify(sign(await keys.current(), claims))).rejects.toMatchObject({ reason });
  });

  it('comes back to a state that lost it, so that tokens stay good', async () => {
    let state = memoryState();
    const keys = new SigningKeys({ ...state, getOrCreate: (key, make) => state.getOrCreate(key, make) });
    const before = await keys.current();
    state = memoryState();
    expect((await keys.current()).kid).toBe(before.kid);
    await expect(new SigningKeys(state).verify(sign(before))).resolves.toMatchObject({ sub: 'alice' });
  });

  it('is replaced by the one of the others, where they were faster after such a loss', async () => {
    let state = memoryState();
    const keys = new SigningKeys({ ...state, getOrCreate: (key, make) => state.getOrCreate(key, make) });
    await keys.current();
    state = memoryState();
    const theirs = await new SigningKeys(state).current();
    await expect(keys.verify(sign(theirs))).resolves.toMatchObject({ sub: 'alice' });
    expect((await keys.current()).kid).toBe(theirs.kid);
  });

  it('has a version, which moves when it is replaced, and not when it comes back', async () => {
    let state = memoryState();
    const keys = new SigningKeys({ ...state, getOrCreate: (key, make) => state.getOrCreate(key, make) });
    const versions = [keys.verify.keysVersion];
    const note = (): void => { versions.push(keys.verify.keysVersion); };
    await keys.current();
    note();
    await keys.verify(sign(await keys.current()));
    note();
    state = memoryState();
    await keys.current();
    note();
    state = memoryState();
    const theirs = await new SigningKeys(state).current();
    await keys.verify(sign(theirs));
    note();
    const [unknown, first, verified, back, replaced] = versions;
    expect(unknown).toEqual(expect.any(Number));
    expect(first).not.toBe(unknown);
    expect([verified, back]).toEqual([first, first]);
    expect(replaced).not.toBe(first);
  });
});

describe('the signing key of a demo whose Redis lost it', () => {
  it('is that of the others, and remembered tokens of the one before are refused', async () => {
    const redis = await startRedis();
    afterwards(() => redis.stop());
    const [demo, other] = [createDemo({ redisUrl: redis.url }), createDemo({ redisUrl: redis.url })];
    for (const each of [demo, other]) afterwards(() => each.close());
    await demo.ready();
    const { access } = await login(demo.app);
    for (let i = 0; i < 3; i += 1) expect(await isLive(demo.app, access)).toBe(true);

    const client = new Redis(redis.url);
    afterwards(() => { client.disconnect(); });
    await client.flushall();
    // The other one never had a key, and now makes one.
    await other.ready();
    const { access: theirs } = await login(other.app);
    expect(await isLive(demo.app, theirs)).toBe(true);

    const { body } = await orders(demo.app, access).expect(401);
    expect(body).toMatchObject({ error: 'invalid_token', reason: 'unknown_key' });
    expect(await isLive(demo.app, (await login(demo.app)).access)).toBe(true);
  });

  it('comes back with the first who signs, and remembered tokens stay good', async () => {
    const redis = await startRedis();
    afterwards(() => redis.stop());
    const demo = createDemo({ redisUrl: redis.url });
    afterwards(() => demo.close());
    await demo.ready();
    const { access } = await login(demo.app);
    expect(await isLive(demo.app, access)).toBe(true);
    const client = new Redis(redis.url);
    afterwards(() => { client.disconnect(); });
    await client.flushall();
    await login(demo.app);
    expect(await isLive(demo.app, access)).toBe(true);
  });
});
