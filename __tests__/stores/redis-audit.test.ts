import { redisKeys } from '../../lib/stores/redis/keys.js';
import type { FollowableStore } from '../../lib/stores/store.js';
import { sharedRedisUrl } from '../support/redis-url.js';
import { anyKey, HOUR_MS, write } from './support/builders.js';
import { appClient, cleanUpAll, freshNamespace, openStore, rawClient } from './support/redis-stores.js';

const DAY_MS = 24 * HOUR_MS;

let store: FollowableStore;
let stream: string;
let redis: ReturnType<typeof rawClient>;

beforeEach(async () => {
  const namespace = freshNamespace();
  store = openStore(appClient(sharedRedisUrl()), { namespace });
  stream = redisKeys(namespace).audit;
  redis = rawClient(sharedRedisUrl());
  await store.ready();
});
afterEach(cleanUpAll);

async function addEntry(id: string, atMs: number, note: string): Promise<unknown> {
  return redis.xadd(stream, id, 'at', String(atMs), 'epoch', '*', 'note', note);
}

function noteOf(target: string): string {
  return JSON.stringify({ key: anyKey(), target });
}

describe('the audit log in Redis', () => {
  test('tells the kind of entries that were written before they named organisations', async () => {
    await addEntry('*', 1000, JSON.stringify({ key: 'organisation:AAAAAAAAAAAAAAAAAAAAAA', target: 'organisation A', actor: 'key shop' }));

    expect((await store.audit({ limit: 10 })).items).toEqual([
      { id: expect.any(String), kind: 'organisation', key: 'organisation:AAAAAAAAAAAAAAAAAAAAAA', target: 'organisation A', actor: 'key shop', atMs: 1000, epochMs: Infinity },
    ]);
  });

  test('does not read what is older than the instant it begins with, in either order', async () => {
    await addEntry('1000-0', 1000, 'cannot be read');
    await addEntry('2000-0', 2000, noteOf('wanted'));

    for (const order of ['newest', 'oldest'] as const) {
      expect((await store.audit({ order, limit: 10, sinceMs: 2000 })).items).toMatchObject([{ target: 'wanted' }]);
    }
  });

  test('does not read what is more than a day newer than the instant it ends with, in either order', async () => {
    await addEntry('1000-0', 1000, noteOf('wanted'));
    await addEntry(`${2001 + DAY_MS}-0`, 2001 + DAY_MS, 'cannot be read');

    for (const order of ['newest', 'oldest'] as const) {
      expect((await store.audit({ order, limit: 10, untilMs: 2000 })).items).toMatchObject([{ target: 'wanted' }]);
    }
  });

  test('misses nothing where the clock was set back by hours: its ids are later than its times then', async () => {
    const nowMs = Date.now();
    await addEntry(`${nowMs + 5 * HOUR_MS}-0`, nowMs + 5 * HOUR_MS, noteOf('recorded by a clock that was ahead'));

    const [recorded] = await store.record([write(anyKey(), { note: { key: anyKey(), target: 'recorded after it was set back' } })]);

    const range = { sinceMs: recorded!.recordedAtMs, untilMs: recorded!.recordedAtMs + 1 };
    for (const order of ['newest', 'oldest'] as const) {
      expect((await store.audit({ order, limit: 10, ...range })).items).toContainEqual(expect.objectContaining({ target: 'recorded after it was set back' }));
    }
  });

  test('is read from any position that looks like one, without an error of Redis', async () => {
    await store.record([write(anyKey())]);
    const positions = ['1-0', `1-${'9'.repeat(19)}`, `${'9'.repeat(19)}-${'9'.repeat(19)}`, `${'9'.repeat(19)}-0`];

    for (const order of ['newest', 'oldest'] as const) {
      for (const after of positions) expect((await store.audit({ order, limit: 10, after })).items.length).toBeLessThanOrEqual(1);
    }
  });

  test('keeps entries as long as it is told to, and lets go of older ones as new ones come', async () => {
    const namespace = freshNamespace();
    const hourly = openStore(appClient(sharedRedisUrl()), { namespace, auditRetentionMs: HOUR_MS });
    await hourly.ready();
    stream = redisKeys(namespace).audit;
    const nowMs = Date.now();
    // Redis lets go of whole nodes of a stream, of a hundred entries by default.
    for (let n = 0; n < 300; n++) await addEntry(`${nowMs - 2 * HOUR_MS + n}-0`, nowMs - 2 * HOUR_MS + n, noteOf('old'));
    await addEntry(`${nowMs - HOUR_MS / 2}-0`, nowMs - HOUR_MS / 2, noteOf('recent'));

    await hourly.record([write(anyKey())]);

    const targets = (await hourly.audit({ limit: 1000 })).items.map(({ target }) => target);
    expect(targets.filter(target => target === 'old').length).toBeLessThanOrEqual(100);
    expect(targets.slice(-2)).toEqual(['recent', 'a target']);
  });
});
