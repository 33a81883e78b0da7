import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import express from 'express';
import { guardOf, type Guard } from '../harness/guard.js';
import type { CheckingKey } from '../harness/issuer.js';
import { serveWorker } from '../harness/serve-worker.js';
import { claimsOf } from '../measures/claims-of.js';

export interface Refusals {
  readonly at: readonly bigint[];
  /** `monitorEventLoopDelay`, its own millisecond included. */
  readonly longestBlockMs: number;
}

let replica: Guard;
let direct: Guard;
const delays = monitorEventLoopDelay({ resolution: 1 });
const watched = new Map<string, { readonly refused: Promise<bigint>; readonly signal: AbortSignal }>();

/** A process that serves requests and hears of what another one has revoked. */
export const answers = {
  /** Says on which port. */
  async serve({ key, redisUrl }: { key: CheckingKey; redisUrl: string }): Promise<number> {
    replica = await guardOf('replica + remembered', key, redisUrl);
    direct = await guardOf('direct', key, redisUrl);
    await Promise.all([replica.live.ready(), direct.live.ready()]);
    const app = express();
    app.get('/orders/:id', replica.requireLiveToken(replica.live), (req, res) => { res.json({ id: req.params['id'], status: 'paid' }); });
    const server = createServer(app);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  },
  /** From now on, when each of these is refused is noted down. */
  async watch(tokens: readonly string[]): Promise<void> {
    for (const token of tokens) watched.set(token, await untilRefused(token));
    delays.reset();
    delays.enable();
  },
  /** When they were refused for the first time, and for how long at most this process did nothing else meanwhile. */
  async refusals(tokens: readonly string[]): Promise<Refusals> {
    const at = await Promise.all(tokens.map(token => watched.get(token)?.refused ?? Promise.reject(new Error('Not watched.'))));
    for (const token of tokens) watched.delete(token);
    delays.disable();
    return { at, longestBlockMs: delays.max / 1e6 };
  },
  /** What an instance without a copy does at the next request of a token that has been revoked: milliseconds until it knows. */
  async askRedis(token: string): Promise<number> {
    const claims = claimsOf(token);
    const startedAtMs = performance.now();
    const verdict = await direct.live.check(claims);
    const tookMs = performance.now() - startedAtMs;
    if (verdict.live || verdict.reason !== 'revoked') throw new Error('Redis was asked and did not know of a revocation.');
    return tookMs;
  },
  cpu: (): NodeJS.CpuUsage => process.cpuUsage(),
};

/** The signal is kept: nobody else holds on to it. */
async function untilRefused(token: string): Promise<{ readonly refused: Promise<bigint>; readonly signal: AbortSignal }> {
  const { live } = replica;
  const { claims } = await live.authenticate(token);
  const signal = live.watch(claims);
  const refused = new Promise<bigint>((resolve, reject) => {
    signal.addEventListener('abort', () => {
      const at = process.hrtime.bigint();
      const { reason } = signal.reason as { reason?: unknown };
      // The guard answers from the same place: at this moment it must refuse the token as well.
      if (reason === 'revoked' && live.recall(token) === undefined) resolve(at);
      else reject(new Error('A watch ended, but not because its token is refused from now on.'));
    });
  });
  return { refused, signal };
}

serveWorker(answers);
