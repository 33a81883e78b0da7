import { once } from 'node:events';
import type { Server } from 'node:http';

/** Ends a server together with its connections. Resolves when it is gone. */
export async function endServer(server: Server): Promise<void> {
  const closed = once(server.close(), 'close');
  server.closeAllConnections();
  await closed;
}
