import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { memoryStore, type Claims, type LiveTokens, type Redemption, type Target } from 'livetoken';
import { liveTokens } from '../support/guarded-api.js';
import { covers, isRevoked, isTimely, outcomeFor, type Epoch, type Grant, type Token } from './support/grants-model.js';
import { issuedAt, issuer, outcomeOf } from './support/login.js';

const LIFETIME_S = 60;
const TOLERANCE_MS = 1000;

type Step =
  | { readonly what: 'sign in'; readonly user: string }
  | { readonly what: 'redeem'; readonly which: number; readonly graceMs: number; readonly signLater: boolean }
  | { readonly what: 'sign' }
  | { readonly what: 'revoke'; readonly target: Target; readonly agoMs: number }
  | { readonly what: 'revoke its grant' | 'revoke its session' | 'revoke it'; readonly which: number }
  | { readonly what: 'pass'; readonly ms: number };

const which = fc.nat({ max: 30 });
const users = fc.constantFrom('alice', 'bob');
const lasting: fc.Arbitrary<Target> = fc.oneof(
  { weight: 3, arbitrary: users.map(id => ({ kind: 'subject' as const, id })) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'client' as const, id: 'web' }, { kind: 'all' as const }) },
);

const redeem = fc.record({
  what: fc.constant('redeem' as const),
  which,
  graceMs: fc.constantFrom(0, 0, 500, 10_000),
  signLater: fc.boolean(),
});

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ what: fc.constant('sign in' as const), user: users }) },
    { weight: 14, arbitrary: redeem },
    { weight: 3, arbitrary: fc.constant({ what: 'sign' as const }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('revoke' as const), target: lasting, agoMs: fc.constantFrom(0, 0, 1, 20_000) }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('revoke its grant' as const, 'revoke its session' as const, 'revoke it' as const), which }) },
    { weight: 8, arbitrary: fc.record({ what: fc.constant('pass' as const), ms: fc.oneof(fc.constantFrom(0, 1, 499, 500), fc.nat({ max: 50_000 })) }) },
  ),
  { minLength: 10, maxLength: 60 },
);

/** How often each thing came about, so that a test can tell whether anything was tested. */
type Tally = Record<string, number>;

/** An issuer, its instance, and beside them the rule in words. */
class World {
  readonly #live: LiveTokens;
  readonly #tally: Tally;
  readonly #claims = new Map<Token, Claims>();
  readonly #epochs: Epoch[] = [];
  readonly #signing: (() => void)[] = [];
  #nowMs = Math.floor(Date.now() / 1000) * 1000;
  #grants = 0;

  constructor(tally: Tally) {
    const now = (): number => this.#nowMs;
    this.#tally = tally;
    this.#live = liveTokens(memoryStore({ now }), issuer, { now, maxLifetime: LIFETIME_S, clockToleranceMs: TOLERANCE_MS });
  }

  async do(step: Step): Promise<void> {
    if (step.what === 'pass') this.#nowMs += step.ms;
    else if (step.what === 'sign') for (const sign of this.#signing.splice(0)) sign();
    else if (step.what === 'sign in') this.#signIn(step.user);
    else if (step.what === 'revoke') await this.#revoke(step.target, step.agoMs);
    else await this.#use(step);
  }

  #signIn(user: string): void {
    const number = (this.#grants += 1);
    const grant: Grant = { id: `grant-${number}`, session: `session-${number}`, user, bornMs: this.#nowMs, ended: false };
    this.#issue(grant, this.#nowMs, {});
  }

  #issue(grant: Grant, atMs: number, further: Claims): void {
    for (const isRefresh of [true, false]) {
      const id = randomUUID();
      const ids = { jti: id, grant_id: grant.id, sid: grant.session, sub: grant.user };
      const claims = issuedAt(atMs, { ...ids, ...further, ...(isRefresh && { token_use: 'refresh' }) }, LIFETIME_S - 1);
      const expiresMs = (claims['exp'] as number) * 1000;
      this.#claims.set({ id, grant, isRefresh, issuedMs: atMs, expiresMs, firstUsedMs: undefined, ended: false }, claims);
    }
  }

  async #revoke(target: Target, agoMs: number): Promise<void> {
    const { epoch } = await this.#live.revoke(target, target.kind === 'session' ? {} : { issuedBefore: this.#nowMs - agoMs });
    this.#epochs.push({ target, epochMs: epoch });
  }

  /** The younger tokens are used more often, as they are in life. */
  async #use(step: Exclude<Step, { readonly what: 'pass' | 'sign' | 'sign in' | 'revoke' }>): Promise<void> {
    const refreshTokens = [...this.#claims].filter(([{ isRefresh }]) => isRefresh).reverse();
    const [token, claims] = refreshTokens[step.which % Math.max(1, refreshTokens.length)] ?? [];
    if (token === undefined || claims === undefined) return;
    if (step.what === 'redeem') await this.#redeem(token, claims, step.graceMs, step.signLater);
    else if (step.what === 'revoke its grant') {
      await this.#live.revoke({ kind: 'grant', id: token.grant.id });
      token.grant.ended = true;
    } else if (step.what === 'revoke its session') await this.#revoke({ kind: 'session', id: token.grant.session }, 0);
    else {
      await this.#live.revoke({ kind: 'token', id: token.id, organisation: 'org-a' });
      token.ended = true;
    }
  }

  async #redeem(token: Token, claims: Claims, graceMs: number, signLater: boolean): Promise<void> {
    const expected = outcomeFor(token, this.#epochs, this.#nowMs, TOLERANCE_MS, graceMs);
    const redeeming = this.#live.redeem(claims, { graceMs });
    const outcome = await outcomeOf(redeeming);
    if (outcome !== expected) throw new Error(`Redeeming came to ${outcome}, and not to ${expected}.`);
    this.#count(outcome);
    if (outcome !== 'expired') token.firstUsedMs ??= this.#nowMs;
    if (outcome === 'replayed') token.grant.ended = true;
    if (outcome !== 'redeemed' && outcome !== 'repeated') return;
    const { grantedAtMs, issueAtMs }: Redemption = await redeeming;
    const sign = (): void => { this.#issue(token.grant, issueAtMs, { grant_iat_ms: grantedAtMs }); };
    if (signLater) this.#signing.push(sign);
    else sign();
  }

  /** Every token that there is, in every state that it may be in. */
  async check(): Promise<void> {
    for (const [token, claims] of this.#claims) {
      if (!isTimely(token, this.#nowMs, TOLERANCE_MS)) continue;
      const verdict = await this.#live.check(claims);
      const expected = isRevoked(token, this.#epochs) ? 'revoked' : 'live';
      const answer = verdict.live ? 'live' : verdict.reason;
      if (answer !== expected) throw new Error(`A token of a grant is ${answer}, and not ${expected}.`);
      this.#count(token.grant.ended ? 'of an ended grant' : answer);
      const outran = token.issuedMs > token.grant.bornMs && this.#epochs.some(epoch => covers(epoch, token) && epoch.epochMs < token.issuedMs);
      if (outran) this.#count('younger than the epoch that refuses it');
    }
  }

  #count(what: string): void {
    this.#tally[what] = (this.#tally[what] ?? 0) + 1;
  }
}

describe('a grant that was replayed or revoked', () => {
  it('G83 G84 G85 G86 has no live token ever again, whatever is redeemed, revoked and signed, in whatever order', async () => {
    const tally: Tally = {};
    await fc.assert(
      fc.asyncProperty(steps, async sequence => {
        const world = new World(tally);
        for (const step of sequence) {
          await world.do(step);
          await world.check();
        }
      }),
      { numRuns: 250 },
    );
    for (const what of ['redeemed', 'repeated', 'replayed', 'revoked', 'expired', 'live', 'of an ended grant', 'younger than the epoch that refuses it']) {
      expect([what, (tally[what] ?? 0) > 0]).toEqual([what, true]);
    }
  });
});
