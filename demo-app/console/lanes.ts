import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from '../fleet/fleet.js';
import type { CastToken } from './cast.js';

/** What an instance said to a token: an HTTP status, 0 where it said nothing. */
export interface Answer {
  readonly status: number;
  /** Of a 401: why. */
  readonly reason?: string;
}

export type OnAnswer = (tokenId: string, answer: Answer) => void;

/** How long after a round the next one begins. */
const ROUND_MS = 500;

/** While something is about to change, the tokens that it is about are asked about without a break, for this long at most. */
const HURRY_MS = 5000;
const BREATH_MS = 2;

const ANSWER_TIMEOUT_MS = 2000;

/** Calls the guarded API of one instance with every token, on and on, and tells when an answer is another one than before. */
export class Lane {
  readonly instance: Instance;
  readonly #onAnswer: OnAnswer;
  #tokens: readonly CastToken[] = [];
  readonly #answers = new Map<string, Answer>();
  /** Answers may overtake each other: one to an older question does not count any more. */
  readonly #answeredUpTo = new Map<string, number>();
  #calls = 0;

  constructor(instance: Instance, onAnswer: OnAnswer) {
    this.instance = instance;
    this.#onAnswer = onAnswer;
  }

  get calls(): number {
    return this.#calls;
  }

  answerTo(tokenId: string): Answer | undefined {
    return this.#answers.get(tokenId);
  }

  setTokens(tokens: readonly CastToken[]): void {
    this.#tokens = tokens;
    const known = new Set(tokens.map(({ id }) => id));
    for (const map of [this.#answers, this.#answeredUpTo]) for (const id of [...map.keys()]) if (!known.has(id)) map.delete(id);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.all(this.#tokens.map(each => this.#call(each, signal)));
      await pause(ROUND_MS, signal);
    }
  }

  /** Calls with these tokens without a break, until each has been answered in this way. */
  async hurry(tokens: readonly CastToken[], isReached: (answer: Answer) => boolean, signal: AbortSignal): Promise<void> {
    const giveUpAtMs = performance.now() + HURRY_MS;
    let left = tokens;
    while (left.length > 0 && performance.now() < giveUpAtMs && !signal.aborted) {
      await Promise.all(left.map(each => this.#call(each, signal)));
      left = left.filter(({ id }) => !isReached(this.#answers.get(id) ?? NO_ANSWER));
      await pause(BREATH_MS, signal);
    }
  }

  async #call({ id, token }: CastToken, signal: AbortSignal): Promise<void> {
    this.#calls += 1;
    const call = this.#calls;
    const answer = await ask(this.instance.url, token);
    const isKnown = this.#tokens.some(each => each.id === id);
    if (signal.aborted || !isKnown || call < (this.#answeredUpTo.get(id) ?? 0)) return;
    this.#answeredUpTo.set(id, call);
    const before = this.#answers.get(id);
    if (before?.status === answer.status && before.reason === answer.reason) return;
    this.#answers.set(id, answer);
    this.#onAnswer(id, answer);
  }
}

const NO_ANSWER: Answer = { status: 0 };

async function ask(url: string, token: string): Promise<Answer> {
  try {
    const response = await fetch(`${url}/api/me`, { headers: { Authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    const { reason } = (await response.json()) as { readonly reason?: unknown };
    return { status: response.status, ...(response.status === 401 && typeof reason === 'string' && { reason }) };
  } catch {
    return NO_ANSWER; // the instance is gone, or hangs: that is what its lane shows
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // Rejects when it is aborted, and with nothing else.
  await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
