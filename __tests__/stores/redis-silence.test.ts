import { Redis, type RedisOptions } from 'ioredis';
import { openLink, type Link } from '../faults/proxy.js';
import { startReplicatedRedis } from '../support/replicated-redis.js';
import { sharedRedisUrl } from '../support/redis-url.js';
import { anyKey, write } from './support/builders.js';
import { cleanUpAll, later, openStore } from './support/redis-stores.js';
import { rejection } from './support/settling.js';
import { until } from './support/until.js';

afterEach(cleanUpAll);

/** Its connections do not end for want of an answer: what is made anew here was made anew by the store. */
class PatientRedis extends Redis {
  readonly derived: Redis[] = [];

  override duplicate(options?: Partial<RedisOptions>): Redis {
    const connection = super.duplicate({ ...options, commandTimeout: 600_000, socketTimeout: 600_000 });
    this.derived.push(connection);
    return connection;
  }
}

async function linked(toUrl = sharedRedisUrl()): Promise<{ readonly link: Link; readonly client: PatientRedis }> {
  const link = await openLink(Number(new URL(toUrl).port));
  later(() => link.close());
  const client = new PatientRedis(link.port, { lazyConnect: true });
  later(() => { client.disconnect(); });
  return { link, client };
}

describe('A connection that has gone mute', () => {
  test('is made anew once a few questions in a row had no answer', async () => {
    const { link, client } = await linked();
    const store = openStore(client);
    await store.ready();
    const key = anyKey();
    await store.record([write(key, { epoch: 1000 })]);

    await link.set('zombie');
    await link.set('pass');
    await Promise.all(Array.from({ length: 5 }, () => rejection(store.epochs([key]))));

    await until(() => store.epochs([key]).then(epochs => epochs[0] === 1000, () => false));
  });

  test('is made anew where only writes that wait for replicas go over it', async () => {
    const redis = await startReplicatedRedis(1);
    later(() => redis.stop());
    const { link, client } = await linked(redis.primary.url);
    const store = openStore(client, { acknowledge: { replicas: 1, timeoutMs: 300 }, unsafe: { acceptUnprovenPrimary: true } });
    await store.ready();

    await link.set('zombie');
    await link.set('pass');

    await until(() => store.record([write(anyKey())]).then(() => true, () => false));
  });

  test('before the server said a word on it is made anew without any question', async () => {
    const { link, client } = await linked();
    await link.set('zombie');
    const store = openStore(client, { readyTimeoutMs: 10_000 });
    await until(async () => link.connections >= 2);
    const listeners = (): number[] => client.derived.flatMap(connection => ['ready', 'close'].map(event => connection.listenerCount(event)));
    const before = listeners();
    const attempts = new Map(client.derived.map(connection => [connection, 0]));
    for (const connection of client.derived) connection.on('connect', () => attempts.set(connection, attempts.get(connection)! + 1));
    await until(() => [...attempts.values()].every(count => count >= 3));
    expect(listeners()).toEqual(before);

    await link.set('pass');

    await store.ready();
  });
});
