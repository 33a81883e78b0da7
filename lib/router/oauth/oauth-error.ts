import type { ErrorRequestHandler, Response } from 'express';
import { isUnavailable } from '../../errors.js';
import { errorsAs } from '../http.js';

export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unsupported_token_type'
  | 'temporarily_unavailable'
  | 'server_error';

/** An error of RFC 6749 section 5.2. The description is a constant of plain ASCII that reflects nothing of the request. */
export class OAuthError extends Error {
  readonly status: number;
  readonly code: OAuthErrorCode;
  /** Whole seconds after which to repeat the request. */
  readonly retryAfterS: number | undefined;
  constructor(status: number, code: OAuthErrorCode, description: string, retryAfterS = status === 503 ? 1 : undefined) {
    super(description);
    this.status = status;
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

/** Any 401 needs a challenge (RFC 9110 section 15.5.2), wherever the credentials stood. */
const CHALLENGE = 'Basic realm="oauth", charset="UTF-8"';

function sendOAuthError(res: Response, { status, code, message, retryAfterS }: OAuthError): void {
  if (status === 401) res.set('WWW-Authenticate', CHALLENGE);
  if (retryAfterS !== undefined) res.set('Retry-After', String(retryAfterS));
  res.status(status).json({ error: code, error_description: message });
}

/** Errors of our own go out as they are, and so does any that means "nobody can say right now"; all else is the application's. */
export const oauthErrors: ErrorRequestHandler = errorsAs(toOAuthError, sendOAuthError);

function toOAuthError(error: unknown): OAuthError | undefined {
  if (error instanceof OAuthError) return error;
  if (isUnavailable(error)) return new OAuthError(503, 'temporarily_unavailable', 'The request could not be completed right now; repeat it');
  return undefined;
}
