import type { FailureWindows } from './failure-windows.js';
import { OAuthError } from './oauth-error.js';

interface Turn {
  readonly begin: () => void;
  readonly refuse: (error: OAuthError) => void;
}

/** Attempts of one key: how many are being made, and those that wait, in the order in which they came. */
interface Line {
  underWay: number;
  readonly waiting: Turn[];
}

/**
 * Lets as many attempts of a key be made at once as may still fail. So those that are sent together are worth no more than those sent one
 * by one, however long each takes. The others wait for their turn: of attempts that succeed there may be any number. Once too many have
 * failed, all that wait are refused. How many wait is bounded by how many requests the server has open.
 */
export class Turns {
  readonly #limit: number;
  readonly #own: FailureWindows;
  /** Of keys that have an attempt under way. */
  readonly #lines = new Map<string, Line>();

  constructor(limit: number, own: FailureWindows) {
    this.#limit = limit;
    this.#own = own;
  }

  /**
   * @param attempt must have counted its failure by the time that it rejects
   * @throws OAuthError 429 instead; whatever `attempt` throws
   */
  async take<T>(key: string, attempt: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(key) ?? { underWay: 0, waiting: [] };
    this.#lines.set(key, line);
    await new Promise<void>((begin, refuse) => {
      line.waiting.push({ begin, refuse });
      this.#move(key, line);
    });
    try {
      return await attempt();
    } finally {
      line.underWay -= 1;
      this.#move(key, line);
    }
  }

  /** Nothing is awaited in here: between the look at the failures and the turns that are given nobody else fails or begins. */
  #move(key: string, line: Line): void {
    const { failures, leftMs } = this.#own.of(key);
    if (failures >= this.#limit) for (const { refuse } of line.waiting.splice(0)) refuse(tooMany(leftMs));
    const turns = line.waiting.splice(0, Math.max(this.#limit - failures - line.underWay, 0));
    line.underWay += turns.length;
    for (const { begin } of turns) begin();
    if (line.underWay === 0) this.#lines.delete(key);
  }
}

export function tooMany(waitMs: number): OAuthError {
  const text = 'Client authentication failed too often; wait before the next attempt';
  return new OAuthError(429, 'temporarily_unavailable', text, Math.ceil(waitMs / 1000));
}
