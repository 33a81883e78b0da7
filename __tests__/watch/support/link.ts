import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { later } from '../../stores/support/redis-stores.js';

/** The way of one instance to a Redis, which can be cut while others go on. */
export interface Link {
  readonly url: string;
  cut(): void;
  mend(): void;
}

export async function linkTo(port: number): Promise<Link> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [[near, far], [far, near]] as const) {
      sockets.add(one);
      one.on('error', () => undefined); // 'close' follows
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    if (isCut) near.destroy();
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  later(() => {
    cut();
    server.close();
  });
  return { url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`, cut, mend: () => { isCut = false; } };
}
