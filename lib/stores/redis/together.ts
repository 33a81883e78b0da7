import type { RedisClient } from './connections.js';

/** A command that reads, with its arguments. */
export type Read = readonly [command: 'get' | 'hget' | 'hmget' | 'xlen' | 'xrange', key: string, ...fields: string[]] | readonly ['role'];
type Pipeline = ReturnType<RedisClient['pipeline']>;

/**
 * Asks several things in one round trip; rejects where any of them is an error.
 *
 * On a cluster they leave as commands of their own. While a slot moves, the old node answers for the keys it still has and sends
 * us on for the others; a command goes where it is sent, but a pipeline goes there with everything in it, and the new node then
 * answers "no such key" for what the old one still holds.
 */
export async function readTogether(connection: RedisClient, reads: readonly Read[]): Promise<unknown[]> {
  if (connection.isCluster) return Promise.all(reads.map(([command, ...args]) => connection.call(command, ...args)));
  return runTogether(connection.pipeline(reads.map(read => [...read])));
}

/** A pipeline resolves with an error per command: any of them fails the whole. */
export async function runTogether(pipeline: Pipeline): Promise<unknown[]> {
  const results = await pipeline.exec();
  if (results === null) throw new Error('unexpected reply');
  for (const [error] of results) if (error) throw error;
  return results.map(([, reply]) => reply);
}
