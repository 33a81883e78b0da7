import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { StoreUnavailableError } from 'livetoken';
import type { SharedState } from './shared-state.js';

const PREFIX = 'livetoken-demo:';

/** The state that all processes on one Redis share. */
export function redisState(client: Redis, readyTimeoutMs: number): SharedState {
  return {
    getOrCreate: async (key, make) => {
      const existing = await ask(() => client.get(PREFIX + key));
      if (existing !== null) return existing;
      const made = await make();
      const [, value] = await ask(() => Promise.all([client.set(PREFIX + key, made, 'NX'), client.get(PREFIX + key)]));
      return value ?? made;
    },
    put: async (key, value, ttlMs) => {
      await ask(() => client.set(PREFIX + key, value, 'PX', ttlMs));
    },
    get: async key => (await ask(() => client.get(PREFIX + key))) ?? undefined,
    append: async (key, value, max) => {
      await ask(() => Promise.all([client.rpush(PREFIX + key, value), client.ltrim(PREFIX + key, -max, -1)]));
    },
    list: key => ask(() => client.lrange(PREFIX + key, 0, -1)),
    now: async () => {
      const [seconds, microseconds] = await ask(() => client.time());
      return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
    },
    ready: () => ask(() => connected(client, readyTimeoutMs)),
    close: async () => {
      // Every request has been answered by now, so no command is under way. QUIT could wait for a Redis that is gone.
      client.disconnect();
    },
  };
}

async function connected(client: Redis, timeoutMs: number): Promise<void> {
  if (client.status !== 'ready') await once(client, 'ready', { signal: AbortSignal.timeout(timeoutMs) });
}

/** An ioredis error carries the command's arguments, a private key among them: its code is all that is passed on. */
async function ask<T>(command: () => Promise<T>): Promise<T> {
  try {
    return await command();
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    const why = typeof code === 'string' ? ` (${code})` : '';
    throw new StoreUnavailableError(`The demo's Redis does not answer${why}.`);
  }
}
