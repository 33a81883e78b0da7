import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { openLink, type Link } from '../faults/proxy.js';
import { areFollowing } from '../support/replicated-redis.js';
import { anyKey, write } from './support/builders.js';
import { appClient, eachVersion, later, openStore, rawClient } from './support/redis-stores.js';
import { onReplicatedRedis } from './support/replicated-stores.js';
import { until } from './support/until.js';

const on = onReplicatedRedis(2);

/** The replicas lose sight of the primary, which stays one; one of them takes over, and the address leads there for whoever connects from now on. */
async function cutOff(link: Link): Promise<void> {
  const [heir, other] = [on.redis.replicas[0]!, on.redis.replicas[1]!];
  on.hold();
  await heir.promote();
  await rawClient(other.server.url).replicaof('127.0.0.1', heir.server.port);
  await areFollowing(heir.server, 1);
  link.leadNewTo(heir.server.port);
  later(async () => {
    on.release();
    for (const { server, link: { port } } of on.redis.replicas) await rawClient(server.url).replicaof('127.0.0.1', port);
    await areFollowing(on.redis.primary, 2);
  });
}

test.each(eachVersion)('%s, a primary that is cut off and remains one is left for the one to which its address leads by now', async (_, version) => {
  const link = await openLink(Number(new URL(on.redis.primary.url).port));
  later(() => link.close());
  const url = `redis://127.0.0.1:${link.port}`;
  const options = { namespace: on.namespace, acknowledge: { replicas: 1, timeoutMs: 500 } };
  const copy = redisStore(appClient(url, {}, version), options);
  later(() => copy.close());
  const direct = openStore(appClient(url, {}, version), options);
  await Promise.all([copy.ready(), direct.ready()]);
  const [known, wanted] = [anyKey(), anyKey()];
  await direct.record([write(known, { epoch: 1000 })]);

  await cutOff(link);

  await until(() => direct.record([write(wanted, { epoch: 2000 })]).then(() => true, () => false));
  await until(() => direct.epochs([known, wanted]).then(epochs => epochs[1] === 2000, () => false));
  await until(() => copy.epochs([known, wanted], 'strong').then(epochs => epochs[1] === 2000, () => false));
  await until(() => copy.replica?.figures.state === 'live');
  expect(await copy.epochs([known, wanted])).toEqual([1000, 2000]);
});
