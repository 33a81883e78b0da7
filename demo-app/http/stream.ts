import { Router, type Response } from 'express';
import { InvalidTokenError, requireLiveToken, type LiveTokens } from 'livetoken';
import { onlyMethods } from './errors.js';
import { claimsOf } from './guarded-api.js';

export interface StreamContext {
  readonly live: LiveTokens;
  /** Ends every stream: the server is about to close. */
  readonly stopping: AbortSignal;
}

const EVERY_MS = 1000;

/**
 * Events for as long as the token is live. A guard judges the token when a request comes; here the answer goes on, so the token
 * is watched. Its last event says why it ended.
 */
export function stream({ live, stopping }: StreamContext): Router {
  const router = Router();
  router
    .route('/stream')
    .get(requireLiveToken(live, { exposeReason: true }), (req, res) => {
      res.type('text/event-stream');
      if (req.method === 'HEAD') res.end();
      else tellTime(res, live.watch(claimsOf(req), { until: res }), stopping);
    })
    .all(onlyMethods('GET', 'HEAD'));
  return router;
}

function tellTime(res: Response, watched: AbortSignal, stopping: AbortSignal): void {
  if (res.destroyed) return; // the client has gone while its token was looked at
  const tell = (): void => { send(res, 'time', new Date().toISOString()); };
  const end = (): void => { endWith(watched.aborted ? reasonOf(watched.reason) : 'closing', res); };
  const timer = setInterval(tell, EVERY_MS);
  watched.addEventListener('abort', end);
  stopping.addEventListener('abort', end);
  res.once('close', () => {
    clearInterval(timer);
    stopping.removeEventListener('abort', end);
  });
  if (watched.aborted || stopping.aborted) end();
  else tell();
}

/** What a client does not read waits in memory here: it gets no more until it has read that. */
function send(res: Response, event: string, data: string): void {
  if (!res.writableNeedDrain && !res.writableEnded) res.write(asText(event, data));
}

/** A client that has not read what came before would not read this either, and the connection would stay. */
function endWith(reason: string, res: Response): void {
  if (res.writableNeedDrain) res.destroy();
  else if (!res.writableEnded) res.end(asText('end', reason));
}

const asText = (event: string, data: string): string => `event: ${event}\ndata: ${data}\n\n`;

/** A code from a fixed list, which names neither the token nor what was revoked. */
function reasonOf(error: unknown): string {
  return error instanceof InvalidTokenError ? error.reason : 'unavailable';
}
