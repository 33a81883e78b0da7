import { targetKey } from '../model/target-key.js';
import { isDeadForGood, type Target } from '../model/target.js';
import { wholeNumber } from '../option-checks.js';
import type { Configuration } from './options.js';
import { assertRevocable, type Revocable, type RevokeOptions } from './revocation-request.js';
import { issuedToken, type Tracker } from './tracker.js';

export interface PreviewOptions extends Pick<RevokeOptions, 'issuedBefore'> {
  /** Most groups listed of each sort, 1 to 1,000. Default 100. */
  readonly maxGroups?: number;
}

/** Tracked tokens that name the same organisation, user or client. */
export interface PreviewGroup {
  /** Absent for the tokens that name none. */
  readonly id?: string;
  readonly count: number;
}

/** What a revocation would end. Each list has the largest groups first; every token is in one group of each list, or in its `rest`. */
export interface Preview {
  readonly target: Target;
  /** Tracked tokens that revoking the target would end now: the `count` of its receipt. */
  readonly count: number;
  /** By the organisation that a token is for; by the first that it names, where it is for none. */
  readonly organisations: readonly PreviewGroup[];
  readonly subjects: readonly PreviewGroup[];
  readonly clients: readonly PreviewGroup[];
  /** How many of the tokens are in groups that are not listed. 0 where all are. */
  readonly rest: { readonly organisations: number; readonly subjects: number; readonly clients: number };
}

/**
 * Different names counted one by one, of each sort. With 256 bytes each they take a few megabytes; what comes after them is in the
 * rest. So every group that is listed is counted in full, but beyond so many names a larger one may be missing.
 */
const MAX_COUNTED_GROUPS = 10_000;

/**
 * Counts what revoking would end, by reading the same pages of tracked tokens, and writes nothing.
 *
 * @throws as `recordRevocations` does, and TypeError for a bad `maxGroups` (rejects)
 */
export async function previewRevocation(revocable: Revocable, options: PreviewOptions, config: Configuration, tracker: Tracker): Promise<Preview> {
  const { maxGroups = 100 } = options;
  wholeNumber('maxGroups', maxGroups, { min: 1, max: 1000, unit: 'of groups' });
  const issuedBeforeMs = assertRevocable([revocable], options, config);
  const { target } = revocable;
  const [organisations, subjects, clients] = [new GroupCounts(), new GroupCounts(), new GroupCounts()];
  let count = 0;
  for await (const tokens of tracker.endedBy(target, await epochMs(target, issuedBeforeMs, config))) {
    count += tokens.length;
    for (const { organisations: [organisation], subject, client } of tokens.map(issuedToken)) {
      organisations.add(organisation);
      subjects.add(subject);
      clients.add(client);
    }
  }
  const lists = { organisations: organisations.largest(maxGroups), subjects: subjects.largest(maxGroups), clients: clients.largest(maxGroups) };
  const rest = { organisations: count - sum(lists.organisations), subjects: count - sum(lists.subjects), clients: count - sum(lists.clients) };
  return { target, count, ...lists, rest };
}

/** The epoch that the target would have. One that is there already stays where it is later, and ends what came to be tracked since. */
async function epochMs(target: Target, issuedBeforeMs: number | undefined, { store, now }: Configuration): Promise<number> {
  if (isDeadForGood(target.kind)) return Infinity;
  const [standingMs = 0] = await store.epochs([targetKey(target)], 'strong');
  return Math.max(standingMs, issuedBeforeMs ?? now());
}

class GroupCounts {
  readonly #counts = new Map<string | undefined, number>();

  add(id: string | undefined): void {
    const count = this.#counts.get(id);
    if (count !== undefined || this.#counts.size < MAX_COUNTED_GROUPS) this.#counts.set(id, (count ?? 0) + 1);
  }

  largest(maxGroups: number): readonly PreviewGroup[] {
    const groups = [...this.#counts].map(([id, count]) => (id === undefined ? { count } : { id, count }));
    return groups.sort(largestFirst).slice(0, maxGroups);
  }
}

/** Of two of a size the one whose name comes first, so that an answer can be repeated. */
function largestFirst(a: PreviewGroup, b: PreviewGroup): number {
  return b.count - a.count || ((a.id ?? '') < (b.id ?? '') ? -1 : 1);
}

function sum(groups: readonly PreviewGroup[]): number {
  return groups.reduce((total, { count }) => total + count, 0);
}
