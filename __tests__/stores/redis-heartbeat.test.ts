import { setTimeout as sleep } from 'node:timers/promises';
import type { FollowableStore } from '../../lib/stores/store.js';
import { redisKeys } from '../../lib/stores/redis/keys.js';
import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { openLink } from '../faults/proxy.js';
import { anyKey, write } from './support/builders.js';
import { appClient, eachVersion, freshNamespace, later, openStore, ownRedis, rawClient, type versions } from './support/redis-stores.js';
import { expectRefused, onReplicatedRedis, PATIENT } from './support/replicated-stores.js';
import { rejection } from './support/settling.js';
import { until } from './support/until.js';

const on = onReplicatedRedis(1);

const LEVEL = { replicas: 1, ...PATIENT } as const;
const UNPROVEN = 'has not proved for 1000 ms that it is the primary';

async function open(version?: (typeof versions)['ioredis 6']): Promise<FollowableStore> {
  const store = openStore(appClient(on.redis.primary.url, {}, version), { namespace: on.namespace, acknowledge: LEVEL });
  await store.ready();
  return store;
}

/** Refused for want of a proof, and for nothing else. */
async function untilUnproven(store: Pick<FollowableStore, 'epochs'>, consistency?: 'strong'): Promise<void> {
  await until(() => isRefused(store, consistency));
}

async function isRefused(store: Pick<FollowableStore, 'epochs'>, consistency?: 'strong'): Promise<boolean> {
  const refusal = await store.epochs([anyKey()], consistency).then(() => undefined, String);
  if (refusal !== undefined) expect(refusal).toContain(UNPROVEN);
  return refusal !== undefined;
}

describe.each(eachVersion)('with %s, a primary whose replicas acknowledge', (_, version) => {
  test('is believed, directly and by a copy, for as long as they do', async () => {
    const direct = await open(version);
    const copy = redisStore(appClient(on.redis.primary.url, {}, version), { namespace: on.namespace, acknowledge: LEVEL });
    later(() => copy.close());
    await copy.ready();
    const key = anyKey();
    await direct.record([write(key, { epoch: 1000 })]);

    await sleep(2500);

    expect(await direct.epochs([key])).toEqual([1000]);
    expect(copy.replica?.figures.state).toBe('live');
    expect(await copy.epochs([key], 'strong')).toEqual([1000]);
  });

  test('is believed no more once it is cut off from them, however well it answers, and again when they are back', async () => {
    const direct = await open(version);
    const copy = redisStore(appClient(on.redis.primary.url, {}, version), { namespace: on.namespace, acknowledge: LEVEL });
    later(() => copy.close());
    await copy.ready();

    on.hold();

    await untilUnproven(direct);
    await untilUnproven(copy);
    expect(copy.replica?.figures.state).toBe('stale');
    expect(copy.local?.version).toBeUndefined();
    expect(await on.primary.ping()).toBe('PONG');
    on.release();
    await until(async () => !(await isRefused(direct)) && copy.replica?.figures.state === 'live');
  });

  test('is believed while its memory is full, though it records nothing', async () => {
    const direct = await open(version);
    const copy = redisStore(appClient(on.redis.primary.url, {}, version), { namespace: on.namespace, acknowledge: LEVEL });
    later(() => copy.close());
    await copy.ready();
    const [known, wanted] = [anyKey(), anyKey()];
    await direct.record([write(known, { epoch: 1000 })]);
    await on.primary.config('SET', 'maxmemory', '1');

    try {
      expect((await rejection(direct.record([write(wanted)]))).message).toContain('OOM');
      await sleep(2500);
      expect(await direct.epochs([known, wanted])).toEqual([1000, undefined]);
      expect(copy.replica?.figures.state).toBe('live');
      expect(await (await open(version)).epochs([known])).toEqual([1000]);
      on.hold();
      await untilUnproven(direct);
      await untilUnproven(copy);
    } finally {
      on.release();
      await on.primary.config('SET', 'maxmemory', '0');
    }
    await until(async () => !(await isRefused(direct)) && copy.replica?.figures.state === 'live');
    await direct.record([write(wanted, { epoch: 1000 })]);
  });

  test('is believed no more once it is the replica of another', async () => {
    const store = await open(version);
    const heir = on.redis.replicas[0]!;
    await heir.promote();
    await on.primary.replicaof('127.0.0.1', heir.server.port);

    try {
      await until(async () => (await rejection(store.epochs([anyKey()]))).message.includes('is a replica'));
    } finally {
      await on.primary.replicaof('NO', 'ONE');
      await rawClient(heir.server.url).replicaof('127.0.0.1', heir.link.port);
      await until(async () => (await on.primary.wait(1, 100)) === 1 || (await on.primary.publish('following', '')) < 0);
    }
  });
});

test('whoever may not write profits from the beats of others', async () => {
  await on.primary.call('ACL', 'SETUSER', 'guard', 'reset', 'on', '>secret', '~*', '+@read', '+@connection', '+info', '+role', '+time', '+eval', '+evalsha');
  const url = on.redis.primary.url.replace('//', '//guard:secret@');
  const guard = openStore(appClient(url), { namespace: on.namespace, acknowledge: LEVEL, readyTimeoutMs: 300 });

  expect((await rejection(guard.ready())).message).toContain('NOPERM');
  const writer = await open();
  await guard.ready();
  expect(await guard.epochs([anyKey()])).toEqual([undefined]);

  await writer.close();
  await untilUnproven(guard);
});

test('many instances make for hardly more beats than one', async () => {
  const beats = async (): Promise<number> => Number(await on.primary.hget(redisKeys(on.namespace).state, 'acknowledged'));
  await Promise.all(Array.from({ length: 12 }, () => open()));
  await sleep(300);
  const before = await beats();

  await sleep(2000);

  // Each of them looks 16 times in that time.
  expect((await beats()) - before).toBeLessThan(64);
});

test('ready() says what is missing where no replica acknowledges', async () => {
  on.hold();
  const acknowledge = { replicas: 1, timeoutMs: 20 };
  const store = openStore(appClient(on.redis.primary.url), { namespace: on.namespace, acknowledge, readyTimeoutMs: 1000 });

  await expectRefused(store.ready(), 'acknowledged by 0 of 1 replicas within 20 ms');
});

test('a primary is believed without proof where that was asked for by name', async () => {
  on.hold();
  const unsafe = { acceptUnprovenPrimary: true };
  const store = openStore(appClient(on.redis.primary.url), { namespace: on.namespace, acknowledge: LEVEL, unsafe });

  await store.ready();

  expect(await store.epochs([anyKey()])).toEqual([undefined]);
});

test('a primary is believed for no more replicas than have acknowledged', async () => {
  const acknowledge = { replicas: 2, timeoutMs: 50 };
  const [one, two] = [await open(), openStore(appClient(on.redis.primary.url), { namespace: on.namespace, acknowledge, readyTimeoutMs: 300 })];

  await expectRefused(two.ready(), 'acknowledged by 1 of 2 replicas within 50 ms');
  await sleep(1500);

  expect(await one.epochs([anyKey()])).toEqual([undefined]);
  await expectRefused(two.epochs([anyKey()]), UNPROVEN);
});

test('A server that another connection leads to is not believed for what it counted itself', async () => {
  const [one, other] = await Promise.all([ownRedis(), ownRedis()]);
  const link = await openLink(one.port);
  later(() => link.close());
  const namespace = freshNamespace();
  const { state } = redisKeys(namespace);
  await rawClient(one.url).hset(state, { incarnation: 'same', acknowledged: 3, 'proven:1': 3 });
  // Cut off as it is, it would be believed if its number were compared with the lower one of the first.
  await rawClient(other.url).hset(state, { incarnation: 'same', acknowledged: 1_000_000, 'proven:1': 1_000_000 });
  const store = openStore(appClient(`redis://127.0.0.1:${link.port}`), { namespace, acknowledge: { replicas: 1 } });
  await until(() => store.epochs([anyKey()]).then(() => false, (error: unknown) => String(error).includes(UNPROVEN)));

  link.leadTo(other.port);

  let answeredByOther = 0;
  await until(async () => {
    const refusal = await store.epochs([anyKey()]).then(() => 'believed', String);
    expect(refusal).not.toBe('believed');
    if (refusal.includes(UNPROVEN) && link.connections > 0) answeredByOther += 1;
    return answeredByOther === 50;
  });
  // It was this one that answered: beats have reached it.
  await until(async () => Number(await rawClient(other.url).hget(state, 'acknowledged')) > 1_000_000);
});
