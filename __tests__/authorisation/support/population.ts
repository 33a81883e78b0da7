import type { Issued, RevocationApp } from '../../support/revocation-app.js';

/** The tokens that exist while somebody calls: the one aimed at, and others that share all but one thing with it. */
export const POPULATION = {
  victim: { sub: 'alice', org: 'shop', client_id: 'web', sid: 'session-1', grant_id: 'grant-1', jti: 'the-id' },
  sameSession: { sub: 'alice', org: 'shop', client_id: 'mobile', sid: 'session-1', grant_id: 'grant-2', jti: 'id-2' },
  withoutSession: { sub: 'alice', org: 'shop', client_id: 'web', sid: undefined, grant_id: 'grant-1', jti: 'id-3' },
  colleague: { sub: 'bob', org: 'shop', client_id: 'web', sid: 'session-2', grant_id: 'grant-3', jti: 'id-4' },
  aliceElsewhere: { sub: 'alice', org: 'kiosk', client_id: 'web', sid: 'session-3', grant_id: 'grant-4', jti: 'id-5' },
  sameId: { sub: 'dave', org: 'outlet', client_id: 'mobile', sid: 'session-4', grant_id: 'grant-5', jti: 'the-id' },
  parent: { sub: 'erin', org: 'bank', client_id: 'web', sid: 'session-5', grant_id: 'grant-6', jti: 'id-6' },
  rival: { sub: 'frank', org: 'rival', client_id: 'web', sid: 'session-6', grant_id: 'grant-7', jti: 'id-7' },
} as const;

export type Name = keyof typeof POPULATION;
export const NAMES = Object.keys(POPULATION) as Name[];
type Person = (typeof POPULATION)[Name];

/** How each endpoint is called to hit the victim, and which tokens die where that is allowed, inside the organisations reached. */
export const ENDPOINTS = {
  revoke: { method: 'POST', path: '/revoke', kills: ({ jti }: Person) => jti === 'the-id' },
  introspect: { method: 'POST', path: '/introspect', kills: () => false },
  O1: { method: 'POST', path: '/organisations/shop/tokens/revoke', kills: () => true },
  O2: { method: 'POST', path: '/organisations/shop/tokens/the-id/revoke', kills: ({ jti }: Person) => jti === 'the-id' },
  T1: { method: 'POST', path: '/tokens/revoke', kills: () => true },
  T2: { method: 'POST', path: '/tokens/the-id/revoke', kills: ({ jti }: Person) => jti === 'the-id' },
  member: { method: 'POST', path: '/organisations/shop/users/alice/tokens/revoke', kills: ({ sub }: Person) => sub === 'alice' },
  session: { method: 'DELETE', path: '/sessions/session-1', kills: ({ sid }: Person) => sid === 'session-1' },
  sessions: { method: 'DELETE', path: '/users/alice/sessions', kills: ({ sub, sid }: Person) => sub === 'alice' && sid !== undefined },
  everything: { method: 'DELETE', path: '/users/alice/sessions?oauthTokens=true', kills: ({ sub }: Person) => sub === 'alice' },
  client: { method: 'DELETE', path: '/users/alice/clients/web/tokens', kills: ({ sub, client_id }: Person) => sub === 'alice' && client_id === 'web' },
  guarded: { method: 'GET', path: '/guarded', kills: () => false },
} as const;

export type Endpoint = keyof typeof ENDPOINTS;

/** Who is dead once the endpoint has worked in these organisations; `anywhere` are all. */
export function deadAfter(endpoint: Endpoint, organisations: readonly string[]): readonly Name[] {
  const isReached = ({ org }: Person): boolean => organisations.includes(org) || organisations.includes('anywhere');
  return NAMES.filter(name => isReached(POPULATION[name]) && ENDPOINTS[endpoint].kills(POPULATION[name]));
}

export type Population = Readonly<Record<Name, Issued>>;

export async function populate(app: RevocationApp): Promise<Population> {
  const issued = [];
  for (const name of NAMES) issued.push([name, await app.issue(POPULATION[name])] as const);
  return Object.fromEntries(issued) as Population;
}
