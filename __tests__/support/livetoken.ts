/**
 * What tests get when they import `livetoken`: the package, with every answer of its routers held against the OpenAPI document
 * that describes them. One that the document does not allow fails the test that caused it.
 */
import type { Router } from 'express';
import {
  oauthMetadataRouter as plainMetadataRouter,
  openApiDocument,
  revocationRouter as plainRevocationRouter,
  type LiveTokens,
  type OAuthMetadataRouterOptions,
  type RevocationRouterOptions,
} from '../../lib/index.js';
import { describedBy } from './described-answers.js';

export * from '../../lib/index.js';

export function revocationRouter(live: LiveTokens, options: RevocationRouterOptions): Router {
  const router = plainRevocationRouter(live, options);
  const { openapi = false, ...groups } = options;
  const where = openapi === false ? {} : { path: '/openapi.json', ...(openapi !== true && openapi) };
  return describedBy(openApiDocument(groups, where), router);
}

export function oauthMetadataRouter(live: LiveTokens, options: OAuthMetadataRouterOptions): Router {
  const router = plainMetadataRouter(live, options);
  const { oauth, endpointBase } = options;
  return describedBy(openApiDocument({ metadata: { oauth, endpointBase } }), router);
}
