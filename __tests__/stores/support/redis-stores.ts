import { randomUUID } from 'node:crypto';
import { Cluster, Redis, type ClusterNode, type RedisOptions } from 'ioredis';
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis5';
import type { RedisClient } from '../../../lib/stores/redis/connections.js';
import { redisStore, type RedisStoreOptions } from '../../../lib/stores/redis/redis-store.js';
import type { FollowableStore } from '../../../lib/stores/store.js';
import { startRedis, type RedisServer } from '../../support/redis-server.js';

type AppOptions = Omit<RedisOptions, 'replyMapping'>;
type AppClusterOptions = NonNullable<ConstructorParameters<typeof Cluster>[1]>;

/** The clients that applications may hand in. The types are those of version 6, whose surface the store uses version 5 shares. */
interface ClientVersion {
  readonly connect: (url: string, options: AppOptions) => Redis;
  readonly connectCluster: (nodes: ClusterNode[], options: AppClusterOptions) => Cluster;
}

export const versions: Readonly<Record<'ioredis 6' | 'ioredis 5', ClientVersion>> = {
  'ioredis 6': {
    connect: (url, options) => new Redis(url, options),
    connectCluster: (nodes, options) => new Cluster(nodes, options),
  },
  'ioredis 5': {
    connect: (url, options) => new (Redis5 as unknown as typeof Redis)(url, options),
    connectCluster: (nodes, options) => new (Cluster5 as unknown as typeof Cluster)(nodes, options),
  },
};

export const eachVersion = Object.entries(versions);

const cleanUps: (() => unknown)[] = [];

/** Ends, last first, what a test has opened. Jest waits for what is left open. */
export async function cleanUpAll(): Promise<void> {
  // One by one: what is opened to clean up is closed as well.
  for (let cleanUp = cleanUps.pop(); cleanUp !== undefined; cleanUp = cleanUps.pop()) await cleanUp();
}

export function later(cleanUp: () => unknown): void {
  cleanUps.push(cleanUp);
}

/** A client such as an application has: nothing set with the store in mind. Connects when it is used. */
export function appClient(url: string, options: AppOptions = {}, version = versions['ioredis 6']): Redis {
  const client = version.connect(url, { lazyConnect: true, ...options });
  client.on('error', () => undefined); // the store reports what its own connections meet
  later(() => client.status === 'end' || client.disconnect());
  return client;
}

/** A store without a copy in memory, with a namespace of its own unless one is given, closed after the test. */
export function openStore(client: RedisClient, options: RedisStoreOptions = {}): FollowableStore {
  const store = redisStore(client, { namespace: freshNamespace(), ...options, replica: false });
  later(() => store.close());
  return store;
}

export function freshNamespace(): string {
  return `test-${randomUUID()}`;
}

/** To look into a Redis, or to harm it, past the store. */
export function rawClient(url: string): Redis {
  return appClient(url, { maxRetriesPerRequest: 0 });
}

/** A Redis for one test, which may be stopped, filled and broken. */
export async function ownRedis(...args: string[]): Promise<RedisServer> {
  const server = await startRedis({ args });
  later(() => server.stop());
  return server;
}
