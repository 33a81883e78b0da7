import fc from 'fast-check';
import type { Target } from 'livetoken';
import { covers } from '../../policy/support/universe.js';

/** Who a token is about. Few names, so that tokens and revocations often meet. */
export interface Ids {
  readonly jti: string;
  readonly org: string;
  readonly sub: string;
  readonly sid: string | undefined;
  readonly grant_id: string | undefined;
  readonly client_id: string;
}

const name = (...names: string[]) => fc.constantFrom(...names);
const tokenId = name('t0', 't1', 't2');
const organisation = name('a', 'b');
const user = name('u0', 'u1');
const session = name('s0', 's1');
const grant = name('g0', 'g1');
const client = name('web', 'app');

export const ids: fc.Arbitrary<Ids> = fc.record({
  jti: tokenId,
  org: organisation,
  sub: user,
  sid: fc.option(session, { nil: undefined }),
  grant_id: fc.option(grant, { nil: undefined }),
  client_id: client,
});

const narrowing = fc.oneof(fc.constant({}), fc.constant({ sessionsOnly: true as const }), fc.record({ client }));

/** A target of every kind. Spread, because fast-check makes objects without a prototype, too. */
export const targets: fc.Arbitrary<Target> = fc
  .oneof(
    fc.record({ kind: fc.constant('token' as const), id: tokenId, organisation }),
    fc.record({ kind: fc.constant('grant' as const), id: grant }),
    fc.record({ kind: fc.constant('session' as const), id: session }),
    fc.tuple(user, narrowing).map(([id, narrowed]) => ({ kind: 'subject' as const, id, ...narrowed })),
    fc.tuple(user, organisation, narrowing).map(([id, org, narrowed]) => ({ kind: 'member' as const, id, organisation: org, ...narrowed })),
    fc.record({ kind: fc.constant('client' as const), id: client }),
    fc.record({ kind: fc.constant('organisation' as const), id: organisation }),
    fc.constant({ kind: 'all' as const }),
  )
  .map((target): Target => ({ ...target }));

export function fallsUnder(token: Ids, target: Target): boolean {
  return covers(target, { ...token, orgs: [] });
}
