import type { Claims } from '../model/claims.js';
import { badOption, flag, onlyKnown, wholeNumber } from '../option-checks.js';
import type { Retention } from '../model/retention.js';
import type { ClaimsMapping, FactsPolicy, UnsafeOptions } from '../model/token-facts.js';
import type { RevocationStore } from '../stores/store.js';
import type { RememberOptions } from './remembered-tokens.js';
import type { VerifyToken } from '../verifier/jwt-verifier.js';
import { defaultTokenUse, type JoseHeader, type TokenUse } from './token-use.js';

export interface LiveTokensOptions {
  /** Where revocations are kept: `memoryStore()` or `redisStore(client)`. */
  readonly store: RevocationStore;
  /**
   * Any function from token to verified claims; `jwtVerifier` builds one. May be left out where other middleware verifies and
   * `claimsFrom` hands the claims over. What it rejects with is answered 401, except an error of
   * status 503, or of a connection that failed. Default: none.
   */
  readonly verify?: VerifyToken;
  /**
   * Longest lifetime (`exp - iat`) of any token, refresh tokens included: 1 to 315,360,000 seconds. Tokens that live longer are refused, because
   * they could outlive their own revocation. Every revocation is kept this long.
   */
  readonly maxLifetime: number;
  /** Which claim says what. See ClaimsMapping for the defaults. */
  readonly claims?: Partial<ClaimsMapping>;
  /** How far clocks may differ when exp, nbf and iat are judged: 0 to 300,000 milliseconds. Default 5,000. */
  readonly clockToleranceMs?: number;
  /** How far the issuer's clock may run ahead of the store's: tokens that much younger than an epoch are refused too. 0 to 300,000 milliseconds. Default 0. */
  readonly issuerSkewMs?: number;
  /** How much longer than any token its revocation is kept: at least 60,000 milliseconds. Default 60,000. */
  readonly marginMs?: number;
  /** Longest token, 64 to 1,048,576 characters; a longer one is refused unread. Default 8,192. */
  readonly maxTokenLength?: number;
  /**
   * How many verified tokens are remembered, and for how long, so that a token seen before costs no second verification. Its
   * times and its liveness are judged at every use all the same. `maxTokens` 2 to 1,000,000, default 10,000 (some 3 KB each);
   * `maxAgeMs` 1 to a day, default an hour; `false`: none. Default: on where the verify function says with `keysVersion` that
   * its answers depend on its keys alone, as `jwtVerifier` does; off for any other, which may ask something at every call.
   */
  readonly rememberTokens?: false | Partial<RememberOptions>;
  /** Most organisations one token may name, 1 to 256: each costs look-ups at every check. Default 16. */
  readonly maxOrganisations?: number;
  /** Says what a verified JWT is for. Default: by `typ` and the claims of well-known issuers. */
  readonly tokenUse?: (claims: Claims, header: JoseHeader) => TokenUse;
  /** The issuing side calls `track`: then counts are exact, and ids that were never tracked are unknown. Default false. */
  readonly tracking?: boolean;
  /** Opt-outs for migrations. Default: none. */
  readonly unsafe?: UnsafeOptions;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

/** The options, checked and complete. */
export interface Configuration extends FactsPolicy, Retention {
  readonly store: RevocationStore;
  readonly verify: VerifyToken | undefined;
  readonly maxTokenLength: number;
  readonly remember: RememberOptions | undefined;
  readonly tokenUse: (claims: Claims, header: JoseHeader) => TokenUse;
  readonly tracking: boolean;
  readonly now: () => number;
}

const DEFAULT_CLAIMS: ClaimsMapping = {
  tokenId: 'jti',
  subject: 'sub',
  session: 'sid',
  grant: 'grant_id',
  client: claims => claims['client_id'] ?? claims['azp'],
  issuedAtMs: 'iat_ms',
  grantedAtMs: 'grant_iat_ms',
};

const TEN_YEARS_S = 315_360_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const OPTIONS = [
  ...['store', 'verify', 'maxLifetime', 'claims', 'clockToleranceMs', 'issuerSkewMs', 'marginMs', 'maxTokenLength'],
  ...['rememberTokens', 'maxOrganisations', 'tokenUse', 'tracking', 'unsafe', 'now'],
];

/** @throws TypeError naming the option, what it is, and what to write instead */
export function parseOptions(options: LiveTokensOptions): Configuration {
  onlyKnown('createLiveTokens', options, OPTIONS);
  if (typeof (options.store as Partial<RevocationStore> | undefined)?.epochs !== 'function') {
    throw badOption('store', options.store, 'memoryStore() or redisStore(client)');
  }
  const milliseconds = { min: 0, max: 300_000, unit: 'of milliseconds' };
  return Object.freeze({
    store: options.store,
    verify: optionalFunction('verify', options.verify, 'jwtVerifier({ ... }) or another async function from token to claims'),
    maxLifetimeMs: 1000 * wholeNumber('maxLifetime', options.maxLifetime, { min: 1, max: TEN_YEARS_S, unit: 'of seconds' }),
    claims: parseClaims(options.claims),
    clockToleranceMs: wholeNumber('clockToleranceMs', options.clockToleranceMs ?? 5000, milliseconds),
    issuerSkewMs: wholeNumber('issuerSkewMs', options.issuerSkewMs ?? 0, milliseconds),
    marginMs: wholeNumber('marginMs', options.marginMs ?? 60_000, { min: 60_000, max: TEN_YEARS_S * 1000, unit: 'of milliseconds' }),
    maxTokenLength: wholeNumber('maxTokenLength', options.maxTokenLength ?? 8192, { min: 64, max: 1_048_576, unit: 'of characters' }),
    remember: parseRemember(options),
    maxOrganisations: wholeNumber('maxOrganisations', options.maxOrganisations ?? 16, { min: 1, max: 256, unit: 'of organisations' }),
    tokenUse: optionalFunction('tokenUse', options.tokenUse, 'a function from claims and header to a use') ?? defaultTokenUse,
    tracking: flag('tracking', options.tracking),
    unsafe: parseUnsafe(options.unsafe),
    now: optionalFunction('now', options.now, 'a function answering milliseconds since 1970') ?? Date.now,
  });
}

function optionalFunction<F>(option: string, value: F | undefined, instead: string): F | undefined {
  if (value === undefined || typeof value === 'function') return value;
  throw badOption(option, value, instead);
}

function parseRemember(options: LiveTokensOptions): RememberOptions | undefined {
  const { rememberTokens: given = {}, verify } = options;
  if (given === false) return undefined;
  const isWanted = options.rememberTokens !== undefined || verify?.keysVersion !== undefined;
  onlyKnown('rememberTokens', given, ['maxTokens', 'maxAgeMs']);
  const parsed = Object.freeze({
    maxTokens: wholeNumber('rememberTokens.maxTokens', given.maxTokens ?? 10_000, { min: 2, max: 1_000_000, unit: 'of tokens' }),
    maxAgeMs: wholeNumber('rememberTokens.maxAgeMs', given.maxAgeMs ?? HOUR_MS, { min: 1, max: DAY_MS, unit: 'of milliseconds' }),
  });
  return isWanted ? parsed : undefined;
}

function parseClaims(given: Partial<ClaimsMapping> = {}): ClaimsMapping {
  onlyKnown('claims', given, [...Object.keys(DEFAULT_CLAIMS), 'organisation', 'organisations']);
  for (const [name, source] of Object.entries(given)) {
    const usable = typeof source === 'function' || (typeof source === 'string' && source !== '');
    if (!usable) throw badOption(`claims.${name}`, source, 'the name of a claim, or a function from claims to its value');
  }
  return Object.freeze({ ...DEFAULT_CLAIMS, ...given });
}

function parseUnsafe(given: UnsafeOptions = {}): UnsafeOptions {
  onlyKnown('unsafe', given, ['acceptMissingTokenId', 'acceptMissingIssuedAt', 'acceptMissingOrganisation', 'acceptAnyLifetime']);
  for (const [name, value] of Object.entries(given)) flag(`unsafe.${name}`, value);
  return Object.freeze({ ...given });
}
