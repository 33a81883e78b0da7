import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { startReplicatedRedis, type ReplicatedRedis } from '../support/replicated-redis.js';
import { describeStoreContract } from './store-contract.js';
import { appClient, cleanUpAll, eachVersion, freshNamespace } from './support/redis-stores.js';

let redis: ReplicatedRedis;

beforeAll(async () => {
  redis = await startReplicatedRedis(1);
});

afterAll(() => redis.stop());

describe.each(eachVersion)('redisStore that waits for a replica, with %s', (_, version) => {
  describeStoreContract('on a primary and its replica', async () => {
    const client = appClient(redis.primary.url, {}, version);
    const store = redisStore(client, { namespace: freshNamespace(), acknowledge: { replicas: 1, timeoutMs: 5000 }, replica: false });
    return { store, cleanUp: cleanUpAll };
  });
});
