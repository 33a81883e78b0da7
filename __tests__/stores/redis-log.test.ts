import type { Redis } from 'ioredis';
import { redisKeys } from '../../lib/stores/redis/keys.js';
import { targetKey, type TargetKey } from '../../lib/model/target-key.js';
import type { Target } from '../../lib/model/target.js';
import { LOG_START } from '../../lib/stores/log.js';
import type { FollowableStore, RecordedRevocation, RevocationStore } from '../../lib/stores/store.js';
import { sharedRedisUrl } from '../support/redis-url.js';
import { anyKey, HOUR_MS, keys, write } from './support/builders.js';
import { appClient, cleanUpAll, freshNamespace, later, openStore, ownRedis, rawClient } from './support/redis-stores.js';
import { until } from './support/until.js';

interface LogText {
  readonly name: string;
  readonly keepUntil: string;
  readonly nonce: string;
  readonly previous: string;
  readonly epoch: string | undefined;
}

const id = 'x';
const EVERY_KIND: readonly Target[] = [
  { kind: 'token', id },
  { kind: 'grant', id },
  { kind: 'session', id },
  { kind: 'subject', id },
  { kind: 'member', id, organisation: 'o' },
  { kind: 'client', id },
  { kind: 'organisation', id },
  { kind: 'all' },
];

let namespace: string;
let redis: Redis;

beforeEach(() => {
  namespace = freshNamespace();
  redis = rawClient(sharedRedisUrl());
});

afterEach(cleanUpAll);

/** One more instance of the application. */
function instance(): FollowableStore {
  return openStore(appClient(sharedRedisUrl()), { namespace });
}

/** How the log names a subject, which is what `anyKey` makes. */
function nameOf(key: TargetKey): string {
  return key.replace('subject:', 'u');
}

async function ready(store: FollowableStore): Promise<FollowableStore> {
  await store.ready();
  return store;
}

async function log(): Promise<LogText[]> {
  const entries = await redis.xrange(redisKeys(namespace).log, '-', '+');
  return entries.map(([, fields]) => {
    expect(fields).toEqual(['r', expect.any(String)]);
    const [name, keepUntil, nonce, previous, epoch, ...more] = fields[1]!.split(' ');
    expect(more).toStrictEqual([]);
    return { name: name!, keepUntil: keepUntil!, nonce: nonce!, previous: previous!, epoch };
  });
}

function incarnation(): Promise<string | null> {
  return redis.hget(redisKeys(namespace).state, 'incarnation');
}

async function redisNowMs(): Promise<number> {
  const [seconds, micros] = (await redis.time()).map(Number) as [number, number];
  return seconds * 1000 + Math.floor(micros / 1000);
}

async function expectUnbrokenChain(): Promise<void> {
  const entries = await log();
  const nonces = entries.map(({ nonce }) => nonce);
  expect(entries.map(({ previous }) => previous)).toEqual([await incarnation(), ...nonces.slice(0, -1)]);
  expect(new Set(nonces).size).toBe(entries.length);
}

describe('the log that instances follow', () => {
  test('holds of each revocation its target, its epoch, how long it is kept, and its place in the chain', async () => {
    const store = await ready(instance());
    const [now, past, good] = [anyKey(), anyKey(), anyKey()];

    const recorded = await store.record([write(now), write(past, { epoch: 1000 }), write(good, { epoch: Infinity })]);

    expect((await log()).map(({ name, epoch, keepUntil }) => [name, epoch, keepUntil])).toEqual([
      [nameOf(now), `${recorded[0]!.epochMs}`, `${recorded[0]!.keepUntilMs}`],
      [nameOf(past), '1000', `${recorded[1]!.keepUntilMs}`],
      [nameOf(good), undefined, `${recorded[2]!.keepUntilMs}`],
    ]);
    await expectUnbrokenChain();
  });

  test('takes every kind of target there is, and is read back as what was written', async () => {
    const store = await ready(instance());
    const all = EVERY_KIND.map(targetKey);
    await store.record(all.map((key, i) => write(key, { epoch: i % 2 === 0 ? Infinity : i })));

    const follower = store.follow();
    later(() => { follower.close(); });
    await follower.head(LOG_START);
    const entries = await follower.page(LOG_START, all.length);

    expect(entries.map(({ key, epochMs }) => [key, epochMs])).toEqual(all.map((key, i) => [key, i % 2 === 0 ? Infinity : i]));
    expect(new Set((await log()).map(({ name }) => name[0])).size).toBe(all.length);
  });

  test('has one entry for each write that said something new, and none for what was said before', async () => {
    const store = await ready(instance());
    const key = anyKey();
    for (const epoch of [2000, 2000, 1000, 3000]) await store.record([write(key, { epoch })]);
    await store.record([write(key, { epoch: 3000, keepForMs: HOUR_MS / 2 })]);
    await store.record([write(key, { epoch: 1000, keepForMs: 2 * HOUR_MS })]);

    expect((await log()).map(({ epoch }) => epoch)).toEqual(['2000', '3000', '3000']);
    await expectUnbrokenChain();
  });

  test('holds the merge, so that whoever reads the latest entry only knows no less', async () => {
    const store = await ready(instance());
    const key = anyKey();
    const [first] = await store.record([write(key, { epoch: 1000, keepForMs: HOUR_MS })]);
    await store.record([write(key, { epoch: 2000, keepForMs: 60_000 })]);
    const [third] = await store.record([write(key, { epoch: 500, keepForMs: 2 * HOUR_MS })]);

    expect((await log()).map(({ epoch, keepUntil }) => [epoch, keepUntil])).toEqual([
      ['1000', `${first!.keepUntilMs}`],
      ['2000', `${first!.keepUntilMs}`],
      ['2000', `${third!.keepUntilMs}`],
    ]);
  });

  test('is one unbroken chain from the incarnation on, whoever writes how much at a time', async () => {
    const [a, b] = [await ready(instance()), await ready(instance())];
    const key = anyKey();
    const batches = Array.from({ length: 40 }, (_, i) => [write(key, { epoch: i }), write(anyKey()), write(key, { epoch: i + 1 })]);

    await Promise.all(batches.map((batch, i) => (i % 2 ? a : b).record(batch)));

    await expectUnbrokenChain();
    expect((await log()).length).toBeGreaterThanOrEqual(batches.length);
  });

  test('starts anew, with another incarnation, after the data is wiped', async () => {
    const store = await ready(instance());
    await store.record([write(anyKey())]);
    const before = await incarnation();

    await redis.del(await redis.keys(`{livetoken:${namespace}}:*`));
    await store.record([write(anyKey()), write(anyKey())]);

    expect(await incarnation()).not.toBe(before);
    await expectUnbrokenChain();
  });

  test('keeps its incarnation through all writes of all instances', async () => {
    await (await ready(instance())).record([write(anyKey())]);
    const before = await incarnation();
    await (await ready(instance())).record([write(anyKey())]);

    expect(before).toMatch(/^[\w-]{22}$/);
    expect(await incarnation()).toBe(before);
  });

  test('is written before the targets: a log that takes no more leaves nothing revoked and nobody in doubt', async () => {
    const { log: stream } = redisKeys(namespace);
    const lastId = '18446744073709551615-18446744073709551615';
    await redis.xadd(stream, lastId, 'r', 'x');
    const store = await ready(instance());
    const key = anyKey();

    await expect(store.record([write(key)])).rejects.toThrow();

    expect(await store.epochs([key])).toEqual([undefined]);
    expect(await redis.exists(redisKeys(namespace).bucket(key))).toBe(0);
  });
});

describe('the log is trimmed', () => {
  /** Redis trims a stream by whole nodes of 100 entries. */
  const NODE = 100;
  const BATCH = 50;

  async function writeShortLived(store: RevocationStore): Promise<void> {
    const [{ keepUntilMs }] = (await store.record(keys(BATCH).map(key => write(key, { keepForMs: 20 })))) as [RecordedRevocation];
    await until(async () => (await redisNowMs()) > keepUntilMs);
  }

  async function writeManyShortLived(store: RevocationStore): Promise<void> {
    for (let written = 0; written < 5 * NODE; written += BATCH) await writeShortLived(store);
  }

  test('of what no token can be alive for', async () => {
    const store = await ready(instance());

    await writeManyShortLived(store);

    expect(await redis.xlen(redisKeys(namespace).log)).toBeLessThanOrEqual(2 * NODE);
  });

  test('of nothing that was written less long ago than it is told to keep', async () => {
    const store = await ready(instance());
    store.retainLog(HOUR_MS);
    store.retainLog(1);

    await writeManyShortLived(store);

    expect(await redis.xlen(redisKeys(namespace).log)).toBe(5 * NODE);
  });

  test('of nothing that another instance needs longer, which may be gone by now', async () => {
    const longLived = await ready(instance());
    longLived.retainLog(HOUR_MS);
    await longLived.record([write(anyKey(), { keepForMs: 20 })]);
    await longLived.close();

    await writeManyShortLived(await ready(instance()));

    expect(await redis.xlen(redisKeys(namespace).log)).toBe(1 + 5 * NODE);
  });

  test('of nothing that is as old as the longest revocation may still become', async () => {
    const store = await ready(instance());
    await store.record([write(anyKey(), { keepForMs: HOUR_MS })]);

    await writeManyShortLived(store);

    expect(await redis.xlen(redisKeys(namespace).log)).toBe(1 + 5 * NODE);
  });

  test('apart from the audit log, which has a retention of its own', async () => {
    const audited = await ready(instance());
    await writeManyShortLived(audited);
    expect(await redis.xlen(redisKeys(namespace).audit)).toBe(5 * NODE);

    const forgetful = await ready(openStore(appClient(sharedRedisUrl()), { namespace, auditRetentionMs: 1 }));
    await writeShortLived(forgetful);

    expect(await redis.xlen(redisKeys(namespace).audit)).toBeLessThanOrEqual(2 * NODE);
  });
});

test('a Redis that forgot the scripts is taught them again', async () => {
  const server = await ownRedis();
  const store = await ready(openStore(appClient(server.url)));
  const key = anyKey();
  await store.record([write(key, { epoch: 1000 })]);

  await rawClient(server.url).script('FLUSH');
  await store.record([write(key, { epoch: 2000 })]);

  expect(await store.epochs([key])).toEqual([2000]);
});
