import type { Revoked } from '../history.js';
import { FINAL } from './coverage.js';
import type { Run } from './run.js';
import type { Finding } from './violation.js';

/**
 * I12: the epoch of an acknowledgement is what was asked for. All else is judged by it, so that a product that told a wrong one
 * would be held to that. It is `final` for what dies for good and for nothing else; the instant of the request where it names none;
 * else no earlier than the instant that it names, and not in the future. Servers have the clock of the run: they are on its machine.
 */
export function epochsAreRight(run: Run): Finding {
  const acknowledged = run.revoked.filter(({ outcome }) => outcome === 'ok');
  const violations = acknowledged.flatMap(revoked => {
    const wrong = whatIsWrong(revoked, run);
    return wrong === undefined ? [] : [{ invariant: 'I12' as const, message: `the revocation of ${revoked.target} ${wrong}`, atMs: revoked.toMs, events: [revoked] }];
  });
  return { violations, examined: acknowledged.length };
}

function whatIsWrong({ target, epochMs, issuedBeforeMs, fromMs, toMs }: Revoked, { clock }: Run): string | undefined {
  if (FINAL.test(target)) return epochMs === undefined ? undefined : 'has an epoch, and should be for good';
  if (epochMs === undefined) return 'is for good, and should have an epoch';
  const [leastMs, mostMs] = [issuedBeforeMs ?? clock.earliestMs(fromMs), clock.latestMs(toMs)];
  if (epochMs < leastMs) return `has an epoch ${(leastMs - epochMs).toFixed(1)} ms before what was asked for`;
  return epochMs > mostMs ? `has an epoch that lay ${(epochMs - mostMs).toFixed(1)} ms in the future when it was acknowledged` : undefined;
}
