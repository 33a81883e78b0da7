import type { Redis } from 'ioredis';
import { createLiveTokens, type LiveTokens } from '../live-tokens.js';
import type { ClaimsMapping } from '../model/token-facts.js';
import type { RedisClient } from '../stores/redis/connections.js';
import { redisStore } from '../stores/redis/redis-store.js';
import type { RevocationStore } from '../stores/store.js';
import { loadConfig } from './config-file.js';
import { badUsage, interrupted } from './exit-status.js';
import type { Output } from './output.js';
import { lifetimeFor } from './lifetime.js';
import { untilReachable } from './readiness.js';

/** The options of every command that say where the revocations are, and what tokens look like. */
export interface ConnectOptions {
  readonly config?: string;
  readonly namespace?: string;
  /** `false`: tokens name no organisation. Absent: nobody said. */
  readonly organisationClaim?: string | false;
  readonly organisationsClaim?: string;
  /** Seconds. */
  readonly maxLifetime?: string;
  readonly newNamespace?: boolean;
}

/** What a command needs to know of how it is connected. */
export interface Wants {
  readonly options: ConnectOptions;
  readonly output: Output;
  readonly signal: AbortSignal;
  /** Whether revocations will be written: then it must be known for how long. */
  readonly writes?: boolean;
  /** Whether the command itself tells what endangers the revocations. */
  readonly tellsDangers?: boolean;
  /** Where nobody said how tokens name their organisation. */
  readonly claims?: Partial<ClaimsMapping>;
}

export interface Connection {
  readonly live: LiveTokens;
  readonly store: RevocationStore;
  readonly namespace: string;
  /** A client to derive connections from; absent where a config file keeps it to itself. */
  readonly redis: RedisClient | undefined;
  /** True where the application's own options are used. */
  readonly isConfigured: boolean;
}

/** Connects, and closes whatever happens. */
export async function withConnection<T>(wants: Wants, use: (connection: Connection) => Promise<T>): Promise<T> {
  const { signal, output } = wants;
  const connection = await connect(wants);
  try {
    await untilAborted(becomeReady(connection, wants), signal, 'Interrupted while connecting; nothing was done.');
    return await use(connection);
  } finally {
    output.endProgress();
    await connection.live.close();
  }
}

async function connect(wants: Wants): Promise<Connection> {
  const { config } = wants.options;
  const connection = config === undefined ? await fromEnvironment(wants) : await fromConfig(config, wants.options);
  // Told below, or by the doctor. Without a listener each of them would become a warning of the process.
  connection.live.on('storeWarning', () => undefined);
  return connection;
}

async function fromConfig(file: string, { namespace, organisationClaim, organisationsClaim, maxLifetime }: ConnectOptions): Promise<Connection> {
  if ([namespace, organisationClaim, organisationsClaim, maxLifetime].some(option => option !== undefined)) {
    throw badUsage('With --config the file says the namespace, the claims and the longest lifetime: leave out --namespace, --organisation-claim, --organisations-claim and --max-lifetime.');
  }
  const { live, configuration: { store }, redis } = await loadConfig(file);
  return { live, store, namespace: store.namespace ?? 'default', redis, isConfigured: true };
}

/** Longer than any application keeps its audit log: what others recorded is not ours to trim. */
const NEVER_MS = 100 * 365 * 86_400_000;

/** Somebody waits for the answer, be it that there is none. */
const REACHED_WITHIN_MS = 2500;

async function fromEnvironment({ options, output, signal, writes = false, claims = {} }: Wants): Promise<Connection> {
  const { LIVETOKEN_NAMESPACE } = process.env;
  const namespace = options.namespace ?? (LIVETOKEN_NAMESPACE === '' ? undefined : LIVETOKEN_NAMESPACE) ?? 'default';
  const redis = await makeClient();
  const store = usable(() => redisStore(redis, { namespace, replica: false, auditRetentionMs: NEVER_MS, readyTimeoutMs: REACHED_WITHIN_MS }));
  store.server?.onWarning(() => undefined);
  try {
    const lifetime = lifetimeFor({ options, writes, redis, store, namespace, output });
    const maxLifetime = await untilAborted(lifetime, signal, 'Interrupted while connecting; nothing was done.');
    const live = usable(() => createLiveTokens({ store, maxLifetime, tracking: true, claims: { ...claimsOf(options), ...claims } }));
    return { live, store, namespace, redis, isConfigured: false };
  } catch (error) {
    await store.close();
    throw error;
  }
}

function claimsOf({ organisationClaim, organisationsClaim }: ConnectOptions): Partial<ClaimsMapping> {
  return {
    ...(typeof organisationClaim === 'string' && { organisation: organisationClaim }),
    ...(organisationsClaim !== undefined && { organisations: organisationsClaim }),
  };
}

const URL_EXAMPLE = 'LIVETOKEN_REDIS_URL=redis://127.0.0.1:6379 (or redis://user:password@host:6379, rediss:// for TLS)';

async function makeClient(): Promise<RedisClient> {
  const { LIVETOKEN_REDIS_URL: url = '' } = process.env;
  if (url === '') {
    throw badUsage(`Say where the revocations are. Set ${URL_EXAMPLE} in the environment, or name a module of your application with --config.`);
  }
  if (!URL.canParse(url) || !['redis:', 'rediss:'].includes(new URL(url).protocol)) throw badUsage(`What LIVETOKEN_REDIS_URL holds is not the URL of a Redis. Set ${URL_EXAMPLE}.`);
  const Redis = await importRedis();
  return new Redis(url, { lazyConnect: true });
}

async function importRedis(): Promise<typeof Redis> {
  try {
    // eslint-disable-next-line no-restricted-syntax -- ioredis is an optional peer: help and version must work without it
    return (await import('ioredis')).Redis;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw badUsage('ioredis is not installed beside livetoken, and without it Redis cannot be reached. Run npm install ioredis, then try again.');
  }
}

/** The library refuses bad options with a TypeError that says what to write instead, and shows no text that it was given. */
function usable<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof TypeError) throw badUsage(error.message);
    throw error;
  }
}

async function becomeReady({ store }: Connection, { output, tellsDangers = false }: Wants): Promise<void> {
  const dangers = await untilReachable(store);
  if (!tellsDangers) for (const { message } of dangers) output.failure(`Danger: ${message}`);
}

/** Ctrl-C ends the wait, not what is waited for. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal, message: string): Promise<T> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => { reject(interrupted(message)); };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
