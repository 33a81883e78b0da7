import { printable } from '../model/target.js';
import type { AuditEntry } from '../stores/store.js';
import type { Output } from './output.js';
import { instant, instantOrNull } from './words.js';

/** An entry of the audit log as it is kept; times as instants. `epoch` is null of what is dead for good. */
export function entryDocument({ atMs, epochMs, ...entry }: AuditEntry): Readonly<Record<string, unknown>> {
  return { ...entry, at: instant(atMs), epoch: instantOrNull(epochMs) };
}

export function entryLine({ atMs, target, actor, reason, requestId }: AuditEntry, output: Output): string {
  const by = actor === undefined ? '' : ` by ${printable(actor)}`;
  const why = reason === undefined ? '' : `: ${printable(reason)}`;
  const request = requestId === undefined ? '' : ` (request ${printable(requestId)})`;
  return `${output.paint('dim', instant(atMs))}  ${output.paint('bold', printable(target))}${by}${why}${request}`;
}
