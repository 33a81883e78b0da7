import { createPublicKey, createSecretKey, randomUUID, type KeyObject } from 'node:crypto';
import type { RequestHandler } from 'express';
import jwt from 'jsonwebtoken';
import type {} from 'livetoken/req-auth';
import { guardOf, type Guard } from '../harness/guard.js';
import type { CheckingKey } from '../harness/issuer.js';
import { serveWorker } from '../harness/serve-worker.js';
import { driveThrough } from './requests.js';

/** What is timed, request by request, in one process. */
export type GuardJob =
  | 'empty middleware'
  | 'middleware that reads the header'
  | 'the same, and sets req.auth'
  | 'guard: remembered token'
  | 'guard: remembered, pool'
  | 'guard: remembered, pool, after a revocation'
  | 'guard: new token'
  | 'jwt.verify(token, KeyObject)';

export interface GuardInput {
  readonly key: CheckingKey;
  readonly redisUrl: string;
  /** Tokens to be remembered. */
  readonly pool: readonly string[];
}

export interface Sample {
  readonly job: GuardJob;
  /** That were never sent before, for the jobs that are about such. */
  readonly unseen: readonly string[];
}

/** Requests in a sample of remembered tokens. */
const REQUESTS = 2000;

let guard: Guard;
let key: CheckingKey;
let keyObject: KeyObject;
let pool: readonly string[];
let at = 0;

/** What the guard costs without HTTP. */
export const answers = {
  async prepare(input: GuardInput): Promise<void> {
    key = input.key;
    keyObject = key.algorithm === 'HS256' ? createSecretKey(key.text, 'utf8') : createPublicKey(key.text);
    pool = input.pool;
    guard = await guardOf('replica + remembered', key, input.redisUrl);
    await guard.live.ready();
  },
  /** Sends every token of the pool, so that it is remembered for some minutes. */
  async remember(): Promise<void> {
    await driveThrough(guard.requireLiveToken(guard.live), pool);
  },
  /** Kinds of the targets that a check of this token looks up. */
  targets: (token: string): readonly string[] => guard.live.facts(jwt.decode(token, { json: true }) ?? {}).targets.map(({ kind }) => kind),
  /** Nanoseconds for each token. */
  async sample({ job, unseen }: Sample): Promise<number> {
    if (job === 'jwt.verify(token, KeyObject)') return verifyAll(unseen);
    if (job === 'guard: remembered, pool, after a revocation') await guard.live.revoke({ kind: 'session', id: randomUUID() });
    return driveThrough(middlewareOf(job), tokensFor(job, unseen));
  },
};

function tokensFor(job: GuardJob, unseen: readonly string[]): readonly string[] {
  if (job === 'guard: new token') return unseen;
  const step = job === 'guard: remembered token' ? 0 : 1;
  const tokens = Array.from({ length: REQUESTS }, (_, i) => pool[(at + i * step) % pool.length] ?? '');
  at = (at + REQUESTS) % pool.length;
  return tokens;
}

function middlewareOf(job: GuardJob): RequestHandler {
  if (job === 'empty middleware') return (_req, _res, next) => { next(); };
  if (job === 'middleware that reads the header') return (req, _res, next) => { if (req.headers.authorization !== undefined) next(); };
  if (job === 'the same, and sets req.auth') return leastOfAll;
  return guard.requireLiveToken(guard.live);
}

const CLAIMS = { sub: 'anybody' };

/** What every authentication has to do at the least. */
const leastOfAll: RequestHandler = (req, _res, next) => {
  const { authorization } = req.headers;
  if (authorization === undefined) return;
  req.auth = { claims: CLAIMS, token: authorization };
  next();
};

/** With nothing but the algorithm to check, which is the least that jsonwebtoken can be asked. */
function verifyAll(tokens: readonly string[]): number {
  const startedAt = process.hrtime.bigint();
  for (const token of tokens) jwt.verify(token, keyObject, { algorithms: [key.algorithm] });
  return Number(process.hrtime.bigint() - startedAt) / tokens.length;
}

serveWorker(answers);
