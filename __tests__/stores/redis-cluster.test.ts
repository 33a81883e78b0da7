import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import { deriveConnection, letGo, READING } from '../../lib/stores/redis/connections.js';
import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { describeStoreContract } from './store-contract.js';
import { anyKey, write } from './support/builders.js';
import { expectToWork } from './support/expect-to-work.js';
import { startCluster, type RedisCluster } from './support/redis-cluster.js';
import { cleanUpAll, eachVersion, freshNamespace, later, openStore, versions } from './support/redis-stores.js';
import { until } from './support/until.js';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startCluster();
});

afterAll(() => cluster.stop());

describeStoreContract('redisStore with ioredis 6 on a Redis Cluster', async () => {
  const client = versions['ioredis 6'].connectCluster(cluster.nodes, { lazyConnect: true });
  return { store: redisStore(client, { namespace: freshNamespace(), replica: false }), cleanUp: async () => client.disconnect() };
});

describe('a cluster client', () => {
  afterEach(cleanUpAll);

  test('of ioredis 5 makes a store that works', async () => {
    const client = versions['ioredis 5'].connectCluster(cluster.nodes, { lazyConnect: true });
    later(() => client.disconnect());
    const store = openStore(client);
    await store.ready();

    await expectToWork(store);
  });

  test.each(eachVersion)('of %s is no longer asked for its slots by a connection that was ended in the midst of that', async (_, version) => {
    const client = version.connectCluster(cluster.nodes, { lazyConnect: true });
    later(() => client.disconnect());
    const connection = deriveConnection(client, READING, 400) as Cluster;
    later(() => letGo(connection));
    connection.on('error', () => undefined);
    const refresh = connection.refreshSlotsCache.bind(connection);
    const rounds = jest.spyOn(connection, 'refreshSlotsCache').mockImplementation(callback => {
      refresh(callback);
      if (connection.status === 'ready') letGo(connection);
    });
    await until(() => connection.status === 'ready');
    await until(() => connection.status !== 'ready');
    const begun = rounds.mock.calls.length;

    await sleep(1500);
    expect(rounds).toHaveBeenCalledTimes(begun);
  });

  /** A client that shows which connections were derived from it. */
  class ParentCluster extends Cluster {
    readonly derived: Cluster[] = [];

    override duplicate(...args: Parameters<Cluster['duplicate']>): ReturnType<Cluster['duplicate']> {
      const connection = super.duplicate(...args);
      this.derived.push(connection);
      return connection;
    }
  }

  function parent(options: object): ParentCluster {
    const client = new ParentCluster(cluster.nodes, { lazyConnect: true, ...options });
    later(() => client.disconnect());
    return client;
  }

  test('that reads from replicas, gives up and waits in line makes connections that do not', async () => {
    const client = parent({
      scaleReads: 'slave',
      enableOfflineQueue: true,
      clusterRetryStrategy: () => null,
      enableAutoPipelining: true,
      redisOptions: { commandTimeout: 60_000, maxRetriesPerRequest: null, stringNumbers: true },
    });
    const store = openStore(client);
    await store.ready();

    expect(client.derived).toHaveLength(2);
    for (const { options } of client.derived) {
      expect(options).toMatchObject({ scaleReads: 'master', enableOfflineQueue: false, maxRedirections: 4, slotsRefreshTimeout: 500 });
      expect(options.clusterRetryStrategy!(1000)).toBeLessThanOrEqual(1050);
      expect(options.redisOptions).toMatchObject({ maxRetriesPerRequest: 0, stringNumbers: false, lazyConnect: true });
      expect(options.redisOptions!.commandTimeout).toBeLessThanOrEqual(1500);
    }
  });

  test('makes connections that are ready at the first attempt', async () => {
    for (let i = 0; i < 20; i++) {
      const client = parent({});
      const store = openStore(client);
      const retries: unknown[] = [];
      for (const connection of client.derived) connection.once('reconnecting', delayMs => retries.push(delayMs));
      await store.ready();
      expect(retries).toStrictEqual([]);
      await store.close();
    }
  });

  test('is left alone', async () => {
    const client = parent({ scaleReads: 'slave', redisOptions: { commandTimeout: 60_000 } });
    const store = openStore(client);
    await store.ready();
    const key = anyKey();
    await store.record([write(key, { epoch: 1000 })]);

    expect(await store.epochs([key])).toEqual([1000]);
    expect(client.status).toBe('wait');
    expect(client.options).toMatchObject({ scaleReads: 'slave', redisOptions: { commandTimeout: 60_000 } });
  });

  test('has its keys prefixed as it says', async () => {
    const store = openStore(parent({ keyPrefix: 'app:' }));
    await store.ready();
    const key = anyKey();
    await store.record([write(key, { epoch: 1000 })]);

    expect(await store.epochs([key])).toEqual([1000]);
  });
});
