import type { Output } from '../output.js';
import { ago, bytes, count, duration, instant } from '../words.js';
import type { Finding } from './diagnosis.js';
import type { NamespaceFigures } from './namespace-figures.js';
import type { ServerFigures } from './server-figures.js';

export interface Examined {
  readonly address: string;
  readonly namespace: string;
  readonly findings: readonly Finding[];
  readonly server?: ServerFigures;
  readonly figures?: NamespaceFigures;
}

/** The report as text: the figures, what was found, and the sum of it. */
export function report({ address, namespace, findings, server, figures }: Examined, output: Output): string {
  const rows = [...(server === undefined ? [] : serverRows(server)), ...(figures === undefined ? [] : namespaceRows(figures))];
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  const lines = rows.map(([name, text]) => `  ${output.paint('dim', name.padEnd(width))}  ${text}`);
  const told = findings.flatMap(({ level, code, message }) => [
    '',
    `${level === 'danger' ? output.paint('red', `DANGER ${code}`) : output.paint('yellow', `NOTICE ${code}`)}\n  ${message}`,
  ]);
  return [output.paint('bold', `${address}, namespace ${namespace}`), ...lines, ...told, '', sum(findings, output)].join('\n');
}

function sum(findings: readonly Finding[], output: Output): string {
  const dangers = findings.filter(({ level }) => level === 'danger').length;
  const notices = count(findings.length - dangers, 'notice');
  return dangers === 0 ? output.paint('green', `No danger, ${notices}.`) : output.paint('red', `${count(dangers, 'danger')}, ${notices}.`);
}

type Row = readonly [name: string, text: string];

function serverRows(server: ServerFigures): readonly Row[] {
  const { version = 'unknown version', role = 'unknown role', replicas = [], evictionPolicy = 'unknown', evictedKeys = 0, uptimeS, keys } = server;
  const { usedMemoryBytes, maxMemoryBytes, appendOnlyFile, lastSnapshotAtMs, clockDifferenceMs, clockUncertaintyMs = 0 } = server;
  const lags = replicas.map(({ state, lagS }) => (lagS === undefined ? state : `${state}, lag ${lagS} s`));
  const up = uptimeS === undefined ? '' : `, up ${duration(uptimeS * 1000)}`;
  const bound = maxMemoryBytes === 0 ? 'no maxmemory' : `maxmemory ${bytes(maxMemoryBytes ?? 0)}`;
  const aof = appendOnlyFile === undefined ? 'unknown' : appendOnlyFile ? 'append-only file' : 'no append-only file';
  return [
    ['server', `Redis ${version}, ${role}${up}${keys === undefined ? '' : `, ${count(keys, 'key')} in the database`}`],
    ['replicas', replicas.length === 0 ? 'none' : `${replicas.length} (${lags.join('; ')})`],
    ['eviction', `${evictionPolicy}, ${count(evictedKeys, 'key')} evicted`],
    ['memory', usedMemoryBytes === undefined ? 'unknown' : `${bytes(usedMemoryBytes)} used, ${bound}`],
    ['persistence', `${aof}${lastSnapshotAtMs === undefined ? ', no snapshot' : `, last snapshot ${ago(lastSnapshotAtMs)}`}`],
    ['clock', clockDifferenceMs === undefined ? 'unknown' : `${clockDifferenceMs} ms from this machine's (to ${clockUncertaintyMs} ms)`],
  ];
}

function namespaceRows(figures: NamespaceFigures): readonly Row[] {
  const { revocations, buckets, logEntries, logKeepsMs, auditEntries, oldestAuditAtMs, newestAuditAtMs, trackedTokens, isLost, memory } = figures;
  const total = Object.values(revocations).reduce((all, each) => all + each, 0);
  const kinds = Object.entries(revocations).map(([kind, number]) => `${kind === 'subject' ? 'user' : kind} ${number.toLocaleString('en')}`);
  const since = oldestAuditAtMs === undefined || newestAuditAtMs === undefined ? '' : `, from ${instant(oldestAuditAtMs)} to ${instant(newestAuditAtMs)}`;
  return [
    ['revocations', `${total.toLocaleString('en')} in ${count(buckets, 'bucket')}${kinds.length === 0 ? '' : ` (${kinds.join(', ')})`}, expired ones not yet swept included`],
    ['log', `${count(logEntries, 'entry', 'entries')}${logKeepsMs === undefined ? '' : `, kept for ${duration(logKeepsMs)}`}`],
    ['audit log', `${count(auditEntries, 'entry', 'entries')}${since}`],
    ['tracked', count(trackedTokens, 'token')],
    ['data', isLost ? 'lost, and not settled' : 'no loss noted'],
    ['a revocation', memory === undefined ? 'not measured' : memoryText(memory)],
  ];
}

function memoryText({ bucketBytesEach, logBytesEach, sampledBuckets, sampledRevocations }: NonNullable<NamespaceFigures['memory']>): string {
  const log = logBytesEach === undefined ? '' : ` and ${bytes(logBytesEach)} in the log`;
  return `about ${bytes(bucketBytesEach)}${log} (a sample: ${count(sampledRevocations, 'revocation')} in ${count(sampledBuckets, 'bucket')})`;
}
