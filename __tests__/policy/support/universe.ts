import fc from 'fast-check';
import type { Target } from 'livetoken';

/** The start of a second that is over: offsets from it are in the past for every clock. */
export const startMs = Math.floor(Date.now() / 1000) * 1000 - 20_000;

/** Who a token is about. */
export interface Ids {
  readonly jti: string;
  readonly org: string;
  readonly orgs: readonly string[];
  readonly sub: string | undefined;
  readonly sid: string | undefined;
  readonly grant_id: string | undefined;
  readonly client_id: string | undefined;
}

export interface Token extends Ids {
  readonly iat: number;
  readonly iat_ms: number | undefined;
  readonly grant_iat_ms: number | undefined;
}

/** Few names, used for everything, so that tokens and revocations often meet and kinds could be mixed up. */
const name = fc.constantFrom('a', 'b', 'c');
const maybeName = fc.option(name, { nil: undefined });
const maybeMs = fc.option(fc.integer({ min: 0, max: 999 }), { nil: undefined });
/** How long before the end of its second of issue a token's grant began. */
const maybeAgeMs = fc.option(fc.integer({ min: 0, max: 4000 }), { nil: undefined });

export const tokens: fc.Arbitrary<Token> = fc
  .record({
    ...{ jti: name, org: name, orgs: fc.array(name, { maxLength: 2 }) },
    ...{ sub: maybeName, sid: maybeName, grant_id: maybeName, client_id: maybeName },
    ...{ second: fc.integer({ min: 0, max: 3 }), ms: maybeMs, grantAgeMs: maybeAgeMs },
  })
  .map(({ second, ms, grantAgeMs, ...ids }) => ({
    ...ids,
    iat: startMs / 1000 + second,
    iat_ms: ms === undefined ? undefined : startMs + second * 1000 + ms,
    grant_iat_ms: grantAgeMs === undefined ? undefined : startMs + second * 1000 + 999 - grantAgeMs,
  }));

const narrowings = fc.oneof(fc.constant({}), fc.constant({ sessionsOnly: true as const }), fc.record({ client: name }));

const forGood: fc.Arbitrary<Target> = fc.oneof(
  fc.record({ kind: fc.constant('token' as const), id: name, organisation: name }),
  fc.record({ kind: fc.constantFrom('grant' as const, 'session' as const), id: name }),
);
const lasting: fc.Arbitrary<Target> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(name, narrowings).map(([id, narrowing]) => ({ kind: 'subject' as const, id, ...narrowing })) },
  { weight: 3, arbitrary: fc.tuple(name, name, narrowings).map(([id, organisation, narrowing]) => ({ kind: 'member' as const, id, organisation, ...narrowing })) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('client' as const, 'organisation' as const), id: name }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'all' as const }) },
);

/** A revocation of what was issued up to an instant. */
export interface Revocation {
  readonly target: Target;
  /** Milliseconds after the start; undefined for what dies for good. */
  readonly afterMs?: number;
}

/** In whole seconds as often as not, since that is where the edges are. */
const instants = fc.oneof(fc.integer({ min: 0, max: 4 }).map(second => second * 1000), fc.integer({ min: 0, max: 4000 }));

export const revocations: fc.Arbitrary<Revocation> = fc.oneof(
  forGood.map(target => ({ target: { ...target } })),
  fc.tuple(lasting, instants).map(([target, afterMs]) => ({ target: { ...target }, afterMs })),
);

/** The rule in words, without keys, stores or merging: what each kind of target means, and "issued or granted at or before". */
export function covers(target: Target, token: Ids): boolean {
  const organisations = [token.org, ...token.orgs];
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
      return organisations.includes(target.id);
    case 'member':
      return organisations.includes(target.organisation) && isUser(target, token);
    case 'subject':
      return isUser(target, token);
  }
}

function isUser(target: Extract<Target, { kind: 'subject' | 'member' }>, token: Ids): boolean {
  if (token.sub !== target.id) return false;
  if (target.sessionsOnly === true) return token.sid !== undefined;
  return target.client === undefined || token.client_id === target.client;
}

export function isRevoked(token: Token, revoked: readonly Revocation[], issuerSkewMs: number): boolean {
  const issuedMs = token.iat_ms ?? token.iat * 1000;
  const sinceMs = Math.min(issuedMs, token.grant_iat_ms ?? issuedMs) - issuerSkewMs;
  return revoked.some(({ target, afterMs }) => covers(target, token) && (afterMs === undefined || sinceMs <= startMs + afterMs));
}
