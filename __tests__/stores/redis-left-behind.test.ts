import type { Acknowledge } from '../../lib/stores/redis/acknowledge-option.js';
import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { openLink, type Link } from '../faults/proxy.js';
import { holdableLink } from '../support/holdable-link.js';
import { areFollowing, type RedisReplica } from '../support/replicated-redis.js';
import { anyKey, write } from './support/builders.js';
import { appClient, eachVersion, later, openStore, rawClient } from './support/redis-stores.js';
import { onReplicatedRedis } from './support/replicated-stores.js';
import { until } from './support/until.js';

const on = onReplicatedRedis(2);

/** It has been told to follow the new primary, and hears nothing from there. */
async function demoted(heir: RedisReplica): Promise<void> {
  const way = await holdableLink(heir.server.port);
  way.hold();
  later(() => way.close());
  await on.primary.replicaof('127.0.0.1', way.port);
}

/** It has lost sight of its replicas, and remains a primary. */
async function cutOff(): Promise<void> {
  on.hold();
}

/**
 * One replica takes over, and the other one follows it. The address leads there from now on, and who is connected stays connected, as it
 * is with DNS and with many load balancers.
 */
async function handOver(link: Link, becomes: typeof demoted): Promise<void> {
  const [heir, other] = [on.redis.replicas[0]!, on.redis.replicas[1]!];
  later(async () => {
    on.release();
    await on.primary.replicaof('NO', 'ONE');
    for (const { server, link: { port } } of on.redis.replicas) await rawClient(server.url).replicaof('127.0.0.1', port);
    await areFollowing(on.redis.primary, 2);
  });
  await becomes(heir);
  await heir.promote();
  await rawClient(other.server.url).replicaof('127.0.0.1', heir.server.port);
  await areFollowing(heir.server, 1);
  link.leadNewTo(heir.server.port);
}

const cases: readonly (readonly [old: string, who: string, becomes: typeof demoted, acknowledge: Acknowledge])[] = [
  ['a replica', 'the primary alone', demoted, 'primary'],
  ['a replica', 'a replica', demoted, { replicas: 1, timeoutMs: 500 }],
  ['cut off, and a primary still,', 'a replica', cutOff, { replicas: 1, timeoutMs: 500 }],
];

describe.each(eachVersion)('with %s, an address that leads to another primary while connections to the old one stay open', (_, version) => {
  test.each(cases)('is followed there by all who were connected: the old one is %s and writes wait for %s', async (_old, _who, becomes, acknowledge) => {
    const link = await openLink(on.redis.primary.port);
    later(() => link.close());
    const url = `redis://127.0.0.1:${link.port}`;
    const options = { namespace: on.namespace, acknowledge };
    const copy = redisStore(appClient(url, {}, version), options);
    later(() => copy.close());
    const direct = openStore(appClient(url, {}, version), options);
    await Promise.all([copy.ready(), direct.ready()]);
    const [known, wanted] = [anyKey(), anyKey()];
    await direct.record([write(known, { epoch: 1000 })]);
    await areFollowing(on.redis.primary, 2); // what only the primary has is lost with it

    await handOver(link, becomes);

    // By somebody else: whoever writes is told by a replica that it is one.
    const elsewhere = openStore(appClient(on.redis.replicas[0]!.server.url), options);
    await elsewhere.ready();
    await elsewhere.record([write(wanted, { epoch: 2000 })]);

    await until(() => direct.epochs([known, wanted]).then(epochs => epochs[1] === 2000, () => false));
    await until(() => copy.epochs([known, wanted], 'strong').then(epochs => epochs[1] === 2000, () => false));
    await until(() => copy.epochs([known, wanted]).then(epochs => epochs[1] === 2000 && copy.replica?.figures.state === 'live', () => false));
    await until(() => direct.record([write(anyKey())]).then(() => true, () => false));
  });
});
