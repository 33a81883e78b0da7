import type { LiveTokens } from '../../live-tokens.js';
import type { Claims } from '../../model/claims.js';
import { badOption, choice, flag, onlyKnown, wholeNumber } from '../../option-checks.js';
import { parseScope } from '../../guard/challenge.js';
import { AUTH_METHOD_OPTIONS, parseAuthMethods, type AuthMethodConfiguration, type AuthMethodOptions } from './auth-methods.js';
import type { Introspector } from './introspect-endpoint.js';
import { assertSignable, introspectionSigner, type IntrospectionSigner, type IntrospectionSigningKey } from './introspection-jwt.js';
import { parseIssuer } from './issuer.js';
import type { ResolveOpaqueToken } from './presented-token.js';
import type { FindClient, OAuthClient } from './registered-clients.js';

export interface OAuthOptions extends AuthMethodOptions {
  /** The registered clients, or a function that finds one by its id. */
  readonly clients: readonly OAuthClient[] | FindClient;
  /** The authorisation server that these endpoints belong to (RFC 8414 section 2): https, without query and fragment. Default: none. */
  readonly issuer?: string;
  /** Says what a token is that is no JWT of ours. Default: nothing. */
  readonly resolveOpaqueToken?: ResolveOpaqueToken;
  /** What dies with a refresh token: its `grant` with all access tokens (RFC 7009 section 2.1), or `token_only`. Default `grant`. */
  readonly refreshTokenRevokes?: 'grant' | 'token_only';
  /** What dies with an access token: the `token` itself, or the whole `grant`. Default `token`. */
  readonly accessTokenRevokes?: 'token' | 'grant';
  /**
   * Lets the holders of access tokens with this scope (or all of several, separated by spaces) introspect access tokens, of whatever
   * organisation: give it to resource servers only. Default: clients only.
   */
  readonly introspectionScope?: string;
  /** Members to add to the introspection of an active token. Values that are nested or hold control characters are left out. Default: none. */
  readonly introspectionMembers?: (
    claims: Claims,
    caller: Introspector,
  ) => ExtraMembers | Promise<ExtraMembers>;
  /**
   * Lets clients have introspections as JWTs (RFC 9701), by `Accept: application/token-introspection+jwt`. Needs `issuer`. One key,
   * or one for each algorithm that clients registered; whoever registered none gets RS256, or JSON where no key is for that.
   * Default: JSON for everybody.
   */
  readonly introspectionSigning?: IntrospectionSigningKey | readonly IntrospectionSigningKey[];
  /** Accept identical client credentials in header and body at once. Default false: 400. */
  readonly acceptDuplicateCredentials?: boolean;
  /** Origins whose pages may call these endpoints (CORS), such as `https://app.example`. Default: none. */
  readonly corsOrigins?: readonly string[];
  /** Largest body, 1,024 to 1,048,576 bytes. Default 16,384. */
  readonly maxBodyBytes?: number;
  /** Most parameters in a body, 4 to 1,000. Default 32. */
  readonly maxParameters?: number;
}

type ExtraMembers = Readonly<Record<string, unknown>> | undefined;

export interface OAuthConfiguration extends AuthMethodConfiguration {
  readonly issuer: string | undefined;
  readonly introspectionSigner: IntrospectionSigner | undefined;
  readonly resolveOpaqueToken: ResolveOpaqueToken | undefined;
  readonly refreshTokenRevokes: 'grant' | 'token_only';
  readonly accessTokenRevokes: 'token' | 'grant';
  /** Empty where no scope allows it. */
  readonly introspectionScope: readonly string[];
  readonly introspectionMembers: OAuthOptions['introspectionMembers'];
  readonly acceptDuplicateCredentials: boolean;
  readonly corsOrigins: readonly string[];
  readonly maxBodyBytes: number;
  readonly maxParameters: number;
}

const OPTIONS = [
  ...['clients', 'resolveOpaqueToken', 'refreshTokenRevokes', 'accessTokenRevokes', 'introspectionScope', 'introspectionMembers'],
  ...['issuer', 'introspectionSigning', 'acceptDuplicateCredentials', 'corsOrigins', 'maxBodyBytes', 'maxParameters'],
  ...AUTH_METHOD_OPTIONS,
];

/** @throws TypeError for a bad option */
export function parseOAuthOptions(live: LiveTokens, options: OAuthOptions): OAuthConfiguration {
  onlyKnown('oauth', options, OPTIONS);
  if (!live.verifies) throw new TypeError('The OAuth endpoints take tokens as strings: give createLiveTokens a verify function.');
  const issuer = parseIssuer('oauth.issuer', options.issuer);
  const authentication = parseAuthMethods(live, options, issuer);
  const signer = introspectionSigner(options.introspectionSigning, issuer);
  if (typeof options.clients !== 'function') assertSignable(options.clients, signer);
  return Object.freeze({
    ...authentication,
    issuer,
    introspectionSigner: signer,
    resolveOpaqueToken: hook('oauth.resolveOpaqueToken', options.resolveOpaqueToken, 'a function from token to { claims }'),
    refreshTokenRevokes: choice('oauth.refreshTokenRevokes', options.refreshTokenRevokes ?? 'grant', ['grant', 'token_only']),
    accessTokenRevokes: choice('oauth.accessTokenRevokes', options.accessTokenRevokes ?? 'token', ['token', 'grant']),
    introspectionScope: parseScope('oauth.introspectionScope', options.introspectionScope),
    introspectionMembers: hook('oauth.introspectionMembers', options.introspectionMembers, 'a function from claims and caller to members'),
    acceptDuplicateCredentials: flag('oauth.acceptDuplicateCredentials', options.acceptDuplicateCredentials),
    corsOrigins: parseOrigins(options.corsOrigins ?? []),
    maxBodyBytes: wholeNumber('oauth.maxBodyBytes', options.maxBodyBytes ?? 16_384, { min: 1024, max: 1_048_576, unit: 'of bytes' }),
    maxParameters: wholeNumber('oauth.maxParameters', options.maxParameters ?? 32, { min: 4, max: 1000, unit: 'of parameters' }),
  });
}

function hook<F>(option: string, value: F | undefined, instead: string): F | undefined {
  if (value === undefined || typeof value === 'function') return value;
  throw badOption(option, value, instead);
}

const ORIGINS = 'an array of exact origins without a path, such as https://app.example; a wildcard is not accepted';

function parseOrigins(given: unknown): readonly string[] {
  if (!Array.isArray(given)) throw badOption('oauth.corsOrigins', given, ORIGINS);
  return Object.freeze(given.map(parseOrigin));
}

function parseOrigin(given: unknown): string {
  if (typeof given === 'string' && URL.canParse(given) && new URL(given).origin === given) return given;
  throw badOption('oauth.corsOrigins', given, ORIGINS);
}
