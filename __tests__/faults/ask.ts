import { Redis } from 'ioredis';

/** Asks a server directly, past every link. */
export async function ask<T>(port: number, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true, enableReadyCheck: false, maxRetriesPerRequest: 1 });
  client.on('error', () => undefined); // the command itself rejects
  try {
    await client.connect();
    return await question(client);
  } finally {
    client.disconnect();
  }
}
