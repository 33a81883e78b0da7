import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDemo, type Demo } from './app.js';
import type { Fleet } from './fleet/fleet.js';
import { SettingsError, type Settings } from './settings.js';

export interface RunningDemo {
  readonly demo: Demo;
  readonly url: string;
  /** Why it cannot serve yet. */
  readonly problem: string | undefined;
  /** Ends streams, answers what is being asked, takes no more, then lets go of the store. */
  readonly close: () => Promise<void>;
}

/** How long requests that are under way may take while the server closes. */
const CLOSING_MS = 5000;
const SWEEP_MS = 50;

/**
 * Listens as soon as the demo can serve, or has given up waiting for its Redis: whoever gets through to it early is not told to
 * come back later for nothing.
 *
 * @param fleet the instances that the console shows. Default: this process alone
 * @throws SettingsError where the address cannot be had
 */
export async function startDemo({ host, port, redisUrl }: Settings, fleet?: Fleet): Promise<RunningDemo> {
  const demo = createDemo({ redisUrl, fleet });
  const problem = await demo.ready().then(() => undefined, messageOf);
  const server = createServer(demo.app);
  try {
    await listen(server, host, port);
  } catch (error) {
    await demo.close();
    throw error;
  }
  return {
    demo,
    url: urlOf(server),
    problem,
    close: async () => {
      demo.endStreams();
      await closeServer(server);
      await demo.close();
    },
  };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    // Rejects with what 'error' says.
    await once(server.listen(port, host), 'listening');
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    throw new SettingsError(REASONS[code]?.(host, port) ?? `Cannot listen on ${host}:${port} (${code}).`);
  }
}

const REASONS: Readonly<Partial<Record<string, (host: string, port: number) => string>>> = {
  EADDRINUSE: (host, port) => `Port ${port} of ${host} is in use; end what listens there, or choose another: PORT=${port + 1} npm run demo`,
  EACCES: (_host, port) => `Port ${port} may not be used by this user; choose one from 1024 up: PORT=3000 npm run demo`,
  EADDRNOTAVAIL: host => `HOST is ${host}, which is no address of this machine; give one that is, such as 127.0.0.1.`,
  ENOTFOUND: host => `HOST is ${host}, which cannot be resolved; give an address of this machine, such as 127.0.0.1.`,
};

function urlOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // Connections that were busy stay open for a next request that will not be taken.
  const sweep = setInterval(() => { server.closeIdleConnections(); }, SWEEP_MS);
  const patience = setTimeout(() => { server.closeAllConnections(); }, CLOSING_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(patience);
}
