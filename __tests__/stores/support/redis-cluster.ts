import { Redis } from 'ioredis';
import { startRedis, type RedisServer } from '../../support/redis-server.js';
import { until } from './until.js';

const SLOTS = 16_384;

/** Three primaries without replicas: enough to be redirected, and to be refused what spans slots. */
export interface RedisCluster {
  readonly nodes: { readonly host: string; readonly port: number }[];
  /** Gives the node that keeps this key a replica, and answers with the ports of both. Resolves once the replica has all of its data. */
  addReplica(key: string): Promise<{ readonly primary: number; readonly replica: number }>;
  stop(): Promise<void>;
}

export async function startCluster(): Promise<RedisCluster> {
  const servers = await Promise.all([1, 2, 3].map(startNode));
  const clients = servers.map(({ url }) => new Redis(url));
  await join(servers, clients);
  for (const client of clients) client.disconnect();
  return {
    nodes: servers.map(({ port }) => ({ host: '127.0.0.1', port })),
    addReplica: async key => {
      const replica = await startNode();
      servers.push(replica);
      return addReplica(servers.slice(0, 3), replica, key);
    },
    stop: async () => {
      await Promise.all(servers.map(server => server.stop()));
    },
  };
}

function startNode(): Promise<RedisServer> {
  return startRedis({ args: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] });
}

async function addReplica(
  primaries: readonly RedisServer[],
  replica: RedisServer,
  key: string,
): Promise<{ readonly primary: number; readonly replica: number }> {
  const clients = [...primaries, replica].map(({ url }) => new Redis(url));
  const joining = clients.pop()!;
  const slot = await joining.cluster('KEYSLOT', key);
  const owner = Math.floor(slot / Math.ceil(SLOTS / primaries.length));
  await joining.cluster('MEET', '127.0.0.1', primaries[owner]!.port);
  const id = await clients[owner]!.cluster('MYID');
  // It has to have heard of the node before it can follow it, and of all others before it may take its place.
  await until(async () => {
    const nodes = String(await joining.cluster('NODES'));
    return nodes.includes(id) && nodes.split(' connected').length > primaries.length + 1;
  });
  await joining.cluster('REPLICATE', id);
  await until(async () => (await joining.info('replication')).includes('master_link_status:up'));
  for (const client of [...clients, joining]) client.disconnect();
  return { primary: primaries[owner]!.port, replica: replica.port };
}

async function join(servers: readonly RedisServer[], clients: readonly Redis[]): Promise<void> {
  const share = Math.ceil(SLOTS / clients.length);
  for (const [i, client] of clients.entries()) {
    await client.cluster('SET-CONFIG-EPOCH', i + 1);
    await client.call('CLUSTER', 'ADDSLOTSRANGE', i * share, Math.min(SLOTS, (i + 1) * share) - 1);
  }
  for (const { port } of servers.slice(1)) await clients[0]!.cluster('MEET', '127.0.0.1', port);
  await until(async () => {
    const states = await Promise.all(clients.map(client => client.cluster('INFO')));
    return states.every(state => state.includes('cluster_state:ok') && state.includes(`cluster_size:${clients.length}`));
  });
}
