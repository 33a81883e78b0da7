import { badOption, onlyKnown } from '../../option-checks.js';
import { metadataApi } from '../oauth/metadata-openapi.js';
import type { OAuthMetadataOptions } from '../oauth/oauth-metadata.js';
import { oauthApi } from '../oauth/oauth-openapi.js';
import type { OAuthOptions } from '../oauth/oauth-options.js';
import { organisationApi } from '../organisations/organisation-openapi.js';
import type { OrganisationOptions } from '../organisations/organisation-routes.js';
import { sessionApi } from '../sessions/session-openapi.js';
import type { SessionOptions } from '../sessions/session-routes.js';
import { descriptionApi } from './description-openapi.js';
import type { ApiGroup, PathItem, Schema, Server } from './parts.js';

export interface OpenApiOptions {
  /** Where the document is served, from where the router is mounted. Default `/openapi.json`. */
  readonly path?: string;
  /** The URL that the router is mounted at. Default `.`: wherever the document was fetched from, up to its last slash. */
  readonly serverUrl?: string;
}

/** The groups to describe, with the options that they are mounted with. Default: none of them. */
export interface OpenApiGroups {
  /** As of `revocationRouter`. */
  readonly oauth?: OAuthOptions;
  /** As of `revocationRouter`. */
  readonly organisations?: OrganisationOptions;
  /** As of `revocationRouter`. */
  readonly sessions?: SessionOptions;
  /** As of `oauthMetadataRouter`. */
  readonly metadata?: OAuthMetadataOptions;
}

/** An OpenAPI 3.1 document, as plain JSON. */
export interface OpenApiDocument {
  readonly openapi: '3.1.1';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly Server[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>>; readonly securitySchemes: Readonly<Record<string, Schema>> };
}

/** Moves when what the endpoints take or answer changes. */
const VERSION = '1.0.0';

/**
 * Describes the endpoints of these groups, and no others: every status, header and body that they answer with. What an
 * application's own error handler answers is not among it.
 *
 * @param options `path` only where the document is served itself
 * @throws TypeError for a bad option
 */
export function openApiDocument(groups: OpenApiGroups, options: OpenApiOptions = {}): OpenApiDocument {
  onlyKnown('openApiDocument', groups, ['oauth', 'organisations', 'sessions', 'metadata']);
  const { path, serverUrl } = parseOpenApiOptions(options);
  const { oauth, organisations, sessions, metadata } = groups;
  const described: ApiGroup[] = [];
  if (oauth !== undefined) described.push(oauthApi(oauth));
  if (organisations !== undefined) described.push(organisationApi(organisations));
  if (sessions !== undefined) described.push(sessionApi(sessions));
  if (metadata !== undefined) described.push(metadataApi(metadata));
  if (options.path !== undefined) described.push(descriptionApi(path));
  return {
    openapi: '3.1.1',
    info: { title: 'Token revocation', version: VERSION, description: 'Revokes access tokens and refresh tokens, and tells which are live.' },
    servers: [{ url: serverUrl }],
    tags: described.map(({ tag }) => tag),
    paths: merged(described.map(({ paths }) => paths)),
    components: {
      schemas: merged(described.map(({ schemas }) => schemas)),
      securitySchemes: merged(described.map(({ securitySchemes }) => securitySchemes)),
    },
  };
}

function merged<T>(parts: readonly Readonly<Record<string, T>>[]): Readonly<Record<string, T>> {
  return Object.assign({}, ...parts) as Readonly<Record<string, T>>;
}

/** Letters and digits: nothing that a router, or a reader of URLs, would take for a pattern. */
const PATH = /^(\/[\w.-]+)+$/;

/** @throws TypeError */
export function parseOpenApiOptions(given: true | OpenApiOptions): Required<OpenApiOptions> {
  const options = given === true ? {} : given;
  onlyKnown('openapi', options, ['path', 'serverUrl']);
  const { path = '/openapi.json', serverUrl = '.' } = options;
  if (typeof path !== 'string' || !PATH.test(path)) throw badOption('openapi.path', path, 'a path such as /openapi.json');
  if (typeof serverUrl !== 'string' || serverUrl === '') throw badOption('openapi.serverUrl', serverUrl, 'a URL such as https://api.example/auth');
  return { path, serverUrl };
}
