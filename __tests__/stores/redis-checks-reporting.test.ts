import { createLiveTokens, liveIssuers, redisStore, type LiveTokenEvents, type LiveTokens, type RedisStoreOptions } from 'livetoken';
import { ask, guardedApi, liveTokens, outcome } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';
import { soundRedis } from './support/checked-store.js';
import { appClient, cleanUpAll, later, ownRedis, rawClient } from './support/redis-stores.js';
import { until } from './support/until.js';

const issuer = createIssuer();
let processWarnings: jest.SpyInstance;

beforeEach(() => {
  processWarnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});

afterEach(async () => {
  await cleanUpAll();
  jest.restoreAllMocks();
});

function open(url: string, options: RedisStoreOptions = {}): LiveTokens {
  const live = liveTokens(redisStore(appClient(url), { checkEveryMs: 100, replica: false, ...options } as RedisStoreOptions), issuer);
  later(() => live.close());
  return live;
}

function listen(live: Pick<LiveTokens, 'on'>): LiveTokenEvents['storeWarning'][] {
  const heard: LiveTokenEvents['storeWarning'][] = [];
  live.on('storeWarning', event => heard.push(event));
  return heard;
}

const persist = (url: string): Promise<unknown> => rawClient(url).config('SET', 'appendonly', 'yes');

describe('what stands against the server', () => {
  test.each([['directly', false], ['through a copy', {}]] as const)('is told by an event, and by the health for as long as it stands, asked %s', async (_, replica) => {
    const { url } = await ownRedis();
    const live = open(url, { replica });
    const heard = listen(live);
    await live.ready();

    const [warning] = live.health().warnings!;
    expect(warning).toEqual({ code: 'no_persistence', message: expect.stringContaining('keeps nothing on disk'), refuses: false });
    expect(live.health().warnings).toHaveLength(1);
    await persist(url);
    await until(() => live.health().warnings === undefined);
    expect(heard).toEqual([{ ...warning, isOver: false }, { ...warning, isOver: true }]);
    expect(processWarnings).not.toHaveBeenCalled();
  });

  test('is a warning of the process where nobody listens, once, and nothing when it is over', async () => {
    const { url } = await ownRedis();
    const live = open(url);
    await live.ready();
    await live.ready();
    const [{ message }] = live.health().warnings as unknown as [{ readonly message: string }];
    await persist(url);
    await until(() => live.health().warnings === undefined);

    expect(processWarnings.mock.calls).toEqual([[message, { code: 'LIVETOKEN_STORE' }]]);
  });

  test('breaks nothing where a listener throws', async () => {
    const { url } = await ownRedis();
    const live = open(url);
    live.on('storeWarning', () => { throw new Error('no'); });

    await live.ready();

    expect(live.health()).toMatchObject({ state: 'live', warnings: [{ code: 'no_persistence' }] });
  });

  test('is told of each of several issuers, and by the health of each', async () => {
    const { url } = await ownRedis();
    const [a, b] = [open(url, { namespace: 'a' }), open(url, { namespace: 'b' })];
    const issuers = liveIssuers({ a, b });
    const heard = listen(issuers);
    await issuers.ready();

    expect(heard.map(({ code }) => code)).toEqual(['no_persistence', 'no_persistence']);
    expect(issuers.health()).toMatchObject({ a: { warnings: [{}] }, b: { warnings: [{}] } });
  });

  test('holds no password', async () => {
    const { url } = await ownRedis('--requirepass', 'CANARY');
    const live = open(url.replace('//', '//:CANARY@'));
    const heard = listen(live);
    await live.ready();

    expect(heard).toHaveLength(1);
    expect(JSON.stringify([heard, live.health()])).not.toContain('CANARY');
  });
});

describe('a Redis that may evict', () => {
  test('is no start: ready() rejects with what to do, and the state is unavailable', async () => {
    const { url } = await soundRedis('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru');
    const live = open(url);

    await expect(live.ready()).rejects.toMatchObject({ code: 'store_unavailable', status: 503, message: expect.stringContaining('CONFIG SET maxmemory-policy noeviction') });

    expect(live.health()).toMatchObject({ state: 'unavailable', warnings: [{ code: 'eviction_policy', refuses: true }] });
  });

  test('while it runs turns answers into 503, not 401, and nobody is let in who was revoked; put right, all is as before', async () => {
    const { url } = await soundRedis();
    const live = open(url);
    await live.ready();
    const api = guardedApi(live);
    const [revoked, fine] = [issuer.token({ sub: 'bob' }), issuer.token()];
    await live.revoke({ kind: 'subject', id: 'bob' });

    await rawClient(url).config('SET', 'maxmemory', '100mb');
    await rawClient(url).config('SET', 'maxmemory-policy', 'allkeys-lru');
    await until(() => live.health().warnings?.[0]?.code === 'eviction_policy');
    expect([await outcome(ask(api, revoked)), await outcome(ask(api, fine))]).toEqual(Array(2).fill('503 temporarily_unavailable'));

    await rawClient(url).config('SET', 'maxmemory-policy', 'noeviction');
    await until(() => live.health().warnings === undefined);
    expect([await outcome(ask(api, revoked)), await outcome(ask(api, fine))]).toEqual(['401 invalid_token', '200']);
  });

  test('that comes up after the start, without anybody having waited for it, is refused all the same', async () => {
    const server = await soundRedis('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru');
    const live = createLiveTokens({ store: redisStore(appClient(server.url), { replica: false }), maxLifetime: 3600 });
    later(() => live.close());
    await until(() => live.health().warnings !== undefined);

    await expect(live.check(issuer.claims())).rejects.toMatchObject({ status: 503 });
  });
});
