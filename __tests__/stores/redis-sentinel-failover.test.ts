import { areFollowing } from '../support/replicated-redis.js';
import type { RedisServer } from '../support/redis-server.js';
import { anyKey, write } from './support/builders.js';
import { ask } from './support/ask.js';
import { CONNECTION_NAME, nothingAmiss, startInstances, type Instances, type InstancesOptions } from './support/instances.js';
import { startSentinelRedis, type SentinelRedis } from './support/redis-sentinel.js';
import { cleanUpAll, freshNamespace, later, openStore } from './support/redis-stores.js';
import { until } from './support/until.js';

afterEach(cleanUpAll);

describe('With Sentinels, instances with ioredis 5 and 6, with a copy and without', () => {
  let redis: SentinelRedis;
  let namespace: string;
  let old: RedisServer;

  beforeEach(async () => {
    namespace = freshNamespace();
    redis = await startSentinelRedis();
    later(() => redis.stop());
    old = await redis.primary();
  });

  function start(acknowledge: InstancesOptions['acknowledge'] = 'primary'): Promise<Instances> {
    const connect: InstancesOptions['connect'] = version => redis.client(version, { connectionName: CONNECTION_NAME });
    return startInstances({ connect, acknowledge, namespace, beforeTraffic: () => areFollowing(old, 1) });
  }

  async function connectionsTo(server: RedisServer): Promise<number> {
    const clients = String(await ask(server, client => client.client('LIST')));
    return clients.split(` name=${CONNECTION_NAME} `).length - 1;
  }

  /** Two of each instance, one more of those with a copy, and one more where writes wait for replicas. */
  const ALL_CONNECTIONS = 10;

  async function expectAllConnectionsAt(server: RedisServer, count = ALL_CONNECTIONS): Promise<void> {
    await until(async () => (await connectionsTo(server)) === count);
  }

  test('serve again after the primary was killed, and know what was revoked before', async () => {
    const instances = await start();

    await old.kill();
    const successor = await redis.untilReplaced(old);
    await instances.untilServed();

    await expectAllConnectionsAt(successor);
    await instances.untilAllKnow(instances.known);
    expect(await instances.stop()).toEqual(nothingAmiss(instances));
  });

  test('leave a primary that was stopped, and do not come back when it goes on as if nothing had happened', async () => {
    const instances = await start();

    old.pause();
    const successor = await redis.untilReplaced(old);
    await instances.untilServed();
    old.resume();

    await until(async () => (await connectionsTo(old)) === 0);
    await expectAllConnectionsAt(successor);
    const key = anyKey();
    await instances.all[0]!.store.record([write(key)]);
    for (const { store } of instances.all) await until(async () => (await store.epochs([key]))[0] !== undefined);
    expect(await ask(old, client => client.role())).toContain('master');
    expect(await connectionsTo(old)).toBe(0);
    await instances.untilAllKnow(instances.known);
    expect(await instances.stop()).toEqual(nothingAmiss(instances));
  });

  test('follow when an operator makes the replica the primary, with every connection, though the old one goes on answering', async () => {
    const instances = await start({ replicas: 1, timeoutMs: 5000 });
    await expectAllConnectionsAt(old, ALL_CONNECTIONS + instances.all.length);

    const successor = await redis.failOver();

    await until(async () => (await connectionsTo(old)) === 0);
    await expectAllConnectionsAt(successor, ALL_CONNECTIONS + instances.all.length);
    await redis.untilWhole();
    await instances.untilServed();
    await instances.untilAllKnow(instances.known);
    for (const { store } of instances.all) await until(() => store.server!.warnings.every(({ code }) => code !== 'not_primary'));
    expect(await instances.stop()).toEqual(nothingAmiss(instances));
  });

  test('lose nothing that a replica had acknowledged, though it was cut off before the primary was killed', async () => {
    const instances = await start({ replicas: 1, timeoutMs: 200 });
    redis.link.hold();
    // Meanwhile all is refused; what the primary had by then it takes with it.
    for (const { traffic } of instances.all) {
      const refusedBefore = traffic.refused;
      await until(() => traffic.refused > refusedBefore + 20);
    }

    await old.kill();
    await redis.untilReplaced(old);
    await old.restart();
    await redis.untilWhole();
    await instances.untilServed();

    const acknowledged = instances.acknowledged();
    const direct = openStore(redis.client(), { namespace });
    await direct.ready();
    const lost = (await direct.epochs(acknowledged)).filter(epochMs => epochMs === undefined);
    expect(acknowledged.length).toBeGreaterThan(instances.known.length);
    expect(lost).toHaveLength(0);
    await instances.untilAllKnow(acknowledged);
    expect(await instances.stop()).toEqual(nothingAmiss(instances));
  });
});
