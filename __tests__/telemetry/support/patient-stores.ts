import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { redisStore } from 'livetoken';
import { openMemoryStore, type OpenStore } from '../../support/every-store.js';
import { sharedRedisUrl } from '../../support/redis-url.js';

/** With a copy that answers for a minute after it was last proven complete: a machine that is busy must not change who answers. */
export async function openPatientStore(namespace: string = randomUUID(), url = sharedRedisUrl()): Promise<OpenStore> {
  const store = redisStore(new Redis(url, { lazyConnect: true }), { namespace, replica: { maxStalenessMs: 60_000 } });
  await store.ready();
  return { store, close: () => store.close() };
}

/** For `describe.each`. */
export const PATIENT_STORES = [
  { name: 'memory', open: openMemoryStore },
  { name: 'redis', open: openPatientStore },
] as const;
