import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { replicate } from '../../lib/stores/replica/replica.js';
import { describeStoreContract } from '../stores/store-contract.js';
import { appClient, cleanUpAll, eachVersion, freshNamespace } from '../stores/support/redis-stores.js';
import { sharedRedisUrl } from '../support/redis-url.js';

describe.each(eachVersion)('A replica over redisStore with %s', (_, version) => {
  describeStoreContract('on a Redis', async () => {
    const client = appClient(sharedRedisUrl(), {}, version);
    return { store: replicate(redisStore(client, { namespace: freshNamespace(), replica: false })), cleanUp: cleanUpAll };
  });
});
