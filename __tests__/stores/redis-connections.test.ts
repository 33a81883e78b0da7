import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { deriveConnection, FOLLOWING, letGo, READING } from '../../lib/stores/redis/connections.js';
import { sharedRedisUrl } from '../support/redis-url.js';
import { anyKey, write } from './support/builders.js';
import { expectToWork } from './support/expect-to-work.js';
import { appClient, cleanUpAll, eachVersion, freshNamespace, later, openStore, ownRedis, rawClient } from './support/redis-stores.js';
import { until } from './support/until.js';

afterEach(cleanUpAll);

/** A client that shows which connections were derived from it. */
class ParentRedis extends Redis {
  readonly derived: Redis[] = [];

  override duplicate(options?: Partial<RedisOptions>): Redis {
    const connection = super.duplicate(options);
    this.derived.push(connection);
    return connection;
  }
}

function parent(options: object): ParentRedis {
  const client = new ParentRedis(sharedRedisUrl(), { lazyConnect: true, ...options });
  later(() => client.status === 'end' || client.disconnect());
  return client;
}

/** What an application may have set for itself, and what would harm the store. */
const theirs = {
  enableOfflineQueue: true,
  maxRetriesPerRequest: null,
  retryStrategy: () => null,
  reconnectOnError: () => 2 as const,
  connectTimeout: 60_000,
  commandTimeout: 60_000,
  socketTimeout: 60_000,
  disconnectTimeout: 60_000,
  keepAlive: 0,
  noDelay: false,
  maxLoadingRetryTime: 60_000,
  autoResendUnfulfilledCommands: true,
  enableAutoPipelining: true,
  stringNumbers: true,
  replyMapping: 'resp3' as const,
};

describe.each(eachVersion)('a client of %s', (_, version) => {
  test('that is handed to the store is not even connected by it', async () => {
    const client = appClient(sharedRedisUrl(), {}, version);
    const store = openStore(client);
    await store.ready();

    await expectToWork(store);
    await store.close();

    expect(client.status).toBe('wait');
  });

  test('keeps its options, and goes on working after the store is closed', async () => {
    const client = appClient(sharedRedisUrl(), theirs, version);
    const before = { ...client.options };
    await client.connect();
    const store = openStore(client);
    await store.ready();
    await store.close();

    expect(client.options).toEqual(before);
    expect(await client.ping()).toBe('PONG');
  });

  test.each<[string, object]>([
    ['odd options', theirs],
    ['no connection yet', { lazyConnect: true }],
    ['a database', { db: 3 }],
    ['a prefix', { keyPrefix: 'app:' }],
    ['another prefix, and automatic pipelining', { keyPrefix: '{x}', enableAutoPipelining: true }],
    ['the protocol RESP2', { protocol: 2 }],
    ['the protocol RESP3 and its replies', { protocol: 3, replyMapping: 'resp3' }],
  ])('with %s makes a store that works', async (_name, options) => {
    const store = openStore(appClient(sharedRedisUrl(), options, version));
    await store.ready();

    await expectToWork(store);
  });

  test('hands on its password', async () => {
    const server = await ownRedis('--requirepass', 'secret');
    const store = openStore(appClient(server.url.replace('//', '//:secret@'), {}, version));
    await store.ready();

    await expectToWork(store);
  });
});

test('a connection that ioredis has ended for good begins again, until the store is done with it', async () => {
  const client = appClient(sharedRedisUrl());
  const connection = deriveConnection(client, READING, 400) as Redis;
  connection.on('error', () => undefined);
  await until(() => connection.status === 'ready');

  connection.disconnect();
  await until(() => connection.status === 'end');
  await until(() => connection.status === 'ready');

  letGo(connection);
  await until(() => connection.status === 'end');
  const begun = jest.spyOn(connection, 'connect');
  await sleep(500);
  expect(begun).not.toHaveBeenCalled();
});

test('what is derived from a cluster is let go of when the store is done with it, though no node ever answered', () => {
  const client = new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true });
  const derive = (): Cluster => {
    const connection = deriveConnection(client, FOLLOWING, 400) as Cluster;
    connection.on('error', () => undefined);
    return connection;
  };
  const [kept, released] = [derive(), derive()];
  const asked = [kept, released].map(connection => jest.spyOn(connection, 'nodes'));

  letGo(released);
  letGo(derive());

  expect(asked.map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
  letGo(kept);
});

describe('the connections of the store', () => {
  test('are two, whatever the client was told to do settle soon, and never wait in line for a server that is away', () => {
    const client = parent(theirs);
    openStore(client);

    expect(client.derived).toHaveLength(2);
    for (const { options } of client.derived) {
      expect(options).toMatchObject({
        enableOfflineQueue: false,
        maxRetriesPerRequest: 0,
        autoResendUnfulfilledCommands: false,
        connectTimeout: 1000,
        disconnectTimeout: 100,
        keepAlive: 5000,
        noDelay: true,
        maxLoadingRetryTime: 250,
        enableAutoPipelining: false,
        stringNumbers: false,
        replyMapping: 'legacy',
      });
      expect(options.socketTimeout).toBeLessThanOrEqual(2500);
      expect(options.commandTimeout).toBeLessThanOrEqual(1500);
    }
  });

  test('give checks less time than writes', () => {
    const client = parent({});
    openStore(client);

    expect(client.derived.map(({ options }) => [options.commandTimeout, options.socketTimeout])).toEqual([
      [1000, 1000],
      [1500, 2500],
    ]);
  });

  test('never give up, and try about every second at most', () => {
    const client = parent(theirs);
    openStore(client);

    for (const { options } of client.derived) {
      for (const attempt of [1, 2, 5, 10, 1000, 1_000_000]) {
        const delayMs = options.retryStrategy!(attempt);
        expect(delayMs).toBeGreaterThanOrEqual(50);
        expect(delayMs).toBeLessThanOrEqual(1050);
      }
    }
  });

  test('send nothing twice on an error: one that writes leaves a primary that was demoted, and no more', () => {
    const client = parent(theirs);
    openStore(client);
    const [reader, writer] = client.derived.map(({ options }) => options.reconnectOnError);

    expect(reader).toBeNull();
    expect(writer!(new Error('READONLY You can\'t write against a read only replica.'))).toBe(1);
    expect(writer!(new Error('ERR anything else'))).toBe(false);
  });

  test('go where the client goes', async () => {
    const namespace = freshNamespace();
    const store = openStore(appClient(sharedRedisUrl(), { db: 5, keyPrefix: 'app:' }), { namespace });
    await store.ready();
    await store.record([write(anyKey())]);

    const redis = rawClient(sharedRedisUrl());
    expect(await redis.keys(`*${namespace}*`)).toEqual([]);
    await redis.select(5);
    const found = await redis.keys(`*${namespace}*`);
    expect(found).toHaveLength(4);
    expect(found.every(key => key.startsWith(`app:{livetoken:${namespace}}:`))).toBe(true);
  });

  test('are closed with the store', async () => {
    const client = parent({});
    const store = openStore(client);
    await store.ready();
    const ended = client.derived.map(connection => new Promise(resolve => connection.once('end', resolve)));

    await store.close();

    await Promise.all(ended);
    expect(client.derived.map(({ status }) => status)).toEqual(['end', 'end']);
  });
});
