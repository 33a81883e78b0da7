import type { TargetKey } from '../../../lib/model/target-key.js';
import type { Acknowledge } from '../../../lib/stores/redis/acknowledge-option.js';
import type { RedisClient } from '../../../lib/stores/redis/connections.js';
import { redisStore } from '../../../lib/stores/redis/redis-store.js';
import type { RevocationStore } from '../../../lib/stores/store.js';
import { keys, write } from './builders.js';
import { eachVersion, later, type versions } from './redis-stores.js';
import { Traffic } from './store-traffic.js';
import { until, untilResolved } from './until.js';

/** Connections of all instances have this name, by which servers tell them from others. */
export const CONNECTION_NAME = 'instance';

export interface Instance {
  /** Such as `ioredis 5, copy`. */
  readonly name: string;
  readonly store: RevocationStore;
  readonly traffic: Traffic;
}

/** With each version of ioredis an instance that keeps a copy and one that asks Redis at every check, all in one namespace. */
export interface Instances {
  readonly all: readonly Instance[];
  /** Revoked before there was any traffic, and known to all. */
  readonly known: readonly TargetKey[];
  /** Resolves once all check and revoke again, and the copies are live. */
  untilServed(): Promise<void>;
  /** Of all instances, without repetition. */
  acknowledged(): readonly TargetKey[];
  /** Resolves once each instance, when it can tell, finds all of these revoked. */
  untilAllKnow(wanted: readonly TargetKey[]): Promise<void>;
  /** Ends the traffic. Answers with what no call may come to. */
  stop(): Promise<Readonly<Record<string, { readonly missed: readonly TargetKey[]; readonly unsettled: number }>>>;
}

export interface InstancesOptions {
  readonly connect: (version: (typeof versions)['ioredis 6']) => RedisClient;
  readonly acknowledge: Acknowledge;
  readonly namespace: string;
  /** Resolves once what was revoked cannot be lost with one server. */
  readonly beforeTraffic: () => Promise<unknown>;
}

export async function startInstances({ connect, acknowledge, namespace, beforeTraffic }: InstancesOptions): Promise<Instances> {
  const open = (version: (typeof versions)['ioredis 6'], replica: false | undefined): RevocationStore => {
    const store = redisStore(connect(version), { namespace, acknowledge, ...(replica === false && { replica }) });
    later(() => store.close());
    return store;
  };
  const stores = eachVersion.flatMap(([name, version]) => [
    { name: `${name}, copy`, store: open(version, undefined) },
    { name: `${name}, direct`, store: open(version, false) },
  ]);
  await Promise.all(stores.map(({ store }) => untilResolved(() => store.ready())));
  const known = keys(20);
  await stores[0]!.store.record(known.map(key => write(key)));
  for (const { store } of stores) await until(() => knows(store, known));
  await beforeTraffic();
  // What it has acknowledged a copy never forgets; of others only what more than the primary had.
  const all = stores.map(({ name, store }) => ({ name, store, traffic: new Traffic(store, known, acknowledge !== 'primary' || store.replica !== undefined) }));
  later(() => Promise.all(all.map(({ traffic }) => traffic.stop())));
  await Promise.all(all.map(({ traffic }) => traffic.untilServed()));
  return handle(all, known);
}

function handle(all: readonly Instance[], known: readonly TargetKey[]): Instances {
  return {
    all,
    known,
    async untilServed() {
      await Promise.all(all.map(({ traffic }) => traffic.untilServed()));
      await until(() => all.every(({ store }) => store.replica === undefined || store.replica.figures.state === 'live'));
    },
    acknowledged: () => [...new Set(all.flatMap(({ traffic }) => traffic.acknowledged))],
    async untilAllKnow(wanted) {
      for (const { store } of all) await until(() => knows(store, wanted));
    },
    async stop() {
      await Promise.all(all.map(({ traffic }) => traffic.stop()));
      return Object.fromEntries(all.map(({ name, traffic: { missed, unsettled } }) => [name, { missed: [...missed], unsettled }]));
    },
  };
}

async function knows(store: RevocationStore, wanted: readonly TargetKey[]): Promise<boolean> {
  const epochs = await untilResolved(() => store.epochs(wanted));
  return !epochs.includes(undefined);
}

/** What `stop` answers where nothing is amiss. */
export function nothingAmiss({ all }: Instances): Awaited<ReturnType<Instances['stop']>> {
  return Object.fromEntries(all.map(({ name }) => [name, { missed: [], unsettled: 0 }]));
}
