import type { RequestHandler } from 'express';
import { helmetHeaders } from './http.js';

/** How long caches may keep it. */
export const PUBLIC_CACHING = 'public, max-age=300';

/** Serves a document that anybody may read, pages of every origin too. GET and HEAD only. */
export function publicDocument(document: object): RequestHandler {
  const text = JSON.stringify(document);
  return function servePublicDocument(req, res, next): void {
    helmetHeaders(req, res, (error?: unknown) => {
      if (error !== undefined) { next(error); return; }
      res.set('Access-Control-Allow-Origin', '*').type('json');
      if (req.method === 'GET' || req.method === 'HEAD') res.set('Cache-Control', PUBLIC_CACHING).send(text);
      else res.status(405).set({ Allow: 'GET, HEAD', 'Cache-Control': 'no-store' }).send(WRONG_METHOD);
    });
  };
}

const WRONG_METHOD = JSON.stringify({ error: 'invalid_request', error_description: 'This endpoint takes GET and HEAD only' });
