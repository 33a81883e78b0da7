import { keepForMs } from '../model/retention.js';
import { targetKey } from '../model/target-key.js';
import type { RedisClient } from '../stores/redis/connections.js';
import { redisKeys } from '../stores/redis/keys.js';
import type { RevocationStore } from '../stores/store.js';
import { badUsage } from './exit-status.js';
import type { Output } from './output.js';
import { patiently } from './patience.js';
import { openRaw } from './raw-redis.js';

interface Asked {
  readonly options: { readonly maxLifetime?: string; readonly newNamespace?: boolean };
  readonly writes: boolean;
  readonly redis: RedisClient;
  readonly store: RevocationStore;
  readonly namespace: string;
  readonly output: Output;
}

/** What createLiveTokens takes at most. */
const TEN_YEARS_S = 315_360_000;

/** What a revocation is kept for beyond the longest lifetime, with the default options. */
const BEYOND_MS = keepForMs({ maxLifetimeMs: 0, clockToleranceMs: 5000, issuerSkewMs: 0, marginMs: 60_000 });

/**
 * The longest lifetime of tokens, seconds: as given, and never less than what the applications of the namespace keep revocations for. One
 * that is kept for less would end before the tokens that it refuses.
 *
 * @throws CommandFailure where it is needed and nobody knows it (rejects)
 */
export async function lifetimeFor({ options, writes, redis, store, namespace, output }: Asked): Promise<number> {
  const given = options.maxLifetime === undefined ? undefined : parseLifetime(options.maxLifetime);
  if (!writes) return given ?? TEN_YEARS_S;
  const { logMs, isUsed } = await patiently(() => lookAt(redis, store, namespace));
  if (!isUsed && options.newNamespace !== true) {
    throw badUsage(
      `Nobody has ever recorded anything in the namespace ${namespace} of this Redis, so a revocation in it would reach no application. ` +
        'Look at LIVETOKEN_REDIS_URL (its database too) and --namespace, or use --config. If this is to be the first revocation: --new-namespace.',
    );
  }
  const known = logMs === undefined ? undefined : Math.min(TEN_YEARS_S, Math.max(1, Math.ceil((logMs - BEYOND_MS) / 1000)));
  if (given === undefined && known === undefined) {
    throw badUsage('Nobody knows yet how long tokens live here. Say it with --max-lifetime <seconds>, as in createLiveTokens, or use --config.');
  }
  if (given !== undefined && known !== undefined && given < known) {
    output.note(`--max-lifetime ${given} is shorter than what the applications here keep revocations for: ${known} seconds are used.`);
  }
  return Math.max(given ?? 0, known ?? 0);
}

function parseLifetime(text: string): number {
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (seconds >= 1 && seconds <= TEN_YEARS_S) return seconds;
  throw badUsage(`--max-lifetime takes the longest lifetime of any token in whole seconds, 1 to ${TEN_YEARS_S}.`);
}

/** How long the log keeps entries, which is the longest that anybody ever recorded; and whether anybody is there at all. */
async function lookAt(redis: RedisClient, store: RevocationStore, namespace: string): Promise<{ readonly logMs: number | undefined; readonly isUsed: boolean }> {
  await readyEnough(store);
  const raw = await openRaw(redis);
  try {
    const keys = redisKeys(namespace);
    const [logMs, incarnation, lost] = await raw.ask(connection => connection.hmget(keys.state, 'logMs', 'incarnation', 'lost'));
    const tracked = await raw.ask(connection => connection.exists(keys.active(targetKey({ kind: 'all' }))));
    const known = Number(logMs ?? NaN);
    return { logMs: Number.isFinite(known) ? known : undefined, isUsed: typeof incarnation === 'string' || typeof lost === 'string' || tracked === 1 };
  } finally {
    raw.close();
  }
}

/** What the server is distrusted for is told later; that it cannot be reached is told here. */
async function readyEnough(store: RevocationStore): Promise<void> {
  try {
    await store.ready();
  } catch (error) {
    if (store.server?.warnings.some(({ refuses }) => refuses) !== true) throw error;
  }
}
