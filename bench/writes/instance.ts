import type { Issuer } from '../harness/issuer.js';
import { micros } from '../harness/machine-load.js';
import { startRedis, type BenchRedis } from '../harness/redis.js';
import type { Settings } from '../harness/settings.js';
import { startWorker, type Worker } from '../harness/worker.js';
import { KeepAlive } from '../measures/keep-alive.js';
import { inLanes } from '../measures/lanes.js';
import { amongOthers, type Surroundings } from '../measures/others.js';
import type { Job, WritesSide } from './jobs.js';
import { CLIENT } from './revokers.js';
import type { answers } from './writing-worker.js';

/** A process of one side, with a Redis of its own. */
export interface Instance {
  readonly side: WritesSide;
  readonly redis: BenchRedis;
  readonly worker: Worker<typeof answers>;
  readonly port: number;
  readonly issuer: Issuer;
}

export interface Slice {
  readonly perSecond: number;
  /** Microseconds of CPU for each revocation: of the process that revokes, and of Redis. */
  readonly processMicros: number;
  readonly redisMicros: number;
  readonly surroundings: Surroundings;
}

export async function startInstance(side: WritesSide, issuer: Issuer, settings: Settings): Promise<Instance> {
  const redis = await startRedis();
  const worker = startWorker<typeof answers>(new URL('./writing-worker.ts', import.meta.url), settings);
  const port = await worker.ask('prepare', { side, key: issuer.key, redisUrl: redis.url });
  return { side, redis, worker, port, issuer };
}

export async function stopInstance({ worker, redis }: Instance): Promise<void> {
  await worker.stop();
  await redis.stop();
}

export async function measureSlice(instance: Instance, job: Job): Promise<Slice> {
  const { redis, worker } = instance;
  // Signing takes longer than revoking, and is done before.
  const requests = Array.from({ length: job.kind === 'http' ? job.tokens : 0 }, () => revocation(instance.issuer));
  const before = await readings(instance);
  const { result: elapsedMs, surroundings } = await amongOthers({ redis, workers: [worker] }, () =>
    job.kind === 'http' ? postAll(instance.port, requests, job.underWay) : worker.ask('revoke', job));
  const after = await readings(instance);
  const written = after.written - before.written;
  if (written !== job.tokens) throw new Error(`${instance.side}, ${job.name}: ${written} revocations were written, and not ${job.tokens}.`);
  return {
    perSecond: (job.tokens * 1000) / elapsedMs,
    processMicros: (after.processMicros - before.processMicros) / job.tokens,
    redisMicros: (after.redisMicros - before.redisMicros) / job.tokens,
    surroundings,
  };
}

async function readings({ side, redis, worker }: Instance) {
  const written = side === 'livetoken' ? await redis.client.xlen('{livetoken:default}:log') : await redis.client.dbsize();
  return { written, redisMicros: await redis.cpuMicros(), processMicros: micros(await worker.ask('cpu')) };
}

/** Milliseconds that it took. */
async function postAll(port: number, requests: readonly Buffer[], underWay: number): Promise<number> {
  const connections = await Promise.all(Array.from({ length: underWay }, () => KeepAlive.open(port)));
  try {
    const startedAtMs = performance.now();
    await inLanes(requests, underWay, (request, lane) => (connections[lane] as KeepAlive).exchange(request));
    return performance.now() - startedAtMs;
  } finally {
    for (const connection of connections) connection.close();
  }
}

function revocation(issuer: Issuer): Buffer {
  const { token } = issuer.issue({ client_id: CLIENT.id });
  const body = `token=${token}&token_type_hint=access_token`;
  const lines = [
    'POST /revoke HTTP/1.1',
    'Host: 127.0.0.1',
    'Connection: keep-alive',
    'User-Agent: livetoken-bench',
    `Authorization: Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
