import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to Redis on which some commands take their time, so that work on many of them is long. */
export interface SlowLink {
  readonly url: string;
  /** How many were kept waiting so far. */
  readonly slowed: () => number;
  close(): Promise<void>;
}

/** @param at what the commands look like that arrive `delayMs` later, milliseconds; Infinity: never */
export async function slowLink(url: string, at: RegExp, delayMs: number): Promise<SlowLink> {
  const sockets = new Set<Socket>();
  let slowed = 0;
  const server = createServer({ noDelay: true }, client => {
    const upstream = connect({ port: Number(new URL(url).port), host: '127.0.0.1', noDelay: true });
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined));
    client.on('data', chunk => {
      if (!at.test(chunk.toString('latin1'))) {
        upstream.write(chunk);
        return;
      }
      slowed += 1;
      if (delayMs === Infinity) return;
      // In order: what was sent after it waits as well.
      client.pause();
      setTimeout(() => {
        upstream.write(chunk);
        client.resume();
      }, delayMs);
    });
    upstream.on('data', chunk => client.write(chunk));
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    slowed: () => slowed,
    async close() {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
