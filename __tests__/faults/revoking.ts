import type { Target } from 'livetoken';
import type { Answer, HttpClient } from './client.js';
import type { GuardProcess } from './guard-process.js';
import { monotonicMs, type Outcome, type Revoked } from './history.js';
import { EPOCH_HEADER } from './instance-messages.js';
import { nameOf, type Population, type Token } from './population.js';
import type { Random } from './random.js';
import { byHand, someWay, type RevocationRequest, type Weights } from './ways.js';

export interface RevokingOptions {
  readonly guards: readonly GuardProcess[];
  readonly population: Population;
  readonly random: Random;
  readonly record: (event: Revoked) => void;
  readonly weights: Weights;
  readonly client: (guard: GuardProcess) => HttpClient;
}

/** How many tokens of what was revoked are tried afterwards. */
const TRIED = 2;

/** Revokes something that a token in use falls under, in one of all ways that there are, at one of the instances. */
export class Revoking {
  readonly #options: RevokingOptions;
  #asked = 0;

  constructor(options: RevokingOptions) {
    this.#options = options;
  }

  /** Answers with tokens that it should have ended. */
  async some(): Promise<readonly Token[]> {
    const { guards, population, random, weights } = this.#options;
    const alive = population.tokens.filter(({ expiresAtMs, login }) => expiresAtMs > Date.now() + 1000 && !population.isLoggedOut(login));
    if (alive.length === 0) return [];
    const token = random.pick(alive);
    const request = someWay(random, weights)(token, population, random);
    await this.#ask(random.pick(guards), request);
    for (const target of request.targets) population.ended(target);
    const names = new Set(request.targets.map(nameOf));
    const meant = alive.filter(({ number, targets, issuedAtMs }) => {
      const isOldEnough = request.issuedBeforeMs === undefined || issuedAtMs <= request.issuedBeforeMs;
      return number !== token.number && isOldEnough && targets.some(target => names.has(nameOf(target)));
    });
    return [token, ...meant.slice(0, TRIED - 1)];
  }

  /** @throws Error (rejects) where it was not acknowledged */
  async byHand(guard: GuardProcess, targets: readonly Target[]): Promise<void> {
    if ((await this.#ask(guard, byHand(targets))) !== 'ok') throw new Error('What an operator revoked was not acknowledged.');
  }

  async #ask(guard: GuardProcess, request: RevocationRequest): Promise<Outcome> {
    this.#asked += 1;
    const headers = { ...request.headers, 'x-request-id': `faults-${this.#asked}` };
    const fromMs = monotonicMs();
    const answer = await this.#options.client(guard).ask({ ...request, headers });
    const toMs = monotonicMs();
    const epochs = epochsIn(answer);
    const outcome = epochs.length === 0 && hasExpired(request) ? outcomeOfExpired(answer) : outcomeOf(answer);
    const past = request.issuedBeforeMs === undefined ? {} : { issuedBeforeMs: request.issuedBeforeMs };
    for (const [i, target] of request.targets.entries()) {
      const epoch = epochs[i];
      if (outcome === 'ok' && epoch === undefined) throw new Error(`${request.method} ${request.path} answered ${answer.status} without an epoch.`);
      const epochMs = outcome !== 'ok' || epoch === 'final' ? {} : { epochMs: Number(epoch) };
      this.#options.record({ event: 'revoked', instance: guard.name, target: nameOf(target), fromMs, toMs, outcome, status: answer.status, ...epochMs, ...past });
    }
    return outcome;
  }
}

/** A refusal comes before anything is written. After 503, and where no answer came, it may have been. */
function outcomeOf({ status }: Answer): Outcome {
  if (status >= 200 && status < 300) return 'ok';
  return status >= 400 && status < 500 ? 'failed' : 'indeterminate';
}

/** To revoke a token that has expired succeeds, and writes nothing (RFC 7009 section 2.2). */
function outcomeOfExpired(answer: Answer): Outcome {
  const outcome = outcomeOf(answer);
  return outcome === 'ok' ? 'failed' : outcome;
}

function hasExpired({ presentedUntilMs = Infinity }: RevocationRequest): boolean {
  return Date.now() >= presentedUntilMs;
}

function epochsIn({ headers }: Answer): readonly string[] {
  const value = headers[EPOCH_HEADER];
  return [value ?? []].flat().flatMap(each => each.split(', '));
}
