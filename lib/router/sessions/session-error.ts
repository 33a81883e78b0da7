import { randomUUID } from 'node:crypto';
import type { Response } from 'express';
import { InvalidTargetError, isUnavailable } from '../../errors.js';
import { errorsAs, isUndecodablePath } from '../http.js';

export type SessionErrorCode = 'invalid_request' | 'unauthorized' | 'forbidden' | 'not_found' | 'method_not_allowed' | 'temporarily_unavailable';

/** Codes as Okta numbers them, so that clients written for its API understand ours. */
const ERRORS: Readonly<Record<SessionErrorCode, { readonly status: number; readonly errorCode: string; readonly summary: string }>> = {
  invalid_request: { status: 400, errorCode: 'E0000001', summary: 'The request is not valid' },
  unauthorized: { status: 401, errorCode: 'E0000011', summary: 'A live access token is needed' },
  forbidden: { status: 403, errorCode: 'E0000006', summary: 'The caller may not do this' },
  not_found: { status: 404, errorCode: 'E0000007', summary: 'There is no such user or session' },
  method_not_allowed: { status: 405, errorCode: 'E0000022', summary: 'This endpoint takes DELETE only' },
  temporarily_unavailable: { status: 503, errorCode: 'E0000009', summary: 'The revocation could not be recorded right now; repeat it' },
};

/** An error of the session endpoints. `cause` is a constant text that says more. */
export class SessionError extends Error {
  readonly code: SessionErrorCode;
  readonly causes: readonly string[];
  constructor(code: SessionErrorCode, ...causes: readonly string[]) {
    super(ERRORS[code].summary);
    this.code = code;
    this.causes = causes;
  }
}

function sendSessionError(res: Response, { code, causes }: SessionError): void {
  const { status, errorCode, summary } = ERRORS[code];
  if (status === 401) res.set('WWW-Authenticate', 'Bearer realm="sessions"');
  if (status === 503) res.set('Retry-After', '1');
  const errorCauses = causes.map(errorSummary => ({ errorSummary }));
  res.status(status).json({ errorCode, errorSummary: summary, errorLink: errorCode, errorId: randomUUID(), errorCauses });
}

export const sessionErrors = errorsAs(toSessionError, sendSessionError);

function toSessionError(error: unknown): SessionError | undefined {
  if (error instanceof SessionError) return error;
  if (isUnavailable(error)) return new SessionError('temporarily_unavailable');
  if (error instanceof InvalidTargetError || isUndecodablePath(error)) {
    return new SessionError('invalid_request', 'An id is 1 to 256 bytes of well-formed UTF-8');
  }
  return undefined;
}
