import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { StoreUnavailableError, type Claims, type Target } from 'livetoken';
import { identityIn, identityOf, newLogin } from '../issuer/claims.js';
import type { Issuer } from '../issuer/issuer.js';
import type { AccessToken } from '../issuer/tokens.js';
import { findUser, PARTNER, USER_SCOPES } from '../seed.js';

/** A login that the console holds: one access token or more, and a refresh token unless it is no user's. */
interface Part {
  readonly user?: string;
  readonly client: string;
  /** Access tokens under one grant: as if it had been refreshed while the one before is still good. */
  readonly accessTokens: number;
  /** False for a token of a user's own scripts: no session, no refresh token. */
  readonly hasSession: boolean;
}

const PARTS: readonly Part[] = [
  { client: 'api', accessTokens: 1, hasSession: false },
  { user: 'alice', client: 'web', accessTokens: 2, hasSession: true },
  { user: 'alice', client: 'mobile', accessTokens: 1, hasSession: true },
  { user: 'alice', client: 'web', accessTokens: 1, hasSession: false },
  { user: 'carol', client: 'spa', accessTokens: 1, hasSession: true },
  { user: 'bob', client: 'web', accessTokens: 1, hasSession: true },
  { user: 'bob', client: 'mobile', accessTokens: 1, hasSession: true },
  { user: 'dave', client: 'spa', accessTokens: 1, hasSession: true },
  { user: 'erin', client: 'web', accessTokens: 1, hasSession: true },
];

interface Login {
  readonly part: Part;
  /** As its tokens carry it, the beginning of the grant included. */
  readonly identity: Claims;
  readonly access: readonly AccessToken[];
}

/** A token that the instances are called with. */
export interface CastToken {
  readonly id: string;
  readonly token: string;
  readonly claims: Claims;
}

/** Refreshed this long before they expire, as their clients would. */
const REFRESH_BEFORE_MS = 120_000;

/** Users and clients that are signed in for the console, and whose tokens it holds. */
export class Cast {
  readonly #issuer: Issuer;
  #logins: readonly Login[] = [];
  /** One change at a time: two at once would sign everybody in twice. */
  #change: Promise<unknown> = Promise.resolve();

  constructor(issuer: Issuer) {
    this.#issuer = issuer;
  }

  get isSignedIn(): boolean {
    return this.#logins.length > 0;
  }

  get tokens(): readonly CastToken[] {
    return this.#logins.flatMap(({ access }) => access).map(({ token, claims }) => ({ id: String(claims['jti']), token, claims }));
  }

  /** Those of the tokens that fall under a target. */
  under(target: Target): readonly CastToken[] {
    return this.tokens.filter(({ claims }) => this.#issuer.live.facts(claims).targets.some(each => isDeepStrictEqual(each, target)));
  }

  /**
   * Signs in whoever is not, and gives those who are another token for each that was revoked.
   *
   * @throws StoreUnavailableError (rejects)
   */
  signIn(): Promise<void> {
    return this.#next(async () => {
      const before = this.#logins;
      this.#logins = await Promise.all(PARTS.map((part, i) => this.#renewed(part, before[i])));
    });
  }

  /** Answers whether any token was about to expire, and so is another one now. */
  refresh(): Promise<boolean> {
    return this.#next(async () => {
      const before = this.#logins;
      this.#logins = await Promise.all(before.map(async login => (isExpiring(login) && (await this.#isGood(login.identity)) ? this.#filled(login) : login)));
      return this.#logins.some((login, i) => login !== before[i]);
    });
  }

  /** Ends the logins: a Redis that outlives this process must not collect those of every run. */
  async leave(): Promise<void> {
    await this.#change;
    const grants = this.#logins.map(({ identity }) => identity['grant_id']).filter(id => typeof id === 'string');
    this.#logins = [];
    try {
      await this.#issuer.live.revokeAll(grants.map(id => ({ kind: 'grant', id })), { actor: 'console', reason: 'the console was closed' });
    } catch (error) {
      // Without its store nobody can sign out; the tokens expire by themselves.
      if (!(error instanceof StoreUnavailableError)) throw error;
    }
  }

  #next<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#change.then(change);
    this.#change = done.catch(() => undefined); // whoever asked for it hears of it
    return done;
  }

  async #renewed(part: Part, login: Login | undefined): Promise<Login> {
    if (login === undefined || !(await this.#isGood(login.identity))) return this.#filled(await this.#login(part));
    return this.#filled(login);
  }

  async #login(part: Part): Promise<Login> {
    const identity = identityOfPart(part);
    const { tokens } = this.#issuer;
    const issuedAtMs = await tokens.issueTime(identity);
    const first = part.hasSession ? (await tokens.pair(identity, issuedAtMs)).access : await tokens.access(identity, issuedAtMs);
    return { part, identity: { ...identity, grant_iat_ms: issuedAtMs }, access: [first] };
  }

  /** With as many good tokens as its part says. */
  async #filled({ part, identity, access }: Login): Promise<Login> {
    const good = [];
    for (const each of access) if (!isOld(each) && (await this.#issuer.live.check(each.claims)).live) good.push(each);
    while (good.length < part.accessTokens) good.push(await this.#issuer.tokens.access(identity, await this.#issuer.tokens.issueTime(identity)));
    return { part, identity, access: good };
  }

  /** Whether another token may be given under this login: nothing that it falls under was revoked since it began. */
  async #isGood(identity: Claims): Promise<boolean> {
    const nowS = Math.floor(Date.now() / 1000);
    const begun = Number(identity['grant_iat_ms']);
    const probe = { ...identity, jti: randomUUID(), iat: Math.floor(begun / 1000), iat_ms: begun, exp: nowS + 60 };
    return (await this.#issuer.live.check(probe, { consistency: 'strong' })).live;
  }
}

function identityOfPart({ user, client, hasSession }: Part): Claims {
  const organisation = user === undefined ? PARTNER : (findUser(user)?.organisation ?? PARTNER);
  const login = hasSession ? { login: newLogin() } : {};
  return identityIn(identityOf({ subject: user ?? client, client, organisation, scopes: USER_SCOPES, ...login }));
}

const isOld = ({ claims }: AccessToken): boolean => Number(claims['exp']) * 1000 < Date.now() + REFRESH_BEFORE_MS;
const isExpiring = ({ access }: Login): boolean => access.some(isOld);
