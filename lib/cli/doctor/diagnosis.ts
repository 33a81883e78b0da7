import type { StoreWarning } from '../../stores/store-warning.js';
import type { NamespaceFigures } from './namespace-figures.js';
import type { ServerFigures } from './server-figures.js';

/** What was found, and what to do about it. */
export interface Finding {
  readonly level: 'danger' | 'notice';
  readonly code: string;
  readonly message: string;
}

/** Of what the store warns of, those that do not by themselves let a revoked token back in, or keep one from being revoked. */
const MILD: ReadonlySet<string> = new Set(['snapshots_only', 'not_checked', 'eviction_policy']);

/** What the store itself warns of, and what only shows in the figures. */
export function diagnose(
  warnings: readonly StoreWarning[],
  figures: { readonly server?: ServerFigures; readonly namespace?: NamespaceFigures },
  where: { readonly address: string; readonly namespace: string },
): readonly Finding[] {
  const told = warnings.map(({ code, message, refuses }): Finding => ({ level: refuses || !MILD.has(code) ? 'danger' : 'notice', code, message }));
  const found = [noReplicas(figures.server, where.address), torn(figures.namespace, where.address), unused(figures.namespace, where)];
  return [...told, ...found.filter(finding => finding !== undefined)].sort((a, b) => Number(a.level === 'notice') - Number(b.level === 'notice'));
}

function noReplicas(server: ServerFigures | undefined, address: string): Finding | undefined {
  const { replicas, role } = server ?? {};
  if (role !== 'primary' || replicas === undefined) return undefined;
  const online = replicas.filter(({ state }) => state === 'online').length;
  if (online > 0 && online === replicas.length) return undefined;
  const what = replicas.length === 0 ? 'has no replica' : `has ${replicas.length - online} of ${replicas.length} replicas that are not online`;
  const message =
    `${address} ${what}. While it is away nobody can revoke, and instances that cannot keep their copy fresh answer 503. Give it a replica and ` +
    'something that fails over (Sentinel, a cluster, a managed Redis), or accept the gap.';
  return { level: 'notice', code: 'no_replica', message };
}

function torn(namespace: NamespaceFigures | undefined, address: string): Finding | undefined {
  if (namespace?.tornUntilMs === undefined || namespace.tornUntilMs <= Date.now()) return undefined;
  const message =
    `${address} lacks entries of the log: somebody trimmed or deleted it, or a failover lost them. Instances read the keys instead, and running ` +
    'ones that know all write the log back. If this stays, no such instance runs: restart one, and look for whoever runs XTRIM or DEL.';
  return { level: 'notice', code: 'torn_log', message };
}

function unused(namespace: NamespaceFigures | undefined, { address, namespace: name }: { readonly address: string; readonly namespace: string }): Finding | undefined {
  if (namespace === undefined || namespace.isUsed) return undefined;
  const message =
    `${address} has nothing in the namespace ${name}: nobody has revoked anything there yet, or the application uses another namespace or ` +
    'another database. Compare with its redisStore options.';
  return { level: 'notice', code: 'empty_namespace', message };
}
