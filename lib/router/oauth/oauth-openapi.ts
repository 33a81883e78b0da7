import { ACCESS_TOKEN } from '../openapi/callers.js';
import { toPages } from '../openapi/cors.js';
import { allow, answer, challenge, closed, constant, header, optionalHeader, RETRY_AFTER, schema, text } from '../openapi/parts.js';
import type { ApiGroup, ApiResponse, Header, Operation, PathItem, Schema, SecurityRequirement } from '../openapi/parts.js';
import { ASSERTION_TYPE } from './client-assertion.js';
import { INTROSPECTION_JWT } from './introspection-answer.js';
import type { OAuthErrorCode } from './oauth-error.js';
import type { OAuthOptions } from './oauth-options.js';
import { AUTH_METHODS, type AuthMethod } from './registered-clients.js';

/** POST /revoke and POST /introspect, described as these options make them. */
export function oauthApi(options: OAuthOptions): ApiGroup {
  const takesBearer = options.introspectionScope !== undefined;
  const signs = options.introspectionSigning !== undefined;
  const allowsOrigins = (options.corsOrigins ?? []).length > 0;
  const authMethods = options.authMethods ?? AUTH_METHODS.filter(method => method !== 'private_key_jwt' || options.issuer !== undefined);
  const security = clientSecurity(authMethods);
  const errors = options.failedAttempts === false ? {} : TOO_MANY;
  const revoke = { ...REVOKE, security, responses: { 200: REVOKED, ...refusals({ ...REVOKE_ERRORS, ...errors }) } };
  const introspect: Operation = {
    ...INTROSPECT,
    security: takesBearer ? [...security, { accessToken: options.introspectionScope.split(' ') }] : security,
    responses: { 200: introspected(signs), ...refusals({ ...INTROSPECT_ERRORS, ...errors }), ...(takesBearer && BEARER_REFUSALS) },
  };
  const shared = allowsOrigins ? toPages : (operation: Operation): PathItem => ({ post: operation });
  return {
    tag: { name: 'oauth', description: 'Token revocation (RFC 7009) and introspection (RFC 7662).' },
    paths: { '/revoke': shared(revoke), '/introspect': shared(introspect) },
    schemas: { OAuthError: ERROR, TokenForm: form(authMethods), ActiveToken: ACTIVE, InactiveToken: INACTIVE },
    securitySchemes: {
      ...(authMethods.includes('client_secret_basic') && { client: CLIENT }),
      ...(takesBearer && { accessToken: ACCESS_TOKEN }),
    },
  };
}

const CLIENT = {
  type: 'http',
  scheme: 'basic',
  description: 'client_secret_basic: id and secret, each form-urlencoded before they are joined (RFC 6749 section 2.3.1).',
};

/** The empty one: for what stands in the form (client_id with client_secret, client_assertion, or nothing) OpenAPI has no scheme. */
function clientSecurity(methods: readonly AuthMethod[]): readonly SecurityRequirement[] {
  if (!methods.includes('client_secret_basic')) return [{}];
  return methods.length === 1 ? [{ client: [] }] : [{ client: [] }, {}];
}

const form = (methods: readonly AuthMethod[]): Schema => ({
  type: 'object',
  description: 'Each parameter at most once; an empty one counts as absent, an unknown one is ignored.',
  required: ['token'],
  properties: {
    token: text('The token in question.', { minLength: 1 }),
    token_type_hint: text('`access_token` or `refresh_token`. A wrong or unknown one does no harm.'),
    client_id: text('The client.'),
    ...(methods.includes('client_secret_post') && { client_secret: text('Its secret (client_secret_post).') }),
    ...(methods.includes('private_key_jwt') && {
      client_assertion_type: text('What the assertion is (RFC 7523 section 2.2).', constant(ASSERTION_TYPE)),
      client_assertion: text('What the client signed (private_key_jwt).'),
    }),
  },
});

const FORM_BODY = { required: true, content: { 'application/x-www-form-urlencoded': { schema: schema('TokenForm') } } };

const REVOKE = {
  operationId: 'revokeToken',
  tags: ['oauth'],
  summary: 'Revokes a token (RFC 7009)',
  description: 'A public client names itself by client_id alone. A token that is unknown, expired or revoked is answered as one that was revoked just now.',
  requestBody: FORM_BODY,
};

const REVOKED = answer("The token is revoked, or was none of this client's that could be.");

const INTROSPECT = {
  operationId: 'introspectToken',
  tags: ['oauth'],
  summary: 'Says what a token is good for (RFC 7662)',
  description: 'A token that is unknown, expired or revoked, or that does not concern the caller, is inactive, and nothing else is said of it.',
  requestBody: FORM_BODY,
};

/** RFC 6749 section 5.2: no quotes, no backslashes. */
const ERROR = closed({ error: text('What is wrong, for programs.'), error_description: text('What is wrong.', { pattern: '^[ !#-\\[\\]-~]+$' }) });

/** What some gateway may turn into a header. */
const FLAT: Schema = { anyOf: [{ type: ['string', 'number', 'boolean'] }, { type: 'array', items: { type: 'string' } }] };
const SECONDS: Schema = { type: 'number', description: 'Seconds since 1970.' };

const INACTIVE = closed({ active: { const: false } });
const ACTIVE: Schema = {
  type: 'object',
  required: ['active', 'exp'],
  properties: {
    active: { const: true },
    exp: SECONDS,
    iat: SECONDS,
    nbf: SECONDS,
    scope: text('Scopes, separated by spaces.'),
    client_id: text('The client that the token was issued to.'),
    sub: text('The user.'),
    username: text('The user, for humans.'),
    aud: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }], description: 'Whom the token is for.' },
    iss: text('The issuer.'),
    jti: text('The id of the token.'),
    sid: text('The session.'),
    token_type: text('How the token is presented: `Bearer` or `DPoP`.'),
    cnf: { description: 'What the token is bound to, as it says itself (RFC 7800).' },
  },
  additionalProperties: { ...FLAT, description: 'What the application adds.' },
};

function introspected(signs: boolean): ApiResponse {
  const json = answer('What the token is good for, or that it is inactive.', { oneOf: [schema('ActiveToken'), schema('InactiveToken')] });
  if (!signs) return json;
  const jwt = text('The same as a signed JWT, in its member token_introspection (RFC 9701).', { pattern: '^[\\w-]+\\.[\\w-]+\\.[\\w-]+$' });
  const Vary = header('By the type that is asked for.', { type: 'string', pattern: '\\bAccept\\b' });
  return { ...json, headers: { ...json.headers, Vary }, content: { ...json.content, [INTROSPECTION_JWT]: { schema: jwt } } };
}

type Headers = Readonly<Record<string, Header>>;
type Refusals = Readonly<Record<number, readonly [description: string, errors: readonly OAuthErrorCode[], headers?: Headers]>>;

const BASIC = 'Basic realm="oauth", charset="UTF-8"';

const COMMON_ERRORS = {
  401: ['The client has not proved who it is.', ['invalid_client'], challenge(`^${BASIC}$`)],
  405: ['Another method than POST.', ['invalid_request'], allow('POST')],
  413: ['The body is too large.', ['invalid_request']],
  500: ['Something in front of this endpoint has read the body without parsing it.', ['server_error']],
  503: ['It could not be done. Repeat it: that does no harm.', ['temporarily_unavailable'], RETRY_AFTER],
} as const satisfies Refusals;

const REVOKE_ERRORS: Refusals = {
  400: [
    "The request is not valid, or the token is another client's, or of a kind that cannot be revoked.",
    ['invalid_request', 'invalid_grant', 'unsupported_token_type'],
  ],
  ...COMMON_ERRORS,
};

const INTROSPECT_ERRORS: Refusals = { 400: ['The request is not valid.', ['invalid_request']], ...COMMON_ERRORS };

const TOO_MANY: Refusals = { 429: ['The client has failed to authenticate too often. Wait.', ['temporarily_unavailable'], RETRY_AFTER] };

function refusals(errors: Refusals): Operation['responses'] {
  return Object.fromEntries(Object.entries(errors).map(([status, [description, codes, headers]]) => [status, refusal(description, codes, headers)]));
}

function refusal(description: string, codes: readonly string[], headers: Headers = {}): ApiResponse {
  return answer(description, { allOf: [schema('OAuthError')], properties: { error: { enum: codes } } }, headers);
}

const BEARER = 'Bearer realm="introspection", error="';

/** The same where a caller may also come with an access token (RFC 6750 section 3.1). */
const BEARER_REFUSALS = {
  400: refusal('The request is not valid.', ['invalid_request'], {
    'WWW-Authenticate': optionalHeader('Where an access token is presented in a way that is not allowed.', {
      type: 'string',
      pattern: `^${BEARER}invalid_request"`,
    }),
  }),
  401: refusal(
    'The caller has not proved who it is, or its access token is not accepted.',
    ['invalid_client', 'invalid_token'],
    challenge(`^(${BASIC}$|${BEARER}invalid_token")`),
  ),
  403: refusal('The access token lacks the scope, or is the one in question.', ['insufficient_scope'], challenge(`^${BEARER}insufficient_scope"`)),
};
