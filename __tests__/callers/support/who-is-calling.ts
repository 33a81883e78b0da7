import { once } from 'node:events';
import type { Server } from 'node:http';
import express5, { type ErrorRequestHandler, type RequestHandler } from 'express';
import type { Authenticate } from 'livetoken';
import { sendRaw } from '../../support/send-raw.js';

/** Asks an `authenticate` function, over HTTP, who is calling. */
export interface WhoIsCalling {
  /** `headers`: those of the request; a string is its Authorization header. Answers `none` for no credentials. */
  ask(headers?: string | Readonly<Record<string, string | string[]>>, path?: string): Promise<unknown>;
}

const servers: Server[] = [];

export async function whoIsCalling(authenticate: Authenticate, express = express5, ...before: readonly RequestHandler[]): Promise<WhoIsCalling> {
  const app = express();
  for (const each of before) app.use(each);
  app.use((req, res, next) => {
    authenticate(req).then(caller => res.json({ caller: caller ?? 'none' }), next);
  });
  app.use(((error, _req, res, next) => {
    if (res.headersSent) next(error);
    else res.json({ failed: (error as Error).message });
  }) as ErrorRequestHandler);
  const server = app.listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return {
    async ask(headers = {}, path = '/') {
      const { text } = await sendRaw(server, 'POST', path, typeof headers === 'string' ? { authorization: headers } : headers);
      const answer = JSON.parse(text) as { caller?: unknown; failed?: string };
      return answer.failed === undefined ? answer.caller : `failed: ${answer.failed}`;
    },
  };
}

export function hangUp(): void {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
}
