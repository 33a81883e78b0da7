import { StoreUnavailableError } from '../../lib/errors.js';
import type { TargetKey } from '../../lib/model/target-key.js';
import { BEAT_SCRIPT, PROVEN_SCRIPT } from '../../lib/stores/redis/beat-scripts.js';
import { redisKeys } from '../../lib/stores/redis/keys.js';
import type { FollowableStore } from '../../lib/stores/store.js';
import { closeOAuthApps, CLIENTS, openOAuthApp } from '../support/oauth-app.js';
import { anyKey, keys, write } from './support/builders.js';
import { expectToWork } from './support/expect-to-work.js';
import { eachVersion, later, rawClient } from './support/redis-stores.js';
import { expectRefused, HASTY, onReplicatedRedis, PATIENT, untilRefused } from './support/replicated-stores.js';
import { rejection } from './support/settling.js';
import { until, untilResolved } from './support/until.js';

const on = onReplicatedRedis(2);

afterEach(closeOAuthApps);

/** Tries to record it until it gets an answer other than "not connected". */
async function refusalOfRepeated(store: FollowableStore, key: TargetKey): Promise<string> {
  let message = '';
  await until(async () => {
    ({ message } = await rejection(store.record([write(key)])));
    return !message.includes('not connected');
  });
  return message;
}

describe.each(eachVersion)('with %s, a write that replicas have to acknowledge', (_, version) => {
  test('is recorded once they have it', async () => {
    const store = await on.open({ replicas: 2, ...PATIENT }, version);
    await expectToWork(store);
    const key = anyKey();
    await store.record([write(key, { epoch: 1000 })]);

    for (const { server } of on.redis.replicas) {
      expect(await rawClient(server.url).hlen(redisKeys(on.namespace).bucket(key))).toBe(1);
    }
  });

  test('is refused where fewer have it in time, and says where it stands', async () => {
    const store = await on.open({ replicas: 2, ...HASTY }, version);
    on.redis.replicas[0]!.link.hold();
    const key = anyKey();

    await untilRefused(
      () => store.record([write(key)]),
      `Recorded at Redis at 127.0.0.1:${on.redis.primary.port}, but acknowledged by 1 of 2 replicas within 50 ms; repeat it`,
    );

    expect(await store.epochs([key])).toEqual([expect.any(Number)]);
  });

  test('is recorded where more than enough, or just enough, of them have it', async () => {
    const store = await on.open({ replicas: 1, ...PATIENT }, version);
    await store.record([write(anyKey())]);
    on.redis.replicas[0]!.link.hold();

    expect(await store.record([write(anyKey())])).toMatchObject([{ changed: true }]);
  });

  test('is refused over and over, also over a new connection, until they have it', async () => {
    const store = await on.open({ replicas: 1, ...HASTY }, version);
    on.hold();
    const key = anyKey();
    await expectRefused(store.record([write(key)]), 'acknowledged by 0 of 1');

    await on.breakConnections();

    expect(await refusalOfRepeated(store, key)).toContain('acknowledged by 0 of 1');
    await expectRefused(store.record([write(key)]), 'acknowledged by 0 of 1');
    on.release();
    expect(await untilResolved(() => store.record([write(key, { epoch: 1000 })]))).toMatchObject([{ changed: false }]);
  });

  test('leaves with what is written at the same time, under one WAIT', async () => {
    const store = await on.open({ replicas: 2, ...PATIENT }, version);
    await store.record([write(anyKey())]);
    await on.primary.config('RESETSTAT');

    await Promise.all(keys(50).map(key => store.record([write(key)])));

    expect(await on.primary.info('commandstats')).toContain('cmdstat_wait:calls=1,');
  });

  test('goes before its WAIT on one connection, with something between that is written in any case, also where Redis has forgotten the script', async () => {
    const store = await on.open({ replicas: 2, ...PATIENT }, version);
    const key = anyKey();
    await store.record([write(key, { epoch: 1000 })]);
    const monitor = await on.primary.monitor();
    later(() => { monitor.disconnect(); });
    const seen: string[] = [];
    const sources = new Set<string>();
    monitor.on('monitor', (_time: string, [name = '', lua]: string[], source: string) => {
      if (!/^(eval|evalsha|wait)$/i.test(name) || source === 'lua' || lua === PROVEN_SCRIPT) return;
      seen.push(lua === BEAT_SCRIPT ? 'beat' : name.toLowerCase());
      sources.add(source);
    });

    await store.record([write(key, { epoch: 1000 })]);
    await on.primary.script('FLUSH');
    await store.record([write(key, { epoch: 1000 })]);
    await until(() => seen.length >= 9);

    // Redis before 7.2 lets WAIT ask for all that was ever written; since then, only for what its connection has written. The order
    // is what makes one like the other, and cannot be seen from outside of an older one.
    expect(seen).toEqual(['evalsha', 'beat', 'wait', 'evalsha', 'beat', 'wait', 'eval', 'beat', 'wait']);
    expect(sources.size).toBe(1);
  });

  test('is told from one that Redis refuses for want of replicas', async () => {
    const store = await on.open({ replicas: 1, ...PATIENT }, version);
    const plain = await on.open('primary', version);
    await on.primary.config('SET', 'min-replicas-to-write', 3);
    const key = anyKey();

    for (const each of [store, plain]) {
      const error = await rejection(each.record([write(key)]));
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(error.message).toMatch(/NOREPLICAS.*min-replicas-to-write/);
    }
    await on.primary.config('SET', 'min-replicas-to-write', 0);

    expect(await store.epochs([key])).toEqual([undefined]);
    expect(await store.record([write(key)])).toMatchObject([{ changed: true }]);
  });
});

test('POST /revoke answers 503 with Retry-After until the replicas have it, and then 200; the token is refused all along', async () => {
  const app = await openOAuthApp({ store: await on.open({ replicas: 1, ...HASTY }) });
  const token = app.issuer.token();
  expect(await app.accepts(token)).toBe(true);
  on.hold();

  const refused = await app.revoke(CLIENTS.web, { token });
  expect(refused.status).toBe(503);
  expect(refused.headers['retry-after']).toMatch(/^\d+$/);
  expect(await app.accepts(token)).toBe(false);

  await on.breakConnections();
  for (let i = 0; i < 3; i++) expect((await app.revoke(CLIENTS.web, { token })).status).toBe(503);

  on.release();
  await until(async () => (await app.revoke(CLIENTS.web, { token })).status === 200);
  expect(await untilResolved(() => app.accepts(token))).toBe(false);
});
