import { redisKeys } from '../../lib/stores/redis/keys.js';
import { nothingAmiss, startInstances, type Instances, type InstancesOptions } from './support/instances.js';
import { startCluster, type RedisCluster } from './support/redis-cluster.js';
import { cleanUpAll, freshNamespace, later } from './support/redis-stores.js';
import { until } from './support/until.js';

afterEach(cleanUpAll);

describe('On a Redis Cluster of three primaries and three replicas, instances with ioredis 5 and 6, with a copy and without', () => {
  let cluster: RedisCluster;
  let namespace: string;
  let key: string;

  beforeEach(async () => {
    namespace = freshNamespace();
    key = redisKeys(namespace).log;
    cluster = await startCluster({ replicas: true, nodeTimeoutMs: 1500 });
    later(() => cluster.stop());
  });

  function start(acknowledge: InstancesOptions['acknowledge'] = 'primary', nodes = cluster.nodes): Promise<Instances> {
    const connect: InstancesOptions['connect'] = version => {
      const client = version.connectCluster(nodes, { lazyConnect: true });
      client.on('error', () => undefined);
      later(() => { client.disconnect(); });
      return client;
    };
    return startInstances({ connect, acknowledge, namespace, beforeTraffic: () => cluster.untilWhole(key) });
  }

  async function expectToServe(instances: Instances): Promise<void> {
    await instances.untilServed();
    await instances.untilAllKnow(instances.known);
    for (const { store } of instances.all) await until(() => store.server!.warnings.every(({ code }) => code !== 'not_primary'));
    expect(await instances.stop()).toEqual(nothingAmiss(instances));
  }

  test('serve again after the node that has their keys was killed, and know what was revoked before', async () => {
    const instances = await start();
    const old = await cluster.ownerOf(key);

    await old.kill();
    await cluster.untilReplaced(key, old);

    await expectToServe(instances);
  });

  test('serve again after it was stopped, though its connections stay open; and when it goes on, as a replica', async () => {
    const instances = await start();
    const old = await cluster.ownerOf(key);

    old.pause();
    await cluster.untilReplaced(key, old);
    await instances.untilServed();
    old.resume();
    await until(async () => (await cluster.replicaOf(key).catch(() => undefined)) === old);

    await expectToServe(instances);
  });

  test('follow when an operator makes the replica the primary, and lose nothing', async () => {
    const instances = await start({ replicas: 1, timeoutMs: 5000 });

    await cluster.failOver(key);
    await instances.untilServed();

    const acknowledged = instances.acknowledged();
    expect(acknowledged.length).toBeGreaterThan(instances.known.length);
    await instances.untilAllKnow(acknowledged);
    await expectToServe(instances);
  });

  test('serve again after the only node that their clients were told of was killed', async () => {
    const old = await cluster.ownerOf(key);
    const instances = await start('primary', [{ host: '127.0.0.1', port: old.port }]);

    await old.kill();
    await cluster.untilReplaced(key, old);

    await expectToServe(instances);
  });
});
