import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { serveWorker } from '../harness/serve-worker.js';
import { inLanes } from '../measures/lanes.js';
import { BATCH, type Job } from './jobs.js';
import { makeRevoker, type Revoker, type RevokerInput } from './revokers.js';

let revoker: Revoker;

/** A process that revokes, by itself or when it is asked over HTTP. */
export const answers = {
  /** Says on which port it serves. */
  async prepare(input: RevokerInput): Promise<number> {
    revoker = await makeRevoker(input);
    const app = express();
    app.post('/revoke', revoker.endpoint);
    const server = createServer(app);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  },
  /** Milliseconds that it took. */
  async revoke({ kind, underWay, tokens }: Job): Promise<number> {
    const startedAtMs = performance.now();
    const calls = Array.from({ length: kind === 'batches' ? tokens / BATCH : tokens });
    await inLanes(calls, underWay, () => (kind === 'batches' ? revoker.batch(BATCH) : revoker.one()));
    return performance.now() - startedAtMs;
  },
  cpu: (): NodeJS.CpuUsage => process.cpuUsage(),
};

serveWorker(answers);
