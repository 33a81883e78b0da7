import { createLiveTokens } from '../../lib/live-tokens.js';
import { targetKey } from '../../lib/model/target-key.js';
import { redisKeys } from '../../lib/stores/redis/keys.js';
import { redisStore, type RedisStoreOptions } from '../../lib/stores/redis/redis-store.js';
import type { FollowableStore } from '../../lib/stores/store.js';
import { anyKey, write } from './support/builders.js';
import { appClient, cleanUpAll, eachVersion, later, openStore, ownRedis, rawClient, type versions } from './support/redis-stores.js';
import { expectRefused } from './support/replicated-stores.js';
import { until } from './support/until.js';

afterEach(cleanUpAll);

const NAMES = redisKeys('app');
const LOST = 'has lost its data, and all revocations with it';

type Version = (typeof versions)['ioredis 6'];

async function openDirect(url: string, options: RedisStoreOptions = {}, version?: Version): Promise<FollowableStore> {
  const store = openStore(appClient(url, {}, version), { namespace: 'app', ...options });
  await store.ready();
  return store;
}

const codes = (store: FollowableStore): string[] => (store.server?.warnings ?? []).map(({ code }) => code).filter(code => code === 'data_loss');

describe.each(eachVersion)('with %s and no copy, Redis that has lost its data', (_, version) => {
  test.each([
    ['is refused at the next check', (url: string) => rawClient(url).flushall()],
    ['is refused where only its state is gone', (url: string) => rawClient(url).del(NAMES.state)],
    [
      'is refused though others have begun anew in it',
      async (url: string) => {
        await rawClient(url).flushall();
        const other = await openDirect(url);
        await other.record([write(anyKey())]);
      },
    ],
  ])('%s', async (_what, lose) => {
    const { url } = await ownRedis();
    const store = await openDirect(url, {}, version);
    const key = anyKey();
    await store.record([write(key)]);
    expect(await store.epochs([key])).toEqual([expect.any(Number)]);

    await lose(url);

    await expectRefused(store.epochs([key]), LOST);
    await until(() => codes(store).length > 0);
    expect(store.server?.warnings.find(({ code }) => code === 'data_loss')).toMatchObject({ refuses: true });
    await expectRefused(store.epochs([anyKey()]), 'call acceptDataLoss()');
  });

  test('is refused by instances too that start afterwards, until somebody settles it, and then by none', async () => {
    const { url } = await ownRedis();
    const store = await openDirect(url, {}, version);
    await store.record([write(anyKey())]);
    await store.epochs([anyKey()]);
    await rawClient(url).flushall();
    await expectRefused(store.epochs([anyKey()]), LOST);
    await until(async () => (await rawClient(url).hexists(NAMES.state, 'lost')) === 1);

    const newcomer = openStore(appClient(url), { namespace: 'app' });
    await expectRefused(newcomer.ready(), LOST);
    const copying = redisStore(appClient(url), { namespace: 'app' });
    later(() => copying.close());
    await expectRefused(copying.ready(), LOST);

    await newcomer.server!.acceptDataLoss();

    expect(await newcomer.epochs([anyKey()])).toEqual([undefined]);
    await until(() => store.epochs([anyKey()]).then(() => true, () => false));
    await copying.ready();
    expect(codes(store)).toStrictEqual([]);
  });

  test('is refused only until a copy has written back what was lost', async () => {
    const { url } = await ownRedis();
    const direct = await openDirect(url, {}, version);
    const copying = redisStore(appClient(url, {}, version), { namespace: 'app' });
    later(() => copying.close());
    await copying.ready();
    const key = anyKey();
    await direct.record([write(key, { epoch: 1000 })]);
    await direct.epochs([key]);
    await until(async () => (await copying.epochs([key]))[0] !== undefined);

    await rawClient(url).flushall();
    await expectRefused(direct.epochs([key]), LOST);

    expect(await copying.epochs([key])).toEqual([1000]);
    await until(() => direct.epochs([key]).then(epochs => epochs[0] === 1000, () => false));
    expect(await rawClient(url).hexists(NAMES.state, 'lost')).toBe(0);
  });

  test('that nobody mends has everything revoked, where that was chosen, and is asked again', async () => {
    const { url } = await ownRedis();
    const store = await openDirect(url, { onDataLoss: 'revoke-all' }, version);
    store.retainLog(3_600_000);
    await store.record([write(anyKey())]);
    await store.epochs([anyKey()]);

    await rawClient(url).flushall();
    await expectRefused(store.epochs([anyKey()]), LOST);

    const all = targetKey({ kind: 'all' });
    await until(() => store.epochs([all]).then(epochs => epochs[0] !== undefined, () => false));
    expect(codes(store)).toStrictEqual([]);
    expect((await store.audit({ limit: 10 })).items).toMatchObject([{ target: 'all', actor: 'livetoken', reason: 'data loss' }]);
  });

  test('is warned of and asked on, where that was chosen', async () => {
    const { url } = await ownRedis();
    const store = await openDirect(url, { onDataLoss: 'continue' }, version);
    const key = anyKey();
    await store.record([write(key)]);
    await store.epochs([key]);

    await rawClient(url).flushall();

    expect(await store.epochs([key])).toEqual([undefined]);
    await until(() => codes(store).length > 0);
    expect(store.server?.warnings.find(({ code }) => code === 'data_loss')).toMatchObject({ refuses: false });
  });
});

test('A Redis in which nothing was ever recorded, and then something is, has lost nothing', async () => {
  const { url } = await ownRedis();
  const store = await openDirect(url);
  const key = anyKey();
  expect(await store.epochs([key])).toEqual([undefined]);

  await store.record([write(key)]);

  expect(await store.epochs([key])).toEqual([expect.any(Number)]);
});

test('A loss is noticed by an instance that has recorded something and looked at nothing since', async () => {
  const { url } = await ownRedis();
  const store = await openDirect(url);
  await store.record([write(anyKey())]);

  await rawClient(url).flushall();

  await expectRefused(store.epochs([anyKey()]), LOST);
});

test('Data that is still there cannot be settled beforehand', async () => {
  const { url } = await ownRedis();
  const store = await openDirect(url);
  await store.record([write(anyKey())]);
  await store.epochs([anyKey()]);
  const incarnation = await rawClient(url).hget(NAMES.state, 'incarnation');
  await store.settle([incarnation!]);
  const kept = await rawClient(url).hgetall(NAMES.state);
  expect(Object.keys(kept).filter(field => field.startsWith('settled:'))).toStrictEqual([]);

  await rawClient(url).flushall();

  await expectRefused(store.epochs([anyKey()]), LOST);
});

test('Data that comes back is not lost any more', async () => {
  const { url } = await ownRedis();
  const store = await openDirect(url);
  const key = anyKey();
  await store.record([write(key, { epoch: 1000 })]);
  await store.epochs([key]);
  const raw = rawClient(url);
  const incarnation = (await raw.hget(NAMES.state, 'incarnation'))!;
  await raw.rename(NAMES.state, 'away');
  await expectRefused(store.epochs([key]), LOST);
  await until(async () => (await raw.hexists(NAMES.state, 'lost')) === 1);

  await raw.rename('away', NAMES.state);

  await until(() => store.epochs([key]).then(epochs => epochs[0] === 1000, () => false));
  expect(await raw.hget(NAMES.state, 'incarnation')).toBe(incarnation);
});

test('LiveTokens tell of it, and settle it', async () => {
  const { url } = await ownRedis();
  const store = await openDirect(url);
  const live = createLiveTokens({ store, maxLifetime: 3600 });
  const told: string[] = [];
  live.on('storeWarning', ({ code, isOver }) => { told.push(`${code}${isOver ? ' is over' : ''}`); });
  await live.revoke({ kind: 'session', id: 'one' });
  await store.epochs([anyKey()]);

  await rawClient(url).flushall();
  await expectRefused(store.epochs([anyKey()]), LOST);
  await until(() => told.includes('data_loss'));
  await live.acceptDataLoss();

  expect(told).toContain('data_loss is over');
  expect(await store.epochs([anyKey()])).toEqual([undefined]);
});

describe('A Redis that was in use and holds nothing, with no instance left that has seen anything,', () => {
  const expectData = true;

  test('is refused, and once that is settled by nobody, whoever starts later', async () => {
    const { url } = await ownRedis();
    const store = openStore(appClient(url), { namespace: 'app', expectData });
    await expectRefused(store.ready(), LOST);
    await expectRefused(store.epochs([anyKey()]), LOST);

    await store.server?.acceptDataLoss();

    expect(await store.epochs([anyKey()])).toEqual([undefined]);
    await openDirect(url, { expectData });
  });

  test('is refused also after something new was revoked in it', async () => {
    const { url } = await ownRedis();
    const store = openStore(appClient(url), { namespace: 'app', expectData });
    await expectRefused(store.ready(), LOST);
    await store.record([write(anyKey())]);
    await until(async () => (await rawClient(url).hget(NAMES.state, 'lost')) !== null);

    await expectRefused(store.epochs([anyKey()]), LOST);
    await expectRefused(openStore(appClient(url), { namespace: 'app', expectData }).ready(), LOST);
  });

  test('makes no copy that would answer for it', async () => {
    const { url } = await ownRedis();
    const copy = redisStore(appClient(url), { namespace: 'app', expectData, readyTimeoutMs: 500 });
    later(() => copy.close());

    await expectRefused(copy.ready(), LOST);
    await expectRefused(copy.epochs([anyKey()]), LOST);
  });

  test('is believed where it does hold something, and again once a copy has given back what was lost after that', async () => {
    const { url } = await ownRedis();
    const key = anyKey();
    await (await openDirect(url)).record([write(key, { epoch: 1000 })]);
    const store = await openDirect(url, { expectData });
    const copy = redisStore(appClient(url), { namespace: 'app', expectData });
    later(() => copy.close());
    await copy.ready();
    await until(() => copy.replica?.figures.state === 'live');

    await rawClient(url).flushall();

    await expectRefused(store.epochs([key]), LOST);
    await until(() => store.epochs([key]).then(([epoch]) => epoch === 1000, () => false));
  });
});

test('onDataLoss is one of three words', () => {
  const client = appClient('redis://127.0.0.1:1');
  expect(() => redisStore(client, { onDataLoss: 'ignore' as 'refuse' })).toThrow("onDataLoss is a string; give 'refuse' or 'revoke-all' or 'continue'.");
});
