import { createPrivateKey, createPublicKey, generateKeyPair, randomUUID, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { InvalidTokenError, jwtVerifier, type Claims, type VerifyToken } from 'livetoken';
import type { SharedState } from '../state/shared-state.js';

/** The same for every process of the system, whatever its address. */
export const ISSUER = 'https://demo.livetoken.example';
export const AUDIENCE = 'https://demo.livetoken.example/api';

/** Clocks of one system differ little. Tokens are refused this long after they have expired. */
export const CLOCK_TOLERANCE_MS = 1000;

export interface SigningKey {
  /** As the state keeps it. */
  readonly text: string;
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicJwk: JsonWebKey;
  readonly verify: VerifyToken;
}

/**
 * The RSA key that the system signs with. The first process to need one makes it, and all share it through the state: enough
 * for a demo, while an issuer of one's own keeps its private key where nobody can read it (a key management service).
 */
export class SigningKeys {
  readonly #state: SharedState;
  #known: SigningKey | undefined;
  #candidate: Promise<string> | undefined;
  #changes = 0;

  constructor(state: SharedState) {
    this.#state = state;
  }

  /** The key to sign with now. Asked each time: a Redis that lost it gets this process's key back, or has another one's. */
  async current(): Promise<SigningKey> {
    const text = await this.#state.getOrCreate('signing-key', () => (this.#candidate ??= generate()));
    if (this.#known?.text === text) return this.#known;
    this.#candidate = Promise.resolve(text);
    this.#known = importKey(text);
    this.#changes += 1;
    return this.#known;
  }

  /** Its version lets livetoken remember tokens for as long as the key that verified them is the known one. */
  readonly verify: VerifyToken = Object.defineProperty((token: string) => this.#verify(token), 'keysVersion', { get: () => this.#changes });

  /** Asks for the shared key only when a token names one that this process does not know. */
  async #verify(token: string): Promise<Claims> {
    const known = this.#known ?? (await this.current());
    try {
      return await known.verify(token);
    } catch (error) {
      if (!(error instanceof InvalidTokenError) || error.reason !== 'unknown_key') throw error;
      const current = await this.current();
      if (current === known) throw error;
      return current.verify(token);
    }
  }
}

async function generate(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'RS256', use: 'sig' });
}

function importKey(text: string): SigningKey {
  const jwk = JSON.parse(text) as JsonWebKey & { readonly kid: string };
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  const publicJwk = { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid: jwk.kid, alg: 'RS256', use: 'sig' };
  const verify = jwtVerifier({
    keys: { [jwk.kid]: publicJwk },
    algorithms: ['RS256'],
    issuer: ISSUER,
    audience: AUDIENCE,
    clockToleranceMs: CLOCK_TOLERANCE_MS,
  });
  return { text, kid: jwk.kid, privateKey, publicJwk, verify };
}
