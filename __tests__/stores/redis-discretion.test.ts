import { inspect } from 'node:util';
import type { Redis } from 'ioredis';
import type { TargetKey } from '../../lib/model/target-key.js';
import { bucketField, redisKeys } from '../../lib/stores/redis/keys.js';
import type { RevocationStore, RevocationWrite, TrackedToken } from '../../lib/stores/store.js';
import type { RedisServer } from '../support/redis-server.js';
import { trackedToken, write } from './support/builders.js';
import { appClient, cleanUpAll, eachVersion, openStore, ownRedis, rawClient } from './support/redis-stores.js';
import { rejection } from './support/settling.js';

afterEach(cleanUpAll);

/** Stands for what must not get into any log: ids, reasons, what is known of a token, the keys made of them. */
const canary = 'canary-4711';
const hash = `${canary}-${'x'.repeat(10)}`;
const key = `session:${hash}` as TargetKey;

const canaryWrite: RevocationWrite = write(key, { note: { key, target: canary, actor: canary, reason: canary, requestId: canary } });
const canaryToken: TrackedToken = trackedToken({ key: `token:${hash}` as TargetKey, targets: [key], details: JSON.stringify({ canary }) });

/** Whatever an application could print of an error. */
function allOf(error: unknown): string {
  const seen = new Set<unknown>();
  const texts: string[] = [];
  for (let each: unknown = error; each instanceof Error && !seen.has(each); each = each.cause) {
    seen.add(each);
    const own = Object.fromEntries(Object.getOwnPropertyNames(each).map(name => [name, (each as unknown as Record<string, unknown>)[name]]));
    texts.push(each.message, each.stack ?? '', String(each), JSON.stringify(own), inspect(each, { depth: null, showHidden: true, getters: true }));
  }
  return texts.join('\n');
}

const questions: Readonly<Record<string, (store: RevocationStore) => Promise<unknown>>> = {
  epochs: store => store.epochs([key]),
  record: store => store.record([canaryWrite]),
  track: store => store.track(canaryToken),
  tracked: store => store.tracked([canaryToken.key]),
  active: store => store.active(key, { limit: 1 }),
  retire: store => store.retire([canaryToken], 1000),
  audit: store => store.audit({ limit: 1 }),
};

type Harm = (server: RedisServer, redis: Redis) => Promise<unknown>;

const everythingForeign: Harm = async (_server, redis) => {
  const names = redisKeys(canary);
  const all = [names.log, names.audit, names.state, names.bucket(key), names.tracked(canaryToken.key), names.active(key)];
  await redis.mset(...all.flatMap(name => [name, canary]));
};

const unparsable: Harm = async (_server, redis) => {
  const names = redisKeys(canary);
  await redis.hset(names.bucket(key), bucketField(key), canary);
  await redis.hset(names.tracked(canaryToken.key), 'json', canary);
  await redis.xadd(names.audit, '*', 'at', canary, 'epoch', canary, 'note', canary);
  await redis.set(names.active(key), canary);
};

/** `but`: what goes through all the same. */
const harms: [string, Harm, readonly string[]][] = [
  ['holds keys of a foreign type', everythingForeign, ['track']],
  ['holds values that cannot be read', unparsable, ['track']],
  ['forbids every command', async (_, redis) => redis.call('ACL', 'SETUSER', 'default', '-@all', '+auth'), []],
  ['has no memory', async (_, redis) => redis.config('SET', 'maxmemory', '1'), ['epochs', 'tracked', 'active', 'audit', 'retire']],
  ['was killed', server => server.kill(), []],
  ['hangs', async server => server.pause(), []],
];

describe.each(eachVersion)('no error of a store with %s says what was asked', (_, version) => {
  test.each(harms)('when Redis %s', async (_name, harm, but) => {
    const server = await ownRedis();
    const store = openStore(appClient(server.url, { showFriendlyErrorStack: true }, version), { namespace: canary });
    await store.ready();
    await harm(server, rawClient(server.url));

    for (const [name, ask] of Object.entries(questions)) {
      if (but.includes(name)) continue;
      const error = await rejection(ask(store));
      expect([name, allOf(error)]).toEqual([name, expect.not.stringContaining(canary)]);
    }
  });
});
