import { text, type ApiGroup, type Operation, type Schema } from '../openapi/parts.js';
import { publicAnswers } from '../openapi/public-answers.js';
import { wellKnownUrl, type OAuthMetadataOptions } from './oauth-metadata.js';

/** The metadata document, described. It stands at the root of the issuer's origin, wherever the endpoints are. */
export function metadataApi(options: Pick<OAuthMetadataOptions, 'oauth'>): ApiGroup {
  const { origin, pathname } = wellKnownUrl(options);
  const operation = (operationId: string): Operation => ({
    operationId,
    tags: ['metadata'],
    summary: "The authorisation server's metadata (RFC 8414)",
    security: [{}],
    responses: publicAnswers('The metadata.', METADATA),
  });
  return {
    tag: { name: 'metadata', description: 'Where the endpoints are, and how clients authenticate there (RFC 8414).' },
    paths: { [pathname]: { servers: [{ url: origin }], get: operation('metadata'), head: operation('metadataHead') } },
    schemas: {},
    securitySchemes: {},
  };
}

const NAMES: Schema = { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string' } };

/** Open: the application adds what it has besides. */
const METADATA: Schema = {
  type: 'object',
  required: ['issuer', 'revocation_endpoint', 'introspection_endpoint'],
  properties: {
    issuer: text('The authorisation server.', { format: 'uri' }),
    revocation_endpoint: text('POST /revoke.', { format: 'uri' }),
    revocation_endpoint_auth_methods_supported: NAMES,
    revocation_endpoint_auth_signing_alg_values_supported: NAMES,
    introspection_endpoint: text('POST /introspect.', { format: 'uri' }),
    introspection_endpoint_auth_methods_supported: NAMES,
    introspection_endpoint_auth_signing_alg_values_supported: NAMES,
    introspection_signing_alg_values_supported: NAMES,
  },
};
