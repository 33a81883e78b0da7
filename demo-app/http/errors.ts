import type { ErrorRequestHandler, RequestHandler, Response } from 'express';

export interface ErrorExtras {
  readonly headers?: Readonly<Record<string, string>>;
  /** The parameter at fault. */
  readonly field?: string;
}

/** An answer other than the hoped-for one. Texts are constants: nothing of a request comes back in them. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly field: string | undefined;

  constructor(status: number, code: string, description: string, extras: ErrorExtras = {}) {
    super(description);
    this.status = status;
    this.code = code;
    this.headers = extras.headers ?? {};
    this.field = extras.field;
  }
}

/** For the last handler of a path: whatever method gets there is not one of these. */
export function onlyMethods(...methods: readonly string[]): RequestHandler {
  return () => {
    throw new HttpError(405, 'method_not_allowed', 'This path does not take that method', { headers: { Allow: methods.join(', ') } });
  };
}

/** Refuses a body of another type; none at all passes. */
export function onlyBody(type: string, status: 400 | 415): RequestHandler {
  return (req, _res, next) => {
    // Express takes a length of 0, which some clients send, for a body.
    if (req.get('content-length') !== '0' && req.is(type) === false) throw new HttpError(status, 'invalid_request', `The body must be ${type}`);
    next();
  };
}

/** Errors as the OAuth endpoints and the guard send them. */
export const jsonErrors = errorsAs((res, { code, message }) => {
  res.json({ error: code, error_description: message });
});

/** Errors in the shape of the organisation endpoints. */
export const organisationErrors = errorsAs((res, { status, code, message, field = null }) => {
  res.json({
    returnCode: String(status),
    returnDescription: message,
    details: [{ code, description: message, field, resourceUri: null }],
  });
});

function errorsAs(send: (res: Response, error: HttpError) => void): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) {
      next(error); // Express cuts the connection
      return;
    }
    const known = toHttpError(error);
    // Only the name: a message may quote what was sent.
    if (known.status === 500) console.error(`500 on ${req.method}: ${error instanceof Error ? error.name : typeof error}`);
    res.status(known.status).set(known.headers);
    send(res, known);
  };
}

function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  const { status, type } = (error ?? {}) as { readonly status?: unknown; readonly type?: unknown };
  if (status === 503) {
    const headers = { 'Retry-After': '1' };
    return new HttpError(503, 'temporarily_unavailable', 'This cannot be done right now; try again', { headers });
  }
  if (type === 'entity.too.large') return new HttpError(413, 'invalid_request', 'The request body is too large');
  // Bodies that body-parser, and paths that Express, cannot decode.
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new HttpError(400, 'invalid_request', 'The request cannot be read');
  }
  return new HttpError(500, 'server_error', 'Something went wrong on this side');
}
