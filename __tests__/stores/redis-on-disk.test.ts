import { spawnSync } from 'node:child_process';
import { StoreUnavailableError } from '../../lib/errors.js';
import type { FollowableStore } from '../../lib/stores/store.js';
import { findRedis } from '../support/find-redis.js';
import { startReplicatedRedis, type ReplicatedRedis } from '../support/replicated-redis.js';
import { anyKey, write } from './support/builders.js';
import { expectToWork } from './support/expect-to-work.js';
import { appClient, cleanUpAll, eachVersion, later, openStore, rawClient, versions } from './support/redis-stores.js';
import { rejection } from './support/settling.js';
import { untilResolved } from './support/until.js';

afterEach(cleanUpAll);

const NEEDS = 'acknowledge.onDisk needs Redis 7.2 or later with appendonly yes';

/** WAITAOF came with Redis 7.2: of an older one there is only that it is refused. */
const [, major = 0, minor = 0] = (/v=(\d+)\.(\d+)/.exec(spawnSync(findRedis(), ['--version'], { encoding: 'utf8' }).stdout) ?? []).map(Number);
const knowsWaitAof = major > 7 || (major === 7 && minor >= 2);

/** A primary that keeps an append-only file, and replicas that keep none. */
async function onDisk(replicas: number, appendfsync: string): Promise<ReplicatedRedis> {
  const redis = await startReplicatedRedis(replicas, '--appendonly', 'yes', '--appendfsync', appendfsync);
  later(() => redis.stop());
  return redis;
}

function openOn({ primary }: ReplicatedRedis, replicas: number, timeoutMs: number, version = versions['ioredis 6']): FollowableStore {
  return openStore(appClient(primary.url, {}, version), { acknowledge: { replicas, timeoutMs, onDisk: true, provenWithinMs: 2500 } });
}

test('A Redis that keeps nothing on disk is refused at the start, with what to do', async () => {
  const redis = await startReplicatedRedis(0);
  later(() => redis.stop());
  const store = openOn(redis, 0, 1000);

  const error = await rejection(store.ready());

  expect(error).toBeInstanceOf(StoreUnavailableError);
  expect(error.message).toContain(NEEDS);
  expect((await rejection(store.record([write(anyKey())]))).message).toContain(NEEDS);
});

if (!knowsWaitAof) {
  test('So is one that cannot tell what is on its disk', async () => {
    expect((await rejection(openOn(await onDisk(0, 'always'), 0, 1000).ready())).message).toContain(NEEDS);
  });
}

if (knowsWaitAof) {
  describe.each(eachVersion)('with %s, a write that has to be on disk', (_, version) => {
    test('is recorded once the primary has it there', async () => {
      const store = openOn(await onDisk(0, 'everysec'), 0, 5000, version);
      await store.ready();

      await expectToWork(store);
    });

    test('is refused where the primary has it in memory alone', async () => {
      const redis = await onDisk(0, 'always');
      const store = openOn(redis, 0, 100, version);
      await store.ready();
      await rawClient(redis.primary.url).config('SET', 'appendfsync', 'no');

      const { message } = await rejection(store.record([write(anyKey())]));

      expect(message).toContain('but not yet on its disk, and acknowledged by 0 of 0 replicas within 100 ms; repeat it');
    });

    test('is refused while a replica that counts keeps nothing on disk, and recorded once it does', async () => {
      const redis = await onDisk(1, 'always');
      const store = openOn(redis, 1, 200, version);
      expect((await rejection(store.ready())).message).toContain('acknowledged by 0 of 1 replicas within 200 ms');

      const replica = rawClient(redis.replicas[0]!.server.url);
      await replica.config('SET', 'appendonly', 'yes');
      await replica.config('SET', 'appendfsync', 'always');

      expect(await untilResolved(() => store.record([write(anyKey())]))).toMatchObject([{ changed: true }]);
    });

    test('keeps no check waiting, and no proof that the server is the primary', async () => {
      const redis = await onDisk(1, 'always');
      const replica = rawClient(redis.replicas[0]!.server.url);
      await replica.config('SET', 'appendonly', 'yes');
      await replica.config('SET', 'appendfsync', 'always');
      const store = openOn(redis, 1, 5000, version);
      await untilResolved(() => store.ready());
      const key = anyKey();
      await store.record([write(key, { epoch: 1000 })]);
      await rawClient(redis.primary.url).config('SET', 'appendfsync', 'no');

      const refused = new AbortController();
      const refusal = rejection(store.record([write(anyKey())])).finally(() => { refused.abort(); });
      while (!refused.signal.aborted) expect(await store.epochs([key])).toEqual([1000]);

      expect((await refusal).message).toContain('not yet on its disk');
    });
  });
}
