import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { StoreUnavailableError } from '../../../lib/errors.js';
import type { RedisClient } from '../../../lib/stores/redis/connections.js';
import { redisStore, type RedisStoreOptions } from '../../../lib/stores/redis/redis-store.js';
import type { StoreWarning, StoreWarningCode } from '../../../lib/stores/store-warning.js';
import type { RevocationStore } from '../../../lib/stores/store.js';
import type { RedisServer } from '../../support/redis-server.js';
import { anyKey } from './builders.js';
import { freshNamespace, later, ownRedis, rawClient } from './redis-stores.js';
import { rejection } from './settling.js';
import { until } from './until.js';

export interface CheckedStore {
  readonly store: RevocationStore;
  /** What was told so far, and whether it was that it is over. */
  readonly told: (StoreWarning & { readonly isOver: boolean })[];
  /** What stands now. */
  codes(): StoreWarningCode[];
  standing(code: StoreWarningCode): StoreWarning | undefined;
  untilStanding(code: StoreWarningCode): Promise<StoreWarning>;
  untilOver(code: StoreWarningCode): Promise<void>;
}

/** A store that looks at its server as often as it may, closed after the test. Without a copy unless one is asked for. */
export function openChecked(client: RedisClient, options: RedisStoreOptions = {}): CheckedStore {
  const store = redisStore(client, { namespace: freshNamespace(), checkEveryMs: 100, replica: false, ...options } as RedisStoreOptions);
  later(() => store.close());
  const told: CheckedStore['told'] = [];
  store.server!.onWarning((warning, isOver) => told.push({ ...warning, isOver }));
  const standing = (code: StoreWarningCode): StoreWarning | undefined => store.server!.warnings.find(warning => warning.code === code);
  return {
    store,
    told,
    codes: () => store.server!.warnings.map(({ code }) => code).sort(),
    standing,
    async untilStanding(code) {
      await until(() => standing(code) !== undefined);
      return standing(code)!;
    },
    untilOver: code => until(() => standing(code) === undefined && told.some(each => each.code === code && each.isOver)),
  };
}

/** A server that nothing stands against. */
export function soundRedis(...args: string[]): Promise<RedisServer> {
  return ownRedis('--appendonly', 'yes', ...args);
}

/** Makes a server evict something, and no more afterwards. */
export async function makeEvict(url: string, atLeast = 1): Promise<void> {
  const raw = rawClient(url);
  const evicted = async (): Promise<number> => Number(/evicted_keys:(\d+)/.exec(await raw.info('stats'))![1]);
  const enough = (await evicted()) + atLeast;
  await evictUntil(url, async () => (await evicted()) >= enough);
  await raw.config('SET', 'maxmemory-policy', 'noeviction');
  await raw.config('SET', 'maxmemory', '0');
}

/** Fills a server that evicts whatever was not used for long. */
export async function evictUntil(url: string, isEnough: () => Promise<boolean>): Promise<void> {
  const raw = rawClient(url);
  await raw.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await raw.config('SET', 'maxmemory', '4mb');
  for (let i = 0; !(await isEnough()); i++) await raw.set(`filling:${i}`, 'x'.repeat(100_000));
}

export async function mayEvict(url: string): Promise<void> {
  const raw = rawClient(url);
  await raw.config('SET', 'maxmemory', '100mb');
  await raw.config('SET', 'maxmemory-policy', 'allkeys-lfu');
}

export const doesNotEvict = (url: string): Promise<unknown> => rawClient(url).config('SET', 'maxmemory-policy', 'noeviction');

/** The server itself is not believed. */
export async function expectRefusal({ store }: CheckedStore): Promise<void> {
  expect(await rejection(store.epochs([anyKey()], 'strong'))).toBeInstanceOf(StoreUnavailableError);
}

/** Sets this process's clock, and not that of Redis. `jest.restoreAllMocks` sets it right. */
export function shiftClock(byMs: number): void {
  const now = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => now() + byMs);
}

/** In front of a Redis, puts other words into its mouth, of the same length: what no Redis at hand would say of itself. */
export async function misquoting(server: RedisServer, said: string, instead: string): Promise<string> {
  if (said.length !== instead.length) throw new Error('Replies say how long they are.');
  const sockets = new Set<Socket>();
  const proxy = createServer(client => {
    const upstream = connect(server.port, '127.0.0.1');
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => { socket.destroy(); }));
    client.pipe(upstream);
    upstream.setEncoding('latin1').on('data', (text: string) => client.write(text.replace(said, instead), 'latin1'));
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  later(() => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  });
  return `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}
