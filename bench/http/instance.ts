import type { Algorithm } from '../harness/issuer.js';
import { busyMicros, micros } from '../harness/machine-load.js';
import type { BenchRedis } from '../harness/redis.js';
import { startWorker, type Worker } from '../harness/worker.js';
import type { Settings } from '../harness/settings.js';
import { openLoad } from './load.js';
import type { SideInput } from './middleware.js';
import type { answers } from './server.js';

/** A server of one side. */
export interface Instance {
  readonly worker: Worker<typeof answers>;
  readonly port: number;
}

/** One slice of one instance: costs are microseconds of CPU for each request. */
export interface Slice {
  readonly requestsPerSecond: number;
  readonly serverMicros: number;
  readonly redisMicros: number;
  /** Shares of one core. */
  readonly serverCores: number;
  readonly loadCores: number;
  /** What ran on the machine besides, in cores. */
  readonly otherCores: number;
}

/** Enough for a server to be busy all the time, and few enough not to queue for long. */
export const CONNECTIONS = 50;

export const PATH = '/orders/1001';

/** Lets connections and caches settle at the start of a slice; not measured. */
const RAMP_MS = 100;

const SERVER = new URL('./server.ts', import.meta.url);

export async function startInstance(input: SideInput, settings: Settings): Promise<Instance> {
  const worker = startWorker<typeof answers>(SERVER, settings);
  return { worker, port: await worker.ask('serve', input) };
}

/** More than this from elsewhere, and the slice is measured again. */
const NOISY_CORES = 0.1;

/** Which slice is kept depends on what other processes did, never on what was measured. */
export async function measureQuietSlice(instance: Instance, requests: readonly Buffer[], redis: BenchRedis, settings: Settings): Promise<Slice> {
  let quietest = await measureSlice(instance, requests, redis, settings.sliceMs);
  for (let again = 0; again < settings.patience && quietest.otherCores > NOISY_CORES; again++) {
    const slice = await measureSlice(instance, requests, redis, settings.sliceMs);
    if (slice.otherCores < quietest.otherCores) quietest = slice;
  }
  return quietest;
}

export async function measureSlice({ worker, port }: Instance, requests: readonly Buffer[], redis: BenchRedis, ms: number): Promise<Slice> {
  const load = await openLoad({ port, connections: CONNECTIONS, requests });
  try {
    await load.run(RAMP_MS);
    const before = await readings(worker, redis);
    const { requests: completed, elapsedMs } = await load.run(ms);
    const after = await readings(worker, redis);
    const used = { server: after.server - before.server, load: after.load - before.load, redis: after.redis - before.redis };
    const elapsedMicros = elapsedMs * 1000;
    return {
      requestsPerSecond: (completed * 1000) / elapsedMs,
      serverMicros: used.server / completed,
      redisMicros: used.redis / completed,
      serverCores: used.server / elapsedMicros,
      loadCores: used.load / elapsedMicros,
      otherCores: Math.max(0, (after.busy - before.busy - used.server - used.load - used.redis) / elapsedMicros),
    };
  } finally {
    load.close();
  }
}

async function readings(worker: Instance['worker'], redis: BenchRedis) {
  const redisMicros = await redis.cpuMicros();
  return { redis: redisMicros, server: micros(await worker.ask('cpu')), load: micros(process.cpuUsage()), busy: busyMicros() };
}

/** One token, or a pool of them: a guard that remembers tokens must not be measured on a single one alone. */
export interface Scenario {
  readonly algorithm: Algorithm;
  readonly tokens: number;
}

export const describeScenario = ({ algorithm, tokens }: Scenario): string =>
  `${algorithm}, ${tokens === 1 ? 'one token' : `pool of ${tokens.toLocaleString('en')} tokens`}`;
