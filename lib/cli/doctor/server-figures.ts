import type { RedisClient } from '../../stores/redis/connections.js';
import type { ServerReport } from '../../stores/redis/server-report.js';

/** What a server says of itself, in figures. What it does not say is absent. */
export interface ServerFigures {
  readonly version?: string;
  readonly role?: string;
  readonly replicas?: readonly { readonly state: string; readonly lagS?: number }[];
  readonly evictionPolicy?: string;
  readonly evictedKeys?: number;
  readonly usedMemoryBytes?: number;
  /** 0: no bound. */
  readonly maxMemoryBytes?: number;
  readonly appendOnlyFile?: boolean;
  readonly lastSnapshotAtMs?: number;
  readonly uptimeS?: number;
  /** In the database of the connection. */
  readonly keys?: number;
  /** The server's clock minus ours, and by how much that may be wrong, because the answer took its time. */
  readonly clockDifferenceMs?: number;
  readonly clockUncertaintyMs?: number;
}

export function serverFigures(report: ServerReport, connection: RedisClient): ServerFigures {
  const { info = new Map<string, string>(), clockMs, sentAtMs, receivedAtMs } = report;
  const number = (field: string): number | undefined => numberIn(info.get(field));
  const aof = info.get('aof_enabled');
  const snapshotS = number('rdb_last_save_time');
  return withoutAbsent({
    version: info.get('redis_version'),
    role: info.get('role') === 'slave' ? 'replica' : info.get('role') === 'master' ? 'primary' : info.get('role'),
    replicas: info.has('connected_slaves') ? replicasIn(info) : undefined,
    evictionPolicy: info.get('maxmemory_policy'),
    evictedKeys: number('evicted_keys'),
    usedMemoryBytes: number('used_memory'),
    maxMemoryBytes: number('maxmemory'),
    appendOnlyFile: aof === undefined ? undefined : aof === '1',
    lastSnapshotAtMs: snapshotS === undefined || (number('rdb_saves') ?? 1) === 0 ? undefined : snapshotS * 1000,
    uptimeS: number('uptime_in_seconds'),
    keys: info.size === 0 ? undefined : keysIn(info, connection),
    clockDifferenceMs: clockMs === undefined ? undefined : Math.round(clockMs - (sentAtMs + receivedAtMs) / 2),
    clockUncertaintyMs: clockMs === undefined ? undefined : Math.ceil((receivedAtMs - sentAtMs) / 2),
  });
}

type Info = ReadonlyMap<string, string>;

/** `slave0:ip=10.0.0.2,port=6379,state=online,offset=14,lag=1` */
function replicasIn(info: Info): ServerFigures['replicas'] {
  const lines = [...info].filter(([field]) => /^slave\d+$/.test(field)).map(([, value]) => new Map(value.split(',').map(pair => pair.split('=', 2) as [string, string])));
  return lines.map(fields => withoutAbsent({ state: fields.get('state') ?? 'unknown', lagS: numberIn(fields.get('lag')) }));
}

/** `db0:keys=5,expires=3`; no line where there are none. */
function keysIn(info: Info, connection: RedisClient): number {
  const db = connection.isCluster ? 0 : ((connection as { readonly options: { readonly db?: number } }).options.db ?? 0);
  return numberIn(/keys=(\d+)/.exec(info.get(`db${db}`) ?? '')?.[1]) ?? 0;
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

type Present<T> = { readonly [Name in keyof T]?: Exclude<T[Name], undefined> };

function withoutAbsent<T extends object>(all: T): Present<T> & { readonly [Name in keyof T as undefined extends T[Name] ? never : Name]: T[Name] } {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as never;
}
