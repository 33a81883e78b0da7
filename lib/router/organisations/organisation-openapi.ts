import { accessToken, apiKey, callerSecurity } from '../openapi/callers.js';
import { allow, answer, challenge, closed, constant, RETRY_AFTER, schema, text } from '../openapi/parts.js';
import type { ApiGroup, ApiResponse, Operation, Parameter, Schema } from '../openapi/parts.js';
import type { OrganisationErrorCode } from './organisation-error.js';
import type { OrganisationOptions } from './organisation-routes.js';

/** The organisation endpoints, described. */
export function organisationApi({ authenticate }: OrganisationOptions): ApiGroup {
  const { security, securitySchemes } = callerSecurity(authenticate);
  const post = (operationId: string, summary: string, parameters: readonly Parameter[], responses: Operation['responses']) => ({
    post: { operationId, tags: ['organisations'], summary, security, parameters, responses },
  });
  const of = '/organisations/{encodedOrganisationId}';
  return {
    tag: { name: 'organisations', description: 'Organisations revoke their tokens, and partners those of the organisations that they manage.' },
    paths: {
      [`${of}/tokens/revoke`]: post('revokeTokensOfOrganisation', 'Revokes all tokens of an organisation', [ORGANISATION], OF_ONE.whole),
      [`${of}/tokens/{tokenId}/revoke`]: post('revokeTokenOfOrganisation', 'Revokes one token of an organisation', [ORGANISATION, TOKEN], OF_ONE.token),
      [`${of}/users/{userId}/tokens/revoke`]: post('revokeTokensOfMember', 'Revokes the tokens of a user in an organisation', [ORGANISATION, USER], OF_ONE.whole),
      '/tokens/revoke': post('revokeOwnTokens', "Revokes all tokens of the caller's organisation", [], OWN.whole),
      '/tokens/{tokenId}/revoke': post('revokeOwnToken', "Revokes one token of the caller's organisation", [TOKEN], OWN.token),
    },
    schemas: { RevokedTokens: REVOKED_TOKENS, RevokedToken: REVOKED_TOKEN, OrganisationError: ERROR },
    securitySchemes,
  };
}

function id(name: string, description: string): Parameter {
  return { name, in: 'path', required: true, description, schema: text('1 to 256 bytes of UTF-8.', { minLength: 1, maxLength: 256 }) };
}

const ORGANISATION = id('encodedOrganisationId', 'The organisation, as the application encodes it.');
const TOKEN = id('tokenId', 'The `jti` of the token.');
const USER = id('userId', 'The `sub` of the tokens.');

const URI = text('The path of this request.', { pattern: '^/.*/revoke$' });
const NO_LINKS: Schema = { type: 'array', maxItems: 0, description: 'Nothing is left to do.' };

const REVOKED_TOKENS = closed({
  uri: URI,
  data: closed({
    uri: URI,
    'revokedTokensCount?': {
      type: 'integer',
      minimum: 0,
      description: 'How many live tokens were revoked. Absent where tokens are not tracked, or could not be counted.',
    },
    links: NO_LINKS,
  }),
});

const MILLISECONDS: Schema = { type: 'number', minimum: 0, description: 'Milliseconds since 1970.' };
const DETAIL: Schema = { description: 'As the issuer reported it.' };

const REVOKED_TOKEN = closed({
  uri: URI,
  data: closed({
    id: text('The `jti` of the token.'),
    uri: URI,
    tokenType: constant('BEARER'),
    status: constant('REVOKED'),
    'expiryTime?': MILLISECONDS,
    'createdTimestamp?': MILLISECONDS,
    'revokedTimestamp?': MILLISECONDS,
    'scopes?': { type: 'array', items: { type: 'string' } },
    'requestedOrganisation?': DETAIL,
    'requestingOrganisation?': DETAIL,
    'accessType?': { description: 'As the issuer reported it: CR, BN, BG, RT or NA.' },
    'requestingAccessType?': { description: 'As the issuer reported it: CR, BN, BG, RT or NA.' },
    'ipFiltering?': DETAIL,
    'mtlsFilter?': DETAIL,
    'parentId?': DETAIL,
    'resourceId?': DETAIL,
    links: NO_LINKS,
  }),
});

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

function refusal(status: number, code: OrganisationErrorCode, description: string, headers = {}): ApiResponse {
  const details = { items: { properties: { code: constant(code) } } };
  return answer(description, { allOf: [schema('OrganisationError')], properties: { returnCode: constant(String(status)), details } }, headers);
}

const CHALLENGE = challenge(`^${apiKey('organisations')}, ${accessToken('organisations')}$`);

const REFUSALS = {
  401: refusal(401, 'unauthorized', 'Nobody known is calling.', CHALLENGE),
  403: refusal(403, 'forbidden', 'The caller has no authority there.'),
  405: refusal(405, 'method_not_allowed', 'Another method than POST.', allow('POST')),
  422: refusal(422, 'malformed_id', 'An id is malformed.'),
  503: refusal(503, 'temporarily_unavailable', 'It could not be recorded. Repeat it: that does no harm.', RETRY_AFTER),
};

const NOT_FOUND = { 404: refusal(404, 'not_found', 'There is no such organisation, user or token.') };
const FOREIGN_BODY = { 415: refusal(415, 'unsupported_media_type', 'A body that is not JSON. None is needed.') };
const WHOLE = { 200: answer('They are revoked.', schema('RevokedTokens')), ...REFUSALS, ...FOREIGN_BODY };
const ONE_TOKEN = { 200: answer('It is revoked.', schema('RevokedToken')), ...REFUSALS, ...NOT_FOUND };

const OWN = { whole: WHOLE, token: ONE_TOKEN };
const OF_ONE = { whole: { ...WHOLE, ...NOT_FOUND }, token: ONE_TOKEN };
