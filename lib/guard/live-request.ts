import type { Request } from 'express';
import type { LiveAuth } from '../policy/authenticator.js';

/**
 * A request that `requireLiveToken` has seen: for handlers, where `req.auth` is not typed everywhere by `import 'livetoken/req-auth'`.
 * `LiveRequest<Request<{ id: string }>>` where a request has types of its own.
 */
export type LiveRequest<R extends Request = Request> = R & { auth?: LiveAuth };
