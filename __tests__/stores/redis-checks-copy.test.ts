import { StoreUnavailableError } from '../../lib/errors.js';
import type { LogFollower } from '../../lib/stores/log.js';
import type { FollowableStore } from '../../lib/stores/store.js';
import type { RedisServer } from '../support/redis-server.js';
import { anyKey, write } from './support/builders.js';
import { doesNotEvict, expectRefusal, mayEvict, openChecked, soundRedis, type CheckedStore } from './support/checked-store.js';
import { appClient, cleanUpAll, freshNamespace, later, rawClient } from './support/redis-stores.js';
import { rejection } from './support/settling.js';
import { until, untilResolved } from './support/until.js';

afterEach(cleanUpAll);

describe('a running store with a copy', () => {
  let server: RedisServer;
  let checked: CheckedStore;
  const revoked = anyKey();
  const namespace = freshNamespace();

  beforeEach(async () => {
    server = await soundRedis();
    checked = openChecked(appClient(server.url), { namespace, replica: { maxStalenessMs: 300 } });
    await checked.store.ready();
    await checked.store.record([write(revoked, { epoch: Infinity })]);
  });

  test('goes on answering from it once Redis may evict, and takes in what others revoke', async () => {
    await mayEvict(server.url);
    await checked.untilStanding('eviction_policy');
    await expectRefusal(checked);

    expect(await checked.store.epochs([revoked, anyKey()])).toEqual([Infinity, undefined]);
    const other = openChecked(appClient(server.url), { namespace });
    const late = anyKey();
    await untilResolved(() => other.store.record([write(late, { epoch: 1000 })]));
    await until(async () => (await checked.store.epochs([late]))[0] === 1000);
    expect(checked.store.replica!.figures).toMatchObject({ state: 'live', resyncs: 0 });
  });

  test('loses it with its connection, since nobody can tell what was evicted meanwhile; and has it again when Redis is in order', async () => {
    await mayEvict(server.url);
    await checked.untilStanding('eviction_policy');
    await rawClient(server.url).call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await until(() => checked.store.replica!.figures.state === 'stale');
    expect(await rejection(checked.store.epochs([revoked]))).toBeInstanceOf(StoreUnavailableError);
    await rejection(checked.store.ready());

    await doesNotEvict(server.url);
    await until(() => checked.store.replica!.figures.state === 'live');
    expect(await checked.store.epochs([revoked])).toEqual([Infinity]);
  });

  test('takes no news from a replica', async () => {
    const other = await soundRedis();
    await rawClient(server.url).replicaof('127.0.0.1', other.port);
    await checked.untilStanding('not_primary');

    await until(() => checked.store.replica!.figures.state === 'stale');
    expect(await rejection(checked.store.epochs([anyKey()]))).toBeInstanceOf(StoreUnavailableError);
  });
});

describe('who follows the log', () => {
  async function follow(): Promise<CheckedStore & { readonly url: string; readonly follower: LogFollower }> {
    const { url } = await soundRedis();
    const checked = openChecked(appClient(url));
    await checked.store.ready();
    const follower = (checked.store as FollowableStore).follow();
    later(() => { follower.close(); });
    await follower.head('0-0');
    return { ...checked, url, follower };
  }

  test('is told what is new by a Redis that may evict, and cannot begin anew', async () => {
    const { url, follower, store, untilStanding } = await follow();
    await mayEvict(url);
    await untilStanding('eviction_policy');
    await store.record([write(anyKey())]);

    expect((await follower.wait('0-0', 10, 10)).entries).toHaveLength(1);
    expect(await rejection(follower.head('0-0'))).toBeInstanceOf(StoreUnavailableError);
  });

  test('is told nothing by a replica', async () => {
    const { url, follower, untilStanding } = await follow();
    await rawClient(url).replicaof('127.0.0.1', (await soundRedis()).port);
    await untilStanding('not_primary');

    expect((await rejection(follower.wait('0-0', 10, 10))).message).toContain('is a replica');
  });
});
