import { inspect } from 'node:util';
import type { RedisClient } from '../../lib/stores/redis/connections.js';
import { redisKeys } from '../../lib/stores/redis/keys.js';
import { redisStore, type RedisStoreOptions } from '../../lib/stores/redis/redis-store.js';
import { sharedRedisUrl } from '../support/redis-url.js';
import { anyKey, HOUR_MS, trackedToken, write } from './support/builders.js';
import { appClient, cleanUpAll, freshNamespace, openStore, rawClient } from './support/redis-stores.js';

/** Long enough for the slowest machine, short beside what is kept. */
const MINUTE_MS = 60_000;

afterEach(cleanUpAll);

describe('what the store keeps in Redis', () => {
  test('stands under one hash tag, and is named without any id in clear', async () => {
    const namespace = freshNamespace();
    const store = openStore(appClient(sharedRedisUrl()), { namespace });
    await store.ready();
    const [key, token] = [anyKey(), trackedToken()];

    await store.record([write(key)]);
    await store.track(token);

    const prefix = `{livetoken:${namespace}}:`;
    const bucket = key.slice(0, 'subject:'.length + 2);
    const names = ['log', 'audit', 'state', bucket, `tracked:${token.key}`, `active:${token.targets[0]!}`];
    expect(new Set(await rawClient(sharedRedisUrl()).keys(`*${namespace}*`))).toEqual(new Set(names.map(name => prefix + name)));
  });

  test('expires by itself, counted from when it was written', async () => {
    const namespace = freshNamespace();
    const store = openStore(appClient(sharedRedisUrl()), { namespace });
    const redis = rawClient(sharedRedisUrl());
    await store.ready();
    const [key, token] = [anyKey(), trackedToken({ expiresAtMs: Date.now() + HOUR_MS })];
    await store.record([write(key, { keepForMs: HOUR_MS })]);
    await store.track(token);

    const names = redisKeys(namespace);
    for (const name of [names.bucket(key), names.tracked(token.key), names.active(token.targets[0]!)]) {
      const ttlMs = await redis.pttl(name);
      expect(ttlMs).toBeLessThanOrEqual(HOUR_MS);
      expect(ttlMs).toBeGreaterThan(HOUR_MS - MINUTE_MS);
    }
  });

  test('never expires sooner for being written again', async () => {
    const namespace = freshNamespace();
    const store = openStore(appClient(sharedRedisUrl()), { namespace });
    await store.ready();
    const key = anyKey();
    await store.record([write(key, { epoch: 1000, keepForMs: HOUR_MS })]);

    await store.record([write(key, { epoch: 2000, keepForMs: 1 })]);
    await store.record([write(key, { epoch: Infinity, keepForMs: MINUTE_MS }), write(key, { epoch: Infinity, keepForMs: 1 })]);

    expect(await rawClient(sharedRedisUrl()).pttl(redisKeys(namespace).bucket(key))).toBeGreaterThan(HOUR_MS - MINUTE_MS);
  });

  test('lists tokens for as long as the longest-lived of them, whichever came last', async () => {
    const namespace = freshNamespace();
    const store = openStore(appClient(sharedRedisUrl()), { namespace });
    await store.ready();
    const target = anyKey();
    await store.track(trackedToken({ targets: [target], expiresAtMs: Date.now() + HOUR_MS }));
    await store.track(trackedToken({ targets: [target], expiresAtMs: Date.now() + MINUTE_MS }));

    expect(await rawClient(sharedRedisUrl()).pttl(redisKeys(namespace).active(target))).toBeGreaterThan(HOUR_MS - MINUTE_MS);
  });

  test('does not hold members of a list that have expired, once another token is tracked', async () => {
    const namespace = freshNamespace();
    const store = openStore(appClient(sharedRedisUrl()), { namespace });
    const redis = rawClient(sharedRedisUrl());
    await store.ready();
    const target = anyKey();
    const list = redisKeys(namespace).active(target);
    await redis.zadd(list, 0, `000001700000000:token:${'a'.repeat(22)}`);

    await store.track(trackedToken({ targets: [target] }));

    expect(await redis.zcard(list)).toBe(1);
  });

  test('does not hold members of a list that have been retired, or were revoked when they were tracked', async () => {
    const namespace = freshNamespace();
    const store = openStore(appClient(sharedRedisUrl()), { namespace });
    await store.ready();
    const targets = [anyKey(), anyKey()];
    const [retired, stays] = [trackedToken({ targets }), trackedToken({ targets })];
    for (const token of [retired, stays, trackedToken({ targets, revokedAtMs: 1000 })]) await store.track(token);

    await store.retire([retired], 1000);

    const lists = targets.map(target => redisKeys(namespace).active(target));
    for (const list of lists) expect(await rawClient(sharedRedisUrl()).zcard(list)).toBe(1);
  });

  test('is apart from that of another namespace', async () => {
    const [a, b] = [openStore(appClient(sharedRedisUrl())), openStore(appClient(sharedRedisUrl()))];
    await Promise.all([a.ready(), b.ready()]);
    const [key, token] = [anyKey(), trackedToken()];

    await a.record([write(key)]);
    await a.track(token);

    expect(await b.epochs([key])).toEqual([undefined]);
    expect(await b.tracked([token.key])).toEqual([undefined]);
    expect(await b.active(token.targets[0]!, { limit: 1 })).toStrictEqual({ items: [] });
    expect(await b.audit({ limit: 1 })).toStrictEqual({ items: [] });
  });

  test('is shared by the instances of one namespace', async () => {
    const namespace = freshNamespace();
    const [a, b] = [openStore(appClient(sharedRedisUrl()), { namespace }), openStore(appClient(sharedRedisUrl()), { namespace })];
    await Promise.all([a.ready(), b.ready()]);
    const key = anyKey();

    await a.record([write(key, { epoch: Infinity })]);

    expect(await b.epochs([key])).toEqual([Infinity]);
  });
});

describe('redisStore refuses, and says what to write instead', () => {
  const open = (options: unknown) => (): unknown => openStore(appClient(sharedRedisUrl()), options as RedisStoreOptions);

  const notClients: unknown[] = [undefined, null, {}, 'redis://127.0.0.1', sharedRedisUrl];
  test.each(notClients.map(value => [inspect(value), value]))('what is no ioredis client: %s', (_, client) => {
    const misuse = (): unknown => redisStore(client as RedisClient);

    expect(misuse).toThrow(TypeError);
    expect(misuse).toThrow('such as redisStore(new Redis(process.env.REDIS_URL))');
  });

  test.each(['', 'a b', '{a}', 'a:b', 'ä', 'x'.repeat(65), 'a\n', 5, ['shop']])('%j for a namespace', namespace => {
    expect(open({ namespace })).toThrow(TypeError);
    expect(open({ namespace })).toThrow('namespace must be 1 to 64 letters, digits, dots, dashes or underscores, such as "shop"');
  });

  const durations = ['auditRetentionMs', 'readyTimeoutMs'].flatMap(name => [0, -1, 1.5, NaN, Infinity, '5000'].map(value => [inspect(value), name, value]));
  test.each(durations)('%s for %s', (_, name, value) => {
    expect(open({ [String(name)]: value })).toThrow(TypeError);
    expect(open({ [String(name)]: value })).toThrow(new RegExp(`${String(name)} is .*; give a whole number of milliseconds`));
  });

  test('an option that does not exist, which may be one misspelt', () => {
    expect(open({ namespaze: 'shop' })).toThrow('redisStore has no option namespaze; its options are namespace, auditRetentionMs, readyTimeoutMs, deadlineMs, acknowledge, replica, checkEveryMs, onDataLoss, expectData, unsafe.');
  });
});
