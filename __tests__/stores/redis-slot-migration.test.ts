import { Redis } from 'ioredis';
import type { TargetKey } from '../../lib/model/target-key.js';
import { LOG_START } from '../../lib/stores/log.js';
import { redisKeys, type RedisKeys } from '../../lib/stores/redis/keys.js';
import type { RedisStoreOptions } from '../../lib/stores/redis/redis-store.js';
import type { FollowableStore } from '../../lib/stores/store.js';
import { anyKey, farApart, trackedToken, write } from './support/builders.js';
import { startCluster, type RedisCluster } from './support/redis-cluster.js';
import { cleanUpAll, eachVersion, freshNamespace, later, openStore } from './support/redis-stores.js';
import { rejection } from './support/settling.js';
import { until, untilResolved } from './support/until.js';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startCluster();
});

afterAll(() => cluster.stop());
afterEach(cleanUpAll);

interface Move {
  readonly from: Redis;
  readonly to: Redis;
  readonly toPort: number;
}

/** Begins to move the slot of a namespace from the node that has it to another; its keys still stand where they stood. */
async function beginMove(names: RedisKeys): Promise<Move> {
  const clients = cluster.nodes.map(({ port }) => new Redis(port));
  later(() => { for (const client of clients) client.disconnect(); });
  const counts = await Promise.all(clients.map(client => client.exists(names.log).catch(() => 0)));
  const source = counts.indexOf(1);
  const target = (source + 1) % clients.length;
  const [from, to] = [clients[source]!, clients[target]!];
  const slot = await from.cluster('KEYSLOT', names.log);
  await to.cluster('SETSLOT', slot, 'IMPORTING', await from.cluster('MYID'));
  await from.cluster('SETSLOT', slot, 'MIGRATING', await to.cluster('MYID'));
  return { from, to, toPort: cluster.nodes[target]!.port };
}

async function move({ from, toPort }: Move, key: string): Promise<void> {
  await from.migrate('127.0.0.1', toPort, key, 0, 5000);
}

const MOVING = {
  name: 'StoreUnavailableError',
  message: expect.stringMatching(/^the Redis Cluster sends commands from node to node: the slot of the namespace is being moved .* Repeat what was refused\.$/),
};

// Asked until there is an answer: ioredis 5 may be redirected more often than it bears. What must not be is a wrong one.
describe.each(eachVersion)('While the slot of its keys moves to another node, a store with %s', (_, version) => {
  let store: FollowableStore;
  let names: RedisKeys;
  let open: (options?: RedisStoreOptions) => FollowableStore;

  beforeEach(async () => {
    const namespace = freshNamespace();
    names = redisKeys(namespace);
    open = options => {
      const client = version.connectCluster(cluster.nodes, { lazyConnect: true });
      later(() => { client.disconnect(); });
      return openStore(client, { namespace, ...options });
    };
    store = open();
    await store.ready();
  });

  test('finds the revocations that have moved, and those that have not', async () => {
    const [stays, goes, unknown] = farApart(3) as [TargetKey, TargetKey, TargetKey];
    await store.record([write(stays, { epoch: 1000 }), write(goes, { epoch: 2000 })]);
    const moving = await beginMove(names);
    await move(moving, names.bucket(goes));

    expect(await untilResolved(() => store.epochs([stays]))).toEqual([1000]);
    expect(await untilResolved(() => store.epochs([stays, goes]))).toEqual([1000, 2000]);
    expect(await untilResolved(() => store.epochs([stays, unknown]))).toEqual([1000, undefined]);
    expect(await untilResolved(() => store.epochs([unknown, goes, stays]))).toEqual([undefined, 2000, 1000]);
  });

  test('finds the tracked tokens that have moved, and those that have not', async () => {
    const [stays, goes] = [trackedToken(), trackedToken()];
    await store.record([write(stays.key)]);
    for (const token of [stays, goes]) await store.track(token);
    const moving = await beginMove(names);
    await move(moving, names.tracked(goes.key));

    expect(await untilResolved(() => store.tracked([stays.key, goes.key, trackedToken().key]))).toEqual([stays, goes, undefined]);
  });

  test('says why it records nothing that was never revoked before', async () => {
    const [known, unknown] = farApart(2) as [TargetKey, TargetKey];
    await store.record([write(known)]);
    await beginMove(names);

    expect(await store.record([write(known)])).toHaveLength(1);
    expect(await rejection(store.record([write(unknown)]))).toMatchObject(MOVING);
  });

  test('says why it records nothing and can prove nothing once the state has moved, where writes wait for a replica', async () => {
    await cluster.addReplica(names.state);
    const acknowledging = open({ acknowledge: { replicas: 1 } });
    await acknowledging.ready();
    const known = anyKey();
    await acknowledging.record([write(known)]);
    const moving = await beginMove(names);
    await move(moving, names.state);

    expect(await rejection(acknowledging.record([write(known)]))).toMatchObject(MOVING);
    await until(() => acknowledging.epochs([known]).then(() => false, (error: unknown) => String(error).includes('let a slot that is being moved arrive')));
  });

  test('goes on being followed, wherever the log and the incarnation stand', async () => {
    const [before, after] = farApart(2) as [TargetKey, TargetKey];
    await store.record([write(before)]);
    const follower = store.follow();
    later(() => { follower.close(); });
    const { incarnation } = await follower.head(LOG_START);
    const moving = await beginMove(names);
    await move(moving, names.log);

    expect(incarnation).toBeDefined();
    const found = await untilResolved(() => follower.wait(LOG_START, 10, 10));
    expect(found).toMatchObject({ incarnation, entries: [{ key: before }], nowMs: expect.any(Number) });

    await move(moving, names.state);
    expect(await untilResolved(() => follower.wait(found.entries[0]!.id, 10, 10))).toMatchObject({ incarnation, entry: found.entries[0], entries: [] });
    expect(await untilResolved(() => follower.head(LOG_START))).toMatchObject({ incarnation });
    expect(await untilResolved(() => store.epochs([before, after]))).toEqual([expect.any(Number), undefined]);
  });
});
