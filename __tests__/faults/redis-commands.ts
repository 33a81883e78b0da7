import type { Redis } from 'ioredis';
import type { Target } from 'livetoken';
import { targetKey } from '../../lib/model/target-key.js';
import { redisKeys, type RedisKeys } from '../../lib/stores/redis/keys.js';
import { ask } from './ask.js';
import { NAMESPACE } from './instance-messages.js';

/** What the faults do to Redis with its own commands. */

export const KEYS: RedisKeys = redisKeys(NAMESPACE);

export function bucketOf(target: Target): string {
  return KEYS.bucket(targetKey(target));
}

/** Keys of somebody else, so that there is something to load. */
export async function fillKeyspace(port: number, count: number): Promise<void> {
  await ask(port, async client => {
    const pipeline = client.pipeline();
    for (let i = 0; i < count; i++) pipeline.set(`somebody-else:${i}`, 'x');
    await pipeline.exec();
  });
}

/** Several of them in a row, on one connection. @throws ReplyError (rejects) */
export async function tell(port: number, ...commands: readonly (readonly [string, ...(string | number)[]])[]): Promise<void> {
  await ask(port, async client => {
    for (const [command, ...args] of commands) await client.call(command, ...args);
  });
}

/** Puts a text where something else is kept, without a moment in which nothing is there; what was there stands beside it. */
export async function replaceByText(port: number, ...keys: readonly string[]): Promise<void> {
  await ask(port, async client => {
    const existing = await existingOf(client, keys);
    const multi = client.multi();
    for (const key of existing) multi.rename(key, `${key}:aside`);
    for (const key of keys) multi.set(key, 'of another kind');
    await multi.exec();
  });
}

export async function putBack(port: number, ...keys: readonly string[]): Promise<void> {
  await ask(port, async client => {
    const existing = await existingOf(client, keys.map(key => `${key}:aside`));
    const multi = client.multi().del(...keys);
    for (const aside of existing) multi.rename(aside, aside.slice(0, -':aside'.length));
    await multi.exec();
  });
}

async function existingOf(client: Redis, keys: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const key of keys) if ((await client.exists(key)) === 1) found.push(key);
  return found;
}

/**
 * Gives the log an entry whose id lies ahead of the clock, and with it all that come after: seen from there, the clock of a server
 * that lacks it is behind. The entry is a well-formed one, of a target that nothing falls under.
 */
export async function pushIdsAhead(port: number, byMs: number): Promise<void> {
  await ask(port, client => client.eval(PUSH_AHEAD, 1, KEYS.log, byMs, `t${'A'.repeat(22)}`));
}

const PUSH_AHEAD = `
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local previous = string.match(last[2][2], '^%S+ %d+ (%S+) ')
local time = redis.call('TIME')
local ahead = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
local entry = ARGV[2] .. ' ' .. string.format('%.0f', ahead + 60000) .. ' from-the-future ' .. previous
return redis.call('XADD', KEYS[1], string.format('%.0f', ahead) .. '-0', 'r', entry)
`;
