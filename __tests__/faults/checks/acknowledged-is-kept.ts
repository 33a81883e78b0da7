import type { Issued, Revoked, Stored } from '../history.js';
import type { Bounds } from './bounds.js';
import { Retention } from './retention.js';
import { windowsOf, type Run } from './run.js';
import { byTarget, epochOf, survivors } from './stored-state.js';
import type { Finding, Violation } from './violation.js';
import { firstIndex } from './windows.js';

/** I7: what was acknowledged is in every server that is left, as long as there are tokens that it refuses, and for as long as there may be. */
export function acknowledgedIsKept(run: Run, bounds: Bounds): Finding {
  const { acknowledge } = bounds;
  const losing = windowsOf(run.faults.filter(({ mayLose }) => mayLose === true && acknowledge === 'primary'));
  const unpromised = windowsOf(run.faults.filter(fault => fault.unpromised === true));
  const needed = new Needed(run);
  const retention = new Retention(run, bounds);
  const acknowledged = run.revoked.filter(({ outcome }) => outcome === 'ok');
  const violations: Violation[] = [];
  let examined = 0;
  for (const stored of survivors(run)) {
    const now = byTarget(stored);
    for (const revoked of acknowledged) {
      const { target, fromMs, toMs, epochMs = Infinity } = revoked;
      const isOwed = toMs < (stored.beganMs ?? stored.atMs) && !losing.touch(fromMs, stored.atMs) && !unpromised.touch(fromMs, stored.atMs);
      if (!isOwed) continue;
      const is = now.get(target);
      const isThere = is?.epochMs !== undefined && epochOf(is) >= epochMs;
      if (!isThere && !needed.isNeeded(target, epochMs, stored.atMs)) continue;
      examined += 1;
      if (isThere) {
        const lackingMs = retention.leastUntilMs(revoked) - (is.keepUntilMs ?? Infinity);
        if (lackingMs > 0) violations.push(tooShort(revoked, stored, lackingMs));
        continue;
      }
      const level = acknowledge === 'primary' ? 'the primary' : `${acknowledge.replicas} replicas`;
      const what = `the revocation of ${target}, acknowledged by ${level}, is not in ${stored.server}`;
      violations.push({ invariant: 'I7', message: what, atMs: stored.atMs, events: [revoked, stored] });
    }
  }
  return { violations, examined };
}

function tooShort(revoked: Revoked, stored: Stored, lackingMs: number): Violation {
  const message = `the revocation of ${revoked.target} is kept ${(lackingMs / 1000).toFixed(1)} s less in ${stored.server} than tokens that it refuses may live`;
  return { invariant: 'I7', message, atMs: stored.atMs, events: [revoked, stored] };
}

/** Until when there may be a token that a revocation refuses. */
class Needed {
  readonly #run: Run;
  /** Of each target, its tokens, oldest first, and with each the one that expires last of those up to it. */
  readonly #tokens = new Map<string, { readonly tokens: readonly Issued[]; readonly last: readonly Issued[] }>();

  constructor(run: Run) {
    this.#run = run;
    const byTarget = new Map<string, Issued[]>();
    for (const token of [...run.tokens.values()].sort((a, b) => a.issuedAtMs - b.issuedAtMs)) {
      for (const target of token.targets) {
        const same = byTarget.get(target);
        if (same === undefined) byTarget.set(target, [token]);
        else same.push(token);
      }
    }
    for (const [target, tokens] of byTarget) {
      let last = tokens[0]!;
      this.#tokens.set(target, { tokens, last: tokens.map(token => (last = token.expiresAtMs > last.expiresAtMs ? token : last)) });
    }
  }

  /** By a token that was there when the store was read: nobody asked it for what concerns tokens to come. */
  isNeeded(target: string, epochMs: number, atMs: number): boolean {
    const of = this.#tokens.get(target);
    const untilMs = Math.min(epochMs, this.#run.clock.earliestMs(atMs));
    const last = of?.last[firstIndex(of.tokens.length, i => of.tokens[i]!.issuedAtMs > untilMs) - 1];
    return last !== undefined && !this.#run.clock.mayHaveExpired(last, atMs);
  }
}
