import { once } from 'node:events';
import { Redis } from 'ioredis';
import { memoryState } from '../../demo-app/state/memory-state.js';
import { redisState } from '../../demo-app/state/redis-state.js';
import type { SharedState } from '../../demo-app/state/shared-state.js';
import { until } from '../stores/support/until.js';
import { startRedis } from '../support/redis-server.js';
import { afterwards, cleanUp } from './support/clean-up.js';

afterEach(cleanUp);

interface OpenState {
  readonly state: SharedState;
  close(): Promise<unknown>;
}

const EVERY_STATE = [
  { name: 'memory', open: async (): Promise<OpenState> => ({ state: memoryState(), close: async () => undefined }) },
  {
    name: 'redis',
    open: async (): Promise<OpenState> => {
      const redis = await startRedis();
      const client = new Redis(redis.url);
      const state = redisState(client, 2000);
      await state.ready();
      return { state, close: () => state.close().then(() => redis.stop()) };
    },
  },
];

describe.each(EVERY_STATE)('the shared state, on $name', ({ open }) => {
  let state: SharedState;
  let close: OpenState['close'];
  beforeAll(async () => {
    ({ state, close } = await open());
  });
  afterAll(() => close());

  it('gives all who want to create a value at once the same one, and everybody after them', async () => {
    const values = await Promise.all(['a', 'b', 'c'].map(value => state.getOrCreate('created', async () => value)));
    expect(new Set([...values, await state.getOrCreate('created', async () => 'd')]).size).toBe(1);
  });

  it('reads a value as often as one likes, and knows nothing of others', async () => {
    await state.put('read', 'value', 60_000);
    expect([await state.get('read'), await state.get('read'), await state.get('__proto__'), await state.get('constructor')]).toEqual([
      'value',
      'value',
      undefined,
      undefined,
    ]);
  });

  it('forgets a value when its time is up', async () => {
    await state.put('short-lived', 'value', 20);
    await until(async () => (await state.get('short-lived')) === undefined);
  });

  it('keeps the latest values of a list', async () => {
    expect(await state.list('list')).toEqual([]);
    for (const value of ['a', 'b', 'c']) await state.append('list', value, 2);
    expect(await state.list('list')).toEqual(['b', 'c']);
  });

  it('has a clock', async () => {
    const before = Date.now();
    const now = await state.now();
    expect(Number.isSafeInteger(now)).toBe(true);
    // Redis and this process read the same clock here.
    expect(now).toBeGreaterThanOrEqual(before - 1);
    expect(now).toBeLessThanOrEqual(Date.now() + 1);
  });
});

describe('the shared state in a Redis that is gone', () => {
  it('rejects whatever is asked with 503, and says nothing of what was to be kept', async () => {
    const redis = await startRedis();
    afterwards(() => redis.stop());
    const client = new Redis(redis.url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, disconnectTimeout: 100 });
    client.on('error', () => undefined);
    const state = redisState(client, 100);
    afterwards(() => state.close());
    await state.ready();
    await Promise.all([once(client, 'close'), redis.kill()]);

    const asked = [
      () => state.getOrCreate('key', async () => 'canary'),
      () => state.put('key', 'canary', 1000),
      () => state.get('canary'),
      () => state.append('key', 'canary', 1),
      () => state.list('canary'),
      () => state.now(),
      () => state.ready(),
    ];
    for (const ask of asked) {
      const error: unknown = await ask().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'StoreUnavailableError', status: 503 });
      expect(JSON.stringify(error) + (error as Error).stack!).not.toContain('canary');
    }
  });
});
