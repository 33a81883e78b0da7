import type { Checked } from '../history.js';
import type { Bounds } from './bounds.js';
import { possibleCoverage } from './coverage.js';
import type { Run } from './run.js';
import { isAccepted, isRefused, isUnavailable, tokenOf } from './verdicts.js';
import type { Finding, Violation } from './violation.js';

/**
 * I2: no refusal of a token that no invoked revocation covers. An instance that cannot know says 503, so every answer but that, an
 * acceptance and a refusal is wrong too.
 *
 * A revocation whose outcome nobody knows covers whatever it may have covered; one that certainly failed covers nothing.
 */
export function refusedIsCovered(run: Run, { lateWriteMs }: Bounds): Finding {
  const possible = possibleCoverage(run, lateWriteMs);
  const violations: Violation[] = [];
  let examined = 0;
  for (const check of run.checks) {
    if (isUnavailable(check)) continue;
    const token = tokenOf(run, check);
    if (!isRefused(check)) {
      if (!isAccepted(check)) violations.push(violation(run, check, `answered ${check.status} to token ${check.token}`));
      continue;
    }
    examined += 1;
    if (run.clock.mayHaveExpired(token, check.toMs)) continue;
    const cover = possible.first(token);
    if (cover !== undefined && cover.sinceMs <= check.toMs) continue;
    const why = check.error === undefined ? '' : ` (${check.error})`;
    violations.push(violation(run, check, `refused token ${check.token}${why}, which had not expired and was covered by no revocation`));
  }
  return { violations, examined };
}

function violation(run: Run, check: Checked, what: string): Violation {
  return { invariant: 'I2', message: `${check.instance} ${what}`, atMs: check.toMs, events: [tokenOf(run, check), check] };
}
