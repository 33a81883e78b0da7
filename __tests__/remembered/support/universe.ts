import fc from 'fast-check';
import type { Target } from 'livetoken';

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

/** What each kind of target means, in words: no keys, no hashes, no merging. */
export function fallsUnder(token: Ids, target: Target): boolean {
  switch (target.kind) {
    case 'all':
      return true;
    case 'token':
      return token.jti === target.id && token.org === target.organisation;
    case 'grant':
      return token.grant_id === target.id;
    case 'session':
      return token.sid === target.id;
    case 'client':
      return token.client_id === target.id;
    case 'organisation':
      return token.org === target.id;
    case 'subject':
      return isUser(token, target);
    case 'member':
      return token.org === target.organisation && isUser(token, target);
  }
}

function isUser(token: Ids, target: Extract<Target, { kind: 'subject' | 'member' }>): boolean {
  if (token.sub !== target.id) return false;
  if (target.client !== undefined) return token.client_id === target.client;
  return target.sessionsOnly !== true || token.sid !== undefined;
}
