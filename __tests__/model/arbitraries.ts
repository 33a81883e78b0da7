import fc from 'fast-check';
import type { Revocation } from '../../lib/model/revocation.js';
import type { Narrowing, Target } from '../../lib/model/target.js';

/** What an encoding uses for its own purposes, so that names made of it would break a careless one. */
const treacherous = fc
  .array(fc.constantFrom('1', '2', '3', '10', ':', '-', '|', '+sessions', 'token', '1:a', 'é', '😀', '\0', ' '), {
    minLength: 1,
    maxLength: 6,
  })
  .map(parts => parts.join(''));

const anyUnicode = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });

export const identifiers = fc.oneof(treacherous, anyUnicode);

const narrowings: fc.Arbitrary<Narrowing> = fc.oneof(
  fc.constant({}),
  fc.constant({ sessionsOnly: true as const }),
  fc.record({ client: identifiers }),
);

const kinds: fc.Arbitrary<Target> = fc.oneof(
  fc.record({ kind: fc.constant('token' as const), id: identifiers }),
  fc.record({ kind: fc.constant('token' as const), id: identifiers, organisation: identifiers }),
  fc.record({ kind: fc.constantFrom('grant' as const, 'session' as const), id: identifiers }),
  fc.record({ kind: fc.constantFrom('client' as const, 'organisation' as const), id: identifiers }),
  fc.tuple(identifiers, narrowings).map(([id, narrowing]) => ({ kind: 'subject' as const, id, ...narrowing })),
  fc
    .tuple(identifiers, identifiers, narrowings)
    .map(([id, organisation, narrowing]) => ({ kind: 'member' as const, id, organisation, ...narrowing })),
  fc.constant({ kind: 'all' as const }),
);

/** Copied, because fast-check makes objects without a prototype, too. */
export const targets = kinds.map((target): Target => ({ ...target }));

const instantsMs = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.maxSafeNat());

/** Few different instants, so that ties are common. */
export const epochsMs = fc.oneof(instantsMs, fc.constant(Infinity));

export const revocations: fc.Arbitrary<Revocation> = fc.record({ epochMs: epochsMs, keepUntilMs: instantsMs });
