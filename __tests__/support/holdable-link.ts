import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * A way to a server that can be held: nothing gets through any more, in either direction, and neither end is told. A replica behind
 * it lacks what its primary writes from then on. (One that is merely stopped has it in its socket, and reads it when it goes on.)
 */
export interface HoldableLink {
  readonly port: number;
  hold(): void;
  /** What was held gets through now, and nothing of it is missing. */
  release(): void;
  close(): Promise<void>;
}

export async function holdableLink(toPort: number): Promise<HoldableLink> {
  const sockets = new Set<Socket>();
  let isHeld = false;
  const server = createServer({ noDelay: true }, near => {
    const far = connect({ port: toPort, host: '127.0.0.1', noDelay: true });
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from);
      from.on('data', chunk => to.write(chunk));
      from.on('error', () => undefined); // 'close' follows
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (isHeld) from.pause();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    hold() {
      isHeld = true;
      for (const socket of sockets) socket.pause();
    },
    release() {
      isHeld = false;
      for (const socket of sockets) socket.resume();
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
