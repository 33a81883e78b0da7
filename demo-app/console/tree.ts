import type { IssuedToken, LiveTokens, Target } from 'livetoken';
import { ORGANISATIONS, type Organisation } from '../seed.js';

/** Who has live tokens, as far as it was reported: organisations, their users, the users' sessions, and the tokens of each. */
export interface TreeView {
  readonly organisations: readonly OrganisationView[];
  /** False where there are more tokens than are shown. */
  readonly isComplete: boolean;
}

export interface OrganisationView {
  readonly id: string;
  readonly name: string;
  /** With those of the organisations below it: revoking it revokes them all. */
  readonly tokens: number;
  readonly target: Target;
  readonly users: readonly UserView[];
  readonly children: readonly OrganisationView[];
}

export interface UserView {
  readonly id: string;
  /** A client or key that acts for itself. */
  readonly isClient: boolean;
  readonly tokens: number;
  readonly target: Target;
  readonly sessions: readonly SessionView[];
  /** Of no session. */
  readonly apart: readonly TokenView[];
}

export interface SessionView {
  readonly id: string;
  readonly client: string;
  readonly sinceMs: number;
  readonly target: Target;
  readonly tokens: readonly TokenView[];
}

export interface TokenView {
  readonly id: string;
  readonly use: 'access' | 'refresh';
  readonly client: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** Of a refresh token its grant: with it go the access tokens that it was exchanged for. */
  readonly target: Target;
}

const MAX_TOKENS = 1000;

/** @throws StoreUnavailableError (rejects) */
export async function readTree(live: LiveTokens): Promise<TreeView> {
  const roots = ORGANISATIONS.filter(({ parent }) => parent === undefined);
  const listed = await Promise.all(roots.map(({ id }) => live.list({ kind: 'organisation', id }, { limit: MAX_TOKENS })));
  const issued = listed.flatMap(({ items }) => items);
  return { organisations: roots.map(root => viewOf(root, issued)), isComplete: listed.every(({ cursor }) => cursor === undefined) };
}

function viewOf({ id, name }: Organisation, issued: readonly IssuedToken[]): OrganisationView {
  const users = usersOf(id, issued.filter(({ organisation }) => organisation === id));
  const children = ORGANISATIONS.filter(({ parent }) => parent === id).map(child => viewOf(child, issued));
  return { id, name, tokens: sumOf(users) + sumOf(children), target: { kind: 'organisation', id }, users, children };
}

function usersOf(organisation: string, issued: readonly IssuedToken[]): readonly UserView[] {
  return groups(issued, ({ subject }) => subject).map(([id, tokens]) => {
    const sessions = groups(tokens, ({ session }) => session).map(([session, own]) => sessionOf(session, own));
    const apart = tokens.filter(({ session }) => session === undefined).map(tokenOf).sort(byIssue);
    const isClient = tokens.every(({ client }) => client === id);
    return { id, isClient, tokens: tokens.length, target: { kind: 'member', id, organisation }, sessions: sessions.sort(byClient), apart };
  });
}

function sessionOf(id: string, issued: readonly IssuedToken[]): SessionView {
  const tokens = issued.map(tokenOf).sort(byIssue);
  const { client = '', issuedAtMs: sinceMs = 0 } = tokens[0] ?? {};
  return { id, client, sinceMs, target: { kind: 'session', id }, tokens };
}

function tokenOf({ tokenId: id, organisation, grant, client = '', issuedAt = 0, expiresAt, details }: IssuedToken): TokenView {
  const use = details?.['use'] === 'refresh' ? 'refresh' : 'access';
  const alone: Target = { kind: 'token', id, ...(organisation !== undefined && { organisation }) };
  const target: Target = use === 'refresh' && grant !== undefined ? { kind: 'grant', id: grant } : alone;
  return { id, use, client, issuedAtMs: issuedAt, expiresAtMs: expiresAt, target };
}

/** By what `keyOf` answers, in the order of the keys; what has no key is left out. */
function groups<T>(items: readonly T[], keyOf: (item: T) => string | undefined): [string, T[]][] {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key !== undefined) found.set(key, [...(found.get(key) ?? []), item]);
  }
  return [...found].sort(([a], [b]) => compare(a, b));
}

const sumOf = (nodes: readonly { readonly tokens: number }[]): number => nodes.reduce((sum, { tokens }) => sum + tokens, 0);
const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);
const byClient = (a: SessionView, b: SessionView): number => compare(a.client, b.client) || a.sinceMs - b.sinceMs || compare(a.id, b.id);

/** The refresh token first, which stands above what it was exchanged for. */
function byIssue(a: TokenView, b: TokenView): number {
  return compare(b.use, a.use) || a.issuedAtMs - b.issuedAtMs || compare(a.id, b.id);
}
