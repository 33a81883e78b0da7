import { createHmac } from 'node:crypto';
import type { Target } from 'livetoken';
import { monotonicMs, type Issued } from './history.js';
import type { Random } from './random.js';

/** Ids that nobody may find in a log all hold this. */
export const CANARY = 'c4nary-of-faults';

export const ISSUER = 'https://issuer.faults';
export const AUDIENCE = 'https://api.faults';

/** How long an issuer goes on with a login that was ended. No longer than the revocation is kept: it would be forgotten before its tokens. */
const ENDED_USED_FOR_MS = 20_000;

/** Two trees: an organisation and, every second one, the one above it. */
const ORGANISATIONS = 6;
const SUBJECTS = 40;
const CLIENTS = 5;

export const CLIENT_IDS: readonly string[] = Array.from({ length: CLIENTS }, (_, i) => `client-${i}`);

/** Somebody who logged in: what several tokens share. */
export interface Login {
  readonly session: string;
  readonly grant: string;
  readonly subject: string;
  readonly client: string;
  /** The one that the token is for, and the one above it. */
  readonly organisations: readonly [string, ...string[]];
}

/** A token in use. */
export interface Token {
  readonly number: number;
  readonly jwt: string;
  readonly id: string;
  readonly login: Login;
  readonly targets: readonly Target[];
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

interface Named {
  readonly target: Target;
  /** When the last token that falls under it expires. */
  readonly usedUntilMs: number;
}

export interface PopulationOptions {
  readonly secret: string;
  readonly random: Random;
  readonly record: (event: Issued) => void;
  /** Shortest and longest life of a token, whole seconds. */
  readonly lifetimeS: readonly [from: number, to: number];
}

/** The issuer, its users and their tokens. Few users and organisations, so that each revocation meets many tokens. */
export class Population {
  readonly #options: PopulationOptions;
  readonly #names = new Map<string, Named>();
  #logins: Login[] = [];
  readonly #endedAtMs = new WeakMap<Login, number>();
  readonly #loggedOut = new WeakSet<Login>();
  #tokens: Token[] = [];
  #issued = 0;
  #loggedIn = 0;

  constructor(options: PopulationOptions) {
    this.#options = options;
    for (let i = 0; i < SUBJECTS; i++) this.#logIn();
  }

  /** Those that have not expired long ago, oldest first. */
  get tokens(): readonly Token[] {
    return this.#tokens;
  }

  /** All targets that tokens in use, or used lately, fall under. */
  get targets(): readonly Target[] {
    return [...this.#names.values()].map(({ target }) => target);
  }

  /** A token of somebody who is logged in. Now and then he logs out, or has been ended, and somebody else comes. */
  issue(login = this.#someLogin(), lifetimeS = this.#options.random.between(...this.#options.lifetimeS), use: 'access' | 'refresh' = 'access'): Token {
    this.#issued += 1;
    const [atMs, nowMs] = [monotonicMs(), Date.now()];
    const iat = Math.floor(nowMs / 1000);
    const expiresAtMs = (iat + lifetimeS) * 1000;
    const id = `${CANARY}-jti-${this.#issued}-${this.#options.random.below(1e9).toString(36)}`;
    const [org, ...orgs] = login.organisations;
    const claims = {
      ...{ iss: ISSUER, aud: AUDIENCE, iat, iat_ms: nowMs, exp: iat + lifetimeS, jti: id, sub: login.subject, sid: login.session },
      ...{ grant_id: login.grant, client_id: login.client, org, orgs },
      ...(use === 'refresh' && { token_use: 'refresh' }),
    };
    const token = { number: this.#issued, jwt: sign(claims, this.#options.secret), id, login, targets: targetsOf(id, login), issuedAtMs: nowMs, expiresAtMs };
    for (const target of token.targets) this.#name(target, expiresAtMs);
    const targets = token.targets.map(nameOf);
    this.#options.record({ event: 'issued', atMs, token: token.number, targets, issuedAtMs: nowMs, expiresAtMs });
    if (use === 'access') this.#tokens.push(token);
    return token;
  }

  /** For those who were signed out: most of them begin a new session, some go on getting tokens of the one that is over. */
  ended(target: Target): void {
    if (target.kind !== 'session' && target.kind !== 'grant') return;
    const { id } = target;
    const isIt = ({ session, grant }: Login): boolean => session === id || grant === id;
    for (const login of this.#logins.filter(isIt)) this.#endedAtMs.set(login, this.#endedAtMs.get(login) ?? monotonicMs());
    this.#logins = this.#logins.filter(login => !isIt(login) || this.#options.random.chance(0.3));
    while (this.#logins.length < SUBJECTS) this.#logIn();
  }

  /** Nobody stays logged in: what was dead for good is not used again. */
  logAllOut(): void {
    for (const { login } of this.#tokens) this.#loggedOut.add(login);
    this.#logins = [];
    while (this.#logins.length < SUBJECTS) this.#logIn();
  }

  /** No more tokens are issued to such a login, not even for somebody to end it with. */
  isLoggedOut(login: Login): boolean {
    return this.#loggedOut.has(login);
  }

  /** What expired a while ago leaves, and so do names that nothing has fallen under for longer than that. */
  forget(expiredForMs: number): void {
    const beforeMs = Date.now() - expiredForMs;
    this.#tokens = this.#tokens.filter(({ expiresAtMs }) => expiresAtMs >= beforeMs);
    for (const [name, { usedUntilMs }] of this.#names) if (usedUntilMs < beforeMs) this.#names.delete(name);
  }

  #name(target: Target, usedUntilMs: number): void {
    const known = this.#names.get(nameOf(target));
    this.#names.set(nameOf(target), { target, usedUntilMs: Math.max(usedUntilMs, known?.usedUntilMs ?? 0) });
  }

  #someLogin(): Login {
    const { random } = this.#options;
    const goneMs = monotonicMs() - ENDED_USED_FOR_MS;
    this.#logins = this.#logins.filter(login => (this.#endedAtMs.get(login) ?? Infinity) > goneMs);
    while (this.#logins.length < SUBJECTS) this.#logIn();
    if (random.chance(0.05)) {
      this.#logins.splice(random.below(this.#logins.length), 1);
      this.#logIn();
    }
    return random.pick(this.#logins);
  }

  #logIn(): void {
    const { random } = this.#options;
    this.#loggedIn += 1;
    const organisation = random.below(ORGANISATIONS);
    const above = organisation % 2 === 0 ? [] : [`organisation-${organisation - 1}`];
    this.#logins.push({
      session: `${CANARY}-sid-${this.#loggedIn}`,
      grant: `${CANARY}-grant-${this.#loggedIn}`,
      subject: `subject-${random.below(SUBJECTS)}`,
      client: random.pick(CLIENT_IDS),
      organisations: [`organisation-${organisation}`, ...above],
    });
  }
}

/** Written down once more, and not asked of the package: it is what the package is judged by. */
function targetsOf(id: string, { session, grant, subject, client, organisations }: Login): readonly Target[] {
  const users = [{ id: subject }, { id: subject, sessionsOnly: true as const }, { id: subject, client }];
  return [
    { kind: 'token', id, organisation: organisations[0] },
    { kind: 'grant', id: grant },
    { kind: 'session', id: session },
    { kind: 'client', id: client },
    { kind: 'all' },
    ...users.map(user => ({ kind: 'subject', ...user }) as const),
    ...organisations.map(organisation => ({ kind: 'organisation', id: organisation }) as const),
    ...organisations.flatMap(organisation => users.map(user => ({ kind: 'member', organisation, ...user }) as const)),
  ];
}

/** What a target is called in the history: `subject:3`, `member:3@1+sessions`, `token:12`. */
export function nameOf(target: Target): string {
  if (target.kind === 'all') return 'all';
  const { organisation, client, sessionsOnly } = target as Readonly<Record<string, string | undefined>>;
  const within = organisation === undefined || target.kind === 'token' ? '' : `@${number(organisation)}`;
  const narrowed = sessionsOnly ? '+sessions' : client === undefined ? '' : `+client ${number(client)}`;
  return `${target.kind}:${number(target.id)}${within}${narrowed}`;
}

function number(id: string): string {
  return /-(\d+)/.exec(id)?.[1] ?? id;
}

function sign(claims: Readonly<Record<string, unknown>>, secret: string): string {
  const [header, payload] = [{ alg: 'HS256', typ: 'JWT' }, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const input = `${header!}.${payload!}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}
