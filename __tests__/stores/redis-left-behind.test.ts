import type { Acknowledge } from '../../lib/stores/redis/acknowledge-option.js';
import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { openLink, type Link } from '../faults/proxy.js';
import { anyKey, write } from './support/builders.js';
import { appClient, eachVersion, later, openStore, rawClient } from './support/redis-stores.js';
import { onReplicatedRedis, PATIENT } from './support/replicated-stores.js';
import { until } from './support/until.js';

const on = onReplicatedRedis(1);

const levels: readonly (readonly [string, Acknowledge])[] = [
  ['the primary alone', 'primary'],
  ['a replica', { replicas: 1, ...PATIENT }],
];

/** The address leads to another server from now on, and who is connected stays connected, as it is with DNS and with many load balancers. */
async function handOver(link: Link): Promise<void> {
  const heir = on.redis.replicas[0]!;
  await heir.promote();
  await on.primary.replicaof('127.0.0.1', heir.server.port);
  link.leadNewTo(heir.server.port);
  later(async () => {
    await on.primary.replicaof('NO', 'ONE');
    await rawClient(heir.server.url).replicaof('127.0.0.1', heir.link.port);
    await until(async () => (await on.primary.wait(1, 100)) === 1 || (await on.primary.publish('following', '')) < 0);
  });
}

describe.each(eachVersion)('with %s, an address that leads to another primary while connections to the old one stay open', (_, version) => {
  test.each(levels)('is followed there by all who were connected, where writes wait for %s', async (_level, acknowledge) => {
    const link = await openLink(Number(new URL(on.redis.primary.url).port));
    later(() => link.close());
    const url = `redis://127.0.0.1:${link.port}`;
    const options = { namespace: on.namespace, acknowledge, checkEveryMs: 500 };
    const copy = redisStore(appClient(url, {}, version), options);
    later(() => copy.close());
    const direct = openStore(appClient(url, {}, version), options);
    await Promise.all([copy.ready(), direct.ready()]);
    const [known, wanted] = [anyKey(), anyKey()];
    await direct.record([write(known, { epoch: 1000 })]);

    await handOver(link);

    await until(() => direct.record([write(wanted, { epoch: 2000 })]).then(() => true, () => false));
    await until(() => direct.epochs([known, wanted]).then(epochs => epochs[1] === 2000, () => false));
    await until(() => copy.epochs([known, wanted], 'strong').then(epochs => epochs[1] === 2000, () => false));
    await until(() => copy.replica?.figures.state === 'live');
    expect(await copy.epochs([known, wanted])).toEqual([1000, 2000]);
  });
});
