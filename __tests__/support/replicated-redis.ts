import { Redis } from 'ioredis';
import { until } from '../stores/support/until.js';
import { holdableLink, type HoldableLink } from './holdable-link.js';
import { startRedis, type RedisServer } from './redis-server.js';

export interface RedisReplica {
  readonly server: RedisServer;
  /** Its way to the primary. */
  readonly link: HoldableLink;
  /** Makes it a primary, with what it has. */
  promote(): Promise<void>;
}

/** A primary and its replicas, which follow it each over a link of its own. */
export interface ReplicatedRedis {
  readonly primary: RedisServer;
  readonly replicas: readonly RedisReplica[];
  stop(): Promise<void>;
}

/** Resolves once all replicas have what the primary has. `args`: further options for the primary. */
export async function startReplicatedRedis(count: number, ...args: string[]): Promise<ReplicatedRedis> {
  const primary = await startRedis({ args: ['--repl-diskless-sync-delay', '0', ...args] });
  const replicas = await Promise.all(Array.from({ length: count }, () => startReplica(primary)));
  await areFollowing(primary, count);
  return {
    primary,
    replicas,
    async stop() {
      await Promise.all(replicas.flatMap(({ server, link }) => [server.stop(), link.close()]));
      await primary.stop();
    },
  };
}

async function startReplica(primary: RedisServer): Promise<RedisReplica> {
  const link = await holdableLink(primary.port);
  const server = await startRedis({ args: ['--replicaof', '127.0.0.1', String(link.port)] });
  return { server, link, promote: () => using(server, client => client.replicaof('NO', 'ONE')) };
}

/** `state=online` is not enough: for up to a second after its first sync, a replica may not acknowledge anything. */
export function areFollowing(primary: RedisServer, count: number): Promise<void> {
  return using(primary, client =>
    until(async () => {
      await client.publish('following', ''); // goes to the replicas, and leaves nothing behind
      return (await client.wait(count, 100)) === count;
    }),
  );
}

async function using(server: RedisServer, use: (client: Redis) => Promise<unknown>): Promise<void> {
  const client = new Redis(server.url);
  try {
    await use(client);
  } finally {
    client.disconnect();
  }
}
