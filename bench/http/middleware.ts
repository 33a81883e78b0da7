import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { RequestHandler } from 'express';
import { expressjwt, type IsRevoked } from 'express-jwt';
import { auth } from 'express-oauth2-jwt-bearer';
import { Redis } from 'ioredis';
import { guardOf } from '../harness/guard.js';
import { AUDIENCE, ISSUER, type CheckingKey } from '../harness/issuer.js';
import type { SideName } from './sides.js';

export interface SideInput {
  readonly side: SideName;
  readonly key: CheckingKey;
  readonly redisUrl: string;
}

type Build = (input: SideInput) => Promise<readonly RequestHandler[]>;

/** What stands before the route. Whatever a side can be told that makes it faster without changing what it does, it is told. */
const BUILD: Readonly<Record<SideName, Build>> = {
  'bare Express route': async () => [],
  'livetoken: replica + remembered': input => guard(input, 'replica + remembered'),
  'livetoken: replica only': input => guard(input, 'replica only'),
  'livetoken: direct': input => guard(input, 'direct'),
  // As its README shows: the secret as a string, the public key as a Buffer with the PEM.
  'express-jwt: key as text': async ({ key }) => [expressJwt(key, key.algorithm === 'HS256' ? key.text : Buffer.from(key.text))],
  // Its documentation does not say so, but it takes a KeyObject, and is the faster for it.
  'express-jwt: KeyObject': async ({ key }) => [expressJwt(key, keyObject(key))],
  'express-jwt + isRevoked GET': async ({ key, redisUrl }) => [expressJwt(key, keyObject(key), revokedInRedis(redisUrl))],
  'express-oauth2-jwt-bearer': async ({ key }) => [oauth2JwtBearer(key)],
};

export function buildMiddleware(input: SideInput): Promise<readonly RequestHandler[]> {
  return BUILD[input.side](input);
}

/** The key of a token that the side with `isRevoked` takes for revoked. */
export const revokedKey = (jti: string): string => `revoked:${jti}`;

async function guard({ key, redisUrl }: SideInput, kind: Parameters<typeof guardOf>[0]): Promise<readonly RequestHandler[]> {
  const { live, requireLiveToken } = await guardOf(kind, key, redisUrl);
  await live.ready();
  return [requireLiveToken(live)];
}

function expressJwt({ algorithm }: CheckingKey, secret: string | Buffer | KeyObject, isRevoked?: IsRevoked): RequestHandler {
  const options = { secret, algorithms: [algorithm], issuer: ISSUER, audience: AUDIENCE };
  return expressjwt(isRevoked === undefined ? options : { ...options, isRevoked });
}

/** With the defaults of ioredis, as most people would write it. */
function revokedInRedis(redisUrl: string): IsRevoked {
  const redis = new Redis(redisUrl);
  return async (_req, token) => {
    const { jti = '' } = token?.payload as { jti?: string };
    return (await redis.get(revokedKey(jti))) !== null;
  };
}

/** With the key at hand, which spares it the discovery; it keeps the imported key either way. */
function oauth2JwtBearer({ algorithm, text }: CheckingKey): RequestHandler {
  const own = algorithm === 'HS256' ? { secret: text } : { publicKey: text };
  return auth({ issuer: ISSUER, audience: AUDIENCE, tokenSigningAlg: algorithm, ...own }) as RequestHandler;
}

function keyObject({ algorithm, text }: CheckingKey): KeyObject {
  return algorithm === 'HS256' ? createSecretKey(text, 'utf8') : createPublicKey(text);
}
