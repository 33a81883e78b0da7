import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { describeStoreContract } from './store-contract.js';
import { expectToWork } from './support/expect-to-work.js';
import { startSentinelRedis, type SentinelRedis } from './support/redis-sentinel.js';
import { appClient, cleanUpAll, eachVersion, freshNamespace, openStore, rawClient } from './support/redis-stores.js';
import { rejection } from './support/settling.js';
import { until } from './support/until.js';

let redis: SentinelRedis;

beforeAll(async () => {
  redis = await startSentinelRedis();
});

afterAll(() => redis.stop());

describe.each(eachVersion)('redisStore with %s', (_, version) => {
  describeStoreContract('by way of Sentinels', async () => {
    const store = redisStore(redis.client(version), { namespace: freshNamespace(), replica: false, acknowledge: { replicas: 1, timeoutMs: 5000 } });
    return { store, cleanUp: cleanUpAll };
  });
});

describe.each(eachVersion)('By way of Sentinels, a store with %s', (_, version) => {
  afterEach(async () => {
    await cleanUpAll();
    for (const sentinel of redis.sentinels) sentinel.resume();
  });

  test('asks the primary, though the client that it was given reads from replicas', async () => {
    const client = redis.client(version, { role: 'slave' });
    await client.ping();
    const store = openStore(client);
    await store.ready();

    await expectToWork(store);
    expect(store.server!.warnings.map(({ code }) => code)).not.toContain('not_primary');
  });

  test('works while one of the Sentinels does not answer, and the first of the list is not there', async () => {
    const [first, ...others] = redis.clientOptions.sentinels;
    redis.sentinels[0]!.pause();
    const sentinels = [{ host: '127.0.0.1', port: 1 }, first!, ...others];
    const store = openStore(redis.client(version, { sentinels }));
    await store.ready();

    await expectToWork(store);
  });

  test('says so where no Sentinel answers, in time', async () => {
    for (const sentinel of redis.sentinels) sentinel.pause();
    const store = openStore(redis.client(version), { readyTimeoutMs: 2500 });
    const { message } = await rejection(store.ready());

    expect(message).toContain('the Redis that the Sentinels call mymaster cannot be reached');
  });

  test('says so where the Sentinels know no primary of that name', async () => {
    const store = openStore(redis.client(version, { name: 'nobody' }), { readyTimeoutMs: 1000 });
    const { message } = await rejection(store.ready());

    expect(message).toContain('the Redis that the Sentinels call nobody cannot be reached');
  });

  test('says so where the primary does not answer, and works once it does', async () => {
    const group = await startSentinelRedis({ downAfterMs: 60_000 });
    const primary = await group.primary();
    await primary.kill();
    const store = openStore(group.client(version), { readyTimeoutMs: 1000 });
    const { message } = await rejection(store.ready());

    expect(message).toContain('the Redis that the Sentinels call mymaster cannot be reached');
    expect(message).toContain('ECONNREFUSED');
    await primary.restart();
    await until(() => expectToWork(store).then(() => true, () => false));
    await group.stop();
  });

  test('looks at the primary that they name, and warns of it by their name for it', async () => {
    const primary = rawClient((await redis.primary()).url);
    await primary.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const store = openStore(redis.client(version));
    await store.ready();
    await primary.config('SET', 'maxmemory-policy', 'noeviction');

    const warning = store.server!.warnings.find(({ code }) => code === 'eviction_policy');
    expect(warning?.message).toContain('the Redis that the Sentinels call mymaster would evict revocations');
  });

  test('refuses a Sentinel that it is given in place of a Redis, and says what to write instead', async () => {
    const { message } = await rejection(openStore(appClient(redis.sentinels[0]!.url, {}, version)).ready());

    expect(message).toContain("new Redis({ sentinels: [{ host, port }], name: 'mymaster' })");
  });
});
