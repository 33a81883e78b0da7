import { accessToken, callerSecurity } from '../openapi/callers.js';
import { allow, answer, challenge, closed, constant, RETRY_AFTER, schema, text } from '../openapi/parts.js';
import type { ApiGroup, ApiResponse, Operation, Parameter } from '../openapi/parts.js';
import type { SessionOptions } from './session-routes.js';

/** The session endpoints, described. */
export function sessionApi({ authenticate }: SessionOptions): ApiGroup {
  const { security, securitySchemes } = callerSecurity(authenticate);
  const operation = (own: Pick<Operation, 'operationId' | 'summary' | 'description' | 'parameters'>, responses: Operation['responses']): Operation => {
    return { ...own, tags: ['sessions'], security, responses };
  };
  return {
    tag: { name: 'sessions', description: 'Users sign out, and administrators sign users out.' },
    paths: {
      '/sessions/{sessionId}': { delete: operation(END_SESSION, ONE_SESSION) },
      '/users/{userId}/sessions': { delete: operation(END_SESSIONS_OF_USER, OF_USER) },
      '/users/{userId}/clients/{clientId}/tokens': { delete: operation(END_CLIENT_OF_USER, OF_USER) },
    },
    schemas: { SessionError: ERROR },
    securitySchemes,
  };
}

const END_SESSION = {
  operationId: 'endSession',
  summary: 'Ends a session',
  description: 'Tokens that carry the session die with it.',
  parameters: [id('sessionId', 'The `sid` of its tokens.')],
} as const;

const END_SESSIONS_OF_USER = {
  operationId: 'endSessionsOfUser',
  summary: 'Ends the sessions of a user',
  description: 'Tokens that carry a session die. Tokens without one live on, unless `oauthTokens` is true.',
  parameters: [
    id('userId', 'The `sub` of the tokens.'),
    either('oauthTokens', 'Every token of the user dies, with a session or without.'),
    either('excludeCurrent', "The caller's own session is kept. Takes tracked sessions, and a caller with a session."),
  ],
} as const;

const END_CLIENT_OF_USER = {
  operationId: 'endClientOfUser',
  summary: 'Ends the tokens of a user at one client',
  parameters: [id('userId', 'The `sub` of the tokens.'), id('clientId', 'The client of the tokens.')],
} as const;

function id(name: string, description: string): Parameter {
  return { name, in: 'path', required: true, description, schema: text('1 to 256 bytes of UTF-8.', { minLength: 1, maxLength: 256 }) };
}

function either(name: string, description: string): Parameter {
  return { name, in: 'query', required: false, description, schema: { type: 'boolean', default: false } };
}

const ERROR = closed({
  errorCode: text('A code as Okta numbers them.', { pattern: '^E[0-9]{7}$' }),
  errorSummary: text('What is wrong.'),
  errorLink: text('The code again.'),
  errorId: text('To be found again in logs.', { format: 'uuid' }),
  errorCauses: { type: 'array', items: closed({ errorSummary: text('What is wrong in particular.') }) },
});

function refusal(description: string, errorCode: string, headers = {}): ApiResponse {
  const body = { allOf: [schema('SessionError')], properties: { errorCode: constant(errorCode), errorLink: constant(errorCode) } };
  return answer(description, body, headers);
}

const ONE_SESSION = {
  204: answer('It has ended.'),
  400: refusal('An id or a parameter is not valid.', 'E0000001'),
  401: refusal('Nobody known is calling.', 'E0000011', challenge(`^${accessToken('sessions')}$`)),
  404: refusal('There is no such user or session within reach of the caller.', 'E0000007'),
  405: refusal('Another method than DELETE.', 'E0000022', allow('DELETE')),
  503: refusal('It could not be recorded. Repeat it: that does no harm.', 'E0000009', RETRY_AFTER),
};

const OF_USER = { ...ONE_SESSION, 204: answer('They have ended.'), 403: refusal('A user may do this to nobody else.', 'E0000006') };
