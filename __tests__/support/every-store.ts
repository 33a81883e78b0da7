import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { memoryStore, redisStore, type RedisStoreOptions, type RevocationStore } from 'livetoken';
import { sharedRedisUrl } from './redis-url.js';

/** A fresh, empty store, and what ends it. */
export interface OpenStore {
  readonly store: RevocationStore;
  close(): Promise<void>;
}

export async function openMemoryStore(): Promise<OpenStore> {
  const store = memoryStore();
  return { store, close: () => store.close() };
}

/** On the Redis that the test run shares, in a namespace of its own; with a copy in memory, as by default. */
export function openRedisStore(): Promise<OpenStore> {
  return open({ namespace: randomUUID() });
}

/** The same without a copy: what one instance revokes, the next question of another knows. */
export function openDirectStore(namespace: string): Promise<OpenStore> {
  return open({ namespace, replica: false });
}

async function open(options: RedisStoreOptions): Promise<OpenStore> {
  const store = redisStore(new Redis(sharedRedisUrl(), { lazyConnect: true }), options);
  await store.ready();
  return { store, close: () => store.close() };
}

/** For `describe.each`: whatever the endpoints promise, they promise on both. */
export const EVERY_STORE = [
  { name: 'memory', open: openMemoryStore },
  { name: 'redis', open: openRedisStore },
] as const;

/** Opens a store before each test of the describe around it, and closes it afterwards. */
export function onStore(open: () => Promise<OpenStore>, use: (opened: OpenStore) => void): void {
  let opened: OpenStore;
  beforeEach(async () => {
    opened = await open();
    use(opened);
  });
  afterEach(() => opened.close());
}
