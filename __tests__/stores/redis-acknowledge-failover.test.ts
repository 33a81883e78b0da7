import type { Redis } from 'ioredis';
import type { TargetKey } from '../../lib/model/target-key.js';
import type { Acknowledge } from '../../lib/stores/redis/acknowledge-option.js';
import { redisKeys } from '../../lib/stores/redis/keys.js';
import type { FollowableStore } from '../../lib/stores/store.js';
import { holdableLink, type HoldableLink } from '../support/holdable-link.js';
import { startReplicatedRedis } from '../support/replicated-redis.js';
import { anyKey, keys, write } from './support/builders.js';
import { startCluster, type RedisCluster } from './support/redis-cluster.js';
import { appClient, cleanUpAll, eachVersion, freshNamespace, later, openStore, rawClient, versions } from './support/redis-stores.js';
import { untilRefused } from './support/replicated-stores.js';
import { until, untilResolved } from './support/until.js';

afterEach(cleanUpAll);

const BATCH = 10;
const LEVEL = { replicas: 1, timeoutMs: 200 } as const;

interface Written {
  readonly acknowledged: readonly TargetKey[];
  readonly refused: readonly TargetKey[];
}

/** Ten at a time: until 100 are acknowledged, then ten during which `cut` is called, and 100 more. */
async function writeAround(store: FollowableStore, cut: () => void): Promise<Written> {
  const acknowledged: TargetKey[] = [];
  const refused: TargetKey[] = [];
  const writeTen = async (meanwhile = (): void => undefined): Promise<void> => {
    const writes = keys(BATCH).map(async key => {
      const result = await store.record([write(key)]).then(() => acknowledged, () => refused);
      result.push(key);
    });
    meanwhile();
    await Promise.all(writes);
  };
  await until(async () => {
    await writeTen();
    return acknowledged.length >= 100;
  });
  await writeTen(cut);
  for (let batch = 0; batch < 10; batch++) await writeTen();
  return { acknowledged, refused };
}

/** Those that a store knows nothing of. */
async function lostTo(store: FollowableStore, written: readonly TargetKey[]): Promise<TargetKey[]> {
  const epochs = await untilResolved(() => store.epochs(written));
  return written.filter((_, i) => epochs[i] === undefined);
}

describe('When the primary is lost while its replica gets nothing any more', () => {
  async function loseThePrimary(acknowledge: Acknowledge): Promise<{ written: Written; store: FollowableStore }> {
    const redis = await startReplicatedRedis(1);
    later(() => redis.stop());
    const [replica] = redis.replicas;
    const namespace = freshNamespace();
    const before = openStore(appClient(redis.primary.url), { namespace, acknowledge });
    await before.ready();

    const written = await writeAround(before, () => { replica!.link.hold(); });
    await redis.primary.kill();
    await replica!.promote();
    const store = openStore(appClient(replica!.server.url), { namespace });
    await store.ready();
    return { written, store };
  }

  test('no revocation is lost that the replica had acknowledged; all others were refused', async () => {
    const { written, store } = await loseThePrimary(LEVEL);

    expect(await lostTo(store, written.acknowledged)).toEqual([]);
    expect(written.acknowledged.length).toBeGreaterThanOrEqual(100);
    expect(written.refused.length).toBeGreaterThanOrEqual(100);
  });

  test('revocations are lost that the primary alone had acknowledged', async () => {
    const { written, store } = await loseThePrimary('primary');

    expect(written.refused).toEqual([]);
    expect((await lostTo(store, written.acknowledged)).length).toBeGreaterThanOrEqual(100);
  });
});

const HOST = '127.0.0.1';

describe('On a Redis Cluster', () => {
  let cluster: RedisCluster;
  let namespace: string;
  let ports: { readonly primary: number; readonly replica: number };

  beforeEach(async () => {
    cluster = await startCluster();
    later(() => cluster.stop());
    namespace = freshNamespace();
  });

  function connect(port: number): Redis {
    return rawClient(`redis://${HOST}:${port}`);
  }

  const stateKey = (): string => redisKeys(namespace).state;

  async function ownerOf(key: string): Promise<number> {
    const owns = await Promise.all(cluster.nodes.map(({ port }) => connect(port).exists(key).then(() => true, () => false)));
    return cluster.nodes[owns.indexOf(true)]!.port;
  }

  /** Gives the node that has our keys a replica, and no other node. */
  async function addReplica(): Promise<void> {
    ports = await cluster.addReplica(stateKey());
    await until(async () => (await connect(ports.primary).info('replication')).includes('state=online'));
  }

  /** The same over a link, to which the node sends whoever asks for its address; `open` is told better. */
  async function addLinkedReplica(): Promise<HoldableLink> {
    const port = await ownerOf(stateKey());
    const link = await holdableLink(port);
    later(() => link.close());
    await connect(port).config('SET', 'cluster-announce-bus-port', port + 10_000);
    await connect(port).config('SET', 'cluster-announce-port', link.port);
    await addReplica();
    return link;
  }

  async function open(acknowledge: Acknowledge, link?: HoldableLink, version = versions['ioredis 6']): Promise<FollowableStore> {
    const natMap = link && { natMap: { [`${HOST}:${link.port}`]: { host: HOST, port: ports.primary } } };
    const client = version.connectCluster(cluster.nodes, { lazyConnect: true, ...natMap });
    client.on('error', () => undefined);
    later(() => { client.disconnect(); });
    const store = openStore(client, { namespace, acknowledge, unsafe: { acceptUnprovenPrimary: true } });
    await untilResolved(() => store.ready());
    return store;
  }

  async function killThePrimary(): Promise<void> {
    const primary = connect(ports.primary);
    const pid = Number(/process_id:(\d+)/.exec(await primary.info('server'))?.[1]);
    process.kill(pid, 'SIGKILL');
    await until(() => primary.ping().then(() => false, () => true));
  }

  async function promoteTheReplica(): Promise<void> {
    const replica = connect(ports.replica);
    await replica.cluster('FAILOVER', 'TAKEOVER');
    await until(async () => (await replica.cluster('INFO')).includes('cluster_state:ok') && (await replica.info('replication')).includes('role:master'));
  }

  test.each([
    ['no revocation is lost that a replica had acknowledged; others were refused', LEVEL],
    ['revocations are lost that the primary alone had acknowledged', 'primary'],
  ] as const)('%s, when the primary is lost while its replica gets nothing any more', async (_, acknowledge) => {
    const link = await addLinkedReplica();
    const store = await open(acknowledge, link);
    const written = await writeAround(store, () => { link.hold(); });
    await killThePrimary();
    await promoteTheReplica();

    const lost = await lostTo(store, written.acknowledged);

    if (acknowledge === 'primary') {
      expect(lost.length).toBeGreaterThanOrEqual(100);
      return;
    }
    expect(lost).toEqual([]);
    expect(written.acknowledged.length).toBeGreaterThanOrEqual(100);
    expect(written.refused.length).toBeGreaterThanOrEqual(100);
  });

  /** As when it is moved, and at once, because nothing is in it yet. Clients learn of it when they ask. */
  async function giveSlotTo(port: number): Promise<void> {
    const [target, source] = [connect(port), connect(await ownerOf(stateKey()))];
    const [id, slot] = [await target.cluster('MYID'), await target.cluster('KEYSLOT', stateKey())];
    // Without having imported it, the node would not insist on it against what others still believe.
    await target.cluster('SETSLOT', slot, 'IMPORTING', await source.cluster('MYID'));
    for (const each of [port, ...cluster.nodes.map(node => node.port)]) await connect(each).cluster('SETSLOT', slot, 'NODE', id);
  }

  /** 50 ms may be short for a busy machine. But what is refused is refused for that, and not for being sent to the wrong node. */
  async function isAcknowledged(store: FollowableStore): Promise<boolean> {
    const refusal = await store.record([write(anyKey())]).then(() => undefined, String);
    if (refusal !== undefined) expect(refusal).toContain('acknowledged by 0 of 1 replicas');
    return refusal === undefined;
  }

  test('a write asks the replicas of the node that has it, and finds the node that its keys have gone to', async () => {
    await addReplica();
    const target = ports.primary;
    for (const [, version] of eachVersion) {
      do namespace = freshNamespace();
      while ((await ownerOf(stateKey())) === target);
      const store = await open({ replicas: 1, timeoutMs: 50 }, undefined, version);
      const demanding = await open({ replicas: 2, timeoutMs: 50 }, undefined, version);

      await giveSlotTo(target);

      await until(() => isAcknowledged(store));
      expect(await connect(target).exists(stateKey())).toBe(1);
      await untilRefused(() => demanding.record([write(anyKey())]), 'acknowledged by 1 of 2 replicas');
    }
  });
});
