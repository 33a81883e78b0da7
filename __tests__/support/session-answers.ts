import type { Response } from 'supertest';

/** The error codes of the session endpoints, by status. */
const ERRORS = {
  400: ['E0000001', 'The request is not valid'],
  401: ['E0000011', 'A live access token is needed'],
  403: ['E0000006', 'The caller may not do this'],
  404: ['E0000007', 'There is no such user or session'],
  405: ['E0000022', 'This endpoint takes DELETE only'],
  503: ['E0000009', 'The revocation could not be recorded right now; repeat it'],
} as const;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The exact body of a refusal. */
export function sessionError(status: keyof typeof ERRORS, ...causes: readonly string[]) {
  const [errorCode, errorSummary] = ERRORS[status];
  const errorCauses = causes.map(cause => ({ errorSummary: cause }));
  return { errorCode, errorSummary, errorLink: errorCode, errorId: expect.stringMatching(UUID), errorCauses };
}

/** All that a caller gets to see, apart from what is drawn anew for each answer: date, errorId, and the ETag made of it. */
export function bytesOf({ status, headers, text }: Response) {
  const { date: _date, etag: _etag, ...others } = headers as Record<string, string>;
  return { status, headers: others, text: text.replace(/"errorId":"[^"]*"/, '"errorId":""') };
}
