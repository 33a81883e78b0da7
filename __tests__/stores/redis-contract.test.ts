import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { sharedRedisUrl } from '../support/redis-url.js';
import { describeStoreContract } from './store-contract.js';
import { appClient, cleanUpAll, eachVersion, freshNamespace } from './support/redis-stores.js';

describe.each(eachVersion)('redisStore with %s', (_, version) => {
  describeStoreContract('on a Redis', async () => {
    const client = appClient(sharedRedisUrl(), {}, version);
    return { store: redisStore(client, { namespace: freshNamespace(), replica: false }), cleanUp: cleanUpAll };
  });
});
