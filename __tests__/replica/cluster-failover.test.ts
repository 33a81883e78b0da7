import { Redis } from 'ioredis';
import { redisKeys } from '../../lib/stores/redis/keys.js';
import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { replicate, type Replica } from '../../lib/stores/replica/replica.js';
import { anyKey, write } from '../stores/support/builders.js';
import { startCluster, type RedisCluster } from '../stores/support/redis-cluster.js';
import { cleanUpAll, eachVersion, freshNamespace, later } from '../stores/support/redis-stores.js';
import { until, untilResolved } from '../stores/support/until.js';

let cluster: RedisCluster;

beforeEach(async () => {
  cluster = await startCluster();
  later(() => cluster.stop());
});

afterEach(cleanUpAll);

function connect(port: number): Redis {
  const client = new Redis(port);
  client.on('error', () => undefined);
  later(() => { client.disconnect(); });
  return client;
}

function knows(replica: Replica, key: ReturnType<typeof anyKey>): boolean {
  return replica.revocations.epochMs(key, Date.now()) !== undefined;
}

describe.each(eachVersion)('A replica over a cluster with %s', (_, version) => {
  it('goes on with the new primary when the old one breaks off its waiting read', async () => {
    const namespace = freshNamespace();
    const { log } = redisKeys(namespace);
    const { primary, replica: successor } = await cluster.addReplica(log);
    const client = version.connectCluster(cluster.nodes, { lazyConnect: true });
    later(() => { client.disconnect(); });
    const replica = replicate(redisStore(client, { namespace, replica: false }));
    later(() => replica.close());
    const [before, after] = [anyKey(), anyKey()];
    await untilResolved(() => replica.ready());
    await replica.record([write(before)]);
    await until(() => knows(replica, before));

    // A reader of ours in the same place as the replica's own: it shows what that one is told.
    const brokenOff = connect(primary).xread('BLOCK', 0, 'STREAMS', log, '$').then(() => 'an answer', (error: unknown) => String(error));
    const others = connect(primary);
    await until(async () => Number(/blocked_clients:(\d+)/.exec(await others.info('clients'))?.[1]) === 2);
    await connect(successor).cluster('FAILOVER');

    expect(await brokenOff).toContain('UNBLOCKED');
    expect(knows(replica, before)).toBe(true);
    await untilResolved(() => replica.record([write(after)]));
    await until(() => knows(replica, after));
    await until(() => replica.figures.state === 'live');
    expect(replica.figures.resyncs).toBe(0);
    expect(knows(replica, before)).toBe(true);
    expect(await connect(successor).exists(log)).toBe(1);
  });
});
