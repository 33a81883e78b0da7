import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import { serveWorker } from '../harness/serve-worker.js';
import { buildMiddleware, type SideInput } from './middleware.js';

/** What is asked of a server beside its requests. */
export const answers = {
  /** Serves one side, and says on which port. */
  async serve(input: SideInput): Promise<number> {
    const app = express();
    app.get('/orders/:id', ...(await buildMiddleware(input)), (req, res) => {
      res.json({ id: req.params['id'], status: 'paid', total: 4200, currency: 'EUR', items: [{ sku: 'A-1', quantity: 2 }] });
    });
    app.use(refuse);
    const server = createServer(app);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  },
  cpu: (): NodeJS.CpuUsage => process.cpuUsage(),
};

/** Not reached by a token that is accepted. Express's own would print each refusal. */
const refuse: ErrorRequestHandler = (error: { status?: number }, _req, res, next) => {
  if (res.headersSent) next(error);
  else res.status(error.status ?? 500).end();
};

serveWorker(answers);
