import type { webcrypto } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

/** What a client knows about an authorization server (RFC 8414). */
export interface ServerMetadata {
  readonly issuer: string;
  readonly revocation_endpoint: string;
  readonly introspection_endpoint: string;
  readonly jwks_uri?: string;
  readonly revocation_endpoint_auth_methods_supported?: readonly Proof['method'][];
  readonly introspection_endpoint_auth_methods_supported?: readonly Proof['method'][];
  readonly introspection_signing_alg_values_supported?: readonly string[];
}

/** What a client registered, and so knows about itself (RFC 7591). */
export type ClientMetadata = Readonly<{ introspection_signed_response_alg?: string }>;

/** How a client shows who it is. */
export type Proof =
  | Readonly<{ method: 'client_secret_basic' | 'client_secret_post'; secret: string }>
  | Readonly<{ method: 'private_key_jwt'; key: webcrypto.CryptoKey; kid?: string }>
  | Readonly<{ method: 'none' }>;

export type Hint = 'access_token' | 'refresh_token';

/** A client of ours, as an application has it that uses one of these libraries. */
export interface LibraryClient {
  revoke(token: string, hint?: string): Promise<void>;
  introspect(token: string, hint?: string): Promise<Readonly<Record<string, unknown>>>;
}

export interface ClientLibrary {
  readonly name: string;
  connect(server: ServerMetadata, id: string, proof: Proof, metadata?: ClientMetadata): LibraryClient;
  /** What the server at this issuer says of itself (RFC 8414 section 3). */
  discover(issuer: string): Promise<ServerMetadata>;
}

/** The certified clients of the JavaScript world. The second is built on the first, with other defaults and its own error handling. */
export const CLIENT_LIBRARIES: readonly ClientLibrary[] = [
  { name: 'oauth4webapi', connect: connectOAuth4WebApi, discover: discoverByOAuth4WebApi },
  { name: 'openid-client', connect: connectOpenIdClient, discover: discoverByOpenIdClient },
];

// Marked as deprecated so that they stand out. These tests speak plain HTTP, on this machine alone.
/* eslint-disable @typescript-eslint/no-deprecated */
const OVER_HTTP = { [oauth.allowInsecureRequests]: true } as const;
const allowHttp: (configuration: openid.Configuration) => void = openid.allowInsecureRequests;
/* eslint-enable @typescript-eslint/no-deprecated */

function connectOAuth4WebApi(server: ServerMetadata, id: string, proof: Proof, metadata: ClientMetadata = {}): LibraryClient {
  const as = server as oauth.AuthorizationServer;
  const client: oauth.Client = { ...metadata, client_id: id };
  const authentication = authenticationOf(oauth, proof);
  const options = (hint: string | undefined) => ({ ...OVER_HTTP, additionalParameters: hinted(hint) });
  return {
    async revoke(token, hint) {
      await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, authentication, token, options(hint)));
    },
    async introspect(token, hint) {
      const response = await oauth.introspectionRequest(as, client, authentication, token, options(hint));
      const introspection = await oauth.processIntrospectionResponse(as, client, response);
      if (isSigned(metadata)) await oauth.validateApplicationLevelSignature(as, response, OVER_HTTP);
      return introspection;
    },
  };
}

function connectOpenIdClient(server: ServerMetadata, id: string, proof: Proof, metadata: ClientMetadata = {}): LibraryClient {
  const configuration = new openid.Configuration(server as openid.ServerMetadata, id, { ...metadata }, authenticationOf(openid, proof));
  allowHttp(configuration);
  if (isSigned(metadata)) openid.enableNonRepudiationChecks(configuration);
  return {
    revoke: (token, hint) => openid.tokenRevocation(configuration, token, hinted(hint)),
    introspect: (token, hint) => openid.tokenIntrospection(configuration, token, hinted(hint)),
  };
}

async function discoverByOAuth4WebApi(issuer: string): Promise<ServerMetadata> {
  const url = new URL(issuer);
  const response = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...OVER_HTTP });
  return (await oauth.processDiscoveryResponse(url, response)) as ServerMetadata;
}

async function discoverByOpenIdClient(issuer: string): Promise<ServerMetadata> {
  const options = { algorithm: 'oauth2' as const, execute: [allowHttp] };
  const configuration = await openid.discovery(new URL(issuer), 'any', undefined, openid.None(), options);
  return configuration.serverMetadata() as ServerMetadata;
}

/** Neither checks the signature of what came over TLS unless told to. */
const isSigned = (metadata: ClientMetadata): boolean => metadata.introspection_signed_response_alg !== undefined;

/** What both have, under the same names. */
interface Authentications<A> {
  ClientSecretBasic(secret: string): A;
  ClientSecretPost(secret: string): A;
  PrivateKeyJwt(key: webcrypto.CryptoKey | { readonly key: webcrypto.CryptoKey; readonly kid: string }): A;
  None(): A;
}

function authenticationOf<A>(library: Authentications<A>, proof: Proof): A {
  switch (proof.method) {
    case 'client_secret_basic':
      return library.ClientSecretBasic(proof.secret);
    case 'client_secret_post':
      return library.ClientSecretPost(proof.secret);
    case 'private_key_jwt':
      return library.PrivateKeyJwt(proof.kid === undefined ? proof.key : { key: proof.key, kid: proof.kid });
    case 'none':
      return library.None();
  }
}

function hinted(hint: string | undefined): Record<string, string> {
  return hint === undefined ? {} : { token_type_hint: hint };
}

/** What the library made of an answer: which error an application has to catch, and what it finds there, or in the answer itself. */
export async function refusalOf(asked: Promise<unknown>): Promise<Readonly<Record<string, unknown>>> {
  try {
    await asked;
  } catch (error) {
    const { name, code, cause, status = (cause as { readonly status?: number } | undefined)?.status, error: oauthError } = error as Record<string, unknown>;
    return { name, code, status, ...(oauthError !== undefined && { error: oauthError }) };
  }
  throw new Error('The library took the answer for a success.');
}
