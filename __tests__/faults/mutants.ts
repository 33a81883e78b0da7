import type { Invariant } from './checker.js';

/** A way to break the package that the suite must notice. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** All that is found is replaced. Something must be. */
  readonly changes: readonly (readonly [from: string | RegExp, to: string])[];
  /** The fault that shows it, and what it violates then. What a busy machine alone can violate proves nothing. */
  readonly shownBy: string;
  readonly breaks: readonly Invariant[];
}

/** @throws Error where one of the changes no longer fits */
export function mutated(text: string, { name, file, changes }: Mutant): string {
  return changes.reduce((before, [from, to]) => {
    const after = before.replaceAll(from, to);
    if (after === before) throw new Error(`The mutation "${name}" finds nothing to change in ${file}: it looks for ${String(from)}.`);
    return after;
  }, text);
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'no-socket-timeout',
    file: 'lib/stores/redis/connections.ts',
    changes: [[/socketTimeout: (\d+|timeoutMs \+ \d+)/g, 'socketTimeout: undefined']],
    shownBy: 'zombie',
    breaks: ['I4'],
  },
  {
    name: 'no-chain-check',
    file: 'lib/stores/replica/log-tail.ts',
    // Neither what comes nor what was there last is looked at: either alone shows the scenario.
    changes: [
      ['this.#nonce !== undefined && entry.previous !== this.#nonce', 'false'],
      ['if (cause !== undefined && !isOld)', "if (cause === 'wiped')"],
    ],
    shownBy: 'trim-log-unseen',
    breaks: ['I1', 'I8', 'I12'],
  },
  {
    name: 'no-wait',
    file: 'lib/stores/redis/acknowledged.ts',
    changes: [['count >= replicas', 'count >= 0']],
    shownBy: 'promotion-direct',
    breaks: ['I1', 'I7'],
  },
  {
    name: 'non-monotone-merge',
    file: 'lib/stores/redis/record-script.ts',
    changes: [
      ['math.max(was.epoch, epoch)', 'epoch'],
      ['is.moved = is.epoch > was.epoch', 'is.moved = is.epoch ~= was.epoch'],
    ],
    shownBy: 'past-epochs',
    breaks: ['I1', 'I5', 'I7', 'I12'],
  },
  {
    name: 'iat-before-epoch-only',
    file: 'lib/model/verdict.ts',
    changes: [['epochMs < judgedFromMs', 'epochMs <= judgedFromMs']],
    shownBy: 'past-epochs',
    breaks: ['I1'],
  },
  {
    name: 'live-without-proof',
    file: 'lib/stores/replica/replica.ts',
    changes: [
      ['performance.now() - this.#provenAtMs <= maxStalenessMs', 'this.#provenAtMs !== -Infinity'],
      ['Date.now() - this.#provenWallMs <= maxStalenessMs', 'true'],
    ],
    shownBy: 'blackhole-one',
    breaks: ['I1'],
  },
  {
    name: 'primary-without-proof',
    file: 'lib/stores/redis/primary-proof.ts',
    changes: [['(each => each.beat < proven)?.atMs ?? -Infinity', '(each => each.beat < proven)?.atMs ?? atMs']],
    shownBy: 'isolated-primary',
    breaks: ['I1'],
  },
  {
    name: 'healing-off',
    file: 'lib/stores/replica/replica.ts',
    changes: [['options.heal ?? true', 'false']],
    shownBy: 'restart-empty',
    breaks: ['I1', 'I4', 'I6', 'I7'],
  },
  {
    name: 'loss-unnoticed',
    file: 'lib/stores/redis/data-loss.ts',
    changes: [['was !== undefined && was !== incarnation', 'false']],
    shownBy: 'lost-refuse',
    breaks: ['I1', 'I12'],
  },
  {
    name: 'epoch-too-early',
    file: 'lib/stores/redis/record-script.ts',
    // By as much as all answers say too.
    changes: [["wanted == 'now' and now or", "wanted == 'now' and now - 5000 or"]],
    shownBy: 'script-flush',
    breaks: ['I12'],
  },
  {
    name: 'kept-half-as-long',
    file: 'lib/model/retention.ts',
    changes: [['return retention.issuerSkewMs + retention.maxLifetimeMs +', 'return retention.issuerSkewMs - retention.maxLifetimeMs / 2 +']],
    shownBy: 'script-flush',
    breaks: ['I7'],
  },
  {
    name: 'refuses-too-much',
    file: 'lib/model/verdict.ts',
    changes: [['epochMs < judgedFromMs', 'epochMs + 2000 < judgedFromMs']],
    shownBy: 'script-flush',
    breaks: ['I2'],
  },
  {
    name: 'tells-token-ids',
    file: 'lib/policy/revoker.ts',
    changes: [['return { target: own, keepForMs: ownKeepForMs };', 'console.warn(own); return { target: own, keepForMs: ownKeepForMs };']],
    shownBy: 'script-flush',
    breaks: ['I11'],
  },
];
