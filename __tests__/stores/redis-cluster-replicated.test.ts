import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { describeStoreContract } from './store-contract.js';
import { anyKey } from './support/builders.js';
import { startCluster, type RedisCluster } from './support/redis-cluster.js';
import { cleanUpAll, eachVersion, freshNamespace, later, openStore, rawClient } from './support/redis-stores.js';
import { rejection } from './support/settling.js';
import { until } from './support/until.js';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startCluster({ replicas: true });
});

afterAll(() => cluster.stop());

describe.each(eachVersion)('redisStore that waits for a replica, with %s', (_, version) => {
  describeStoreContract('on a Redis Cluster of three primaries and three replicas', async () => {
    const client = version.connectCluster(cluster.nodes, { lazyConnect: true });
    later(() => { client.disconnect(); });
    const store = redisStore(client, { namespace: freshNamespace(), replica: false, acknowledge: { replicas: 1, timeoutMs: 5000 } });
    return { store, cleanUp: cleanUpAll };
  });
});

describe.each(eachVersion)('a check at a cluster, with %s', (_, version) => {
  afterEach(cleanUpAll);

  test('asks whether the node is the primary before it asks for anything else: redirected later, it has not answered what it could not know', async () => {
    const client = version.connectCluster(cluster.nodes, { lazyConnect: true });
    later(() => { client.disconnect(); });
    const namespace = freshNamespace();
    const store = openStore(client, { namespace, acknowledge: { replicas: 1, timeoutMs: 5000 } });
    await store.ready();
    const seen: string[] = [];
    for (const { port } of cluster.nodes) {
      const monitor = await rawClient(`redis://127.0.0.1:${port}`).monitor();
      later(() => { monitor.disconnect(); });
      monitor.on('monitor', (_time: string, [name = '', key = '']: string[]) => {
        if (key.startsWith(`{livetoken:${namespace}}`) && /^h(m)?get$/i.test(name)) seen.push(name.toLowerCase());
      });
    }

    const key = anyKey();
    await until(async () => {
      seen.length = 0;
      await store.epochs([key]);
      await until(() => seen.includes('hget'));
      // Without the heartbeat's look between.
      return seen.join(' ') === 'hmget hget hmget';
    });
  });
});

describe.each(eachVersion)('When no node of the cluster answers, a store with %s', (_, version) => {
  afterEach(cleanUpAll);

  test('says so in time', async () => {
    const down = await startCluster();
    await down.stop();
    const client = version.connectCluster(down.nodes, { lazyConnect: true });
    later(() => { client.disconnect(); });
    const store = openStore(client, { readyTimeoutMs: 1500 });
    const { message } = await rejection(store.ready());

    expect(message).toContain('the Redis Cluster cannot be reached (not connected)');
    expect((await rejection(store.epochs([anyKey()]))).message).toContain('the Redis Cluster cannot answer');
  });
});
