import { createHash, randomBytes } from 'node:crypto';
import type { Claims } from 'livetoken';
import type { SharedState } from '../state/shared-state.js';

/** Opaque refresh tokens: 256 random bits. Only their hashes are kept, so that whoever reads the state cannot use them. */
export class RefreshTokens {
  readonly #state: SharedState;

  constructor(state: SharedState) {
    this.#state = state;
  }

  async create(claims: Claims, lifetimeS: number): Promise<string> {
    const token = `rt_${randomBytes(32).toString('base64url')}`;
    await this.#state.put(keyOf(token), JSON.stringify(claims), lifetimeS * 1000);
    return token;
  }

  /**
   * The claims of a token that has not expired. Whether it was used or revoked livetoken knows: a used one must still be found, or
   * nobody would notice who uses it again.
   */
  async find(token: string): Promise<Claims | undefined> {
    return parse(await this.#state.get(keyOf(token)));
  }
}

function keyOf(token: string): string {
  return `refresh:${createHash('sha256').update(token).digest('base64url')}`;
}

function parse(text: string | undefined): Claims | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Claims);
}
