import helmet from 'helmet';
import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response, Router } from 'express';

/** Handlers are async functions; whatever they reject with goes to the group's own error handler. Express 4 would not see it. */
export function handler(work: (req: Request, res: Response) => Promise<void>): RequestHandler {
  return function handle(req: Request, res: Response, next: NextFunction): void {
    work(req, res).catch(next);
  };
}

export const helmetHeaders = helmet({
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
});

/** Headers for answers that are never a page, and that no cache may keep (RFC 7009 and 7662 ask for that). */
const apiHeaders: RequestHandler = (req, res, next) => {
  res.set('Cache-Control', 'no-store');
  helmetHeaders(req, res, next);
};

/** Serves one path for one method; with GET goes HEAD (RFC 9110 section 9.3.2). Whatever else is sent there has no effect. */
export function endpoint(router: Router, method: 'GET' | 'POST' | 'DELETE', path: string, wrongMethod: () => Error, ...handlers: RequestHandler[]): void {
  const methods = method === 'GET' ? ['GET', 'HEAD'] : [method];
  const onlyMethod: RequestHandler = (req, res, next) => {
    if (methods.includes(req.method)) {
      next();
      return;
    }
    res.set('Allow', methods.join(', '));
    next(wrongMethod());
  };
  router.all(path, apiHeaders, onlyMethod, ...handlers);
}

/**
 * The last handler of a group: errors that `recognise` knows are sent in the group's shape; all else is the application's.
 * The headers are set once more, because a path that Express cannot decode reaches no endpoint before it gets here.
 */
export function errorsAs<E>(recognise: (error: unknown) => E | undefined, send: (res: Response, error: E) => void): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const known = res.headersSent ? undefined : recognise(error);
    if (known === undefined) next(error);
    else apiHeaders(req, res, () => { send(res, known); });
  };
}

/** The body of a request that was answered before it was read. Express and body-parser say so in `type`. */
export function bodyErrorType(error: unknown): string | undefined {
  const type = (error as { type?: unknown } | undefined)?.type;
  return typeof type === 'string' ? type : undefined;
}

/** Status that Express or body-parser gave an error of the client's: 400 to 499. */
export function clientErrorStatus(error: unknown): number | undefined {
  const status = (error as { status?: unknown } | undefined)?.status;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

/**
 * A path that is no valid percent-encoding: Express refuses to decode it, and marks the error 400. Unmarked, or of another kind,
 * it comes out of an application's hook, and is the application's.
 */
export function isUndecodablePath(error: unknown): boolean {
  return error instanceof URIError && clientErrorStatus(error) === 400;
}

/** Ties a revocation to a request of the application's logs. */
export function requestIdOf(req: Request): { requestId?: string } {
  const requestId = req.get('x-request-id');
  return requestId === undefined ? {} : { requestId };
}
