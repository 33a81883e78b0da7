import type { RedisClient } from './connections.js';

/** Whether a connection gets ready before one of the signals. */
export function becomesReady(connection: RedisClient, until: readonly AbortSignal[]): Promise<boolean> {
  if (connection.status === 'ready') return Promise.resolve(true);
  return new Promise(resolve => {
    const settle = (): void => {
      connection.off('ready', settle);
      for (const signal of until) signal.removeEventListener('abort', settle);
      resolve(connection.status === 'ready');
    };
    connection.once('ready', settle);
    for (const signal of until) signal.addEventListener('abort', settle);
  });
}
