import { onlyKnown, wholeNumber } from '../../option-checks.js';
import { parseReplicaOptions, Replica, type ReplicaOptions } from '../replica/replica.js';
import type { FollowableStore, RevocationStore } from '../store.js';
import type { RedisClient } from './connections.js';
import { DirectStore } from './direct-store.js';

export interface RedisStoreOptions {
  /** Separates applications that share a Redis: 1 to 64 letters, digits, dots, dashes, underscores. Default `default`. */
  readonly namespace?: string;
  /** How long the audit log keeps entries, milliseconds. Default 90 days. */
  readonly auditRetentionMs?: number;
  /** How long `ready()` waits for Redis before it rejects, milliseconds. Default 5,000. */
  readonly readyTimeoutMs?: number;
  /**
   * How revocations are copied into this process, so that checks are answered from memory: see ReplicaOptions. `false`: Redis is
   * asked at every check. Default: copied, at most one second old.
   */
  readonly replica?: false | ReplicaOptions;
}

const DAY_MS = 86_400_000;

/**
 * Revocations in Redis, for any number of instances. Takes an ioredis `Redis` or `Cluster`, 5.11 or later, and leaves it alone:
 * the store's own connections (two, and one to follow the log) are derived from it, because on the request path ioredis' default
 * options wait for ever. They go to the primary only. Redis 6.2 or later, with `maxmemory-policy noeviction`: an evicted revocation
 * is a revoked token back in use.
 *
 * @throws TypeError for a bad option
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions & { readonly replica: false }): FollowableStore;
export function redisStore(client: RedisClient, options?: RedisStoreOptions): RevocationStore;
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): RevocationStore {
  if (typeof (client as Partial<RedisClient> | undefined)?.duplicate !== 'function') {
    throw new TypeError('redisStore: give an ioredis client, such as redisStore(new Redis(process.env.REDIS_URL)).');
  }
  onlyKnown('redisStore', options, ['namespace', 'auditRetentionMs', 'readyTimeoutMs', 'replica']);
  const { replica = {} } = options;
  const copying = replica === false ? undefined : parseReplicaOptions(replica);
  const store = new DirectStore(client, {
    namespace: options.namespace ?? 'default',
    auditRetentionMs: wholeNumber('auditRetentionMs', options.auditRetentionMs ?? 90 * DAY_MS, { min: 1, unit: 'of milliseconds' }),
    readyTimeoutMs: wholeNumber('readyTimeoutMs', options.readyTimeoutMs ?? 5000, { min: 1, unit: 'of milliseconds' }),
  });
  return copying === undefined ? store : new Replica(store, copying);
}
