import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { redisStore, replicate, type Replica, type ReplicaOptions } from 'livetoken';
import type { OpenStore } from '../../support/every-store.js';
import { sharedRedisUrl } from '../../support/redis-url.js';

/** A store with its copy in this process, ready, on the Redis that the test run shares. */
export async function openReplica(namespace: string = randomUUID(), url = sharedRedisUrl(), options: ReplicaOptions = {}): Promise<OpenStore & { readonly store: Replica }> {
  const store = replicate(redisStore(new Redis(url, { lazyConnect: true }), { namespace, replica: false }), options);
  await store.ready();
  return { store, close: () => store.close() };
}
