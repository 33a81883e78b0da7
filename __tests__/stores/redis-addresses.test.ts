import { freePort } from '../support/free-port.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis, type RedisOptions } from 'ioredis';
import { expectToWork } from './support/expect-to-work.js';
import { cleanUpAll, later, openStore, ownRedis } from './support/redis-stores.js';
import { rejection } from './support/settling.js';

afterEach(cleanUpAll);

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'socket-'));
  later(() => rm(made, { recursive: true, force: true }));
  return made;
}

function clientOf(options: Omit<RedisOptions, 'replyMapping'>): Redis {
  const client = new Redis({ lazyConnect: true, ...options });
  client.on('error', () => undefined);
  later(() => client.status === 'end' || client.disconnect());
  return client;
}

const secret = 'CANARY-password';

describe('A store', () => {
  it('works over a Unix socket', async () => {
    const socket = path.join(await folder(), 'redis.sock');
    await ownRedis('--unixsocket', socket);
    const store = openStore(clientOf({ path: socket }));
    await store.ready();

    await expectToWork(store);
  });

  it('says which socket it cannot reach, and never the password', async () => {
    const socket = path.join(await folder(), 'nobody.sock');
    const { message } = await rejection(openStore(clientOf({ path: socket, password: secret })).ready());

    expect(message).toContain(`Redis at ${socket}`);
    expect(message).toContain('ENOENT');
    expect(message).not.toContain(secret);
  });

  it('says which Redis it was to find by way of the Sentinels', async () => {
    const sentinels = [{ host: '127.0.0.1', port: await freePort() }];
    const client = clientOf({ sentinels, name: 'orders', password: secret, sentinelPassword: secret });
    const { message } = await rejection(openStore(client).ready());

    expect(message).toContain('the Redis that the Sentinels call orders');
    expect(message).not.toContain(secret);
  });
});
