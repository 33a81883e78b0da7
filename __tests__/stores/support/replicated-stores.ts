import type { Redis } from 'ioredis';
import { StoreUnavailableError } from '../../../lib/errors.js';
import type { RedisStoreOptions } from '../../../lib/stores/redis/redis-store.js';
import type { FollowableStore } from '../../../lib/stores/store.js';
import { startReplicatedRedis, type ReplicatedRedis } from '../../support/replicated-redis.js';
import { appClient, cleanUpAll, freshNamespace, openStore, rawClient, versions } from './redis-stores.js';
import { rejection } from './settling.js';
import { until } from './until.js';

/** For what is to be acknowledged, however slow the machine. */
export const PATIENT = { timeoutMs: 5000 } as const;
/** For what cannot be. */
export const HASTY = { timeoutMs: 50 } as const;

/** A primary with replicas for the tests of a file, each of which has a namespace of its own and begins with all replicas following. */
export interface ReplicatedStores {
  readonly redis: ReplicatedRedis;
  readonly primary: Redis;
  readonly namespace: string;
  hold(): void;
  release(): void;
  /** A store for what is written: without the heartbeat, which writes too, and would refuse to read from a primary without replicas. */
  open(acknowledge: NonNullable<RedisStoreOptions['acknowledge']>, version?: (typeof versions)['ioredis 6']): Promise<FollowableStore>;
  /** Every connection but those of replicas, monitors and our own. */
  breakConnections(): Promise<void>;
}

/** Sets up before all and each, and tears down after. */
export function onReplicatedRedis(count: number): ReplicatedStores {
  let redis: ReplicatedRedis;
  let primary: Redis;
  let namespace: string;
  const release = (): void => { for (const { link } of redis.replicas) link.release(); };

  beforeAll(async () => {
    redis = await startReplicatedRedis(count);
  });
  beforeEach(() => {
    namespace = freshNamespace();
    primary = rawClient(redis.primary.url);
  });
  afterEach(async () => {
    release();
    await cleanUpAll();
  });
  afterAll(() => redis.stop());

  return {
    get redis() { return redis; },
    get primary() { return primary; },
    get namespace() { return namespace; },
    hold() { for (const { link } of redis.replicas) link.hold(); },
    release,
    async open(acknowledge, version = versions['ioredis 6']) {
      const store = openStore(appClient(redis.primary.url, {}, version), { namespace, acknowledge, unsafe: { acceptUnprovenPrimary: true } });
      await store.ready();
      return store;
    },
    async breakConnections() {
      await primary.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    },
  };
}

export async function expectRefused(answer: Promise<unknown>, because: string): Promise<void> {
  const error = await rejection(answer);
  expect(error).toBeInstanceOf(StoreUnavailableError);
  expect(error.message).toContain(because);
}

/**
 * Repeats what is always refused until it is refused with these words. How many replicas have it in time depends on the machine; that
 * too few have it does not.
 */
export async function untilRefused(ask: () => Promise<unknown>, because: string): Promise<void> {
  await until(async () => {
    const error = await rejection(ask());
    expect(error).toBeInstanceOf(StoreUnavailableError);
    return error.message.includes(because);
  });
}
