import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { anyKey, write } from './support/builders.js';
import { appClient, cleanUpAll, eachVersion, openStore, ownRedis, rawClient } from './support/redis-stores.js';
import { rejection } from './support/settling.js';
import { until } from './support/until.js';

afterEach(cleanUpAll);

describe.each(eachVersion)('with %s, a Redis that hangs', (_, version) => {
  test('does not find what was asked of it meanwhile when it comes back, and is asked again then', async () => {
    const server = await ownRedis();
    const store = openStore(appClient(server.url, {}, version));
    await store.ready();
    const key = anyKey();
    await store.record([write(key, { epoch: 1000 })]);
    const raw = rawClient(server.url);
    await raw.config('RESETSTAT');

    server.pause();
    let asked = 0;
    const errors = new Set<string>();
    // A thousand or so a second, until it has been long enough for the socket to be given up and made anew.
    const untilMs = performance.now() + 2500;
    while (performance.now() < untilMs) {
      const batch = await Promise.all(Array.from({ length: 20 }, () => rejection(store.epochs([key]))));
      asked += batch.length;
      for (const { message } of batch) errors.add(message.replace(/^.*\(/, '('));
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    server.resume();

    await until(() => store.epochs([key]).then(epochs => epochs[0] === 1000, () => false));
    const calls = Number(/cmdstat_hget:calls=(\d+)/.exec(await raw.info('commandstats'))?.[1]);
    expect(asked).toBeGreaterThan(500);
    expect(calls).toBeLessThan(asked / 5);
    expect([...errors]).toContain('(it did not answer a moment ago).');
  });
});

test.each([59, 1001, 300.5, '300'])('deadlineMs is a whole number within bounds, and not %p', deadlineMs => {
  const client = appClient('redis://127.0.0.1:1');
  expect(() => redisStore(client, { deadlineMs: deadlineMs as number })).toThrow('deadlineMs is');
});
