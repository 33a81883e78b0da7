import { memoryStore, redisStore, type LiveTokens } from 'livetoken';
import { appClient, cleanUpAll, later, ownRedis } from '../stores/support/redis-stores.js';
import { until } from '../stores/support/until.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';
import type { RedisServer } from '../support/redis-server.js';
import { PATIENT_STORES } from './support/patient-stores.js';

afterEach(cleanUpAll);

const issuer = createIssuer();

async function onOwnRedis(replica: false | { readonly maxStalenessMs: number }): Promise<{ server: RedisServer; live: LiveTokens }> {
  const server = await ownRedis();
  const live = liveTokens(redisStore(appClient(server.url), { namespace: 'app', replica }), issuer);
  later(() => live.close());
  await live.ready();
  return { server, live };
}

describe.each([
  ['without a copy', false],
  ['with a copy that is soon stale', { maxStalenessMs: 200 }],
] as const)('health() of an instance that gets no requests, %s', (_, replica) => {
  it('tells that Redis is gone, and that it is back', async () => {
    const { server, live } = await onOwnRedis(replica);
    expect(live.health().state).toBe('live');

    await server.kill();
    await until(() => live.health().state === 'unavailable');

    await server.restart();
    await until(() => live.health().state === 'live');
  });

  it('tells that Redis hangs, and that it goes on', async () => {
    const { server, live } = await onOwnRedis(replica);

    server.pause();
    await until(() => live.health().state === 'unavailable');

    server.resume();
    await until(() => live.health().state === 'live');
  });
});

describe.each(PATIENT_STORES)('health() of an instance that nobody has asked anything, on the $name store', ({ open }) => {
  it('finds out by itself that checks are answered', async () => {
    const opened = await open();
    later(() => opened.close());
    const live = liveTokens(opened.store, issuer);
    expect(live.health().state).toBe('starting');

    await until(() => live.health().state === 'live');
  });
});

describe('health()', () => {
  it('is live while the copy answers checks, whatever Redis could not record', async () => {
    const { server, live } = await onOwnRedis({ maxStalenessMs: 60_000 });
    await server.kill();

    await expect(live.revoke({ kind: 'all' })).rejects.toMatchObject({ status: 503 });

    expect(live.health().state).toBe('live');
    expect(await live.check(issuer.claims())).toMatchObject({ live: true });
  });

  it('is live while a full store answers checks', async () => {
    const live = liveTokens(memoryStore({ maxEntries: 1 }), issuer);
    await live.revoke({ kind: 'session', id: 'one' });

    await expect(live.revoke({ kind: 'session', id: 'other' })).rejects.toMatchObject({ code: 'store_full' });

    expect(live.health().state).toBe('live');
  });

  it('is not talked into being live by tokens that are refused without asking anybody', async () => {
    const { server, live } = await onOwnRedis(false);
    await server.kill();
    await expect(live.check(issuer.claims())).rejects.toMatchObject({ status: 503 });
    const past = Math.floor(Date.now() / 1000) - 3600;

    expect(await live.check(issuer.claims({ iat: past, exp: past + 60 }))).toMatchObject({ live: false, reason: 'expired' });

    expect(live.health().state).toBe('unavailable');
  });

  it('asks once at a time, however often it is called, and tells each time that the store could not answer', async () => {
    const { server, live } = await onOwnRedis(false);
    const asked: string[] = [];
    live.on('unavailable', ({ operation }) => { asked.push(operation); });
    await server.kill();

    for (let i = 0; i < 1000; i++) live.health();
    await until(() => asked.length > 0);

    expect(asked).toEqual(['check']);
  });

  it('asks nobody once it is closed', async () => {
    const { live } = await onOwnRedis(false);
    const told = jest.fn();
    live.on('unavailable', told);
    await live.close();

    expect(live.health().state).toBe('closed');
    await new Promise(setImmediate);

    expect(told).not.toHaveBeenCalled();
  });

  it('survives a store that fails in a way of its own', async () => {
    const store = memoryStore();
    const odd = { name: 'odd', retainLog: () => undefined, epochs: () => { throw new TypeError('A defect.'); }, close: () => store.close() };
    const live = liveTokens(odd as never, issuer);

    expect(live.health()).toEqual({ store: 'odd', state: 'starting' });
    await new Promise(setImmediate);

    expect(live.health().state).toBe('starting');
  });
});
