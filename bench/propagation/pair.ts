import { setTimeout as sleep } from 'node:timers/promises';
import type { IssuedToken, Issuer } from '../harness/issuer.js';
import type { BenchRedis } from '../harness/redis.js';
import type { Settings } from '../harness/settings.js';
import { startWorker, type Worker } from '../harness/worker.js';
import { request } from '../http/load.js';
import { amongOthers, type Surroundings } from '../measures/others.js';
import type { answers as revokingAnswers } from '../measures/revoking-worker.js';
import { msBetween } from '../measures/times.js';
import type { Condition } from './conditions.js';
import type { answers as observingAnswers } from './observing-worker.js';
import { startPacedLoad } from './paced-load.js';

/** Two processes: what one revokes the other is to refuse. */
export interface Pair {
  readonly revoking: Worker<typeof revokingAnswers>;
  readonly observing: Worker<typeof observingAnswers>;
  readonly port: number;
  readonly redis: BenchRedis;
  readonly issuer: Issuer;
  readonly requests: readonly Buffer[];
}

/** All in milliseconds, one for each revocation. */
export interface Round {
  /** From `revoke()` having resolved to the refusal: negative where the other process was the first to know. */
  readonly fromResolved: readonly number[];
  /** From the call of `revoke()` to the refusal. */
  readonly fromCalled: readonly number[];
  /** How long a check takes that asks Redis, and so refuses at the next request. */
  readonly direct: readonly number[];
  /** Of the event loop of the process that refuses. */
  readonly longestBlockMs: number;
  readonly requestsPerSecond: number;
  readonly surroundings: Surroundings;
}

/** Between two revocations, on average. */
const EVERY_MS = 30;

const PATH = '/orders/1001';

export async function startPair(redis: BenchRedis, issuer: Issuer, pool: readonly IssuedToken[], settings: Settings): Promise<Pair> {
  const revoking = startWorker<typeof revokingAnswers>(new URL('../measures/revoking-worker.ts', import.meta.url), settings);
  const observing = startWorker<typeof observingAnswers>(new URL('./observing-worker.ts', import.meta.url), settings);
  const input = { key: issuer.key, redisUrl: redis.url };
  await revoking.ask('prepare', input);
  const port = await observing.ask('serve', input);
  return { revoking, observing, port, redis, issuer, requests: pool.map(({ token }) => request(PATH, token)) };
}

export async function stopPair({ revoking, observing }: Pair): Promise<void> {
  await Promise.all([revoking.stop(), observing.stop()]);
}

/** Signing takes long, and is done before anything is measured. */
export async function measureRound(pair: Pair, condition: Condition, samples: number): Promise<Round> {
  const tokens = pair.issuer.pool(samples);
  const { revoking, observing, redis } = pair;
  const { result, surroundings } = await amongOthers({ redis, workers: [revoking, observing] }, () => underLoad(pair, condition, tokens));
  return { ...result, surroundings };
}

async function underLoad(pair: Pair, { requestsPerSecond, othersPerSecond }: Condition, tokens: readonly IssuedToken[]): Promise<Omit<Round, 'surroundings'>> {
  const load = requestsPerSecond === 0 ? undefined : await startPacedLoad(pair.port, pair.requests, requestsPerSecond);
  await pair.revoking.ask('revokeOthers', othersPerSecond);
  const refused = await revokeAndAwait(pair, tokens);
  const direct = await askDirectly(pair, tokens);
  await pair.revoking.ask('revokeOthers', 0);
  return { ...refused, direct, requestsPerSecond: (await load?.stop()) ?? 0 };
}

async function revokeAndAwait({ revoking, observing }: Pair, tokens: readonly IssuedToken[]): Promise<Pick<Round, 'fromResolved' | 'fromCalled' | 'longestBlockMs'>> {
  const texts = tokens.map(({ token }) => token);
  await observing.ask('watch', texts);
  const targets = tokens.map(({ jti, organisation }) => ({ kind: 'token', id: jti, organisation }) as const);
  const revoked = await revoking.ask('revoke', { targets, everyMs: EVERY_MS });
  const { at, longestBlockMs } = await observing.ask('refusals', texts);
  return {
    fromResolved: revoked.map(({ resolvedAt }, i) => msBetween(resolvedAt, at[i] as bigint)),
    fromCalled: revoked.map(({ calledAt }, i) => msBetween(calledAt, at[i] as bigint)),
    longestBlockMs,
  };
}

async function askDirectly({ observing }: Pair, tokens: readonly IssuedToken[]): Promise<readonly number[]> {
  const took: number[] = [];
  for (const { token } of tokens) {
    // As far apart as the revocations were, so that as much of what happens now and then falls among them.
    await sleep(EVERY_MS);
    took.push(await observing.ask('askRedis', token));
  }
  return took;
}
