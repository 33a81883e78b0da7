import type { Target } from 'livetoken';
import { HttpClient } from './client.js';
import type { GuardProcess } from './guard-process.js';
import { monotonicMs, type HistoryEvent } from './history.js';
import type { Population, Token } from './population.js';
import type { Random } from './random.js';
import { Revoking } from './revoking.js';
import type { Weights } from './ways.js';

export interface TrafficOptions {
  readonly guards: readonly GuardProcess[];
  readonly population: Population;
  readonly random: Random;
  readonly record: (event: HistoryEvent) => void;
  /** Requests a second, of all instances together; revocations come beside them. */
  readonly checksPerS: number;
  readonly revocationsPerS: number;
  readonly weights: Weights;
  /** Tokens that the issuer gives a second. */
  readonly tokensPerS: number;
}

const TICK_MS = 10;

/** After a revocation its tokens are tried at all instances: at once, when copies should have it, and when all must. */
const PROBE_AFTER_MS = [0, 110, 1050, 2500];

/** How long after their end tokens are still tried. */
const EXPIRED_TRIED_FOR_MS = 1500;

const NEWEST = 20;

/** Requests that come whether the ones before were answered or not, as those of many clients do. */
export class Traffic {
  readonly #options: TrafficOptions;
  readonly #guards: GuardProcess[];
  readonly #clients: Map<GuardProcess, HttpClient>;
  readonly #revoking: Revoking;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #pending = new Set<Promise<void>>();
  readonly #revocations = new Set<Promise<void>>();
  #isRevoking = true;
  #isHeld = false;
  #ticker: NodeJS.Timeout | undefined;
  /** Of this side: an instance answered what it cannot have. */
  #failure: unknown;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#clients = new Map(options.guards.map(guard => [guard, new HttpClient(guard.port)]));
    this.#guards = [...options.guards];
    this.#revoking = new Revoking({ ...options, guards: this.#guards, client: guard => this.#clients.get(guard)! });
  }

  /** Another instance takes its share from now on. */
  add(guard: GuardProcess): void {
    this.#clients.set(guard, new HttpClient(guard.port));
    this.#guards.push(guard);
  }

  /** It is asked nothing more. */
  remove(guard: GuardProcess): void {
    this.#guards.splice(this.#guards.indexOf(guard), 1);
  }

  /** What an operator does with his own hands, at an instance of his choice. Rejects where it was not acknowledged. */
  revokeByHand(guard: GuardProcess, ...targets: Target[]): Promise<void> {
    return this.#revoking.byHand(guard, targets);
  }

  /** Requests that have no answer yet. */
  get pending(): number {
    return this.#pending.size;
  }

  /** An operator says at an instance that lost data is settled. @throws Error (rejects) where that was not taken */
  async acceptDataLoss(guard: GuardProcess): Promise<void> {
    const { status } = await this.#clients.get(guard)!.ask({ method: 'POST', path: '/accept-data-loss', headers: {} });
    if (status !== 204) throw new Error(`To accept the loss of data was answered ${status}.`);
  }

  start(): void {
    const { checksPerS, revocationsPerS, tokensPerS, population } = this.#options;
    for (let i = 0; i < tokensPerS; i++) population.issue();
    let lastMs = monotonicMs();
    const due = { checks: 0, revocations: 0, tokens: 0 };
    this.#ticker = setInterval(() => {
      const nowMs = monotonicMs();
      // Where this process was held up, what was missed is not made up for all at once.
      const elapsedS = Math.min(nowMs - lastMs, 100) / 1000;
      lastMs = nowMs;
      due.tokens += tokensPerS * elapsedS;
      due.revocations += revocationsPerS * elapsedS;
      due.checks += checksPerS * elapsedS;
      for (; due.tokens >= 1; due.tokens--) population.issue();
      for (; due.revocations >= 1; due.revocations--) this.#revokeSome();
      for (; due.checks >= 1; due.checks--) if (!this.#isHeld) this.#checkSome();
      if (this.#options.random.chance(0.02)) population.forget(EXPIRED_TRIED_FOR_MS);
    }, TICK_MS);
  }

  /** Resolves once nothing is under way. Goes on with `goOn`. */
  async hold(): Promise<void> {
    this.#isHeld = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  goOn(): void {
    this.#isHeld = false;
    this.#isRevoking = true;
  }

  /** Resolves once the last revocation has been answered. */
  async endRevoking(): Promise<void> {
    this.#isRevoking = false;
    await Promise.all(this.#revocations);
  }

  /** Resolves once all has been answered; rejects where something was answered that cannot be. */
  async stop(): Promise<void> {
    clearInterval(this.#ticker);
    await this.hold();
    if (this.#failure !== undefined) throw new Error('An instance answered what it cannot have.', { cause: this.#failure });
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  /** Every token in use at every instance, a few at a time. */
  async sweep(): Promise<void> {
    const tokens = [...this.#options.population.tokens];
    while (tokens.length > 0) await Promise.all(tokens.splice(0, 5).flatMap(token => this.#guards.map(guard => this.#check(guard, token))));
  }

  #follow(work: Promise<void>): void {
    const followed = work.catch((error: unknown) => { this.#failure ??= error; }).finally(() => this.#pending.delete(followed));
    this.#pending.add(followed);
  }

  #checkSome(): void {
    const { population, random } = this.#options;
    const { tokens } = population;
    // Half of them with new tokens, most of which nobody has revoked yet.
    const some = random.chance(0.5) ? tokens.slice(-NEWEST) : tokens;
    if (some.length > 0) this.#follow(this.#check(random.pick(this.#guards), random.pick(some)));
  }

  #revokeSome(): void {
    if (!this.#isRevoking) return;
    const work = this.#revoke().finally(() => this.#revocations.delete(work));
    this.#revocations.add(work);
    this.#follow(work);
  }

  async #revoke(): Promise<void> {
    const revoked = await this.#revoking.some();
    for (const afterMs of PROBE_AFTER_MS) this.#later(afterMs, () => { this.#probe(revoked); });
  }

  #probe(tokens: readonly Token[]): void {
    for (const guard of this.#guards) for (const token of tokens) this.#follow(this.#check(guard, token));
  }

  #later(afterMs: number, what: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      what();
    }, afterMs);
    this.#timers.add(timer);
  }

  async #check(guard: GuardProcess, token: Token): Promise<void> {
    const fromMs = monotonicMs();
    const { status, body } = await this.#clients.get(guard)!.ask({ method: 'GET', path: '/check', headers: { authorization: `Bearer ${token.jwt}` } });
    const error = errorIn(body);
    const { name: instance, mode } = guard;
    this.#options.record({ event: 'checked', instance, mode, token: token.number, fromMs, toMs: monotonicMs(), status, ...(error !== undefined && { error }) });
  }
}

function errorIn(body: string): string | undefined {
  return /"reason":"(\w+)"/.exec(body)?.[1] ?? /"error":"(\w+)"/.exec(body)?.[1];
}
