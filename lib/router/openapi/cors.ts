import { header, optionalHeader, type ApiResponse, type Operation, type PathItem, type Schema } from './parts.js';

const BY_ORIGIN: Schema = { type: 'string', pattern: '\\bOrigin\\b' };

const ORIGIN = {
  'Access-Control-Allow-Origin': optionalHeader('The origin of the page that asks, where it is one that may.'),
};

const PREFLIGHT: ApiResponse = {
  description: 'What they may send.',
  headers: {
    ...ORIGIN,
    'Access-Control-Allow-Methods': header('The methods that they may use.', { const: 'POST' }),
    'Access-Control-Allow-Headers': header('The headers that they may set.'),
    Vary: header('By the page that asks.', BY_ORIGIN),
  },
};

/** An operation that pages of other origins may ask for (CORS), with the preflight that browsers send before. */
export function toPages(operation: Operation): PathItem {
  const responses = Object.entries(operation.responses).map(([status, each]) => [status, toPage(each)] as const);
  return {
    post: { ...operation, responses: Object.fromEntries(responses) },
    options: {
      operationId: `${operation.operationId}Preflight`,
      tags: operation.tags,
      summary: 'Says what pages of other origins may send (CORS)',
      security: [{}],
      responses: { 204: PREFLIGHT },
    },
  };
}

function toPage(response: ApiResponse): ApiResponse {
  const vary = { allOf: [BY_ORIGIN, response.headers['Vary']?.schema ?? {}] };
  return { ...response, headers: { ...response.headers, ...ORIGIN, Vary: header('By the page that asks, among others.', vary) } };
}
