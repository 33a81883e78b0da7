import { Redis } from 'ioredis';
import { startRedis, type RedisServer } from '../../support/redis-server.js';
import { agreed, ask } from './ask.js';
import { until } from './until.js';

const SLOTS = 16_384;
const PRIMARIES = 3;
const HOST = '127.0.0.1';

/** Three primaries: enough to be redirected, and to be refused what spans slots. With replicas, enough to elect a new one. */
export interface RedisCluster {
  /** The primaries at the beginning. */
  readonly nodes: { readonly host: string; readonly port: number }[];
  /** Gives the node that keeps this key a replica, and answers with the ports of both. Resolves once the replica has all of its data. */
  addReplica(key: string): Promise<{ readonly primary: number; readonly replica: number }>;
  /** The node that keeps this key, and the replica that follows it, as all nodes that answer see it; rejects while they do not agree. */
  ownerOf(key: string): Promise<RedisServer>;
  replicaOf(key: string): Promise<RedisServer>;
  /** Lets the replica take over while both run, as an operator would, and nothing is lost. Resolves with it once all nodes know. */
  failOver(key: string): Promise<RedisServer>;
  /** Resolves with the successor once the nodes have replaced `old`, which had this key and was killed or paused. */
  untilReplaced(key: string, old: RedisServer): Promise<RedisServer>;
  /** Resolves once whoever keeps this key has a follower that has all of it: another failover can come. */
  untilWhole(key: string): Promise<void>;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** A replica for each primary. Default false. */
  readonly replicas?: boolean;
  /** How long a node does not answer before others call it down, milliseconds. Default 15,000, as Redis has it. */
  readonly nodeTimeoutMs?: number;
}

export async function startCluster({ replicas = false, nodeTimeoutMs = 15_000 }: ClusterOptions = {}): Promise<RedisCluster> {
  const servers: RedisServer[] = [];
  const start = async (): Promise<RedisServer> => {
    const server = await startNode(nodeTimeoutMs);
    servers.push(server);
    return server;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map(server => server.stop()));
  };
  try {
    const primaries = await Promise.all(Array.from({ length: PRIMARIES }, start));
    await join(primaries);
    const cluster = handle(primaries, servers, start, stop);
    if (!replicas) return cluster;
    for (const owner of primaries.keys()) await follow(primaries, owner, await start());
    await meet(servers);
    for (const replica of servers.slice(PRIMARIES)) await areCountingOn(replica, servers);
    return cluster;
  } catch (error) {
    await stop();
    throw error;
  }
}

function handle(primaries: readonly RedisServer[], servers: readonly RedisServer[], start: () => Promise<RedisServer>, stop: () => Promise<void>): RedisCluster {
  async function nodesOf(key: string): Promise<readonly [RedisServer, RedisServer | undefined]> {
    const ports = await agreed(servers, client => portsOf(client, key));
    const [owner, replica] = ports.split(',').map(port => servers.find(server => server.port === Number(port)));
    if (owner === undefined) throw new Error('No node has this key.');
    return [owner, replica];
  }

  async function ownerOf(key: string): Promise<RedisServer> {
    return (await nodesOf(key))[0];
  }

  async function replicaOf(key: string): Promise<RedisServer> {
    const [, replica] = await nodesOf(key);
    if (replica === undefined) throw new Error('The node that has this key has no replica.');
    return replica;
  }

  return {
    nodes: primaries.map(({ port }) => ({ host: HOST, port })),
    async addReplica(key) {
      const owner = Math.floor((await slotOf(primaries[0]!, key)) / Math.ceil(SLOTS / primaries.length));
      const replica = await start();
      await follow(primaries, owner, replica);
      return { primary: primaries[owner]!.port, replica: replica.port };
    },
    ownerOf,
    replicaOf,
    async failOver(key) {
      const replica = await replicaOf(key);
      await ask(replica, client => client.cluster('FAILOVER'));
      await until(async () => (await ownerOf(key).catch(() => undefined)) === replica);
      return replica;
    },
    async untilReplaced(key, old) {
      let owner: RedisServer | undefined;
      await until(async () => {
        owner = await ownerOf(key).catch(() => undefined);
        return owner !== undefined && owner !== old;
      });
      return owner!;
    },
    async untilWhole(key) {
      const written = await ask(await ownerOf(key), offsetOf);
      await until(() => replicaOf(key).then(replica => ask(replica, hasReached(written))).catch(() => false));
    },
    stop,
  };
}

function startNode(nodeTimeoutMs: number): Promise<RedisServer> {
  const cluster = ['--cluster-enabled', 'yes', '--cluster-announce-ip', HOST, '--cluster-node-timeout', String(nodeTimeoutMs)];
  // Others do not count on a replica that has been sent nothing yet: hence the ping every second.
  return startRedis({ args: [...cluster, '--repl-ping-replica-period', '1', '--repl-diskless-sync-delay', '0'] });
}

function slotOf(server: RedisServer, key: string): Promise<number> {
  return ask(server, client => client.cluster('KEYSLOT', key));
}

/** The port of the node that has a key, and those of its replicas that are not down. */
async function portsOf(client: Redis, key: string): Promise<string> {
  const slot = await client.cluster('KEYSLOT', key);
  const ranges = await client.cluster('SLOTS');
  const [, , ...nodes] = ranges.find(([first, last]) => first <= slot && slot <= last) ?? [0, 0];
  return nodes.map(([, port]) => port).join(',');
}

async function offsetOf(client: Redis): Promise<number> {
  return Number(/master_repl_offset:(\d+)/.exec(await client.info('replication'))?.[1]);
}

/** Of a replica that is linked to its primary. */
function hasReached(offset: number): (client: Redis) => Promise<boolean> {
  return async client => {
    const info = await client.info('replication');
    return info.includes('master_link_status:up') && Number(/slave_repl_offset:(\d+)/.exec(info)?.[1]) >= offset;
  };
}

/** Each with each: to be told by others takes them seconds. */
async function meet(servers: readonly RedisServer[]): Promise<void> {
  await Promise.all(servers.map(server => ask(server, client => Promise.all(servers.map(({ port }) => client.cluster('MEET', HOST, port))))));
}

/** Whether a node counts on this replica: only then it may help to make it a primary. */
function countsOn(replica: RedisServer): (client: Redis) => Promise<boolean> {
  return async client => {
    const ranges = await client.cluster('SLOTS');
    return ranges.some(([, , , ...replicas]) => replicas.some(([, port]) => port === replica.port));
  };
}

async function follow(primaries: readonly RedisServer[], owner: number, replica: RedisServer): Promise<void> {
  const clients = [...primaries, replica].map(({ url }) => new Redis(url));
  const joining = clients.pop()!;
  await meet([...primaries, replica]);
  const id = await clients[owner]!.cluster('MYID');
  // It has to have heard of the node before it can follow it, and of all others before it may take its place.
  await until(async () => {
    const nodes = String(await joining.cluster('NODES'));
    return nodes.includes(id) && nodes.split(' connected').length > primaries.length + 1;
  });
  await joining.cluster('REPLICATE', id);
  await until(() => hasReached(0)(joining));
  for (const client of [...clients, joining]) client.disconnect();
  await areCountingOn(replica, [...primaries, replica]);
}

async function areCountingOn(replica: RedisServer, nodes: readonly RedisServer[]): Promise<void> {
  await until(() => agreed(nodes, countsOn(replica)).catch(() => false));
}

async function join(servers: readonly RedisServer[]): Promise<void> {
  const clients = servers.map(({ url }) => new Redis(url));
  const share = Math.ceil(SLOTS / clients.length);
  for (const [i, client] of clients.entries()) {
    await client.cluster('SET-CONFIG-EPOCH', i + 1);
    await client.call('CLUSTER', 'ADDSLOTSRANGE', i * share, Math.min(SLOTS, (i + 1) * share) - 1);
  }
  await meet(servers);
  await until(async () => {
    const states = await Promise.all(clients.map(client => client.cluster('INFO')));
    return states.every(state => state.includes('cluster_state:ok') && state.includes(`cluster_size:${clients.length}`));
  });
  for (const client of clients) client.disconnect();
}
