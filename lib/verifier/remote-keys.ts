import { createRemoteJWKSet } from 'jose';
import { StoreUnavailableError } from '../errors.js';
import { fitJwk, type FittedKey, type KeyRules } from './verification-keys.js';

export interface RemoteKeysOptions {
  /** How long a fetch may take, 1 to 60,000 milliseconds. Default 3,000. */
  readonly timeoutMs: number;
  /**
   * After how long the keys are fetched again, beside the requests: a key that was withdrawn is good for no longer. 1 to 86,400,000
   * milliseconds. Default 600,000.
   */
  readonly refreshMs: number;
  /** How long after a fetch a `kid` that was not in it counts as unknown, without another fetch: 1 to 86,400,000 milliseconds. Default 30,000. */
  readonly cooldownMs: number;
  /** How long after a fetch that failed nothing is fetched: 1 to 86,400,000 milliseconds. Default 1,000. */
  readonly retryMs: number;
}

/** Most keys of a set that are looked at: issuers have a few. */
const MAX_KEYS = 100;

interface NamedKey extends FittedKey {
  readonly kid: unknown;
}

/**
 * The public keys that an issuer publishes (RFC 7517). Fetched when they are first needed, when a token names one that is not
 * known, and again from time to time beside the requests, one fetch at a time. Keys that were fetched go on being used while the
 * issuer is away.
 */
export class RemoteKeys {
  readonly #source: ReturnType<typeof createRemoteJWKSet>;
  readonly #origin: string;
  readonly #rules: KeyRules;
  readonly #options: RemoteKeysOptions;
  #keys: readonly NamedKey[] | undefined;
  #text = '';
  #version = 0;
  /** On the monotonic clock. Set once there are keys, so that the first of all is fetched without any cooldown. */
  #fetchedAtMs = -Infinity;
  #failedAtMs = -Infinity;
  #fetching: Promise<boolean> | undefined;

  constructor(url: URL, rules: KeyRules, options: RemoteKeysOptions) {
    this.#source = createRemoteJWKSet(url, { timeoutDuration: options.timeoutMs, cacheMaxAge: Infinity });
    this.#origin = url.origin;
    this.#rules = rules;
    this.#options = options;
  }

  /** Moves when the keys have changed. Asked at every request, so that keys are renewed even where no token is new. */
  get version(): number {
    this.#renew();
    return this.#version;
  }

  /**
   * The key that a token's header means: by `kid`, or the only one there is, and of an algorithm that the caller listed.
   * `undefined` where the issuer has none.
   *
   * @throws StoreUnavailableError (rejects) when the keys are out of reach
   */
  async find(kid: unknown, alg: string): Promise<FittedKey | undefined> {
    this.#renew();
    const isKnown = this.#named(kid).length > 0;
    if (!isKnown && this.#isOver('cooldownMs') && !(await this.#fetch())) {
      throw new StoreUnavailableError(`The keys that tokens are verified with cannot be had from ${this.#origin}.`);
    }
    const fitting = this.#named(kid).filter(({ algorithms }) => (algorithms as readonly string[]).includes(alg));
    // Two keys of one name, or a nameless token and several keys: nobody says which is meant.
    return fitting.length === 1 ? fitting[0] : undefined;
  }

  /** Beside whoever asks, who goes on with what is known. */
  #renew(): void {
    if (this.#keys !== undefined && this.#isOver('refreshMs')) void this.#fetch();
  }

  #named(kid: unknown): readonly NamedKey[] {
    return this.#keys?.filter(key => kid === undefined || key.kid === kid) ?? [];
  }

  #isOver(bound: 'refreshMs' | 'cooldownMs'): boolean {
    return performance.now() - this.#fetchedAtMs >= this.#options[bound];
  }

  /** True where the issuer has answered. Whoever asks while a fetch is under way waits for the same one. */
  #fetch(): Promise<boolean> {
    if (performance.now() - this.#failedAtMs < this.#options.retryMs) return Promise.resolve(false);
    this.#fetching ??= this.#reload().finally(() => { this.#fetching = undefined; });
    return this.#fetching;
  }

  async #reload(): Promise<boolean> {
    try {
      await this.#source.reload();
      // Copying what is nested thousands of levels deep throws as well.
      this.#take(this.#source.jwks()?.keys ?? []);
      return true;
    } catch {
      // Whatever went wrong, the keys cannot be had. What it was is not passed on: it may quote what the issuer sent.
      this.#failedAtMs = performance.now();
      return false;
    }
  }

  #take(jwks: readonly unknown[]): void {
    const text = JSON.stringify(jwks);
    if (text !== this.#text) {
      this.#keys = jwks.slice(0, MAX_KEYS).flatMap(jwk => this.#usable(jwk));
      this.#text = text;
      this.#version += 1;
    }
    this.#fetchedAtMs = performance.now();
  }

  /** A set may hold keys for other purposes and of kinds that are not known here, and secrets, which fit no algorithm that is allowed with it. */
  #usable(jwk: unknown): NamedKey[] {
    try {
      const { key, algorithms } = fitJwk(jwk, this.#rules);
      return [{ key, algorithms, kid: (jwk as { readonly kid?: unknown }).kid }];
    } catch (error) {
      if (error instanceof TypeError) return [];
      throw error;
    }
  }
}
