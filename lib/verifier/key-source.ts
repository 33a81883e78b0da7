import { InvalidTokenError } from '../errors.js';
import type { JwsHeader } from './compact-jws.js';
import type { RemoteKeys } from './remote-keys.js';
import type { FittedKey, KeyRing } from './verification-keys.js';

/** Where the key of a token is found. */
export interface KeySource {
  /** Moves when the keys have changed. */
  readonly version: number;
  /** @throws InvalidTokenError where the header names no acceptable one */
  keyOf(header: JwsHeader): FittedKey | Promise<FittedKey>;
}

/** Keys that the caller gave. */
export function givenKeys(keyRing: KeyRing): KeySource {
  return { version: 0, keyOf: header => acceptable(keyRing(kidOf(header)), header) };
}

/** Keys that the issuer publishes. `accepted`: the algorithms that the caller listed. */
export function publishedKeys(keys: RemoteKeys, accepted: readonly string[]): KeySource {
  return {
    get version() {
      return keys.version;
    },
    async keyOf(header) {
      // Nobody makes us ask the issuer with an algorithm that is not acceptable anyway.
      if (!accepted.includes(header.alg)) throw wrongAlgorithm();
      return acceptable(await keys.find(kidOf(header), header.alg), header);
    },
  };
}

function kidOf(header: JwsHeader): unknown {
  return Object.hasOwn(header, 'kid') ? header['kid'] : undefined;
}

function acceptable(fitted: FittedKey | undefined, header: JwsHeader): FittedKey {
  if (fitted === undefined) throw new InvalidTokenError('unknown_key', 'No key is known for the token.');
  if (!(fitted.algorithms as readonly string[]).includes(header.alg)) throw wrongAlgorithm();
  return fitted;
}

function wrongAlgorithm(): InvalidTokenError {
  return new InvalidTokenError('wrong_algorithm', 'The token is signed with an algorithm that is not accepted for its key.');
}
