import { Redis } from 'ioredis';
import { startRedis, type RedisServer } from '../../support/redis-server.js';
import { until } from './until.js';

const SLOTS = 16_384;

/** Three primaries without replicas: enough to be redirected, and to be refused what spans slots. */
export interface RedisCluster {
  readonly nodes: { readonly host: string; readonly port: number }[];
  stop(): Promise<void>;
}

export async function startCluster(): Promise<RedisCluster> {
  const servers = await Promise.all([1, 2, 3].map(() => startRedis({ args: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] })));
  const clients = servers.map(({ url }) => new Redis(url));
  await join(servers, clients);
  for (const client of clients) client.disconnect();
  return {
    nodes: servers.map(({ port }) => ({ host: '127.0.0.1', port })),
    stop: async () => {
      await Promise.all(servers.map(server => server.stop()));
    },
  };
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
