// Jest loads this file, and what it imports, past its own module resolution: hence `.ts` and not `.js` here.
import { installApacheIfMissing } from './find-apache.ts';
import { findOrInstallRedis } from './find-redis.ts';
import { startRedis, type RedisServer } from './redis-server.ts';
import { sharedRedisVariable } from './redis-url.ts';

export let sharedRedis: RedisServer | undefined;

export default async function globalSetup(): Promise<void> {
  await findOrInstallRedis();
  await installApacheIfMissing();
  sharedRedis = await startRedis();
  process.env[sharedRedisVariable] = sharedRedis.url;
}
