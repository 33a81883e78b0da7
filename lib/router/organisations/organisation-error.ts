import type { Response } from 'express';
import { InvalidTargetError, isUnavailable } from '../../errors.js';
import { errorsAs, isUndecodablePath } from '../http.js';

export type OrganisationErrorCode =
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'unsupported_media_type'
  | 'malformed_id'
  | 'malformed_dry_run'
  | 'dry_run_needs_tracking'
  | 'malformed_parameter'
  | 'unknown_parameter'
  | 'temporarily_unavailable';

const ERRORS: Readonly<Record<OrganisationErrorCode, { readonly status: number; readonly description: string }>> = {
  unauthorized: { status: 401, description: 'Authenticate with an API key (HTTP Basic) or a live access token (Bearer)' },
  forbidden: { status: 403, description: 'The caller may not revoke there' },
  not_found: { status: 404, description: 'There is no such organisation, user or token' },
  method_not_allowed: { status: 405, description: 'This endpoint takes POST only' },
  unsupported_media_type: { status: 415, description: 'Send no body, or a JSON one' },
  malformed_id: { status: 422, description: 'An id is 1 to 256 bytes of well-formed UTF-8' },
  malformed_dry_run: { status: 422, description: 'Nothing was revoked: write dryRun=true or dryRun=false in the query, exactly so and once, or leave it out' },
  dry_run_needs_tracking: { status: 422, description: 'Nothing was revoked: a dry run counts tracked tokens, and tracking is off; switch it on where tokens are issued and revoked' },
  malformed_parameter: { status: 422, description: 'A parameter has a value that it does not take' },
  unknown_parameter: { status: 422, description: 'The parameters here are userId, actor, since, until, order, cursor and limit' },
  temporarily_unavailable: { status: 503, description: 'The revocation could not be recorded right now; repeat it' },
};

/** An error of the organisation endpoints. `field` names the parameter at fault. Nothing of the request is reflected. */
export class OrganisationError extends Error {
  readonly code: OrganisationErrorCode;
  readonly field: string | undefined;
  constructor(code: OrganisationErrorCode, field?: string, description = ERRORS[code].description) {
    super(description);
    this.code = code;
    this.field = field;
  }
}

function sendOrganisationError(res: Response, { code, field, message: description }: OrganisationError): void {
  const { status } = ERRORS[code];
  if (status === 401) res.set('WWW-Authenticate', 'Basic realm="organisations", charset="UTF-8", Bearer realm="organisations"');
  if (status === 503) res.set('Retry-After', '1');
  res.status(status).json({
    returnCode: String(status),
    returnDescription: description,
    details: [{ code, description, field: field ?? null, resourceUri: null }],
  });
}

/** For what only asks: where nobody can tell, nothing was to be recorded. */
export async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw isUnavailable(error) ? new OrganisationError('temporarily_unavailable', undefined, 'That cannot be told right now; ask again') : error;
  }
}

export const organisationErrors = errorsAs(toOrganisationError, sendOrganisationError);

function toOrganisationError(error: unknown): OrganisationError | undefined {
  if (error instanceof OrganisationError) return error;
  if (isUnavailable(error)) return new OrganisationError('temporarily_unavailable');
  if (error instanceof InvalidTargetError || isUndecodablePath(error)) return new OrganisationError('malformed_id');
  return undefined;
}
