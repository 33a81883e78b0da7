import { Router } from 'express';
import type { LiveTokens } from '../../live-tokens.js';
import { badOption, onlyKnown } from '../../option-checks.js';
import { publicDocument } from '../public-document.js';
import { supportedAuthMethods } from './auth-methods.js';
import { isPlainUrl, parseIssuer } from './issuer.js';
import { parseOAuthOptions, type OAuthOptions } from './oauth-options.js';

export interface OAuthMetadataOptions {
  /** What `revocationRouter` is given for `oauth`; with an `issuer`. */
  readonly oauth: OAuthOptions;
  /**
   * Where that router is mounted, as seen from outside: https, such as `https://api.example/auth`. Stated here, because what a
   * request says of it (Host, X-Forwarded-Host) is the word of whoever sent it.
   */
  readonly endpointBase: string;
}

export interface OAuthMetadataRouterOptions extends OAuthMetadataOptions {
  /** What else the authorisation server says of itself: `token_endpoint`, `jwks_uri`, `response_types_supported`... Default: nothing. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** The members of RFC 8414 section 2 that are known here, and that of RFC 9701 section 7. None is an empty array. */
export interface OAuthMetadata {
  readonly issuer: string;
  readonly revocation_endpoint: string;
  readonly revocation_endpoint_auth_methods_supported?: readonly string[];
  readonly revocation_endpoint_auth_signing_alg_values_supported?: readonly string[];
  readonly introspection_endpoint: string;
  readonly introspection_endpoint_auth_methods_supported?: readonly string[];
  readonly introspection_endpoint_auth_signing_alg_values_supported?: readonly string[];
  readonly introspection_signing_alg_values_supported?: readonly string[];
}

/**
 * What an authorisation server's metadata (RFC 8414) says of the OAuth endpoints: a fragment, to be merged into a document of its
 * own, `{ ...mine, ...oauthMetadata(live, options) }`. Plain, and frozen.
 *
 * @throws TypeError for a bad option
 */
export function oauthMetadata(live: LiveTokens, options: OAuthMetadataOptions): OAuthMetadata {
  onlyKnown('oauthMetadata', options, ['oauth', 'endpointBase']);
  const issuer = issuerOf(options);
  const base = parseBase(options.endpointBase);
  // Nobody authenticates here, so nobody's failures are counted: an application's limiters are not for this.
  const configuration = parseOAuthOptions(live, { ...options.oauth, failedAttempts: false });
  const { revocation, introspection, signingAlgorithms } = supportedAuthMethods(configuration);
  return Object.freeze({
    issuer,
    revocation_endpoint: `${base}/revoke`,
    ...authMembers('revocation', revocation, signingAlgorithms),
    introspection_endpoint: `${base}/introspect`,
    ...authMembers('introspection', introspection, signingAlgorithms),
    ...list('introspection_signing_alg_values_supported', configuration.introspectionSigner?.algorithms),
  });
}

/**
 * Serves the metadata at the path that RFC 8414 section 3 says: of issuer `https://as.example/tenant` that is
 * `/.well-known/oauth-authorization-server/tenant`. To be mounted at the root of the issuer's origin. Other paths pass through.
 *
 * @throws TypeError for a bad option
 */
export function oauthMetadataRouter(live: LiveTokens, options: OAuthMetadataRouterOptions): Router {
  onlyKnown('oauthMetadataRouter', options, ['oauth', 'endpointBase', 'members']);
  const { members = {}, ...known } = options;
  const metadata = oauthMetadata(live, known);
  assertMembers(members, metadata);
  const { pathname } = wellKnownUrl(options);
  const serve = publicDocument({ ...members, ...metadata });
  // Compared, not matched: characters of an issuer's path may mean something in a route.
  return Router().use((req, res, next) => {
    if (req.path === pathname) serve(req, res, next);
    else next();
  });
}

/** Where the metadata of the issuer is: the well-known part comes between its host and its path (RFC 8414 section 3.1). */
export function wellKnownUrl(options: Pick<OAuthMetadataOptions, 'oauth'>): URL {
  const { origin, pathname } = new URL(issuerOf(options));
  return new URL(`${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`);
}

function issuerOf({ oauth }: Pick<OAuthMetadataOptions, 'oauth'>): string {
  const issuer = parseIssuer('oauth.issuer', oauth.issuer);
  if (issuer === undefined) throw new TypeError('oauthMetadata needs oauth.issuer: give the authorisation server, such as https://as.example.');
  return issuer;
}

function parseBase(given: unknown): string {
  if (typeof given === 'string' && isPlainUrl(given)) return given.replace(/\/+$/, '');
  throw badOption('endpointBase', given, 'the https URL that the router is mounted at, such as https://api.example/auth');
}

/** Algorithms are listed only where a method is that needs one (RFC 8414 section 2). */
function authMembers(endpoint: 'revocation' | 'introspection', methods: readonly string[], algorithms: readonly string[]): Partial<OAuthMetadata> {
  const signed = methods.some(method => method.endsWith('_jwt')) ? algorithms : [];
  return {
    ...list(`${endpoint}_endpoint_auth_methods_supported`, methods),
    ...list(`${endpoint}_endpoint_auth_signing_alg_values_supported`, signed),
  };
}

/** RFC 8414 section 3.2: a claim without elements is left out. */
function list(name: string, values: readonly string[] = []): Readonly<Record<string, readonly string[]>> {
  return values.length === 0 ? {} : { [name]: Object.freeze([...values]) };
}

/** Whoever says otherwise would have two documents in one. */
function assertMembers(members: Readonly<Record<string, unknown>>, metadata: OAuthMetadata): void {
  if (typeof members !== 'object' || (members as unknown) === null) throw badOption('members', members, 'an object of metadata members');
  const taken = Object.keys(members).find(name => Object.hasOwn(metadata, name));
  if (taken !== undefined) throw new TypeError(`members has ${taken}, which oauthMetadata says; leave it out.`);
}
