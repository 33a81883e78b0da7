import fc from 'fast-check';
import type { AuditEntry, HistoryQuery, LiveTokens, Target } from 'livetoken';
import { EVERY_STORE, onStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();

const ACTORS = ['user alice', 'key shop'];
const NAMES = ['A', 'B', 'C'];

/** Enough for several pages of what is looked at in one go; of few organisations, so that most questions find something. */
const TARGETS: readonly Target[] = Array.from({ length: 600 }, (_, n): Target => {
  const id = `user-${n % 200}`;
  if (n % 3 === 0) return { kind: 'member', id, organisation: NAMES[n % 7 % 3]! };
  return n % 3 === 1 ? { kind: 'subject', id } : { kind: 'token', id: `${n}`, organisation: NAMES[n % 5 % 3]! };
});

interface Query extends HistoryQuery {
  readonly order: 'newest' | 'oldest';
}

describe.each(EVERY_STORE)('live.history on the $name store', ({ name, open }) => {
  let live: LiveTokens;
  let all: readonly AuditEntry[];
  onStore(open, ({ store }) => { live = liveTokens(store, issuer); });
  beforeEach(async () => {
    for (const [n, target] of TARGETS.entries()) await live.revoke(target, { ...(n % 4 > 1 && { actor: ACTORS[n % 2]! }) });
    all = (await live.history({ order: 'oldest', limit: 1000 })).items;
  });

  function naively({ target, actor, organisation, since = 0, until = Infinity, order }: Query): readonly AuditEntry[] {
    const found = all.filter((entry, n) => {
      const isTarget = target === undefined || JSON.stringify(TARGETS[n]) === JSON.stringify(target);
      const isOf = organisation === undefined || (TARGETS[n] as { organisation?: string }).organisation === organisation;
      return isTarget && isOf && (actor === undefined || entry.actor === actor) && entry.atMs >= Number(since) && entry.atMs < Number(until);
    });
    return order === 'oldest' ? found : found.reverse();
  }

  async function pageByPage(query: Query): Promise<readonly AuditEntry[]> {
    const items: AuditEntry[] = [];
    let cursor: string | undefined;
    do {
      const page = await live.history({ ...query, ...(cursor !== undefined && { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(query.limit!);
      items.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return items;
  }

  const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined, freq: 2 });
  const asked = fc.record({
    target: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...TARGETS.slice(0, 20)) }),
    actor: maybe(fc.constantFrom(...ACTORS)),
    organisation: maybe(fc.constantFrom(...NAMES)),
    sinceNth: maybe(fc.nat({ max: 599 })),
    untilNth: maybe(fc.nat({ max: 599 })),
    order: fc.constantFrom('newest' as const, 'oldest' as const),
    limit: fc.oneof(fc.integer({ min: 5, max: 40 }), fc.integer({ min: 5, max: 1000 })),
  });

  function queryOf(wanted: object, sinceNth: number | undefined, untilNth: number | undefined): Query {
    const [since, until] = [sinceNth, untilNth].map(nth => (nth === undefined ? undefined : all[nth]!.atMs)) as [number?, number?];
    const isBackwards = since !== undefined && until !== undefined && since > until;
    const times = { since: isBackwards ? until : since, until: isBackwards ? since : until };
    return Object.fromEntries(Object.entries({ ...wanted, ...times }).filter(([, value]) => value !== undefined)) as unknown as Query;
  }

  it('is asked for some of them, on several pages, often enough to be worth it', () => {
    const queries = fc.sample(asked, { numRuns: 200, seed: 1 }).map(({ sinceNth, untilNth, ...wanted }) => queryOf(wanted, sinceNth, untilNth));
    const found = queries.map(query => ({ found: naively(query).length, limit: query.limit! }));

    expect(found.filter(each => each.found > each.limit && each.found < TARGETS.length).length).toBeGreaterThan(40);
  });

  it('tells page by page what a look at every single entry finds, in the same order, each once', async () => {
    expect(all).toHaveLength(TARGETS.length);
    await fc.assert(
      fc.asyncProperty(asked, async ({ sinceNth, untilNth, ...wanted }) => {
        const query = queryOf(wanted, sinceNth, untilNth);

        expect((await pageByPage(query)).map(({ id }) => id)).toEqual(naively(query).map(({ id }) => id));
      }),
      { numRuns: name === 'memory' ? 300 : 40 },
    );
  });
});
