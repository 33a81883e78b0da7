import { startCluster, type RedisCluster } from '../stores/support/redis-cluster.js';
import { startSentinelRedis, type SentinelRedis } from '../stores/support/redis-sentinel.js';
import { untilResolved } from '../stores/support/until.js';
import { ask } from './ask.js';
import type { Backend } from './backend.js';
import type { RedisAddress } from './instance-messages.js';
import { KEYS } from './redis-commands.js';

/** Instances ask the Sentinels where the primary is, and have no way to it but their own. */
export class SentinelBackend implements Backend {
  readonly group: SentinelRedis;

  constructor(group: SentinelRedis) {
    this.group = group;
  }

  async addressFor(): Promise<RedisAddress> {
    return { kind: 'sentinel', ...this.group.clientOptions };
  }

  async keepers(): Promise<readonly number[]> {
    return [(await untilResolved(() => this.group.primary())).port];
  }

  pids(): readonly number[] {
    return this.group.servers.map(({ pid }) => pid);
  }

  close(): Promise<void> {
    return this.group.stop();
  }
}

export class ClusterBackend implements Backend {
  readonly cluster: RedisCluster;
  readonly #pids: readonly number[];

  constructor(cluster: RedisCluster, pids: readonly number[]) {
    this.cluster = cluster;
    this.#pids = pids;
  }

  /** Those of the beginning. */
  pids(): readonly number[] {
    return this.#pids;
  }

  async addressFor(): Promise<RedisAddress> {
    return { kind: 'cluster', nodes: this.cluster.nodes };
  }

  async keepers(): Promise<readonly number[]> {
    return [(await untilResolved(() => this.cluster.ownerOf(KEYS.log))).port];
  }

  /** Nodes that hear of each other's parts at different times do not agree for a moment. */
  untilWhole(): Promise<void> {
    return untilResolved(() => this.cluster.untilWhole(KEYS.log));
  }

  close(): Promise<void> {
    return this.cluster.stop();
  }
}

export async function openSentinel(): Promise<SentinelBackend> {
  return new SentinelBackend(await startSentinelRedis({ args: ['--appendonly', 'yes'] }));
}

export async function openCluster({ replicas }: { readonly replicas: boolean }): Promise<ClusterBackend> {
  const cluster = await startCluster({ replicas, nodeTimeoutMs: 1000 });
  return new ClusterBackend(cluster, await pidsOf(cluster));
}

async function pidsOf({ nodes }: RedisCluster): Promise<readonly number[]> {
  const known = String(await ask(nodes[0]!.port, client => client.cluster('NODES')));
  const ports = [...known.matchAll(/127\.0\.0\.1:(\d+)@/g)].map(([, port]) => Number(port));
  return Promise.all(ports.map(port => ask(port, async client => Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]))));
}
