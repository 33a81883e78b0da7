import type { StoreWarning, StoreWarningCode } from '../store-warning.js';
import type { ServerReport } from './server-report.js';

export interface Expectations {
  /** The server, for messages. */
  readonly address: string;
  /** Most keys that it may have evicted: as many as it had when we first asked. */
  readonly evictedBefore: number;
  readonly acceptEviction: boolean;
  /** What is to be said of lost data. */
  readonly loss: { readonly says: string; readonly refuses: boolean } | undefined;
}

/** What is wrong with a server, by what it says of itself. */
export function findings(report: ServerReport, expected: Expectations): readonly StoreWarning[] {
  const { info = new Map<string, string>() } = report;
  const found = [
    mode(report, info),
    version(info),
    role(info),
    expected.loss && { code: 'data_loss' as const, ...expected.loss },
    evictionPolicy(info, expected),
    evictedKeys(info, expected),
    memory(info),
    persistence(report, info),
    failingDisk(info),
    clock(report),
    unchecked(report, info),
  ];
  return found.filter(finding => finding !== undefined).map(finding => worded(finding, expected));
}

export function evictedKeysOf({ info }: ServerReport): number {
  return count(info, 'evicted_keys');
}

type Info = ReadonlyMap<string, string>;

interface Finding extends Omit<StoreWarning, 'message' | 'refuses'> {
  readonly code: StoreWarningCode;
  /** Goes on where the server's name ends. */
  readonly says: string;
  readonly refuses?: boolean;
}

function worded({ says, refuses = false, ...finding }: Finding, { address }: Expectations): StoreWarning {
  const consequence = refuses ? ' Until then checks that it would have to answer are refused (503).' : '';
  return Object.freeze({ ...finding, message: `${address} ${says}${consequence}`, refuses });
}

function mode({ isElsewhere }: ServerReport, info: Info): Finding | undefined {
  if (info.get('redis_mode') === 'sentinel') {
    const says = "is a Sentinel, which keeps no data itself. Give redisStore a client that asks it for the primary: new Redis({ sentinels: [{ host, port }], name: 'mymaster' }).";
    return { code: 'unsupported_mode', says, refuses: true };
  }
  if (!isElsewhere) return undefined;
  const says = 'is a node of a Redis Cluster, and another node has the keys of this namespace. Give redisStore a client of the cluster: new Cluster([{ host, port }]).';
  return { code: 'unsupported_mode', says, refuses: true };
}

function version(info: Info): Finding | undefined {
  const given = info.get('redis_version') ?? '';
  const [, major, minor] = (/^(\d+)\.(\d+)/.exec(given) ?? []).map(Number);
  // What does not say is left to the commands themselves.
  if (major === undefined || minor === undefined || major > 6 || (major === 6 && minor >= 2)) return undefined;
  const says = `is version ${given}; 6.2 or later is needed (XADD with MINID, XRANGE with an exclusive start, HRANDFIELD). Upgrade it.`;
  return { code: 'unsupported_version', says, refuses: true };
}

function role(info: Info): Finding | undefined {
  if (info.get('role') !== 'slave') return undefined;
  const says =
    'is a replica. It lags behind its primary, so a token revoked a moment ago would pass. Point the client at the primary: at the ' +
    'primary endpoint of a managed Redis, or at the Sentinels. After a failover by hand, run REPLICAOF NO ONE where the primary is to be.';
  return { code: 'not_primary', says, refuses: true };
}

const NOT_TO_EVICT =
  'Run CONFIG SET maxmemory-policy noeviction and write it into redis.conf; on a managed Redis set maxmemory-policy in its parameter ' +
  'group, or the eviction policy in its console.';

function evictionPolicy(info: Info, { acceptEviction }: Expectations): Finding | undefined {
  const policy = info.get('maxmemory_policy');
  if (policy === undefined || policy === 'noeviction') return undefined;
  const maxmemory = count(info, 'maxmemory');
  const what =
    maxmemory > 0
      ? `may evict revocations: its maxmemory-policy is ${policy}, with a maxmemory of ${megabytes(maxmemory)}.`
      : `would evict revocations as soon as somebody sets maxmemory: its maxmemory-policy is ${policy}.`;
  const says = `${what} An evicted revocation is a revoked token back in use. ${NOT_TO_EVICT}`;
  return { code: 'eviction_policy', says, refuses: maxmemory > 0 && !acceptEviction };
}

function evictedKeys(info: Info, { evictedBefore, acceptEviction }: Expectations): Finding | undefined {
  const evicted = count(info, 'evicted_keys');
  if (evicted === 0) return undefined;
  const since = evicted - evictedBefore;
  const what =
    since > 0
      ? `has evicted ${keys(since)} since this process began to watch it.`
      : `has evicted ${keys(evicted)} since its counters began, before this process watched it.`;
  const says =
    `${what} Revocations may have been among them, and revoked tokens be in use again. See to it that its maxmemory-policy is ` +
    "noeviction and its maxmemory large enough. Then revoke again what must not live, or everything with revoke({ kind: 'all' }), and " +
    'run CONFIG RESETSTAT (where that is not allowed, restart the instances).';
  return { code: 'evicted_keys', says, refuses: since > 0 && !acceptEviction };
}

const NEARLY_FULL = 0.9;

function memory(info: Info): Finding | undefined {
  const [used, maxmemory] = [count(info, 'used_memory') - count(info, 'mem_not_counted_for_evict'), count(info, 'maxmemory')];
  if (maxmemory === 0 || used / maxmemory <= NEARLY_FULL) return undefined;
  const says =
    `uses ${megabytes(used)} of its maxmemory of ${megabytes(maxmemory)}. Once that is full no revocation can be recorded: whoever ` +
    'revokes is answered 503. Raise maxmemory, or keep less: a shorter auditRetentionMs or maxLifetime, or a Redis of its own.';
  return { code: 'memory_nearly_full', says };
}

const TO_PERSIST =
  'Run CONFIG SET appendonly yes and write it into redis.conf; on a managed Redis switch on AOF or persistence in its parameter group or console.';

function persistence(report: ServerReport, info: Info): Finding | undefined {
  if (info.get('aof_enabled') !== '0') return undefined;
  // Whether snapshots are configured INFO does not tell, only that there were some. Before Redis 7 it says how long the last one took.
  const isSaving = info.has('rdb_saves') ? count(info, 'rdb_saves') > 0 : count(info, 'rdb_last_bgsave_time_sec') >= 0;
  if (isSaving) {
    const ageS = (report.clockMs ?? report.receivedAtMs) / 1000 - count(info, 'rdb_last_save_time');
    const says =
      `writes snapshots and no append-only file: the last one is ${duration(ageS)} old, and a crash now would forget the ` +
      `${count(info, 'rdb_changes_since_last_save')} changes since, revocations among them. ${TO_PERSIST}`;
    return { code: 'snapshots_only', says };
  }
  const says =
    'keeps nothing on disk: it has no append-only file, and has written no snapshot since it started ' +
    `${duration(count(info, 'uptime_in_seconds'))} ago. A restart forgets every revocation that neither a replica nor a running instance holds. ${TO_PERSIST}`;
  return { code: 'no_persistence', says };
}

function failingDisk(info: Info): Finding | undefined {
  const failing = ['aof_last_write_status', 'rdb_last_bgsave_status'].filter(field => (info.get(field) ?? 'ok') !== 'ok');
  if (failing.length === 0) return undefined;
  const says =
    `cannot write to its disk: ${failing.map(field => `${field} is ${info.get(field) ?? ''}`).join(', ')}. A restart would forget what ` +
    'is revoked from now on, and it may soon refuse to record anything (MISCONF). Look into its log, and for free space and the rights of its directory.';
  return { code: 'persistence_failing', says };
}

const CLOCK_TOLERANCE_MS = 2000;

function clock({ clockMs, sentAtMs, receivedAtMs }: ServerReport): Finding | undefined {
  if (clockMs === undefined) return undefined;
  // It read its clock at some time between the two, so half the round trip is what we cannot know.
  const differenceMs = Math.round(clockMs - (sentAtMs + receivedAtMs) / 2);
  const unsureMs = Math.abs(receivedAtMs - sentAtMs) / 2;
  if (Math.abs(differenceMs) - unsureMs <= CLOCK_TOLERANCE_MS) return undefined;
  const [way, consequence] =
    differenceMs > 0
      ? ['ahead of', 'tokens issued up to that long after a revocation of their user or client are refused as if older']
      : ['behind', 'a token issued up to that long before a revocation of its user or client escapes it'];
  const says =
    `has a clock ${(Math.abs(differenceMs) / 1000).toFixed(1)} s ${way} that of this process (measured to ${Math.ceil(unsureMs)} ms). Where this ` +
    `process's clock is that of the issuer, ${consequence}. Look at the time service of both machines: chronyc tracking, or timedatectl.`;
  return { code: 'clock_difference', says, differenceMs };
}

function unchecked({ refused }: ServerReport, info: Info): Finding | undefined {
  if (info.get('redis_mode') === 'sentinel') return undefined;
  if (refused.length > 0) {
    const says =
      `does not let itself be checked (${refused.join(', ')}). Without INFO it is not known here whether it evicts, persists and is a ` +
      'primary; without TIME, whether its clock is right. Allow them: ACL SETUSER <user> +info +time.';
    return { code: 'not_checked', says };
  }
  if (info.has('maxmemory_policy')) return undefined;
  const says = 'does not say in INFO what its maxmemory-policy is. See to it yourself that it never evicts: an evicted revocation is a revoked token back in use.';
  return { code: 'not_checked', says };
}

function count(info: Info | undefined, field: string): number {
  const value = Number(info?.get(field) ?? 0);
  return Number.isFinite(value) ? value : 0;
}

function keys(number: number): string {
  return number === 1 ? 'a key' : `${number} keys`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MB`;
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, Math.round(seconds))} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
