import { choice, flag, onlyKnown, wholeNumber } from '../../option-checks.js';
import { parseReplicaOptions, Replica, type ReplicaOptions } from '../replica/replica.js';
import type { FollowableStore, RevocationStore } from '../store.js';
import { parseAcknowledge, type Acknowledge } from './acknowledge-option.js';
import type { RedisClient } from './connections.js';
import type { OnDataLoss } from './data-loss.js';
import { DirectStore } from './direct-store.js';

export interface RedisStoreOptions {
  /** Separates applications that share a Redis: 1 to 64 letters, digits, dots, dashes, underscores. Default `default`. */
  readonly namespace?: string;
  /**
   * How long `live.history` tells of a revocation, milliseconds, at least 1. What is older leaves as new entries come. Of instances
   * that differ the shortest decides. Default 7,776,000,000: 90 days.
   */
  readonly auditRetentionMs?: number;
  /** How long `ready()` waits for Redis before it rejects, milliseconds, at least 1. Default 5,000. */
  readonly readyTimeoutMs?: number;
  /**
   * Longest that a check waits for Redis, milliseconds, 60 to 1,000. Default 300. While Redis does not answer at all, checks that need
   * it are refused at once, but for one every now and then that finds out whether it is back.
   */
  readonly deadlineMs?: number;
  /**
   * What must have a revocation, or the use of what may be used once, before it counts as recorded: the primary, or so many of its
   * replicas too. Tracking does not wait for them: it refuses no token. Default `'primary'`.
   */
  readonly acknowledge?: Acknowledge;
  /**
   * How revocations are copied into this process, so that checks are answered from memory: see ReplicaOptions. `false`: Redis is
   * asked at every check. Default: copied, at most one second old.
   */
  readonly replica?: false | ReplicaOptions;
  /**
   * How often Redis is asked how it is set up (eviction, persistence, role, clock: see StoreWarningCode), milliseconds, 100 to
   * 3,600,000; every 1,000 at most while checks are refused for what it said. Also asked by `ready()` and after connecting anew.
   * Default 60,000.
   */
  readonly checkEveryMs?: number;
  /**
   * What to do when Redis has lost all its data and no running copy can give it back: see OnDataLoss. Default `'refuse'`. What is lost
   * before any instance has ever looked cannot be noticed: an empty Redis is then a new one.
   */
  readonly onDataLoss?: OnDataLoss;
  /**
   * This namespace has been in use: a Redis that holds nothing of it has lost its data, and `onDataLoss` applies, even where no instance
   * runs that has seen any. Without it such a Redis is taken for a new one. Switch it on once the first revocation has been recorded;
   * earlier, `acceptDataLoss()` once says that nothing is missing. Default false.
   */
  readonly expectData?: boolean;
  /** Opt-outs from safety. Default: none. */
  readonly unsafe?: RedisUnsafeOptions;
}

export interface RedisUnsafeOptions {
  /**
   * Ask a Redis that may evict keys, or has. Which revocations it evicts nobody can tell, and what was revoked by one of them is
   * back in use: warnings are all that is left. Where it evicts the state of the namespace too, `onDataLoss` applies. Default false: `ready()` rejects, and checks are refused (503).
   */
  readonly acceptEviction?: boolean;
  /**
   * With `acknowledge: { replicas }`: believe a server that has not proved for long that it is the primary. Checks are then answered
   * while the replicas are away, and also by a primary that was cut off and knows nothing of what was revoked since. Default false.
   */
  readonly acceptUnprovenPrimary?: boolean;
}

const DAY_MS = 86_400_000;

/**
 * Revocations in Redis, for any number of instances. Takes an ioredis `Redis` or `Cluster`, 5.11 or later, and leaves it alone:
 * the store's own connections (two, one to follow the log, and one for writes that wait for replicas) are derived from it, because
 * on the request path ioredis' default options wait for ever. They go to the primary only. Redis 6.2 or later, with `maxmemory-policy noeviction`: an evicted revocation
 * is a revoked token back in use, so a Redis that evicts is refused. What else may be wrong with it is told: see StoreWarningCode.
 *
 * @throws TypeError for a bad option
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions & { readonly replica: false }): FollowableStore;
export function redisStore(client: RedisClient, options?: RedisStoreOptions): RevocationStore;
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): RevocationStore {
  if (typeof (client as Partial<RedisClient> | undefined)?.duplicate !== 'function') {
    throw new TypeError('redisStore: give an ioredis client, such as redisStore(new Redis(process.env.REDIS_URL)).');
  }
  onlyKnown('redisStore', options, ['namespace', 'auditRetentionMs', 'readyTimeoutMs', 'deadlineMs', 'acknowledge', 'replica', 'checkEveryMs', 'onDataLoss', 'expectData', 'unsafe']);
  const { replica = {}, unsafe = {} } = options;
  onlyKnown('unsafe', unsafe, ['acceptEviction', 'acceptUnprovenPrimary']);
  const copying = replica === false ? undefined : parseReplicaOptions(replica);
  const store = new DirectStore(client, {
    namespace: options.namespace ?? 'default',
    auditRetentionMs: wholeNumber('auditRetentionMs', options.auditRetentionMs ?? 90 * DAY_MS, { min: 1, unit: 'of milliseconds' }),
    readyTimeoutMs: wholeNumber('readyTimeoutMs', options.readyTimeoutMs ?? 5000, { min: 1, unit: 'of milliseconds' }),
    deadlineMs: wholeNumber('deadlineMs', options.deadlineMs ?? 300, { min: 60, max: 1000, unit: 'of milliseconds' }),
    checkEveryMs: wholeNumber('checkEveryMs', options.checkEveryMs ?? 60_000, { min: 100, max: 3_600_000, unit: 'of milliseconds' }),
    onDataLoss: choice('onDataLoss', options.onDataLoss ?? 'refuse', ['refuse', 'revoke-all', 'continue']),
    expectData: flag('expectData', options.expectData),
    acceptEviction: flag('unsafe.acceptEviction', unsafe.acceptEviction),
    acceptUnprovenPrimary: flag('unsafe.acceptUnprovenPrimary', unsafe.acceptUnprovenPrimary),
    acknowledge: parseAcknowledge(options.acknowledge),
  });
  return copying === undefined ? store : new Replica(store, copying);
}
