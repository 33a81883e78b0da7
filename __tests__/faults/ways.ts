import type { Target } from 'livetoken';
import type { Asked } from './client.js';
import { clientSecret, OPERATOR } from './instance-messages.js';
import { nameOf, type Population, type Token } from './population.js';
import type { Random } from './random.js';

/** What is asked of an instance, and what dies by it. */
export interface RevocationRequest extends Asked {
  readonly targets: readonly Target[];
  readonly issuedBeforeMs?: number;
  /** Of a token that is presented to be revoked: RFC 7009 has 200 for one that has expired, and nothing is recorded. */
  readonly presentedUntilMs?: number;
}

export type Way = (token: Token, population: Population, random: Random) => RevocationRequest;

const WAYS = { ofToken, byOAuth, grantByOAuth, ofSession, ofSubject, ofClientOfSubject, ofMember, ofOrganisation, ofClient, ofThePast, ofSeveral, ofAll } as const;

/** How often each way of revoking is taken, beside the others. */
export type Weights = Readonly<Partial<Record<keyof typeof WAYS, number>>>;

export const USUAL_WEIGHTS: Weights = {
  ...{ ofToken: 8, byOAuth: 5, grantByOAuth: 4, ofSession: 5, ofSubject: 5, ofClientOfSubject: 4, ofMember: 4 },
  ...{ ofOrganisation: 2, ofClient: 2, ofThePast: 4, ofSeveral: 3, ofAll: 0.4 },
};

/** One of the ways that there are to revoke something that a token falls under. */
export function someWay(random: Random, weights: Weights): Way {
  const weighted = Object.entries(weights) as [keyof typeof WAYS, number][];
  let left = random.next() * weighted.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of weighted) {
    left -= weight;
    if (left < 0) return WAYS[name];
  }
  return ofToken;
}

const basic = (id: string, secret: string): string => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
const AS_OPERATOR = { authorization: basic(OPERATOR.id, OPERATOR.secret) };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

function ofToken({ id, login }: Token): RevocationRequest {
  const organisation = login.organisations[0];
  return { ...operatorPost(`/organisations/${organisation}/tokens/${id}/revoke`), targets: [{ kind: 'token', id, organisation }] };
}

function ofMember({ login }: Token, _: Population, random: Random): RevocationRequest {
  const organisation = random.pick(login.organisations);
  return { ...operatorPost(`/organisations/${organisation}/users/${login.subject}/tokens/revoke`), targets: [{ kind: 'member', id: login.subject, organisation }] };
}

function ofOrganisation({ login }: Token, _: Population, random: Random): RevocationRequest {
  const id = random.pick(login.organisations);
  return { ...operatorPost(`/organisations/${id}/tokens/revoke`), targets: [{ kind: 'organisation', id }] };
}

function operatorPost(path: string): Asked {
  return { method: 'POST', path, headers: AS_OPERATOR };
}

/** RFC 7009, an access token. */
function byOAuth(token: Token): RevocationRequest {
  const { id, login } = token;
  return { ...oauth(token), targets: [{ kind: 'token', id, organisation: login.organisations[0] }] };
}

/** RFC 7009, a refresh token: its grant dies, with all access tokens that it has. */
function grantByOAuth({ login }: Token, population: Population): RevocationRequest {
  return { ...oauth(population.issue(login, undefined, 'refresh')), targets: [{ kind: 'grant', id: login.grant }] };
}

function oauth({ jwt, login, expiresAtMs }: Token): Asked & Pick<RevocationRequest, 'presentedUntilMs'> {
  const headers = { ...FORM, authorization: basic(login.client, clientSecret(login.client)) };
  return { method: 'POST', path: '/revoke', headers, body: new URLSearchParams({ token: jwt }).toString(), presentedUntilMs: expiresAtMs };
}

/** Users do these for themselves, with a token that they were just given. */
function byOneself({ login }: Token, population: Population, path: string): Asked {
  return { method: 'DELETE', path, headers: { authorization: `Bearer ${population.issue(login).jwt}` } };
}

function ofSession(token: Token, population: Population): RevocationRequest {
  const { session } = token.login;
  return { ...byOneself(token, population, `/sessions/${session}`), targets: [{ kind: 'session', id: session }] };
}

function ofSubject(token: Token, population: Population, random: Random): RevocationRequest {
  const { subject } = token.login;
  const everyToken = random.chance(0.5);
  const narrowing = everyToken ? {} : ({ sessionsOnly: true } as const);
  return { ...byOneself(token, population, `/users/${subject}/sessions?oauthTokens=${String(everyToken)}`), targets: [{ kind: 'subject', id: subject, ...narrowing }] };
}

function ofClientOfSubject(token: Token, population: Population): RevocationRequest {
  const { subject, client } = token.login;
  return { ...byOneself(token, population, `/users/${subject}/clients/${client}/tokens`), targets: [{ kind: 'subject', id: subject, client }] };
}

/** What no endpoint does: an operator's own code calls the package. */
export function byHand(targets: readonly Target[], issuedBeforeMs?: number): RevocationRequest {
  const past = issuedBeforeMs === undefined ? {} : { issuedBeforeMs };
  const body = JSON.stringify({ targets, issuedBefore: issuedBeforeMs });
  return { method: 'POST', path: '/by-hand', headers: { 'content-type': 'application/json' }, body, targets, ...past };
}

function ofClient({ login }: Token): RevocationRequest {
  return byHand([{ kind: 'client', id: login.client }]);
}

function ofAll(): RevocationRequest {
  return byHand([{ kind: 'all' }]);
}

function ofThePast({ login, issuedAtMs }: Token, _: Population, random: Random): RevocationRequest {
  const broad: readonly Target[] = [{ kind: 'subject', id: login.subject }, { kind: 'client', id: login.client }, { kind: 'organisation', id: login.organisations[0] }];
  // At or before: the token itself dies when the instant is that of its issue.
  return byHand([random.pick(broad)], Math.min(Date.now(), issuedAtMs + random.pick([0, 0, 0, 1, 500])));
}

function ofSeveral(_: Token, population: Population, random: Random): RevocationRequest {
  const some = Array.from({ length: random.between(2, 20) }, () => random.pick(population.tokens));
  const targets = some.map(({ id, login }): Target => (random.chance(0.5) ? { kind: 'token', id, organisation: login.organisations[0] } : { kind: 'grant', id: login.grant }));
  return byHand([...new Map(targets.map(target => [nameOf(target), target])).values()]);
}
