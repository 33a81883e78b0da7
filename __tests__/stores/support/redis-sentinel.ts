import type { Redis } from 'ioredis';
import { holdableLink, type HoldableLink } from '../../support/holdable-link.js';
import { areFollowing } from '../../support/replicated-redis.js';
import { startRedis, type RedisServer } from '../../support/redis-server.js';
import { agreed, ask } from './ask.js';
import { appClient, versions } from './redis-stores.js';
import { until } from './until.js';

const NAME = 'mymaster';
const QUORUM = 2;
const HOST = '127.0.0.1';

/** A primary, its replica and the three Sentinels that watch them: all processes of their own. */
export interface SentinelRedis {
  /** What an ioredis client is given to find the primary. */
  readonly clientOptions: { readonly sentinels: { readonly host: string; readonly port: number }[]; readonly name: string };
  /** Both servers. The first one is the primary at the beginning; one that is restarted is empty, and a primary until it is told otherwise. */
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisServer[];
  /** The way of the second server to the first, as long as it follows it. */
  readonly link: HoldableLink;
  /** Whom all Sentinels that answer call the primary; rejects while they do not agree. */
  primary(): Promise<RedisServer>;
  /** A client such as an application has, ended after the test. */
  client(version?: (typeof versions)['ioredis 6'], options?: Parameters<typeof appClient>[1]): Redis;
  /** Makes the replica the primary while both run, as an operator would. Resolves once the Sentinels say so. */
  failOver(): Promise<RedisServer>;
  /** Resolves with the new primary once the Sentinels have replaced `old`, which was killed or paused. */
  untilReplaced(old: RedisServer): Promise<RedisServer>;
  /** Resolves once all run, agree, and the replica has what the primary has: another failover can come now. */
  untilWhole(): Promise<void>;
  stop(): Promise<void>;
}

export interface SentinelOptions {
  /** How long a server does not answer before a Sentinel calls it down, milliseconds. Default 1,000. */
  readonly downAfterMs?: number;
  /** Further options of both servers. */
  readonly args?: readonly string[];
}

/** Resolves once a failover can come. */
export async function startSentinelRedis({ downAfterMs = 1000, args = [] }: SentinelOptions = {}): Promise<SentinelRedis> {
  const closing: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(closing.map(close => close()));
  };
  const start = async (options: Parameters<typeof startRedis>[0]): Promise<RedisServer> => {
    const server = await startRedis(options);
    closing.push(() => server.stop());
    return server;
  };
  try {
    const server = ['--repl-diskless-sync-delay', '0', ...args];
    const primary = await start({ args: server });
    const replica = await start({ args: server });
    const link = await holdableLink(primary.port);
    closing.push(() => link.close());
    await ask(replica, client => client.replicaof(HOST, link.port));
    await areFollowing(primary, 1);
    const config = sentinelConfig(primary.port, downAfterMs);
    const sentinels = await Promise.all([1, 2, 3].map(() => start({ args: ['--sentinel'], config })));
    const group = handle({ servers: [primary, replica], sentinels, link, stop });
    await group.untilWhole();
    return group;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Within the failover timeout a replica is not told where else to find the primary than over its link. */
function sentinelConfig(port: number, downAfterMs: number): string {
  return [
    `sentinel monitor ${NAME} ${HOST} ${port} ${QUORUM}`,
    `sentinel down-after-milliseconds ${NAME} ${downAfterMs}`,
    `sentinel failover-timeout ${NAME} 60000`,
    `sentinel parallel-syncs ${NAME} 1`,
    '',
  ].join('\n');
}

/** How often Sentinels speak of themselves, which also says how long a server that is back may call itself primary; and ask servers. */
const USUAL = ['PUBLISH-PERIOD', 2000, 'INFO-PERIOD', 10_000] as const;
const HURRIED = ['PUBLISH-PERIOD', 200, 'INFO-PERIOD', 200] as const;

/** Older Redis than 7 does not know this, and is waited for. */
async function set(periods: readonly (string | number)[], sentinels: readonly RedisServer[]): Promise<void> {
  for (const sentinel of sentinels) await ask(sentinel, client => client.call('SENTINEL', 'DEBUG', ...periods).catch(() => undefined));
}

function handle({ servers, sentinels, link, stop }: Pick<SentinelRedis, 'servers' | 'sentinels' | 'link' | 'stop'>): SentinelRedis {
  const clientOptions = { sentinels: sentinels.map(({ port }) => ({ host: HOST, port })), name: NAME };

  async function primary(): Promise<RedisServer> {
    const named = await agreed(sentinels, primaryPort);
    const found = servers.find(({ port }) => port === named);
    if (found === undefined) throw new Error(`The Sentinels name ${named}.`);
    return found;
  }

  async function untilReplaced(old: RedisServer): Promise<RedisServer> {
    const [successor] = servers.filter(server => server !== old) as [RedisServer];
    await until(async () => (await primary().catch(() => old)) === successor);
    return successor;
  }

  async function untilWhole(): Promise<void> {
    const current = await primary();
    const expected = `status=ok,address=${HOST}:${current.port},slaves=1,sentinels=${sentinels.length}`;
    await set(HURRIED, sentinels);
    await until(async () => {
      const states = await Promise.all(sentinels.map(sentinel => ask(sentinel, client => client.info('sentinel'))));
      return states.every(state => state.includes(expected));
    });
    await areFollowing(current, 1);
    await set(USUAL, sentinels);
  }

  return {
    clientOptions,
    servers,
    sentinels,
    link,
    primary,
    client: (version = versions['ioredis 6'], options = {}) => appClient(`redis://${NAME}`, { ...clientOptions, ...options }, version),
    async failOver() {
      const old = await primary();
      await ask(sentinels[0]!, client => client.call('SENTINEL', 'FAILOVER', NAME));
      return untilReplaced(old);
    },
    untilReplaced,
    untilWhole,
    stop,
  };
}

async function primaryPort(client: Redis): Promise<number> {
  const address = await client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME);
  return Number((address as readonly string[])[1]);
}
