import { setImmediate as nextTurn } from 'node:timers/promises';
import { createLiveTokens } from 'livetoken';
import { StoreUnavailableError } from '../../lib/errors.js';
import type { TargetKey } from '../../lib/model/target-key.js';
import { AcknowledgedWrites } from '../../lib/stores/redis/acknowledged.js';
import { redisKeys } from '../../lib/stores/redis/keys.js';
import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { startReplicatedRedis } from '../support/replicated-redis.js';
import { anyKey, keys, write } from './support/builders.js';
import { appClient, later, openStore, rawClient } from './support/redis-stores.js';
import { expectRefused, HASTY, onReplicatedRedis, PATIENT, untilRefused } from './support/replicated-stores.js';
import { rejection } from './support/settling.js';
import { until, untilResolved } from './support/until.js';

const on = onReplicatedRedis(2);

describe('A store that waits for replicas', () => {
  test('says so where there are none', async () => {
    const store = await on.open({ replicas: 3, ...HASTY });

    await untilRefused(() => store.record([write(anyKey())]), 'acknowledged by 2 of 3');
  });

  test('waits for as long as it was told to, beyond what other writes may take', async () => {
    const store = await on.open({ replicas: 1, timeoutMs: 1800 });
    on.hold();

    await expectRefused(store.record([write(anyKey())]), 'acknowledged by 0 of 1 replicas within 1800 ms');
  });

  test('keeps nothing else waiting meanwhile', async () => {
    const store = await on.open({ replicas: 1, ...PATIENT });
    await store.record([write(anyKey())]);
    on.hold();
    let isSettled = false;
    const written = store.record([write(anyKey())]).finally(() => { isSettled = true; });

    const other = anyKey();
    await store.epochs([other]);
    await store.tracked([other]);
    await store.audit({ limit: 1 });
    await store.active(other, { limit: 1 });

    expect(isSettled).toBe(false);
    on.release();
    expect(await written).toMatchObject([{ changed: true }]);
  });

  test('sends what came while it waited all together, and records it at the primary though no replica is there', async () => {
    const store = await on.open({ replicas: 1, timeoutMs: 300 });
    await store.record([write(anyKey())]);
    on.hold();
    await on.primary.config('RESETSTAT');
    const [first, ...others] = keys(31) as [TargetKey, ...TargetKey[]];

    const sent = rejection(store.record([write(first)]));
    await until(async () => (await store.epochs([first]))[0] !== undefined);
    const errors = await Promise.all([sent, ...others.map(key => rejection(store.record([write(key)])))]);

    for (const { message } of errors) expect(message).toContain('acknowledged by 0 of 1');
    expect(await store.epochs([first, ...others])).toEqual(Array(31).fill(expect.any(Number)));
    expect(await on.primary.info('commandstats')).toContain('cmdstat_wait:calls=2,');
  });

  test('gives up what still waits for its turn as soon as the connection gives no answer', async () => {
    const store = await on.open({ replicas: 1, ...HASTY });
    const given: string[] = [];
    on.redis.primary.pause();
    const sent = rejection(store.record([write(anyKey())])).finally(() => given.push('sent'));
    await nextTurn(); // it is on its way
    const unsent = rejection(store.record([write(anyKey())])).finally(() => given.push('unsent'));

    const error = await sent;
    await nextTurn();
    const givenUp = [...given];
    on.redis.primary.resume();

    expect(givenUp).toEqual(['sent', 'unsent']);
    for (const each of [error, await unsent]) expect(each).toBeInstanceOf(StoreUnavailableError);
    expect(await untilResolved(() => store.epochs([anyKey()]))).toEqual([undefined]);
  });

  test('refuses a write without connection at once, and has none left when it is closed', async () => {
    const connections = async (): Promise<number> => String(await on.primary.call('CLIENT', 'LIST', 'TYPE', 'normal')).trim().split('\n').length;
    const before = await connections();
    const store = await on.open({ replicas: 1, ...PATIENT });
    expect(await connections()).toBe(before + 3);

    await on.breakConnections();
    await expectRefused(store.record([write(anyKey())]), 'not connected');
    await untilResolved(() => store.record([write(anyKey())]));
    await store.close();

    await until(async () => (await connections()) === before);
  });

  test('acknowledges nothing when its primary is made a replica while it waits', async () => {
    const pair = await startReplicatedRedis(1);
    later(() => pair.stop());
    const client = appClient(pair.primary.url);
    const store = openStore(client, { namespace: on.namespace, acknowledge: { replicas: 1, ...PATIENT } });
    await store.ready();
    await store.record([write(anyKey())]);
    const [replica] = pair.replicas;
    replica!.link.hold();
    const key = anyKey();
    const waiting = rejection(store.record([write(key)]));
    await until(async () => (await store.epochs([key]))[0] !== undefined);

    await replica!.promote();
    await rawClient(pair.primary.url).replicaof('127.0.0.1', replica!.server.port);

    const error = await waiting;
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error.message).toMatch(/UNBLOCKED|not connected/);
  });

  test('takes no more writes than it can keep waiting', async () => {
    const connection = rawClient(on.redis.primary.url);
    await connection.connect();
    const writes = new AcknowledgedWrites(connection, { replicas: 1, onDisk: false, provenWithinMs: 1000, answerMs: 300, ...PATIENT }, redisKeys(on.namespace).state, 'Redis here');
    const run = (): Promise<unknown> => writes.run({ lua: 'return 1', args: [0] });

    const accepted = Array.from({ length: 10_000 }, run);
    await expectRefused(run(), 'Redis here has too many writes waiting');

    expect(await Promise.all(accepted)).toEqual(Array(10_000).fill(1));
    expect(await run()).toBe(1);
  });

  test('with a copy refuses what is recorded at the primary alone', async () => {
    const store = redisStore(appClient(on.redis.primary.url), { namespace: on.namespace, acknowledge: { replicas: 1, ...HASTY }, unsafe: { acceptUnprovenPrimary: true } });
    later(() => store.close());
    await store.ready();
    on.hold();
    const key = anyKey();

    await expectRefused(store.record([write(key)]), 'acknowledged by 0 of 1');

    await until(async () => (await store.epochs([key]))[0] !== undefined);
  });

  test('that records the first batches of many revocations and not the next says so, and what it has said stays true', async () => {
    const store = await on.open({ replicas: 1, timeoutMs: 500 });
    const live = createLiveTokens({ store, verify: async () => ({}), maxLifetime: 3600 });
    const announced: string[] = [];
    const stop = live.on('revoked', ({ target }) => {
      announced.push(target);
      on.hold();
    });
    const targets = Array.from({ length: 130 }, (_, i) => ({ kind: 'subject' as const, id: `user-${i}` }));

    await expectRefused(live.revokeAll(targets), 'acknowledged by 0 of 1');

    expect(announced).toHaveLength(64);
    expect(await on.primary.xlen(redisKeys(on.namespace).log)).toBe(128);
    stop();
    on.release();
    const receipts = await untilResolved(() => live.revokeAll(targets));
    expect(receipts).toHaveLength(130);
  });
});
