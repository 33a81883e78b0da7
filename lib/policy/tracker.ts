import { InvalidTargetError, InvalidTokenError } from '../errors.js';
import { isPlainObject, type Claims } from '../model/claims.js';
import { targetKey, type TargetKey } from '../model/target-key.js';
import { assertTarget, type Target } from '../model/target.js';
import { targetsOf, tokenFacts, type TokenFacts, type TokenIds } from '../model/token-facts.js';
import { scopesOf } from '../model/scopes.js';
import { refusingTarget } from '../model/verdict.js';
import type { Page, TrackedToken } from '../stores/store.js';
import type { Configuration } from './options.js';

/** A tracked token. Times are milliseconds since 1970; what the token does not name is absent. */
export interface IssuedToken {
  readonly tokenId: string;
  readonly organisation?: string;
  readonly organisations: readonly string[];
  readonly subject?: string;
  readonly session?: string;
  readonly grant?: string;
  readonly client?: string;
  /** Space-separated, as in the claim (RFC 8693 section 4.2). */
  readonly scope?: string;
  /** Absent where the token does not say. */
  readonly issuedAt?: number;
  readonly expiresAt: number;
  readonly revokedAt?: number;
  /** What `track` was given along. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Longest JSON kept of a token. */
export const MAX_DETAILS_BYTES = 8192;

/** Tokens looked at in one go while their target is being revoked. */
const SWEEP_PAGE = 200;

/** Remembers issued tokens, so that revoking can count them, lists can show them, and unknown ids are known to be unknown. */
export class Tracker {
  readonly #config: Configuration;

  constructor(config: Configuration) {
    this.#config = config;
  }

  /** @throws InvalidTokenError where the guard would refuse the token; InvalidTargetError where details are too large */
  async track(claims: Claims, details?: Readonly<Record<string, unknown>>): Promise<void> {
    const { store, clockToleranceMs } = this.#config;
    const facts = tokenFacts(claims, this.#config);
    const { tokenId } = facts;
    if (tokenId === undefined) throw new InvalidTokenError('unrevocable', 'Only a token with an id can be tracked.');
    const token: TrackedToken = {
      key: keyOf(facts),
      targets: indexedTargets(facts),
      issuedAtMs: facts.judgedFromMs,
      expiresAtMs: facts.expiresAtMs + clockToleranceMs,
      details: encode(this.#describe({ ...idsOf(facts), tokenId }, facts, claims, details)),
    };
    await store.track(token);
    // A revocation that swept the lists before this token stood in them has been recorded before: it is seen here.
    const [revoked] = await this.#areRevoked([facts]);
    if (revoked === true) await store.retire([token], this.#config.now());
  }

  /** The tracked token of this id, dead or alive. */
  async find(target: Extract<Target, { kind: 'token' }>): Promise<IssuedToken | undefined> {
    assertTarget(target);
    const [token] = await this.#config.store.tracked([targetKey(target)]);
    return token && issuedToken(token);
  }

  /** Live tokens under a target, soonest to expire first. A page may hold fewer than `limit` and still have a successor. */
  async list(target: Target, page: { readonly cursor?: string; readonly limit?: number }): Promise<Page<IssuedToken>> {
    assertTarget(target);
    const { cursor, limit = 100 } = page;
    const { items, ...next } = await this.#config.store.active(listFor(target), { limit, ...(cursor !== undefined && { cursor }) });
    const candidates = items.map(token => ({ token, issued: issuedToken(token) })).filter(({ issued }) => fallsUnder(issued, target));
    const revoked = await this.#areRevoked(candidates.map(({ token, issued }) => factsOf(issued, token)));
    return { items: candidates.filter((_, i) => revoked[i] === false).map(({ issued }) => issued), ...next };
  }

  /** After a revocation of `target`: marks its tokens as revoked and answers how many this call ended. */
  async retire(target: Target, epochMs: number, revokedAtMs: number): Promise<number> {
    let count = 0;
    for await (const tokens of this.endedBy(target, epochMs)) count += await this.#config.store.retire(tokens, revokedAtMs);
    return count;
  }

  /** Tokens, some at a time, that a revocation of `target` with this epoch ends and that are not marked as revoked. */
  async *endedBy(target: Target, epochMs: number): AsyncGenerator<readonly TrackedToken[]> {
    const { store } = this.#config;
    if (target.kind === 'token') {
      const tokens = await store.tracked([targetKey(target)]);
      yield tokens.filter(token => token !== undefined).filter(({ revokedAtMs }) => revokedAtMs === undefined);
      return;
    }
    let cursor: string | undefined;
    do {
      const page = await store.active(listFor(target), { limit: SWEEP_PAGE, ...(cursor !== undefined && { cursor }) });
      yield page.items.filter(token => token.issuedAtMs <= epochMs && fallsUnder(issuedToken(token), target));
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  #describe(
    ids: TokenIds & { readonly tokenId: string },
    { issuedAtMs, expiresAtMs }: TokenFacts,
    claims: Claims,
    details: Readonly<Record<string, unknown>> | undefined,
  ): Described {
    const scopes = scopesOf(claims);
    const scope = scopes.length === 0 ? undefined : scopes.join(' ');
    const issuedAt = issuedAtMs === -Infinity ? undefined : issuedAtMs + this.#config.issuerSkewMs;
    return { ...ids, scope, issuedAt, expiresAt: expiresAtMs, details };
  }

  /** One look-up for all of them. */
  async #areRevoked(tokens: readonly Judged[]): Promise<readonly boolean[]> {
    const epochsMs = await this.#config.store.epochs(tokens.flatMap(({ targets }) => targets.map(targetKey)));
    let at = 0;
    return tokens.map(({ targets, judgedFromMs }) => {
      const start = at;
      at += targets.length;
      return refusingTarget(judgedFromMs, epochsMs.slice(start, at)) >= 0;
    });
  }
}

function keyOf(facts: TokenFacts): TargetKey {
  return targetKey(facts.targets.find(({ kind }) => kind === 'token') as Target);
}

/** The broad targets have lists of their own; members and narrowed subjects are picked out of their subject's list. */
function isIndexed(target: Target): boolean {
  if (target.kind === 'token' || target.kind === 'member') return false;
  return target.kind !== 'subject' || (target.client === undefined && target.sessionsOnly === undefined);
}

function indexedTargets(facts: TokenFacts): readonly TargetKey[] {
  return facts.targets.filter(isIndexed).map(targetKey);
}

function listFor(target: Target): TargetKey {
  if (target.kind === 'token') throw new InvalidTargetError('A token is found by its id, not listed.');
  const listed: Target = target.kind === 'member' || target.kind === 'subject' ? { kind: 'subject', id: target.id } : target;
  return targetKey(listed);
}

function fallsUnder(issued: IssuedToken, target: Target): boolean {
  if (isIndexed(target)) return true;
  const wanted = targetKey(target);
  return targetsOf(idsOf(issued)).some(each => targetKey(each) === wanted);
}

function idsOf(ids: Partial<TokenIds> | IssuedToken): TokenIds {
  const { tokenId, organisation, organisations = [], subject, session, grant, client } = ids;
  return { tokenId, organisation, organisations, subject, session, grant, client };
}

/** What it takes to tell whether a token is revoked. */
type Judged = Pick<TokenFacts, 'targets' | 'judgedFromMs'>;

function factsOf(issued: IssuedToken, token: TrackedToken): Judged {
  return { targets: targetsOf(idsOf(issued)), judgedFromMs: token.issuedAtMs };
}

/** An issued token whose absent fields are there as `undefined`, which JSON leaves out. */
type Described = { readonly [Name in Exclude<keyof IssuedToken, 'revokedAt'>]: IssuedToken[Name] | undefined };

function encode(issued: Described): string {
  if (issued.details !== undefined && !isPlainObject(issued.details)) throw new InvalidTargetError('The details of a tracked token are a plain object.');
  const json = JSON.stringify(issued);
  if (Buffer.byteLength(json) > MAX_DETAILS_BYTES) throw new InvalidTargetError(`A tracked token takes at most ${MAX_DETAILS_BYTES} bytes of JSON.`);
  return json;
}

/** A token as it is shown. */
export function issuedToken(token: TrackedToken): IssuedToken {
  const issued = JSON.parse(token.details) as IssuedToken;
  return token.revokedAtMs === undefined ? issued : { ...issued, revokedAt: token.revokedAtMs };
}
