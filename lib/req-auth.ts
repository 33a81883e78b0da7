import type { LiveAuth } from './policy/authenticator.js';

// Types and nothing else, and not part of the package's main entry: an application may declare a property once, and other
// libraries declare their `req.auth` too.
declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- the only way to add a property to Express's request
  namespace Express {
    interface Request {
      /** Set by `requireLiveToken`: the token of this request is live. */
      auth?: LiveAuth;
    }
  }
}
