import { StoreUnavailableError } from '../errors.js';
import { becomesReady } from '../stores/redis/becomes-ready.js';
import { deriveConnection, describeAddress, letGo, WRITING, type RedisClient } from '../stores/redis/connections.js';
import { storeError, summary } from '../stores/redis/redis-errors.js';

/** A connection for questions that no store answers. */
export interface RawRedis {
  readonly connection: RedisClient;
  /** Errors are worded as those of the store are: ioredis' own hold what was sent. */
  ask<T>(command: (connection: RedisClient) => Promise<T>): Promise<T>;
  close(): void;
}

const READY_WITHIN_MS = 5000;

/** @throws StoreUnavailableError (rejects) */
export async function openRaw(client: RedisClient): Promise<RawRedis> {
  const address = describeAddress(client);
  const connection = deriveConnection(client, WRITING, READY_WITHIN_MS);
  let lastError: unknown;
  connection.on('error', error => { lastError = error; });
  if (!(await becomesReady(connection, [AbortSignal.timeout(READY_WITHIN_MS)]))) {
    letGo(connection);
    throw new StoreUnavailableError(`${address} cannot be reached (${lastError === undefined ? 'no answer' : summary(lastError)}).`);
  }
  return {
    connection,
    async ask(command) {
      try {
        return await command(connection);
      } catch (error) {
        throw storeError(error, address);
      }
    },
    close() {
      letGo(connection);
    },
  };
}
