import fc from 'fast-check';
import type { Target } from 'livetoken';
import { ids, targets, type Ids } from './universe.js';

export interface Revoke {
  readonly what: 'revoke';
  readonly target: Target;
  readonly by: 'self' | 'other';
  /** What was issued this long before now, and earlier, instead of all. Left out for what dies for good. */
  readonly upToMsAgo: number | undefined;
  /** Wait until the news of another instance's revocation is there. */
  readonly wait: boolean;
  /** Of a token, grant or session: one named a minute ago, and not in this minute. */
  readonly older: boolean;
}

export interface Advance {
  readonly what: 'advance';
  readonly byMs: number;
}

export interface ChangeKeys {
  readonly what: 'change keys';
  readonly to: number;
}

/** What may also happen while a verification is under way. */
export type Interruption = Revoke | Advance | ChangeKeys;

export interface Present {
  readonly what: 'present';
  /** Which of the tokens that there are. */
  readonly which: number;
  readonly meanwhile: Interruption | undefined;
}

export interface Issue {
  readonly what: 'issue';
  readonly ids: Ids;
  readonly ageMs: number;
  readonly lifetimeS: number;
  readonly notBeforeMs: number | undefined;
  readonly key: number;
}

/** Presents tokens that nobody else uses, more than are remembered. */
export interface Fill {
  readonly what: 'fill';
}

/** Lets what is remembered grow older than it may. */
export interface Age {
  readonly what: 'age';
}

export interface Wipe {
  readonly what: 'wipe';
}

export type Step = Interruption | Present | Issue | Fill | Age | Wipe;

export const MAX_LIFETIME_S = 60;

const key = fc.constantFrom(0, 0, 0, 1);
const upToMsAgo = fc.oneof(fc.constantFrom(0, 1, 1000, 2000), fc.integer({ min: 0, max: 4000 }));

const revoke: fc.Arbitrary<Revoke> = fc.record({
  what: fc.constant('revoke' as const),
  target: targets,
  by: fc.constantFrom('self' as const, 'other' as const),
  upToMsAgo: fc.option(upToMsAgo, { nil: undefined }),
  wait: fc.boolean(),
  older: fc.constantFrom(false, false, true),
});

const advance = (byMs: fc.Arbitrary<number>): fc.Arbitrary<Advance> => fc.record({ what: fc.constant('advance' as const), byMs });
const changeKeys: fc.Arbitrary<ChangeKeys> = fc.record({ what: fc.constant('change keys' as const), to: key });

export const issue: fc.Arbitrary<Issue> = fc.record({
  what: fc.constant('issue' as const),
  ids,
  // Negative: by an issuer whose clock runs ahead.
  ageMs: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 3000 }) }, { weight: 1, arbitrary: fc.integer({ min: -3000, max: -1 }) }),
  lifetimeS: fc.oneof(fc.integer({ min: 4, max: 12 }), fc.constant(MAX_LIFETIME_S)),
  notBeforeMs: fc.option(fc.integer({ min: 0, max: 3000 }), { nil: undefined, freq: 8 }),
  key,
});

/** @param byMs how far the clock may move at once */
export function steps({ byMs, further }: { readonly byMs: fc.Arbitrary<number>; readonly further: fc.Arbitrary<Step>[] }): fc.Arbitrary<Step[]> {
  const interruption: fc.Arbitrary<Interruption> = fc.oneof(revoke, advance(byMs), changeKeys);
  const present: fc.Arbitrary<Present> = fc.record({
    what: fc.constant('present' as const),
    which: fc.nat({ max: 5 }),
    meanwhile: fc.option(interruption, { nil: undefined, freq: 6 }),
  });
  return fc.array(
    fc.oneof(
      { weight: 12, arbitrary: present },
      { weight: 3, arbitrary: revoke },
      { weight: 2, arbitrary: advance(byMs) },
      { weight: 1, arbitrary: changeKeys },
      { weight: 2, arbitrary: issue },
      ...further.map(arbitrary => ({ weight: 1, arbitrary })),
    ),
    { minLength: 5, maxLength: 40 },
  );
}

export const fill: fc.Arbitrary<Fill> = fc.constant({ what: 'fill' });
export const age: fc.Arbitrary<Age> = fc.constant({ what: 'age' });
export const wipe: fc.Arbitrary<Wipe> = fc.constant({ what: 'wipe' });
