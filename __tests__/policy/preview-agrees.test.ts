import fc from 'fast-check';
import type { IssuedToken, LiveTokens, Preview, PreviewGroup, PreviewOptions, RevocationStore, Target } from 'livetoken';
import { EVERY_STORE, openMemoryStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer, REFRESH } from '../support/issuer.js';
import { revocations, startMs, tokens } from './support/universe.js';

const issuer = createIssuer();

/** A target, or one of the tokens as a string. */
const asked = fc.oneof(
  { weight: 4, arbitrary: revocations },
  { weight: 1, arbitrary: fc.record({ nth: fc.nat({ max: 7 }), refresh: fc.boolean() }) },
);

const scenarios = fc.record({
  issued: fc.array(tokens, { minLength: 1, maxLength: 10 }),
  /** Recorded with tracking, or by an instance that does not track. */
  earlier: fc.array(fc.record({ revocation: revocations, isTracked: fc.boolean() }), { maxLength: 3 }),
  asked,
  issuerSkewMs: fc.constantFrom(0, 0, 1, 300),
  maxGroups: fc.constantFrom(1, 2, 100),
});

type Scenario = typeof scenarios extends fc.Arbitrary<infer T> ? T : never;

interface Told {
  readonly preview: Preview;
  readonly target: Target;
  readonly count: number | undefined;
  /** The tokens that the revocation marked as revoked. */
  readonly ended: readonly IssuedToken[];
}

/** Previews, then revokes the same, and looks at each token before and after. */
async function play(store: RevocationStore, { issued, earlier, asked, issuerSkewMs, maxGroups }: Scenario): Promise<Told> {
  const options = { claims: { organisation: 'org', organisations: 'orgs' }, issuerSkewMs };
  const live = liveTokens(store, issuer, { ...options, tracking: true });
  const untracking = liveTokens(store, issuer, options);
  for (const token of issued) await live.track(issuer.claims({ ...token }));
  for (const { revocation, isTracked } of earlier) await (isTracked ? live : untracking).revoke(revocation.target, until(revocation.afterMs));

  const before = await statesOf(live, issued);
  const [what, when] = whatIsAsked(issued, asked);
  const preview = await live.preview(what, { ...when, maxGroups });
  const { target, count } = await live.revoke(what, when);
  const after = await statesOf(live, issued);
  const ended = [...after].filter(([id, token]) => token.revokedAt !== undefined && before.get(id)?.revokedAt === undefined).map(([, token]) => token);
  return { preview, target, count, ended };
}

function whatIsAsked(issued: Scenario['issued'], asked: Scenario['asked']): [Target | string, PreviewOptions] {
  if ('target' in asked) return [asked.target, until(asked.afterMs)];
  return [issuer.token({ ...issued[asked.nth % issued.length], ...(asked.refresh && REFRESH) }), {}];
}

function until(afterMs: number | undefined): PreviewOptions {
  return afterMs === undefined ? {} : { issuedBefore: startMs + afterMs };
}

async function statesOf(live: LiveTokens, issued: Scenario['issued']): Promise<ReadonlyMap<string, IssuedToken>> {
  const states = new Map<string, IssuedToken>();
  for (const { jti, org } of issued) states.set(JSON.stringify([jti, org]), (await live.find(jti, org))!);
  return states;
}

function groups(ids: readonly (string | undefined)[]): PreviewGroup[] {
  const distinct = [...new Set(ids)].map(id => ({ ...(id !== undefined && { id }), count: ids.filter(each => each === id).length }));
  return distinct.sort((a, b) => b.count - a.count || (a.id ?? '').localeCompare(b.id ?? ''));
}

describe.each(EVERY_STORE)('live.preview on the $name store', ({ name, open }) => {
  it('agrees with the revocation that follows, in its count and token for token, whatever was issued and revoked before', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async scenario => {
        const { store, close } = await open();
        try {
          const { preview, target, count, ended } = await play(store, scenario);

          expect({ target: preview.target, count: preview.count }).toEqual({ target, count });
          expect(count).toBe(ended.length);
          const expected = {
            organisations: groups(ended.map(({ organisation }) => organisation)),
            subjects: groups(ended.map(({ subject }) => subject)),
            clients: groups(ended.map(({ client }) => client)),
          };
          for (const [sort, all] of Object.entries(expected) as [keyof typeof expected, PreviewGroup[]][]) {
            expect(preview[sort]).toEqual(all.slice(0, scenario.maxGroups));
            expect(preview.rest[sort]).toBe(all.slice(scenario.maxGroups).reduce((sum, group) => sum + group.count, 0));
          }
        } finally {
          await close();
        }
      }),
      { numRuns: name === 'memory' ? 500 : 60 },
    );
  });
});

describe('what live.preview is held against', () => {
  it('ends some tokens and spares others often enough to be worth agreeing with', async () => {
    let partly = 0;
    for (const scenario of fc.sample(scenarios, { numRuns: 200, seed: 1 })) {
      const { store, close } = await openMemoryStore();
      const { ended } = await play(store, scenario);
      if (ended.length > 0 && ended.length < scenario.issued.length) partly += 1;
      await close();
    }

    expect(partly).toBeGreaterThan(60);
  });
});
