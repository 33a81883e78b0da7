import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import express, { Router, type RequestHandler } from 'express';
import helmet from 'helmet';
import { HttpError } from '../http/errors.js';

const DIRECTORY = fileURLToPath(new URL('page/', import.meta.url));

/** All that the page needs comes from here, as files: no script or style stands in the HTML, none is made of text. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["'none'"],
  },
};

/** The page: HTML, style sheets and scripts as they stand in the folder `page`. */
export function pageFiles(): Router {
  const router = Router();
  router.use(helmet({ contentSecurityPolicy, referrerPolicy: { policy: 'no-referrer' } }));
  router.get('/', (_req, res) => {
    res.sendFile('index.html', { root: DIRECTORY, cacheControl: false });
  });
  router.use(express.static(DIRECTORY, { index: false, redirect: false, cacheControl: false }));
  return router;
}

/**
 * Refuses requests by any name but localhost. Whoever owns a name can let it point here (DNS rebinding): then a page of theirs could
 * use the console of whoever looks at it, whose operator's password everybody knows.
 */
export const onlyByAddress: RequestHandler = (req, _res, next) => {
  const url = `http://${req.get('host') ?? ''}`;
  const name = URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
  if (name !== 'localhost' && isIP(name) === 0) throw new HttpError(403, 'forbidden', 'The console answers to localhost and to addresses, not to names');
  next();
};
