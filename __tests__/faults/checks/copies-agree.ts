import type { Checked } from '../history.js';
import type { Bounds } from './bounds.js';
import type { Run } from './run.js';
import { isAccepted, isRefused, tokenOf } from './verdicts.js';
import type { Finding, Violation } from './violation.js';

/**
 * I8: once all is quiet, every instance says the same of a token, whether it asks its copy or Redis. Quiet is what comes
 * `agreementMs` after the last revocation and the last fault; runs end with such a time, in which every instance is asked about
 * every token.
 */
export function copiesAgree(run: Run, { agreementMs }: Bounds): Finding {
  const quietMs = Math.max(-Infinity, ...lastMs(run)) + agreementMs;
  const first = new Map<number, Checked>();
  const compared = new Set<number>();
  const violations = new Map<number, Violation>();
  for (const check of run.checks) {
    const { token, fromMs, toMs, instance, mode } = check;
    const isVerdict = isAccepted(check) || (isRefused(check) && check.error !== 'expired');
    if (fromMs < quietMs || !isVerdict || run.clock.mayHaveExpired(tokenOf(run, check), toMs)) continue;
    const other = first.get(token);
    if (other === undefined) first.set(token, check);
    else if (other.instance !== instance || other.mode !== mode) compared.add(token);
    if (other === undefined || isAccepted(other) === isAccepted(check) || violations.has(token)) continue;
    const message = `of token ${token}, ${other.instance} (${other.mode}) said ${other.status} and ${instance} (${mode}) ${check.status}, although all was quiet`;
    violations.set(token, { invariant: 'I8', message, atMs: fromMs, events: [tokenOf(run, check), other, check] });
  }
  return { violations: [...violations.values()], examined: compared.size };
}

function lastMs({ revoked, faults }: Run): readonly number[] {
  return [revoked.at(-1)?.toMs ?? -Infinity, ...faults.map(({ healedMs }) => healedMs)];
}
