import { Redis } from 'ioredis';
import { redisKeys } from '../../lib/stores/redis/keys.js';
import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { replicate, type Replica } from '../../lib/stores/replica/replica.js';
import { anyKey, write } from '../stores/support/builders.js';
import { startCluster, type RedisCluster } from '../stores/support/redis-cluster.js';
import { cleanUpAll, eachVersion, freshNamespace, later, openStore } from '../stores/support/redis-stores.js';
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

/** What the primary writes from now on its replica does not hear of. Resolves with what lets it go on. */
async function cutReplication(primary: number, replica: number): Promise<() => void> {
  const pid = Number(/process_id:(\d+)/.exec(await connect(replica).info('server'))?.[1]);
  process.kill(pid, 'SIGSTOP');
  later(() => process.kill(pid, 'SIGCONT'));
  await connect(primary).call('CLIENT', 'KILL', 'TYPE', 'replica');
  return () => process.kill(pid, 'SIGCONT');
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

  it('notices that the new primary lacks what the old one said last, though nothing is recorded any more, and writes it back', async () => {
    const namespace = freshNamespace();
    const { log, bucket } = redisKeys(namespace);
    const { primary, replica: successor } = await cluster.addReplica(log);
    const client = version.connectCluster(cluster.nodes, { lazyConnect: true });
    later(() => { client.disconnect(); });
    const replica = replicate(redisStore(client, { namespace, replica: false }));
    later(() => replica.close());
    const [before, lost] = [anyKey(), anyKey()];
    await untilResolved(() => replica.ready());
    // What the copy itself records it gives back in any case.
    const elsewhere = openStore(client, { namespace });
    await untilResolved(() => elsewhere.record([write(before)]));
    await until(() => knows(replica, before));
    const there = connect(successor);
    await there.readonly();
    await until(async () => (await there.exists(log)) === 1);

    const goOn = await cutReplication(primary, successor);
    await untilResolved(() => elsewhere.record([write(lost)]));
    await until(() => knows(replica, lost));
    const takeover = there.cluster('FAILOVER', 'TAKEOVER');
    goOn();
    await takeover;

    await until(async () => (await there.exists(bucket(lost))) === 1);
    expect(replica.figures.resyncs).toBeGreaterThan(0);
    expect(knows(replica, lost)).toBe(true);
  });
});
