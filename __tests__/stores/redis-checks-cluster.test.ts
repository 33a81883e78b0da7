import { doesNotEvict, expectRefusal, mayEvict, openChecked } from './support/checked-store.js';
import { startCluster, type RedisCluster } from './support/redis-cluster.js';
import { appClient, cleanUpAll, eachVersion, freshNamespace, later, rawClient } from './support/redis-stores.js';
import { rejection } from './support/settling.js';

afterEach(cleanUpAll);

describe('on a Redis Cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  const urls = (): string[] => cluster.nodes.map(({ port }) => `redis://127.0.0.1:${port}`);
  const noneEvicts = (): Promise<unknown> => Promise.all(urls().map(doesNotEvict));

  async function owner(namespace: string): Promise<string> {
    const raw = rawClient(urls()[0]!);
    const slot = await raw.cluster('KEYSLOT', `{livetoken:${namespace}}:`);
    return urls()[Math.floor(slot / Math.ceil(16_384 / cluster.nodes.length))]!;
  }

  test.each(eachVersion)('with %s the node that has our keys is looked at, and no other', async (_, version) => {
    const namespace = freshNamespace();
    const client = version.connectCluster(cluster.nodes, { lazyConnect: true });
    later(() => client.disconnect());
    const checked = openChecked(client, { namespace });
    const ours = await owner(namespace);
    for (const url of urls().filter(each => each !== ours)) await mayEvict(url);
    await checked.store.ready();
    expect(checked.codes()).toEqual(['no_persistence']);

    await noneEvicts();
    await mayEvict(ours);
    await checked.untilStanding('eviction_policy');
    await expectRefusal(checked);
    await noneEvicts();
    await checked.untilOver('eviction_policy');
  });

  test('a client of a single server is refused unless that server has our keys', async () => {
    const namespace = freshNamespace();
    const ours = await owner(namespace);
    for (const url of urls()) {
      const { store, codes } = openChecked(appClient(url), { namespace });
      if (url === ours) await store.ready();
      else expect((await rejection(store.ready())).message).toMatch(/is a node of a Redis Cluster, .* new Cluster\(\[\{ host, port \}\]\)/);
      expect(codes()).toEqual(url === ours ? ['no_persistence'] : ['no_persistence', 'unsupported_mode']);
    }
  });
});
