import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { createLiveTokens } from 'livetoken';
import { StoreUnavailableError } from '../../lib/errors.js';
import type { TargetKey } from '../../lib/model/target-key.js';
import { AcknowledgedWrites } from '../../lib/stores/redis/acknowledged.js';
import { redisKeys } from '../../lib/stores/redis/keys.js';
import { redisStore, type RedisStoreOptions } from '../../lib/stores/redis/redis-store.js';
import type { FollowableStore } from '../../lib/stores/store.js';
import { closeOAuthApps, CLIENTS, openOAuthApp } from '../support/oauth-app.js';
import { startReplicatedRedis, type ReplicatedRedis } from '../support/replicated-redis.js';
import { anyKey, keys, write } from './support/builders.js';
import { expectToWork } from './support/expect-to-work.js';
import { appClient, cleanUpAll, eachVersion, freshNamespace, later, openStore, rawClient, versions } from './support/redis-stores.js';
import { rejection } from './support/settling.js';
import { until, untilResolved } from './support/until.js';

jest.setTimeout(30_000);

let replicated: ReplicatedRedis;
let primary: Redis;
let namespace: string;

beforeAll(async () => {
  replicated = await startReplicatedRedis(2);
});

afterAll(() => replicated.stop());

beforeEach(() => {
  namespace = freshNamespace();
  primary = rawClient(replicated.primary.url);
});

afterEach(async () => {
  await closeOAuthApps();
  releaseAll();
  await cleanUpAll();
});

/** For what is to be acknowledged, however slow the machine. */
const PATIENT = { timeoutMs: 5000 } as const;
/** For what cannot be. */
const HASTY = { timeoutMs: 50 } as const;

function holdAll(): void {
  for (const { link } of replicated.replicas) link.hold();
}

function releaseAll(): void {
  for (const { link } of replicated.replicas) link.release();
}

async function open(acknowledge: RedisStoreOptions['acknowledge'], version = versions['ioredis 6']): Promise<FollowableStore> {
  const store = openStore(appClient(replicated.primary.url, {}, version), { namespace, ...(acknowledge && { acknowledge }) });
  await store.ready();
  return store;
}

async function expectRefused(answer: Promise<unknown>, acknowledgement: string): Promise<void> {
  const error = await rejection(answer);
  expect(error).toBeInstanceOf(StoreUnavailableError);
  expect(error.message).toContain(acknowledgement);
}

/** Every connection but those of replicas, monitors and our own. */
async function breakConnections(): Promise<void> {
  await primary.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
}

/** Tries to record it until it gets an answer other than "not connected". */
async function refusalOfRepeated(store: FollowableStore, key: TargetKey): Promise<string> {
  let message = '';
  await until(async () => {
    ({ message } = await rejection(store.record([write(key)])));
    return !message.includes('not connected');
  });
  return message;
}

describe.each(eachVersion)('with %s, a write that replicas have to acknowledge', (_, version) => {
  test('is recorded once they have it', async () => {
    const store = await open({ replicas: 2, ...PATIENT }, version);
    await expectToWork(store);
    const key = anyKey();
    await store.record([write(key, { epoch: 1000 })]);

    for (const { server } of replicated.replicas) {
      expect(await rawClient(server.url).hlen(redisKeys(namespace).bucket(key))).toBe(1);
    }
  });

  test('is refused where fewer have it in time, and says where it stands', async () => {
    const store = await open({ replicas: 2, ...HASTY }, version);
    replicated.replicas[0]!.link.hold();
    const key = anyKey();

    await expectRefused(
      store.record([write(key)]),
      `Recorded at Redis at 127.0.0.1:${replicated.primary.port}, but acknowledged by 1 of 2 replicas within 50 ms; repeat it`,
    );

    expect(await store.epochs([key])).toEqual([expect.any(Number)]);
  });

  test('is recorded where more than enough, or just enough, of them have it', async () => {
    const store = await open({ replicas: 1, ...PATIENT }, version);
    await store.record([write(anyKey())]);
    replicated.replicas[0]!.link.hold();

    expect(await store.record([write(anyKey())])).toMatchObject([{ changed: true }]);
  });

  test('is refused over and over, also over a new connection, until they have it', async () => {
    const store = await open({ replicas: 1, ...HASTY }, version);
    holdAll();
    const key = anyKey();
    await expectRefused(store.record([write(key)]), 'acknowledged by 0 of 1');

    await breakConnections();

    expect(await refusalOfRepeated(store, key)).toContain('acknowledged by 0 of 1');
    await expectRefused(store.record([write(key)]), 'acknowledged by 0 of 1');
    releaseAll();
    expect(await untilResolved(() => store.record([write(key, { epoch: 1000 })]))).toMatchObject([{ changed: false }]);
  });

  test('leaves with what is written at the same time, under one WAIT', async () => {
    const store = await open({ replicas: 2, ...PATIENT }, version);
    await store.record([write(anyKey())]);
    await primary.config('RESETSTAT');

    await Promise.all(keys(50).map(key => store.record([write(key)])));

    expect(await primary.info('commandstats')).toContain('cmdstat_wait:calls=1,');
  });

  test('goes before its WAIT on one connection, with something between that is written in any case, also where Redis has forgotten the script', async () => {
    const store = await open({ replicas: 2, ...PATIENT }, version);
    const key = anyKey();
    await store.record([write(key, { epoch: 1000 })]);
    const monitor = await primary.monitor();
    later(() => { monitor.disconnect(); });
    const seen: string[] = [];
    const sources = new Set<string>();
    monitor.on('monitor', (_time: string, [name = '']: string[], source: string) => {
      if (!/^(eval|evalsha|hincrby|wait)$/i.test(name) || source === 'lua') return;
      seen.push(name.toLowerCase());
      sources.add(source);
    });

    await store.record([write(key, { epoch: 1000 })]);
    await primary.script('FLUSH');
    await store.record([write(key, { epoch: 1000 })]);
    await until(() => seen.length >= 9);

    // Redis before 7.2 lets WAIT ask for all that was ever written; since then, only for what its connection has written. The order
    // is what makes one like the other, and cannot be seen from outside of an older one.
    expect(seen).toEqual(['evalsha', 'hincrby', 'wait', 'evalsha', 'hincrby', 'wait', 'eval', 'hincrby', 'wait']);
    expect(sources.size).toBe(1);
  });

  test('is told from one that Redis refuses for want of replicas', async () => {
    const store = await open({ replicas: 1, ...PATIENT }, version);
    const plain = await open('primary', version);
    await primary.config('SET', 'min-replicas-to-write', 3);
    const key = anyKey();

    for (const each of [store, plain]) {
      const error = await rejection(each.record([write(key)]));
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(error.message).toMatch(/NOREPLICAS.*min-replicas-to-write/);
    }
    await primary.config('SET', 'min-replicas-to-write', 0);

    expect(await store.epochs([key])).toEqual([undefined]);
    expect(await store.record([write(key)])).toMatchObject([{ changed: true }]);
  });
});

describe('A store that waits for replicas', () => {
  test('says so where there are none', async () => {
    const store = await open({ replicas: 3, ...HASTY });

    await expectRefused(store.record([write(anyKey())]), 'acknowledged by 2 of 3');
  });

  test('waits for as long as it was told to, beyond what other writes may take', async () => {
    const store = await open({ replicas: 1, timeoutMs: 1800 });
    holdAll();

    await expectRefused(store.record([write(anyKey())]), 'acknowledged by 0 of 1 replicas within 1800 ms');
  });

  test('keeps nothing else waiting meanwhile', async () => {
    const store = await open({ replicas: 1, ...PATIENT });
    await store.record([write(anyKey())]);
    holdAll();
    let isSettled = false;
    const written = store.record([write(anyKey())]).finally(() => { isSettled = true; });

    const other = anyKey();
    await store.epochs([other]);
    await store.tracked([other]);
    await store.audit({ limit: 1 });
    await store.active(other, { limit: 1 });

    expect(isSettled).toBe(false);
    releaseAll();
    expect(await written).toMatchObject([{ changed: true }]);
  });

  test('sends what came while it waited all together, and records it at the primary though no replica is there', async () => {
    const store = await open({ replicas: 1, timeoutMs: 300 });
    await store.record([write(anyKey())]);
    holdAll();
    await primary.config('RESETSTAT');
    const [first, ...others] = keys(31) as [TargetKey, ...TargetKey[]];

    const sent = rejection(store.record([write(first)]));
    await until(async () => (await store.epochs([first]))[0] !== undefined);
    const errors = await Promise.all([sent, ...others.map(key => rejection(store.record([write(key)])))]);

    for (const { message } of errors) expect(message).toContain('acknowledged by 0 of 1');
    expect(await store.epochs([first, ...others])).toEqual(Array(31).fill(expect.any(Number)));
    expect(await primary.info('commandstats')).toContain('cmdstat_wait:calls=2,');
  });

  test('gives up what still waits for its turn as soon as the connection gives no answer', async () => {
    const store = await open({ replicas: 1, ...HASTY });
    const given: string[] = [];
    replicated.primary.pause();
    const sent = rejection(store.record([write(anyKey())])).finally(() => given.push('sent'));
    await nextTurn(); // it is on its way
    const unsent = rejection(store.record([write(anyKey())])).finally(() => given.push('unsent'));

    const error = await sent;
    await nextTurn();
    const givenUp = [...given];
    replicated.primary.resume();

    expect(givenUp).toEqual(['sent', 'unsent']);
    for (const each of [error, await unsent]) expect(each).toBeInstanceOf(StoreUnavailableError);
    expect(await untilResolved(() => store.epochs([anyKey()]))).toEqual([undefined]);
  });

  test('refuses a write without connection at once, and has none left when it is closed', async () => {
    const connections = async (): Promise<number> => String(await primary.call('CLIENT', 'LIST', 'TYPE', 'normal')).trim().split('\n').length;
    const before = await connections();
    const store = await open({ replicas: 1, ...PATIENT });
    expect(await connections()).toBe(before + 3);

    await breakConnections();
    await expectRefused(store.record([write(anyKey())]), 'not connected');
    await untilResolved(() => store.record([write(anyKey())]));
    await store.close();

    await until(async () => (await connections()) === before);
  });

  test('acknowledges nothing when its primary is made a replica while it waits', async () => {
    const pair = await startReplicatedRedis(1);
    later(() => pair.stop());
    const client = appClient(pair.primary.url);
    const store = openStore(client, { namespace, acknowledge: { replicas: 1, ...PATIENT } });
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
    const connection = rawClient(replicated.primary.url);
    await connection.connect();
    const writes = new AcknowledgedWrites(connection, { replicas: 1, ...PATIENT }, redisKeys(namespace).state, 'Redis here');
    const run = (): Promise<unknown> => writes.run({ lua: 'return 1', args: [0] });

    const accepted = Array.from({ length: 10_000 }, run);
    await expectRefused(run(), 'Redis here has too many writes waiting');

    expect(await Promise.all(accepted)).toEqual(Array(10_000).fill(1));
    expect(await run()).toBe(1);
  });

  test('with a copy refuses what is recorded at the primary alone', async () => {
    const store = redisStore(appClient(replicated.primary.url), { namespace, acknowledge: { replicas: 1, ...HASTY } });
    later(() => store.close());
    await store.ready();
    holdAll();
    const key = anyKey();

    await expectRefused(store.record([write(key)]), 'acknowledged by 0 of 1');

    await until(async () => (await store.epochs([key]))[0] !== undefined);
  });

  test('that records the first batches of many revocations and not the next says so, and what it has said stays true', async () => {
    const store = await open({ replicas: 1, timeoutMs: 500 });
    const live = createLiveTokens({ store, verify: async () => ({}), maxLifetime: 3600 });
    const announced: string[] = [];
    const stop = live.on('revoked', ({ target }) => {
      announced.push(target);
      holdAll();
    });
    const targets = Array.from({ length: 130 }, (_, i) => ({ kind: 'subject' as const, id: `user-${i}` }));

    await expectRefused(live.revokeAll(targets), 'acknowledged by 0 of 1');

    expect(announced).toHaveLength(64);
    expect(await primary.xlen(redisKeys(namespace).log)).toBe(128);
    stop();
    releaseAll();
    const receipts = await untilResolved(() => live.revokeAll(targets));
    expect(receipts).toHaveLength(130);
  });
});

test('POST /revoke answers 503 with Retry-After until the replicas have it, and then 200; the token is refused all along', async () => {
  const app = await openOAuthApp({ store: await open({ replicas: 1, ...HASTY }) });
  const token = app.issuer.token();
  expect(await app.accepts(token)).toBe(true);
  holdAll();

  const refused = await app.revoke(CLIENTS.web, { token });
  expect(refused.status).toBe(503);
  expect(refused.headers['retry-after']).toMatch(/^\d+$/);
  expect(await app.accepts(token)).toBe(false);

  await breakConnections();
  for (let i = 0; i < 3; i++) expect((await app.revoke(CLIENTS.web, { token })).status).toBe(503);

  releaseAll();
  await until(async () => (await app.revoke(CLIENTS.web, { token })).status === 200);
  expect(await untilResolved(() => app.accepts(token))).toBe(false);
});
