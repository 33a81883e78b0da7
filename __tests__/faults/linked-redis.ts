import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { openLink, type Link } from './proxy.js';

/** A link to a Redis of its own for every test of a file, and ways to talk over it and past it. */
export interface LinkedRedis {
  readonly link: Link;
  /** Another Redis. On each, `where` tells which it is: `server`, `other`. */
  readonly other: RedisServer;
  /** Over the link, without anything that would hide what happens to it. */
  client(): Promise<Redis>;
  /** One that reconnects by itself, and gives up what is not answered. */
  untiringClient(): Redis;
  /** Speaks without ioredis, to see what arrives and how. */
  rawClient(): Promise<RawClient>;
  isSetOnServer(key: string): Promise<boolean>;
  onServer<T>(use: (direct: Redis) => Promise<T>): Promise<T>;
  /** Whether there is a result yet, once the server has answered something that was asked later. */
  hasSettled(promise: Promise<unknown>): Promise<boolean>;
}

interface RawClient {
  readonly socket: Socket;
  readonly arrived: readonly string[];
}

export function linkedRedis(): LinkedRedis {
  let server: RedisServer;
  let other: RedisServer;
  let link: Link;
  const clients: Redis[] = [];
  const sockets: Socket[] = [];
  beforeAll(async () => {
    [server, other] = await Promise.all([startRedis(), startRedis()]);
    await on(server, direct => direct.set('where', 'server'));
    await on(other, direct => direct.set('where', 'other'));
  });
  afterAll(() => Promise.all([server.stop(), other.stop()]));
  beforeEach(async () => {
    link = await openLink(server.port);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    for (const socket of sockets.splice(0)) socket.destroy();
    await link.close();
  });

  function add(over: Redis): Redis {
    over.on('error', () => undefined);
    clients.push(over);
    return over;
  }

  return {
    get link() {
      return link;
    },
    get other() {
      return other;
    },
    async client() {
      const over = add(new Redis(link.port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 }));
      await over.connect();
      return over;
    },
    untiringClient() {
      const impatience = { commandTimeout: 200, socketTimeout: 300, connectTimeout: 200 };
      return add(new Redis(link.port, '127.0.0.1', { ...impatience, maxRetriesPerRequest: 0, retryStrategy: () => 20 }));
    },
    async rawClient() {
      const socket = connect(link.port, '127.0.0.1');
      const arrived: string[] = [];
      socket.setEncoding('utf8').on('data', (text: string) => arrived.push(text)).on('error', () => undefined);
      sockets.push(socket);
      await once(socket, 'connect');
      return { socket, arrived };
    },
    isSetOnServer: key => on(server, async direct => (await direct.exists(key)) === 1),
    onServer: use => on(server, use),
    async hasSettled(promise) {
      let isSettled = false;
      const settle = (): void => { isSettled = true; };
      promise.then(settle, settle);
      await on(server, direct => direct.ping());
      await new Promise(resolve => setTimeout(resolve, 50));
      return isSettled;
    },
  };
}

async function on<T>(server: RedisServer, use: (direct: Redis) => Promise<T>): Promise<T> {
  const direct = new Redis(server.url);
  try {
    return await use(direct);
  } finally {
    direct.disconnect();
  }
}

/** Not `once`, which takes the error before the end for a reason to reject. */
export const endOf = (over: Redis): Promise<unknown> => new Promise(resolve => over.once('end', resolve));
