import type { LiveTokens } from '../../live-tokens.js';
import { badOption, choice } from '../../option-checks.js';
import { ALGORITHMS } from '../../verifier/verification-keys.js';
import { ClientAssertions, type AssertionAlgorithm } from './client-assertion.js';
import type { ClientAuthenticationOptions } from './client-authentication.js';
import { parseFailedAttempts, type FailedAttemptsOptions } from './failed-attempts.js';
import { isPlainUrl } from './issuer.js';
import { AUTH_METHODS, methodsOf, parseClients, type AuthMethod, type FindClient, type OAuthClient } from './registered-clients.js';

/** How clients may authenticate. */
export interface AuthMethodOptions {
  /**
   * The methods that are accepted at all; introspection never takes `none`. Default: all four, without `private_key_jwt` where no
   * `issuer` is given.
   */
  readonly authMethods?: readonly AuthMethod[];
  /** What any client may sign its assertions with. Default `['RS256', 'PS256', 'ES256']`. No shared secrets, hence no HS256. */
  readonly assertionAlgorithms?: readonly AssertionAlgorithm[];
  /**
   * URLs that an assertion may name as its only `aud` in place of `issuer`, to the letter: those of the endpoints, for clients from
   * before draft-ietf-oauth-rfc7523bis. Default: none.
   */
  readonly acceptEndpointAudience?: readonly string[];
  /** When a client that fails to authenticate has to wait: 429 with Retry-After. `false`: never. Default: as each of its options says. */
  readonly failedAttempts?: false | FailedAttemptsOptions;
}

/** The options, checked and complete. */
export interface AuthMethodConfiguration extends Omit<ClientAuthenticationOptions, 'acceptDuplicateCredentials'> {
  readonly assertionAlgorithms: readonly AssertionAlgorithm[];
  /** `undefined` where a function finds them. */
  readonly registeredClients: readonly OAuthClient[] | undefined;
}

export const AUTH_METHOD_OPTIONS = ['authMethods', 'assertionAlgorithms', 'acceptEndpointAudience', 'failedAttempts'] as const;

/** @throws TypeError for a bad option, and for a client that could not do what it was registered for */
export function parseAuthMethods(
  live: LiveTokens,
  options: AuthMethodOptions & { readonly clients: readonly OAuthClient[] | FindClient },
  issuer: string | undefined,
): AuthMethodConfiguration {
  const { clients } = options;
  const authMethods = parseMethods(options.authMethods, issuer);
  const assertionAlgorithms = listOf('oauth.assertionAlgorithms', options.assertionAlgorithms ?? DEFAULT_ALGORITHMS, ASYMMETRIC);
  const assertions = new ClientAssertions(live, {
    issuer,
    endpoints: parseEndpoints(options.acceptEndpointAudience ?? []),
    algorithms: assertionAlgorithms,
  });
  const findClient = parseClients(clients, { authMethods, issuer });
  const registeredClients = typeof clients === 'function' ? undefined : Object.freeze([...clients]);
  registeredClients?.forEach((client, index) => {
    if (methodsOf(client).includes('private_key_jwt')) assertions.prepare(client, `oauth.clients[${index}]`);
  });
  return { findClient, registeredClients, authMethods, assertionAlgorithms, assertions, failedAttempts: parseFailedAttempts(options.failedAttempts) };
}

const ASYMMETRIC: readonly AssertionAlgorithm[] = ALGORITHMS.filter(algorithm => !algorithm.startsWith('HS')) as AssertionAlgorithm[];
const DEFAULT_ALGORITHMS: readonly AssertionAlgorithm[] = ['RS256', 'PS256', 'ES256'];

function parseMethods(given: readonly AuthMethod[] | undefined, issuer: string | undefined): readonly AuthMethod[] {
  if (given === undefined) return AUTH_METHODS.filter(method => issuer !== undefined || method !== 'private_key_jwt');
  const methods = listOf('oauth.authMethods', given, AUTH_METHODS);
  if (issuer !== undefined || !methods.includes('private_key_jwt')) return methods;
  throw new TypeError('oauth.authMethods lists private_key_jwt, which needs the option oauth.issuer: an assertion says whom it is for.');
}

function listOf<T extends string>(option: string, given: readonly T[], choices: readonly T[]): readonly T[] {
  if (!Array.isArray(given) || given.length === 0) throw badOption(option, given, `an array of some of ${choices.join(', ')}`);
  return Object.freeze([...new Set(given.map((each: T) => choice(option, each, choices)))]);
}

const ENDPOINTS = 'an array of exact https URLs without query and fragment, such as https://as.example/revoke';

function parseEndpoints(given: unknown): readonly string[] {
  if (!Array.isArray(given)) throw badOption('oauth.acceptEndpointAudience', given, ENDPOINTS);
  for (const url of given as readonly unknown[]) {
    if (typeof url !== 'string' || !isPlainUrl(url)) throw badOption('oauth.acceptEndpointAudience', url, ENDPOINTS);
  }
  return Object.freeze([...(given as readonly string[])]);
}

/** What metadata says of the endpoints (RFC 8414 section 2). Empty where there is nothing to say. */
export interface SupportedAuthMethods {
  readonly revocation: readonly AuthMethod[];
  /** `Bearer` where the holders of access tokens may introspect: the name of a token type stands beside those of methods there. */
  readonly introspection: readonly (AuthMethod | 'Bearer')[];
  /** Of assertions. */
  readonly signingAlgorithms: readonly AssertionAlgorithm[];
}

/**
 * The ways in which some client can authenticate: whatever is listed works, and nothing else does. Where a function finds the
 * clients nobody knows what they can, so all that is accepted is listed.
 */
export function supportedAuthMethods(
  configuration: Pick<AuthMethodConfiguration, 'registeredClients' | 'authMethods' | 'assertionAlgorithms'> & { readonly introspectionScope: readonly string[] },
): SupportedAuthMethods {
  const { registeredClients, authMethods, assertionAlgorithms, introspectionScope } = configuration;
  const revocation = authMethods.filter(method => registeredClients?.some(client => methodsOf(client).includes(method)) ?? true);
  const signers = registeredClients?.filter(client => methodsOf(client).includes('private_key_jwt'));
  const signingAlgorithms = assertionAlgorithms.filter(algorithm => signers?.some(({ assertion }) => assertion?.algorithms.includes(algorithm)) ?? true);
  return {
    revocation,
    introspection: [...revocation.filter(method => method !== 'none'), ...(introspectionScope.length > 0 ? (['Bearer'] as const) : [])],
    signingAlgorithms: revocation.includes('private_key_jwt') ? signingAlgorithms : [],
  };
}
