/** Why a token is refused. Stable: code may branch on it, and the guard may show it to the caller on request. */
export type RefusalReason =
  | 'malformed'
  | 'too_long'
  | 'bad_signature'
  | 'wrong_algorithm'
  | 'unknown_key'
  | 'unsupported_critical_header'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'wrong_type'
  | 'not_an_access_token'
  | 'sender_constrained'
  | 'expired'
  | 'not_yet_valid'
  | 'issued_in_future'
  | 'lifetime_too_long'
  | 'unrevocable'
  | 'revoked'
  | 'replayed'
  | 'not_verified';

const REASONS: Readonly<Record<RefusalReason, true>> = {
  malformed: true,
  too_long: true,
  bad_signature: true,
  wrong_algorithm: true,
  unknown_key: true,
  unsupported_critical_header: true,
  wrong_issuer: true,
  wrong_audience: true,
  wrong_type: true,
  not_an_access_token: true,
  sender_constrained: true,
  expired: true,
  not_yet_valid: true,
  issued_in_future: true,
  lifetime_too_long: true,
  unrevocable: true,
  revoked: true,
  replayed: true,
  not_verified: true,
};

/** Stable codes of every error that this package throws on purpose, apart from TypeErrors for bad options. */
export type LivetokenErrorCode = 'invalid_token' | 'invalid_target' | 'store_unavailable' | 'store_full' | 'closed';

/** Base of all domain errors: a stable `code` and the HTTP `status` that fits it. Messages never hold a token, id or secret. */
export abstract class LivetokenError extends Error {
  abstract readonly code: LivetokenErrorCode;
  abstract readonly status: number;
  override get name(): string {
    return this.constructor.name;
  }
}

/**
 * The token is not acceptable (RFC 6750 section 3.1, `invalid_token`). A `verify` function of one's own may throw it; a reason that is
 * none of the list becomes `not_verified`, because reasons are labels of metrics, and shown to callers where a guard exposes them.
 */
export class InvalidTokenError extends LivetokenError {
  readonly code = 'invalid_token';
  readonly status = 401;
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason, message?: string) {
    const known = isReason(reason) ? reason : 'not_verified';
    super(message ?? `The token is refused: ${known.replaceAll('_', ' ')}.`);
    this.reason = known;
  }
}

function isReason(value: unknown): value is RefusalReason {
  return typeof value === 'string' && Object.hasOwn(REASONS, value);
}

/** What was asked to be revoked, listed or tracked is not something that can be: an empty or oversized id, an epoch to come. */
export class InvalidTargetError extends LivetokenError {
  readonly code = 'invalid_target';
  readonly status = 400;
}

/** For whoever hands such an error to `next`: Express's own error handler sends the `headers` of an error along with its status. */
const RETRY_SOON: Readonly<Record<string, string>> = Object.freeze({ 'Retry-After': '1' });

/** The store cannot tell. Never to be read as "not revoked": deny, or answer 503. */
export class StoreUnavailableError extends LivetokenError {
  readonly code = 'store_unavailable';
  readonly status = 503;
  readonly headers = RETRY_SOON;
}

/** The embedded store is at its cap. It refuses to record rather than forget what was revoked before. */
export class StoreFullError extends LivetokenError {
  readonly code = 'store_full';
  readonly status = 503;
  readonly headers = RETRY_SOON;
}

/** Asked after `close()`. */
export class ClosedError extends LivetokenError {
  readonly code = 'closed';
  readonly status = 503;
  readonly headers = RETRY_SOON;
}

/**
 * True for the errors that mean "nobody can say right now", which callers answer with 503 and Retry-After. Any error of status
 * 503 counts, so that a `verify` function of one's own can say that its keys are out of reach.
 */
export function isUnavailable(error: unknown): error is Error {
  return error instanceof Error && (error as { status?: unknown }).status === 503;
}
