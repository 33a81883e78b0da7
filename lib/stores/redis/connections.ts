import type { Cluster, Redis } from 'ioredis';

export type RedisClient = Redis | Cluster;

const RETRY = pausesOfUpTo(250);

/** Longer ones: with 400 ms at most ioredis never came back through Sentinels after their primary was killed. */
const RETRY_BY_OTHERS = pausesOfUpTo(1000);

/**
 * ioredis' defaults wait: a GET while Redis is down takes 10 s (v5) or 73 s (v6), and for ever while it hangs. What stands here
 * makes every command settle in time, every stuck socket be dropped, and nothing queue up while there is no connection.
 */
const COMMON = {
  lazyConnect: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 1000,
  disconnectTimeout: 100,
  keepAlive: 5000,
  noDelay: true,
  autoResendUnfulfilledCommands: false,
  enableAutoPipelining: false,
  readOnly: false,
  stringNumbers: false,
  maxLoadingRetryTime: 250,
  retryStrategy: RETRY,
  // Only a primary is asked: a replica may lag, and would then say "not revoked".
  role: 'master',
  // ioredis 6 speaks RESP3; the replies keep the shapes of version 5, which ignores this.
  replyMapping: 'legacy',
} as const;

/**
 * The deadline is kept by the circuit; commandTimeout only empties the queue. socketTimeout is what notices a dead socket. Both go by
 * timers alone, so an event loop that was held up for longer loses its connection: they leave it a second.
 */
export const READING = { ...COMMON, commandTimeout: 1000, socketTimeout: 1000, reconnectOnError: null } as const;

/** Writes are few and matter more: they get more time, and a primary that was demoted is left at once. */
export const WRITING = {
  ...COMMON,
  commandTimeout: 1500,
  socketTimeout: 2500,
  reconnectOnError: (error: Error): false | 1 => (error.message.startsWith('READONLY') ? 1 : false),
} as const;

/** Of the writes that wait for replicas: Redis says how many there were before we stop listening. */
export function acknowledging(timeoutMs: number): ConnectionOptions {
  return { ...WRITING, commandTimeout: timeoutMs + 1000, socketTimeout: timeoutMs + 2000 };
}

/** The follower's blocking read takes as long as it says; a socket that is silent for longer than that is dead. */
export const FOLLOWING = { ...COMMON, commandTimeout: undefined, socketTimeout: 1500, reconnectOnError: null } as const;

type ConnectionOptions = Omit<typeof WRITING | typeof READING | typeof FOLLOWING, 'commandTimeout' | 'socketTimeout'> & {
  readonly commandTimeout: number | undefined;
  readonly socketTimeout: number;
};

const SENTINEL = { retryStrategy: RETRY_BY_OTHERS, failoverDetector: true, sentinelCommandTimeout: 500, sentinelRetryStrategy: (): number => 250 } as const;

const CLUSTER = {
  lazyConnect: false,
  enableOfflineQueue: false,
  slotsRefreshInterval: 0, // see keepMapOfSlots
  slotsRefreshTimeout: 500,
  retryDelayOnFailover: 50,
  maxRedirections: 4,
  clusterRetryStrategy: RETRY_BY_OTHERS,
  enableAutoPipelining: false,
  scaleReads: 'master',
} as const;

/**
 * A connection of our own to where `client` points, with its credentials, TLS and database, and the options above.
 *
 * @param greetingMs how long a server that took a connection may be silent on it, milliseconds
 */
export function deriveConnection(client: RedisClient, overrides: ConnectionOptions, greetingMs: number): RedisClient {
  if (isCluster(client)) return deriveFromCluster(client, overrides);
  return neverEnding(client.options.sentinels ? client.duplicate({ ...overrides, ...SENTINEL }) : notWaitingForGreeting(client, overrides, greetingMs));
}

/** Those that are to end. */
const released = new WeakSet<RedisClient>();

const BEGIN_AGAIN_MS = 250;

/** ioredis gives up for good where Sentinels tell of a new primary while it is asking them for one. */
function neverEnding(connection: Redis): Redis {
  connection.on('end', () => {
    if (released.has(connection)) return;
    setTimeout(() => {
      if (!released.has(connection)) connection.connect().catch(() => undefined); // told by 'error'
    }, BEGIN_AGAIN_MS).unref();
  });
  return connection;
}

/** A new connection that hears nothing has nothing to lose: it is made anew sooner than one that has worked, and with hardly a pause. */
function notWaitingForGreeting(client: Redis, overrides: ConnectionOptions, greetingMs: number): Redis {
  let timer: NodeJS.Timeout | undefined;
  let hasWaited = false;
  const retryStrategy = (attempt: number): number => {
    const pauseMs = RETRY(hasWaited ? 1 : attempt);
    hasWaited = false;
    return pauseMs;
  };
  const options: ConnectionOptions = { ...overrides, retryStrategy };
  const connection = client.duplicate(options);
  connection.on('connect', () => {
    timer = setTimeout(() => {
      hasWaited = true;
      renew(connection);
    }, greetingMs);
  });
  for (const event of ['ready', 'close'] as const) connection.on(event, () => { clearTimeout(timer); });
  return connection;
}

/** Drops a connection whose server is silent, and makes it anew. Through Sentinels and in a Cluster ioredis sees to that alone. */
export function renew(connection: RedisClient): void {
  if (!isCluster(connection) && !connection.options.sentinels) connection.disconnect(true);
}

/** A server that cannot prove that it is the primary for so long may be one that everybody else has left. */
export const USELESS_MS = 2000;

const LEAVE_EVERY_MS = 1000;
const leftAtMs = new WeakMap<RedisClient, number>();

/**
 * Leaves a server that answers and is not the one to ask: the address may lead to another one by now, while connections that were made
 * before stay where they are. At most once a second, because it may as well lead there again.
 */
export function leave(connection: RedisClient): void {
  const nowMs = performance.now();
  if (nowMs - (leftAtMs.get(connection) ?? -Infinity) < LEAVE_EVERY_MS) return;
  leftAtMs.set(connection, nowMs);
  renew(connection);
}

/** Of each cluster client the connections that were derived from it and have not ended. */
const derivedFrom = new WeakMap<Cluster, Set<Cluster>>();
const siblingsOf = new WeakMap<Cluster, Set<Cluster>>();

/**
 * The nodes that the client was told of may be gone by now, and connections to follow the log are made anew all the time. Those that
 * we have know the cluster as it is; where they know none either, the client's own nodes are tried.
 */
function deriveFromCluster(client: Cluster, overrides: ConnectionOptions): Cluster {
  const siblings = derivedFrom.get(client) ?? new Set();
  derivedFrom.set(client, siblings);
  const nodes = [...siblings].flatMap(sibling => sibling.nodes()).map(({ options: { host = '127.0.0.1', port = 6379 } }) => ({ host, port }));
  // A cluster connects its nodes itself. Told to connect at once they fail its first check one time in five.
  const redisOptions = { ...client.options.redisOptions, ...overrides, lazyConnect: true };
  const connection = client.duplicate(nodes, { ...CLUSTER, redisOptions });
  siblings.add(connection);
  siblingsOf.set(connection, siblings);
  connection.once('end', () => siblings.delete(connection));
  keepMapOfSlots(connection);
  return connection;
}

const MAP_EVERY_MS = 1000;

/** ioredis would go on for ever with a connection that is ended while it asks, and keep the process from ending. */
function keepMapOfSlots(connection: Cluster): void {
  const timer = setInterval(() => {
    if (released.has(connection)) clearInterval(timer);
    else if (connection.status === 'ready') connection.refreshSlotsCache();
  }, MAP_EVERY_MS).unref();
}

/**
 * Ends a derived connection. One to a cluster of which no node answers never says that it has ended, and is not to be kept for that.
 */
export function letGo(connection: RedisClient): void {
  released.add(connection);
  if (isCluster(connection)) siblingsOf.get(connection)?.delete(connection);
  if (connection.status !== 'end') connection.disconnect();
}

function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster;
}

/** Where a client points, for messages: never its credentials. */
export function describeAddress(client: RedisClient): string {
  if (isCluster(client)) return 'the Redis Cluster';
  const { host, port, path, sentinels } = client.options;
  if (sentinels) return `the Redis that the Sentinels call ${client.options.name ?? 'their master'}`;
  return `Redis at ${path ?? `${host ?? '127.0.0.1'}:${port ?? 6379}`}`;
}

/** Doubled each time, and never quite the same for two instances. */
function pausesOfUpTo(longestMs: number): (attempt: number) => number {
  return attempt => Math.min(50 * 2 ** Math.min(attempt - 1, 10), longestMs) + Math.floor(Math.random() * 50);
}
