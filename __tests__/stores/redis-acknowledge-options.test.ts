import { redisStore, type RedisStoreOptions } from '../../lib/stores/redis/redis-store.js';
import { sharedRedisUrl } from '../support/redis-url.js';
import { appClient, cleanUpAll, openStore } from './support/redis-stores.js';

afterEach(cleanUpAll);

const bad: readonly [acknowledge: unknown, message: RegExp][] = [
  ['replica', /^acknowledge is a string; give 'primary', or .*\{ replicas: 1 \}/],
  [1, /^acknowledge is 1; give 'primary'/],
  [true, /^acknowledge is true; give 'primary'/],
  [null, /^acknowledge is null; give 'primary'/],
  [[1], /^acknowledge takes an object of options, not an array/],
  [{}, /^acknowledge\.replicas is undefined; give a whole number of replicas from 1 to 10/],
  [{ replicas: 0 }, /^acknowledge\.replicas is 0;/],
  [{ replicas: 11 }, /^acknowledge\.replicas is 11;/],
  [{ replicas: 1.5 }, /^acknowledge\.replicas is 1.5;/],
  [{ replicas: '1' }, /^acknowledge\.replicas is a string;/],
  [{ replicas: 1, timeoutMs: 0 }, /^acknowledge\.timeoutMs is 0; give a whole number of milliseconds from 1 to 5000/],
  [{ replicas: 1, timeoutMs: 5001 }, /^acknowledge\.timeoutMs is 5001;/],
  [{ replicas: 1, timeoutMs: Infinity }, /^acknowledge\.timeoutMs is Infinity;/],
  [{ replicas: 1, timeout: 100 }, /^acknowledge has no option timeout; its options are replicas, timeoutMs/],
  [{ replicas: -1, onDisk: true }, /^acknowledge\.replicas is -1; give a whole number of replicas from 0 to 10/],
  [{ replicas: 1, onDisk: 'yes' }, /^acknowledge\.onDisk is /],
];

test.each(bad)('acknowledge: %j is refused at construction, with what to write instead', (acknowledge, message) => {
  const open = (): unknown => redisStore(appClient(sharedRedisUrl()), { acknowledge } as RedisStoreOptions);

  expect(open).toThrow(TypeError);
  expect(open).toThrow(message);
});

test.each<NonNullable<RedisStoreOptions['acknowledge']>>([
  'primary',
  { replicas: 1 },
  { replicas: 1, timeoutMs: 1 },
  { replicas: 10, timeoutMs: 5000 },
  { replicas: 0, onDisk: true },
  { replicas: 1, onDisk: false },
])('acknowledge: %j is taken', acknowledge => {
  expect(() => openStore(appClient(sharedRedisUrl()), { acknowledge })).not.toThrow();
});
