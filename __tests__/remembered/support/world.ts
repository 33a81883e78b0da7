import { InvalidTokenError, type Claims, type LiveTokens, type Target } from 'livetoken';
import { isDeadForGood } from '../../../lib/model/target.js';
import { keyedIssuer, type KeyedIssuer } from './keyed-issuer.js';
import type { Interruption, Issue, Present, Revoke, Step } from './steps.js';
import { fallsUnder, type Ids } from './universe.js';

export const TOLERANCE_MS = 1000;
export const MAX_AGE_MS = 100_000;

/** What the steps are done to. */
export interface Instances {
  readonly self: LiveTokens;
  /** Another instance on the same revocations. */
  readonly other: LiveTokens;
  /** Resolves when `self` has heard of it. */
  heard(target: Target, epochMs: number): Promise<void>;
  wipe(): Promise<void>;
}

export interface World {
  readonly issuer: KeyedIssuer;
  readonly startMs: number;
  nowMs: number;
  /** The monotonic clock, by which what is remembered ages. */
  monotonicMs: number;
}

export function newWorld(nowMs: number): World {
  return { issuer: keyedIssuer(), startMs: nowMs, nowMs, monotonicMs: 0 };
}

/** Ids of tokens, grants and sessions are never used again: every minute has its own. A revocation is kept for two. */
const ERA_MS = 60_000;

interface Known {
  readonly target: Target;
  readonly epochMs: number;
  /** `heard`: must be obeyed. `on its way`: may be. */
  state: 'heard' | 'on its way';
}

interface Issued {
  readonly ids: Ids;
  readonly key: number;
  readonly iatMs: number;
  readonly expMs: number;
  readonly nbfMs: number | undefined;
  readonly token: string;
  /** Somebody was told that it is revoked: that is never taken back. */
  wasRevoked: boolean;
}

/** How often what was answered, and how often from memory, so that a test can tell whether anything was tested. */
export type Tally = Record<string, number>;

/** Does steps to the instances and to a naive model of them side by side. */
export class Lockstep {
  readonly #instances: Instances;
  readonly #world: World;
  readonly #tally: Tally;
  readonly #issued: Issued[] = [];
  readonly #known: Known[] = [];
  /** When the signature of a token was last checked, and by which keys. Two that are issued alike are one token. */
  readonly #verified = new Map<string, { readonly atMs: number; readonly keysVersion: number | undefined }>();
  #fillers = 0;

  constructor(instances: Instances, world: World, tally: Tally) {
    this.#instances = instances;
    this.#world = world;
    this.#tally = tally;
  }

  async step(step: Step): Promise<void> {
    switch (step.what) {
      case 'issue':
        this.#issue(step);
        break;
      case 'present':
        await this.#present(step);
        break;
      case 'fill':
        await this.#fill();
        break;
      case 'age':
        this.#world.monotonicMs += MAX_AGE_MS;
        break;
      case 'wipe':
        await this.#wipe();
        break;
      default:
        await this.#interrupt(step);
    }
  }

  async #interrupt(step: Interruption): Promise<void> {
    if (step.what === 'advance') this.#world.nowMs += step.byMs;
    else if (step.what === 'change keys') this.#world.issuer.changeTo(step.to);
    else await this.#revoke(step);
  }

  #issue({ ids: names, ageMs, lifetimeS, notBeforeMs, key }: Issue): void {
    const era = this.#era();
    const ids = { ...names, jti: `${names.jti}${era}`, sid: names.sid && `${names.sid}${era}`, grant_id: names.grant_id && `${names.grant_id}${era}` };
    const iatMs = this.#world.nowMs - ageMs;
    const iat = Math.floor(iatMs / 1000);
    const nbfMs = notBeforeMs === undefined ? undefined : this.#world.nowMs + notBeforeMs;
    const claims: Claims = { ...ids, iat, iat_ms: iatMs, exp: iat + lifetimeS, ...(nbfMs !== undefined && { nbf: nbfMs / 1000 }) };
    const token = this.#world.issuer.sign(claims, key);
    this.#issued.push({ ids, key, iatMs, expMs: (iat + lifetimeS) * 1000, nbfMs, token, wasRevoked: false });
  }

  async #revoke({ target: named, by, upToMsAgo, wait, older }: Revoke): Promise<void> {
    const forGood = isDeadForGood(named.kind);
    const target = forGood && 'id' in named ? { ...named, id: `${named.id}${this.#era() - (older ? 1 : 0)}` } : named;
    const options = upToMsAgo === undefined || forGood ? {} : { issuedBefore: this.#world.nowMs - upToMsAgo };
    const { epoch: epochMs } = await this.#instances[by].revoke(target, options);
    const known: Known = { target, epochMs, state: by === 'self' ? 'heard' : 'on its way' };
    this.#known.push(known);
    if (!wait || by === 'self') return;
    await this.#instances.heard(target, epochMs);
    known.state = 'heard';
  }

  async #present({ which, meanwhile }: Present): Promise<void> {
    if (this.#issued.length === 0) return;
    const token = this.#issued[which % this.#issued.length] as Issued;
    const { watched, currentKey } = this.#world.issuer;
    const isSigned = token.key === currentKey;
    const { keysVersion } = watched;
    const [callsBefore, atMs] = [watched.calls, this.#world.monotonicMs];
    watched.beforeAnswer = () => (meanwhile === undefined ? undefined : this.#interrupt(meanwhile));
    const answer = await this.#ask(token.token);
    watched.beforeAnswer = () => undefined;

    const wasVerified = watched.calls > callsBefore;
    const last = this.#verified.get(token.token);
    if (!wasVerified && (last === undefined || last.keysVersion !== keysVersion || atMs - last.atMs >= MAX_AGE_MS)) {
      throw new Error('An answer came from a verification by other keys, or of too long ago.');
    }
    if (wasVerified) this.#verified.set(token.token, { atMs, keysVersion });
    const allowed = isSigned ? this.#allowed(token) : ['bad_signature'];
    if (!allowed.includes(answer)) throw new Error(`The answer was ${answer}, and not ${allowed.join(' or ')}.`);
    token.wasRevoked ||= answer === 'revoked';
    this.#count(answer);
    if (!wasVerified) this.#count(`remembered ${answer}`);
  }

  #era(): number {
    return Math.floor((this.#world.nowMs - this.#world.startMs) / ERA_MS);
  }

  /** The way of the guard. */
  async #ask(token: string): Promise<string> {
    const { self } = this.#instances;
    const recalled = self.recall(token);
    if (recalled !== undefined) this.#count('recalled');
    try {
      const auth = recalled ?? (await self.authenticate(token));
      return auth.token === token ? 'live' : 'the claims of another token';
    } catch (error) {
      if (error instanceof InvalidTokenError) return error.reason;
      throw error;
    }
  }

  /** The naive rule: in time, and no target with an epoch at or after the time of issue. */
  #allowed(token: Issued): string[] {
    const { nowMs } = this.#world;
    if (nowMs >= token.expMs + TOLERANCE_MS) return ['expired'];
    if (token.nbfMs !== undefined && nowMs < token.nbfMs - TOLERANCE_MS) return ['not_yet_valid'];
    if (token.iatMs > nowMs + TOLERANCE_MS) return ['issued_in_future'];
    const refusing = this.#known.filter(({ target, epochMs }) => fallsUnder(token.ids, target) && epochMs >= token.iatMs);
    if (token.wasRevoked || refusing.some(({ state }) => state === 'heard')) return ['revoked'];
    return refusing.length > 0 ? ['revoked', 'live'] : ['live'];
  }

  async #fill(): Promise<void> {
    const { issuer, nowMs } = this.#world;
    for (let i = 0; i < 12; i += 1) {
      const jti = `filler-${(this.#fillers += 1)}`;
      const iat = Math.floor(nowMs / 1000);
      await this.#ask(issuer.sign({ jti, org: 'c', sub: 'nobody', iat, exp: iat + 60 }, issuer.currentKey));
    }
  }

  /** What was on its way may never come, and what the store alone knew is forgotten. */
  async #wipe(): Promise<void> {
    await this.#instances.wipe();
    for (const token of this.#issued) token.wasRevoked = false;
  }

  #count(what: string): void {
    this.#tally[what] = (this.#tally[what] ?? 0) + 1;
  }
}
