import { createHash, createPublicKey, randomUUID, timingSafeEqual } from 'node:crypto';
import express, { type RequestHandler, type Router } from 'express';
import { Redis } from 'ioredis';
import jwt from 'jsonwebtoken';
import { builtPackage } from '../harness/built-package.js';
import { guardOf } from '../harness/guard.js';
import { AUDIENCE, ISSUER, MAX_LIFETIME_S, type CheckingKey } from '../harness/issuer.js';
import type { WritesSide } from './jobs.js';

/** The client whose tokens are revoked over HTTP. */
export const CLIENT = { id: 'web', secret: 'correct-horse-battery-staple' } as const;

export interface Revoker {
  one(): Promise<unknown>;
  batch(size: number): Promise<unknown>;
  /** Serves POST /revoke. */
  readonly endpoint: Router | RequestHandler[];
}

export interface RevokerInput {
  readonly side: WritesSide;
  readonly key: CheckingKey;
  readonly redisUrl: string;
}

export function makeRevoker({ side, key, redisUrl }: RevokerInput): Promise<Revoker> {
  return side === 'livetoken' ? livetoken(key, redisUrl) : naive(key, redisUrl);
}

/** As most use it: with the copy, which follows what is written. */
async function livetoken(key: CheckingKey, redisUrl: string): Promise<Revoker> {
  const { revocationRouter } = await builtPackage();
  const { live } = await guardOf('replica + remembered', key, redisUrl);
  await live.ready();
  const unseen = () => ({ kind: 'token', id: randomUUID(), organisation: 'org-1' }) as const;
  return {
    one: () => live.revoke(unseen()),
    batch: size => live.revokeAll(Array.from({ length: size }, unseen)),
    endpoint: revocationRouter(live, { oauth: { clients: [CLIENT] } }),
  };
}

/** What one would write first: a key that expires. It tells nobody, and leaves no trace of who revoked. */
async function naive({ text, algorithm }: CheckingKey, redisUrl: string): Promise<Revoker> {
  const redis = new Redis(redisUrl);
  await redis.ping();
  const publicKey = createPublicKey(text);
  const revoke = (jti: string): Promise<unknown> => redis.set(`revoked:${jti}`, '1', 'EX', MAX_LIFETIME_S);
  const endpoint: RequestHandler = async (req, res) => {
    const { token } = req.body as { token: string };
    const claims = jwt.verify(token, publicKey, { algorithms: [algorithm], issuer: ISSUER, audience: AUDIENCE }) as jwt.JwtPayload;
    if (claims['client_id'] !== CLIENT.id) throw new Error('A token of another client.');
    await revoke(claims.jti ?? '');
    res.status(200).end();
  };
  return {
    one: () => revoke(randomUUID()),
    async batch(size) {
      const pipeline = redis.pipeline();
      for (let i = 0; i < size; i++) pipeline.set(`revoked:${randomUUID()}`, '1', 'EX', MAX_LIFETIME_S);
      await pipeline.exec();
    },
    endpoint: [onlyClient, express.urlencoded({ extended: false }), endpoint],
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const onlyClient: RequestHandler = (req, res, next) => {
  const sent = Buffer.from(req.headers.authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
  if (timingSafeEqual(digest(sent), digest(`${CLIENT.id}:${CLIENT.secret}`))) next();
  else res.status(401).end();
};
