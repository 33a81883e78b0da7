import { targetKey } from '../../model/target-key.js';
import { redisKeys } from '../../stores/redis/keys.js';
import { runTogether } from '../../stores/redis/together.js';
import { interrupted } from '../exit-status.js';
import type { Output } from '../output.js';
import type { RawRedis } from '../raw-redis.js';

/** What the keys of a namespace hold. */
export interface NamespaceFigures {
  /** False where nobody has ever recorded anything. */
  readonly isUsed: boolean;
  /** By kind of target. Some may have expired, and not been swept yet. */
  readonly revocations: Readonly<Record<string, number>>;
  readonly buckets: number;
  readonly logEntries: number;
  /** How long the log keeps entries: the longest that any application asked for. */
  readonly logKeepsMs?: number;
  readonly auditEntries: number;
  readonly oldestAuditAtMs?: number;
  readonly newestAuditAtMs?: number;
  /** Live tokens that were reported at issuance, and such as have expired lately. */
  readonly trackedTokens: number;
  /** Data was lost, and nobody has settled that. */
  readonly isLost: boolean;
  /** Until when it matters that the log lacks entries. */
  readonly tornUntilMs?: number;
  readonly memory?: MemoryFigures;
}

/** Measured on a sample. */
export interface MemoryFigures {
  readonly sampledBuckets: number;
  readonly sampledRevocations: number;
  readonly bucketBytesEach: number;
  readonly logBytesEach?: number;
}

interface Asked {
  readonly raw: RawRedis;
  readonly namespace: string;
  readonly output: Output;
  readonly signal: AbortSignal;
}

interface Bucket {
  readonly name: string;
  readonly kind: string;
  readonly size: number;
}

export async function namespaceFigures(asked: Asked): Promise<NamespaceFigures> {
  const { raw, namespace } = asked;
  const keys = redisKeys(namespace);
  const { state, log, audit } = keys;
  const fields = await raw.ask(connection => connection.hmget(state, 'incarnation', 'logMs', 'lost', 'torn'));
  const [incarnation, logMs, lost, torn] = fields;
  const [logEntries, auditEntries, trackedTokens] = await raw.ask(connection =>
    Promise.all([connection.xlen(log), connection.xlen(audit), connection.zcard(keys.active(targetKey({ kind: 'all' })))]),
  );
  const [oldest, newest] = await raw.ask(connection =>
    Promise.all([connection.xrange(audit, '-', '+', 'COUNT', 1), connection.xrevrange(audit, '+', '-', 'COUNT', 1)]),
  );
  const buckets = await filledBuckets(asked);
  const revocations: Record<string, number> = {};
  for (const { kind, size } of buckets) revocations[kind] = (revocations[kind] ?? 0) + size;
  const memory = await memoryFigures(asked, buckets, { log, logEntries });
  return {
    isUsed: typeof incarnation === 'string' || trackedTokens > 0,
    ...{ revocations, buckets: buckets.length, logEntries, auditEntries, trackedTokens },
    ...(typeof logMs === 'string' && { logKeepsMs: Number(logMs) }),
    ...(oldest[0] !== undefined && { oldestAuditAtMs: addedAtMs(oldest[0]) }),
    ...(newest[0] !== undefined && { newestAuditAtMs: addedAtMs(newest[0]) }),
    isLost: typeof lost === 'string',
    ...(typeof torn === 'string' && { tornUntilMs: Number(torn) }),
    ...(memory !== undefined && { memory }),
  };
}

/** The ids of a stream begin with when they were given, milliseconds. */
function addedAtMs([id]: readonly [id: string, fields: readonly string[]]): number {
  return Number(id.split('-', 1)[0]);
}

/** Pages of 64 names that are asked for in one go. */
const PAGES_AT_ONCE = 8;

/** All buckets that there can be: their number does not depend on what else is in the database, as that of a SCAN would. */
async function filledBuckets({ raw, namespace, output, signal }: Asked): Promise<readonly Bucket[]> {
  const found: Bucket[] = [];
  const all = [...redisKeys(namespace).allBuckets()];
  for (let at = 0; at < all.length; at += PAGES_AT_ONCE) {
    if (signal.aborted) throw interrupted('Interrupted; nothing was changed.');
    const buckets = all.slice(at, at + PAGES_AT_ONCE).flat();
    const sizes = await raw.ask(connection => runTogether(connection.pipeline(buckets.map(({ name }) => ['hlen', name]))));
    buckets.forEach(({ name, keyOf }, i) => {
      const size = Number(sizes[i]);
      if (size > 0) found.push({ name, size, kind: keyOf('').slice(0, keyOf('').indexOf(':')) });
    });
    output.progress(`Counting revocations: ${Math.round((100 * at) / all.length)} %`);
  }
  output.endProgress();
  return found;
}

const MOST_SAMPLED = 50;

/** `undefined` where there is nothing to measure, or Redis does not allow it. */
async function memoryFigures({ raw }: Asked, buckets: readonly Bucket[], { log, logEntries }: { readonly log: string; readonly logEntries: number }): Promise<MemoryFigures | undefined> {
  const step = Math.max(1, Math.floor(buckets.length / MOST_SAMPLED));
  const sample = buckets.filter((_, i) => i % step === 0).slice(0, MOST_SAMPLED);
  if (sample.length === 0) return undefined;
  const replies = await raw.ask(async connection =>
    connection.pipeline([...sample.map(({ name }) => ['memory', 'usage', name, 'samples', '0']), ['memory', 'usage', log]]).exec(),
  );
  const sizes = (replies ?? []).map(([error, size]) => (error === null ? Number(size) : NaN));
  const total = sizes.slice(0, -1).reduce((sum, size) => sum + size, 0);
  if (!Number.isFinite(total)) return undefined;
  const sampledRevocations = sample.reduce((sum, { size }) => sum + size, 0);
  const logBytes = sizes.at(-1) ?? NaN;
  return {
    ...{ sampledBuckets: sample.length, sampledRevocations, bucketBytesEach: Math.round(total / sampledRevocations) },
    // A stream takes a whole block for its first few entries.
    ...(logEntries >= 1000 && Number.isFinite(logBytes) && { logBytesEach: Math.round(logBytes / logEntries) }),
  };
}
