import { onlyKnown, wholeNumber } from '../option-checks.js';
import { givenKeys, publishedKeys, type KeySource } from './key-source.js';
import { RemoteKeys, type RemoteKeysOptions } from './remote-keys.js';
import { ALGORITHMS, createKeyRing, kindOf, type Algorithm, type VerificationKey } from './verification-keys.js';

export interface JwtVerifierOptions {
  /**
   * The algorithms your issuer signs with, at least one; `none` is refused. Never taken from the token or the key
   * (RFC 8725 section 3.1): every listed one must fit a key, and every key a listed one.
   */
  readonly algorithms: readonly Algorithm[];
  /** The one key; the token's `kid` is ignored. Exactly one of `key`, `keys` and `jwksUri` must be given. */
  readonly key?: VerificationKey | undefined;
  /** Keys by `kid`, for rotation. A token without `kid` is accepted only where there is a single key. Default: none; see `key`. */
  readonly keys?: Readonly<Record<string, VerificationKey>> | undefined;
  /**
   * Where the issuer publishes its keys (`jwks_uri` of RFC 8414): an https URL, or http on the machine itself. Keys are fetched
   * when first needed and renewed as `jwks` says; while the issuer is away, what was fetched goes on working. Default: none; see `key`.
   */
  readonly jwksUri?: string | URL | undefined;
  /** How the keys at `jwksUri` are fetched. Default: as each of its options says. */
  readonly jwks?: Partial<RemoteKeysOptions> | undefined;
  /** The exact `iss` of acceptable tokens, or several. Required unless `allowAnyIssuer` is true. */
  readonly issuer?: string | readonly string[] | undefined;
  /** Whom tokens must be for: one of these must be in `aud`. Required unless `allowAnyAudience` is true. */
  readonly audience?: string | readonly string[] | undefined;
  /** Accept tokens of any issuer that holds the key. Default false. */
  readonly allowAnyIssuer?: boolean | undefined;
  /** Accept tokens that were issued for somebody else: another service could replay what it was sent. Default false. */
  readonly allowAnyAudience?: boolean | undefined;
  /** How far the issuer's clock may be off, for `exp` and `nbf`. Integer milliseconds, 0 to 300,000. Default 5,000. */
  readonly clockToleranceMs?: number | undefined;
  /** Longest token, in characters, 1 to 65,536; a longer one is refused unread. Default 8,192. */
  readonly maxTokenLength?: number | undefined;
  /** Accept HS secrets shorter than the hash and RSA keys below 2,048 bits (RFC 7518 sections 3.2 and 3.3). Default false. */
  readonly allowInsecureKeySizes?: boolean | undefined;
  /** Fetch keys without TLS: whoever is on the way can put his own in their place. Default false. */
  readonly allowInsecureJwksUri?: boolean | undefined;
}

/** The options, checked and complete. */
export interface Policy {
  readonly keys: KeySource;
  readonly maxTokenLength: number;
  /** As jsonwebtoken takes them. Naming its types here would have every user of ours install them. */
  readonly checks: { readonly clockTolerance: number; readonly issuer: Names | undefined; readonly audience: Names | undefined };
}

type Names = [string, ...string[]];

const OPTION_NAMES: Readonly<Record<keyof JwtVerifierOptions, true>> = {
  algorithms: true,
  key: true,
  keys: true,
  jwksUri: true,
  jwks: true,
  issuer: true,
  audience: true,
  allowAnyIssuer: true,
  allowAnyAudience: true,
  clockToleranceMs: true,
  maxTokenLength: true,
  allowInsecureKeySizes: true,
  allowInsecureJwksUri: true,
};

/** @throws TypeError for bad options, saying what to write instead */
export function parseOptions(options: JwtVerifierOptions): Policy {
  assertKnownNames(options);
  const issuer = parseNames(options, 'issuer', 'allowAnyIssuer');
  const audience = parseNames(options, 'audience', 'allowAnyAudience');
  const clockTolerance = parseInteger(options, 'clockToleranceMs', { min: 0, max: 300_000, fallback: 5_000 }) / 1000;
  return Object.freeze({
    maxTokenLength: parseInteger(options, 'maxTokenLength', { min: 1, max: 65_536, fallback: 8_192 }),
    keys: parseKeys(options),
    checks: Object.freeze({ clockTolerance, issuer, audience }),
  });
}

function parseKeys(options: JwtVerifierOptions): KeySource {
  const { key, keys, jwksUri } = options;
  const rules = { algorithms: parseAlgorithms(options.algorithms), allowInsecureKeySizes: parseFlag(options, 'allowInsecureKeySizes') };
  if (jwksUri === undefined) {
    if (options.jwks !== undefined) throw new TypeError('jwtVerifier option "jwks" says how "jwksUri" is fetched: give that as well.');
    return givenKeys(createKeyRing({ ...rules, key, keys }));
  }
  if (key !== undefined || keys !== undefined) throw new TypeError('jwtVerifier takes exactly one of the options "key", "keys" and "jwksUri".');
  const secret = rules.algorithms.find(algorithm => algorithm.startsWith('HS'));
  if (secret !== undefined) throw new TypeError(`jwtVerifier option "jwksUri" publishes keys, and ${secret} takes a shared secret: list what your issuer signs with.`);
  const url = parseUrl(jwksUri, parseFlag(options, 'allowInsecureJwksUri'));
  return publishedKeys(new RemoteKeys(url, rules, parseFetching(options.jwks)), rules.algorithms);
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

function parseUrl(value: unknown, allowsInsecure: boolean): URL {
  const url = value instanceof URL ? value : typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !['https:', 'http:'].includes(url.protocol)) {
    throw new TypeError(`jwtVerifier option "jwksUri" is ${kindOf(value)} that is no web address: give the issuer's, such as 'https://issuer.example/jwks'.`);
  }
  if (url.protocol === 'https:' || allowsInsecure || LOOPBACK.test(url.hostname)) return url;
  throw new TypeError('jwtVerifier option "jwksUri" is not https: whoever is on the way could put keys of his own in their place.');
}

function parseFetching(given: Partial<RemoteKeysOptions> = {}): RemoteKeysOptions {
  onlyKnown('jwks', given, ['timeoutMs', 'refreshMs', 'cooldownMs', 'retryMs']);
  const duration = (name: keyof RemoteKeysOptions, fallback: number, max: number): number =>
    wholeNumber(`jwks.${name}`, given[name] ?? fallback, { min: 1, max, unit: 'of milliseconds' });
  return {
    timeoutMs: duration('timeoutMs', 3000, 60_000),
    refreshMs: duration('refreshMs', 600_000, DAY_MS),
    cooldownMs: duration('cooldownMs', 30_000, DAY_MS),
    retryMs: duration('retryMs', 1000, DAY_MS),
  };
}

const DAY_MS = 86_400_000;

/** A misspelt option would silently fall back to its default. */
function assertKnownNames(options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`jwtVerifier takes an object of options, not ${kindOf(options)}: jwtVerifier({ algorithms, key, issuer, audience }).`);
  }
  const unknownName = Object.keys(options).find((name) => !Object.hasOwn(OPTION_NAMES, name));
  if (unknownName === undefined) return;
  throw new TypeError(`jwtVerifier has no option ${JSON.stringify(unknownName)}: it takes ${Object.keys(OPTION_NAMES).join(', ')}.`);
}

function parseAlgorithms(value: unknown): readonly Algorithm[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new TypeError(`jwtVerifier option "algorithms" is ${kindOf(value)}: list what your issuer signs with, such as ['RS256'].`);
  }
  return [...new Set(value.map(parseAlgorithm))];
}

function parseAlgorithm(value: unknown): Algorithm {
  const known = ALGORITHMS.find((algorithm) => algorithm === value);
  if (known !== undefined) return known;
  const upper = typeof value === 'string' ? value.toUpperCase() : '';
  if (upper === 'NONE') {
    throw new TypeError('jwtVerifier option "algorithms" lists none: an unsigned token proves nothing. List what your issuer signs with.');
  }
  const meant = ALGORITHMS.find((algorithm) => algorithm === upper);
  const remedy = meant === undefined ? `write some of ${ALGORITHMS.join(', ')}` : `write '${meant}'`;
  throw new TypeError(`jwtVerifier option "algorithms" lists ${kindOf(value)} that is no known algorithm: ${remedy}.`);
}

/** An empty string or list must not pass: jsonwebtoken takes a falsy expectation for none at all. */
function parseNames(options: JwtVerifierOptions, name: 'issuer' | 'audience', optOut: 'allowAnyIssuer' | 'allowAnyAudience'): Names | undefined {
  const value: unknown = options[name];
  if (parseFlag(options, optOut)) {
    if (value === undefined) return undefined;
    throw new TypeError(`jwtVerifier options "${name}" and "${optOut}" contradict each other: leave one of them out.`);
  }
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (names.length > 0 && names.every((each) => typeof each === 'string' && each !== '')) return [...names] as Names;
  throw new TypeError(
    `jwtVerifier option "${name}" is ${kindOf(value)}: give a non-empty string, or an array of them; to go without, write ${optOut}: true.`,
  );
}

type Flag = 'allowAnyIssuer' | 'allowAnyAudience' | 'allowInsecureKeySizes' | 'allowInsecureJwksUri';

function parseFlag(options: JwtVerifierOptions, name: Flag): boolean {
  const value: unknown = options[name];
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  throw new TypeError(`jwtVerifier option "${name}" is ${kindOf(value)}: write true, or leave it out.`);
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly fallback: number;
}

function parseInteger(options: JwtVerifierOptions, name: 'clockToleranceMs' | 'maxTokenLength', { min, max, fallback }: Range): number {
  const value: unknown = options[name];
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  const bad = typeof value === 'number' ? String(value) : kindOf(value);
  throw new TypeError(`jwtVerifier option "${name}" is ${bad}: write an integer from ${min} to ${max}.`);
}
