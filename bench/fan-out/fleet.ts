import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Issuer } from '../harness/issuer.js';
import { micros } from '../harness/machine-load.js';
import { say } from '../harness/part.js';
import type { BenchRedis } from '../harness/redis.js';
import type { Settings } from '../harness/settings.js';
import { startWorker, type Worker } from '../harness/worker.js';
import { amongOthers, type Surroundings } from '../measures/others.js';
import { redisFigures, type RedisFigures } from '../measures/redis-figures.js';
import type { answers as revokingAnswers, Revoked } from '../measures/revoking-worker.js';
import { msBetween, times, type Times } from '../measures/times.js';
import type { answers } from './replicas-worker.js';

/** Processes that the replicas are spread over. */
const PROCESSES = 4;

/** Replicas on one Redis, and a process that revokes, whose copy is one more. */
export interface Fleet {
  readonly replicas: number;
  readonly redis: BenchRedis;
  readonly processes: readonly Worker<typeof answers>[];
  readonly revoking: Worker<typeof revokingAnswers>;
}

export interface Observation {
  readonly replicas: number;
  readonly revocationsPerSecond: number;
  /** How many there were, where Redis or this machine did not keep up. */
  readonly reachedPerSecond: number;
  /** Milliseconds from `revoke()` having resolved until a replica refuses, over all replicas and revocations. */
  readonly propagation: Times | undefined;
  /** The same, until the last replica refuses. */
  readonly last: Times | undefined;
  /** Shares of one core. */
  readonly redisCores: number;
  readonly replicaCores: number;
  readonly commandsPerSecond: number;
  readonly receivedBytesPerSecond: number;
  readonly sentBytesPerSecond: number;
  readonly connections: number;
  /** How often a replica was stale for a while, and asked Redis at every check. */
  readonly lapses: number;
  readonly surroundings: Surroundings;
}

export async function startFleet(redis: BenchRedis, replicas: number, settings: Settings): Promise<Fleet> {
  say(`fan-out: starting ${replicas} replicas in ${PROCESSES} processes`);
  const processes = Array.from({ length: PROCESSES }, () => startWorker<typeof answers>(new URL('./replicas-worker.ts', import.meta.url), settings));
  const revoking = startWorker<typeof revokingAnswers>(new URL('../measures/revoking-worker.ts', import.meta.url), settings);
  await revoking.ask('prepare', { key: new Issuer('HS256').key, redisUrl: redis.url });
  for (const worker of processes) await worker.ask('open', { redisUrl: redis.url, replicas: replicas / PROCESSES });
  return { replicas, redis, processes, revoking };
}

export async function stopFleet({ processes, revoking }: Fleet): Promise<void> {
  await Promise.all([...processes, revoking].map(worker => worker.stop()));
}

export async function observe(fleet: Fleet, revocationsPerSecond: number, seconds: number): Promise<Observation> {
  const { redis, processes, revoking } = fleet;
  const startedAtMs = performance.now();
  const before = await readings(fleet);
  const { result: revoked, surroundings } = await amongOthers({ redis, workers: [...processes, revoking] }, async () => {
    if (revocationsPerSecond > 0) return revokeAtRate(revoking, revocationsPerSecond, seconds);
    await sleep(seconds * 1000);
    return [];
  });
  const after = await readings(fleet);
  const elapsedS = (performance.now() - startedAtMs) / 1000;
  const perSecond = (of: (figures: RedisFigures) => number): number => (of(after.redis) - of(before.redis)) / elapsedS;
  return {
    replicas: fleet.replicas,
    revocationsPerSecond,
    reachedPerSecond: revoked.length / elapsedS,
    ...(await propagation(processes, revoked)),
    redisCores: perSecond(({ cpuMicros }) => cpuMicros) / 1e6,
    replicaCores: (after.replicaMicros - before.replicaMicros) / (elapsedS * 1e6),
    commandsPerSecond: perSecond(({ commands }) => commands),
    receivedBytesPerSecond: perSecond(({ receivedBytes }) => receivedBytes),
    sentBytesPerSecond: perSecond(({ sentBytes }) => sentBytes),
    connections: after.redis.connections,
    lapses: (await Promise.all(processes.map(worker => worker.ask('lapses')))).reduce((sum, each) => sum + each, 0),
    surroundings,
  };
}

async function revokeAtRate(revoking: Fleet['revoking'], perSecond: number, seconds: number): Promise<readonly Revoked[]> {
  const targets = Array.from({ length: perSecond * seconds }, () => ({ kind: 'token', id: randomUUID(), organisation: 'org-1' }) as const);
  return revoking.ask('revoke', { targets, everyMs: 1000 / perSecond });
}

async function propagation(processes: Fleet['processes'], revoked: readonly Revoked[]): Promise<Pick<Observation, 'propagation' | 'last'>> {
  if (revoked.length === 0) return { propagation: undefined, last: undefined };
  const keys = revoked.map(({ key }) => key);
  const learned = await Promise.all(processes.map(worker => worker.ask('collect', keys)));
  const delays = revoked.map(({ resolvedAt }, i) => learned.flatMap(of => of[i] ?? []).map(at => msBetween(resolvedAt, at)));
  return { propagation: times(delays.flat()), last: times(delays.map(each => Math.max(...each))) };
}

async function readings({ redis, processes }: Fleet) {
  const used = await Promise.all(processes.map(worker => worker.ask('cpu')));
  return { redis: await redisFigures(redis), replicaMicros: used.reduce((sum, each) => sum + micros(each), 0) };
}
