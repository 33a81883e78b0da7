import { Redis } from 'ioredis';
import type { RedisServer } from '../../support/redis-server.js';

/** Asks one server, past everything that finds servers; rejects soon where nobody answers. */
export async function ask<T>(server: RedisServer, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(server.url, { retryStrategy: () => null, enableReadyCheck: false, connectTimeout: 1000, commandTimeout: 1000 });
  client.on('error', () => undefined);
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}

/** What those that answer agree on; rejects while they do not. */
export async function agreed<T>(servers: readonly RedisServer[], question: (client: Redis) => Promise<T>): Promise<T> {
  const answers = await Promise.allSettled(servers.map(server => ask(server, question)));
  const given = answers.filter(answer => answer.status === 'fulfilled').map(({ value }) => value);
  if (given.length === 0 || given.some(each => each !== given[0])) throw new Error(`They say ${given.join(' and ') || 'nothing'}.`);
  return given[0] as T;
}
