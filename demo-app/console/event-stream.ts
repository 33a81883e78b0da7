import type { Response } from 'express';
import type { Tell } from './console-events.js';

/** A line that says nothing, often enough that nobody takes the silence for a connection that is dead. */
const KEEP_ALIVE_MS = 15_000;

/** Server-sent events until one of the signals aborts, or the client goes. */
export function eventStream(res: Response, ends: readonly AbortSignal[], join: (tell: Tell) => () => void): void {
  if (res.destroyed) return; // the client has gone while its token was looked at
  res.type('text/event-stream');
  res.flushHeaders();
  const leave = join((event, data) => { send(res, `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`); });
  const keepAlive = setInterval(() => { send(res, ':\n\n'); }, KEEP_ALIVE_MS);
  const end = (): void => { res.end(); };
  for (const signal of ends) signal.addEventListener('abort', end);
  res.once('close', () => {
    clearInterval(keepAlive);
    leave();
    for (const signal of ends) signal.removeEventListener('abort', end);
  });
  if (ends.some(({ aborted }) => aborted)) end();
}

/** Most that waits in memory for a client that does not read. */
const MAX_WAITING_BYTES = 1_000_000;

/** Nothing may be left out, or the page would show what is not so. Who is too slow is cut off, comes back, and is told all. */
function send(res: Response, text: string): void {
  if (res.writableEnded || res.destroyed) return;
  res.write(text);
  if (res.writableLength > MAX_WAITING_BYTES) res.destroy();
}
