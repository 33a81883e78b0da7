import { accessToken, apiKey, callerSecurity } from '../openapi/callers.js';
import { allow, answer, challenge, closed, constant, RETRY_AFTER, schema, text } from '../openapi/parts.js';
import type { ApiGroup, ApiResponse, Operation, Parameter, PathItem, Schema } from '../openapi/parts.js';
import type { OrganisationErrorCode } from './organisation-error.js';
import type { OrganisationOptions } from './organisation-routes.js';
import { REVOCATION_LIST, REVOKED_TOKEN, REVOKED_TOKENS, TOKEN_TO_REVOKE, TOKENS_TO_REVOKE } from './organisation-schemas.js';

/** The organisation endpoints, described. */
export function organisationApi({ authenticate }: OrganisationOptions): ApiGroup {
  const { security, securitySchemes } = callerSecurity(authenticate);
  const shared = { tags: ['organisations'], security };
  const post = (operationId: string, summary: string, parameters: readonly Parameter[], responses: Operation['responses']): PathItem => ({
    post: { operationId, summary, parameters: [...parameters, DRY_RUN], responses, ...shared },
  });
  const list = (operationId: string, summary: string, parameters: readonly Parameter[], responses: Operation['responses']): PathItem => ({
    get: { operationId, summary, parameters: [...parameters, ...LIST_PARAMETERS], responses, ...shared },
    head: { operationId: `${operationId}Head`, summary: `${summary}: the headers alone`, parameters: [...parameters, ...LIST_PARAMETERS], responses, ...shared },
  });
  const of = '/organisations/{encodedOrganisationId}';
  return {
    tag: { name: 'organisations', description: 'Organisations revoke their tokens, and partners those of the organisations that they manage.' },
    paths: {
      [`${of}/tokens/revoke`]: post('revokeTokensOfOrganisation', 'Revokes all tokens of an organisation', [ORGANISATION], OF_ONE.whole),
      [`${of}/tokens/{tokenId}/revoke`]: post('revokeTokenOfOrganisation', 'Revokes one token of an organisation', [ORGANISATION, TOKEN], OF_ONE.token),
      [`${of}/users/{userId}/tokens/revoke`]: post('revokeTokensOfMember', 'Revokes the tokens of a user in an organisation', [ORGANISATION, USER], OF_ONE.whole),
      [`${of}/revocations`]: list('listRevocationsOfOrganisation', 'Lists what was revoked of an organisation', [ORGANISATION], { ...LISTED, ...NOT_FOUND }),
      '/tokens/revoke': post('revokeOwnTokens', "Revokes all tokens of the caller's organisation", [], OWN.whole),
      '/tokens/{tokenId}/revoke': post('revokeOwnToken', "Revokes one token of the caller's organisation", [TOKEN], OWN.token),
      '/revocations': list('listOwnRevocations', "Lists what was revoked of the caller's organisation", [], LISTED),
    },
    schemas: {
      ...{ RevokedTokens: REVOKED_TOKENS, RevokedToken: REVOKED_TOKEN, OrganisationError: ERROR },
      ...{ TokensToRevoke: TOKENS_TO_REVOKE, TokenToRevoke: TOKEN_TO_REVOKE, RevocationList: REVOCATION_LIST },
    },
    securitySchemes,
  };
}

function id(name: string, description: string): Parameter {
  return { name, in: 'path', required: true, description, schema: text('1 to 256 bytes of UTF-8.', { minLength: 1, maxLength: 256 }) };
}

const ORGANISATION = id('encodedOrganisationId', 'The organisation, as the application encodes it.');
const TOKEN = id('tokenId', 'The `jti` of the token.');
const USER = id('userId', 'The `sub` of the tokens.');

const DRY_RUN: Parameter = {
  name: 'dryRun',
  in: 'query',
  description: 'Tells what would be revoked, and revokes nothing. Needs tracking. Whatever else mentions a dry run, in the query or in a body, is refused.',
  schema: { type: 'boolean', default: false },
};

function filter(name: string, description: string, values: Schema): Parameter {
  return { name, in: 'query', description, schema: values };
}

const INSTANT: Schema = { type: 'string', format: 'date-time' };

/** Any other is refused. */
const LIST_PARAMETERS: readonly Parameter[] = [
  filter('userId', 'Revocations of this user inside the organisation, in whole or in part, and no others.', { type: 'string', minLength: 1, maxLength: 256 }),
  filter('actor', 'Who revoked, exactly as entries show it.', { type: 'string', minLength: 1, maxLength: 256 }),
  filter('since', 'From this instant on.', INSTANT),
  filter('until', 'Before this instant.', INSTANT),
  filter('order', 'What comes first.', { type: 'string', enum: ['newest', 'oldest'], default: 'newest' }),
  filter('cursor', 'From the page before.', { type: 'string' }),
  filter('limit', 'Most entries on a page.', { type: 'integer', minimum: 1, maximum: 1000, default: 100 }),
];

const ERROR = closed({
  returnCode: text('The status.', { pattern: '^[45][0-9]{2}$' }),
  returnDescription: text('What is wrong.'),
  details: {
    type: 'array',
    minItems: 1,
    maxItems: 1,
    items: closed({
      code: text('What is wrong, for programs.'),
      description: text('What is wrong.'),
      field: { type: ['string', 'null'], description: 'The parameter at fault.' },
      resourceUri: { type: 'null' },
    }),
  },
});

function refusal(status: number, code: OrganisationErrorCode | readonly OrganisationErrorCode[], description: string, headers = {}): ApiResponse {
  const details = { items: { properties: { code: typeof code === 'string' ? constant(code) : { enum: code } } } };
  return answer(description, { allOf: [schema('OrganisationError')], properties: { returnCode: constant(String(status)), details } }, headers);
}

const CHALLENGE = challenge(`^${apiKey('organisations')}, ${accessToken('organisations')}$`);

const REFUSALS = {
  401: refusal(401, 'unauthorized', 'Nobody known is calling.', CHALLENGE),
  403: refusal(403, 'forbidden', 'The caller has no authority there.'),
  503: refusal(503, 'temporarily_unavailable', 'It could not be recorded, or told. Repeat it: that does no harm.', RETRY_AFTER),
};

const REVOKING = {
  ...REFUSALS,
  405: refusal(405, 'method_not_allowed', 'Another method than POST.', allow('POST')),
  422: refusal(422, ['malformed_id', 'malformed_dry_run', 'dry_run_needs_tracking'], 'An id is malformed, or there can be no such dry run.'),
};

const NOT_FOUND = { 404: refusal(404, 'not_found', 'There is no such organisation, user or token.') };
const FOREIGN_BODY = { 415: refusal(415, 'unsupported_media_type', 'A body that is not JSON. None is needed.') };
const WHOLE = { 200: answer('They are revoked; or, of a dry run, would be.', either('RevokedTokens', 'TokensToRevoke')), ...REVOKING, ...FOREIGN_BODY };
const ONE_TOKEN = { 200: answer('It is revoked; or, of a dry run, as it is now.', either('RevokedToken', 'TokenToRevoke')), ...REVOKING, ...NOT_FOUND };

const OWN = { whole: WHOLE, token: ONE_TOKEN };
const OF_ONE = { whole: { ...WHOLE, ...NOT_FOUND }, token: ONE_TOKEN };

const LISTED = {
  200: answer('One page.', schema('RevocationList')),
  ...REFUSALS,
  405: refusal(405, 'method_not_allowed', 'Another method than GET and HEAD.', allow('GET, HEAD')),
  422: refusal(422, ['malformed_id', 'malformed_parameter', 'unknown_parameter'], 'An id or a parameter is malformed, or there is no such parameter.'),
};

function either(...names: readonly string[]): Schema {
  return { oneOf: names.map(schema) };
}
