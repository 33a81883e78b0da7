import { createLiveTokens, memoryStore, redisStore, type LiveTokenEvents, type LiveTokens } from 'livetoken';
import { appClient, cleanUpAll, later, ownRedis, rawClient } from '../stores/support/redis-stores.js';
import { until } from '../stores/support/until.js';

afterEach(cleanUpAll);

interface Watched {
  readonly live: LiveTokens;
  readonly events: LiveTokenEvents['replica'][];
}

function open(url: string): Watched {
  const live = createLiveTokens({ store: redisStore(appClient(url), { replica: { maxStalenessMs: 200 } }), maxLifetime: 3600 });
  later(() => live.close());
  const events: LiveTokenEvents['replica'][] = [];
  live.on('replica', event => events.push(event));
  return { live, events };
}

describe('an instance with a copy of the revocations', () => {
  it('I9 tells by its events and its health whether the copy is live, stale or read anew, and why', async () => {
    const server = await ownRedis();
    const { live, events } = open(server.url);
    expect(live.health()).toMatchObject({ store: 'redis', state: 'starting', replica: { state: 'starting', entries: 0, ageMs: Infinity, resyncs: 0 } });
    await live.ready();
    expect(events).toEqual([{ state: 'live' }]);

    server.pause();
    await until(() => live.health().replica?.state === 'stale');
    server.resume();
    await until(() => live.health().replica?.state === 'live');
    expect(events.slice(1)).toEqual([{ state: 'stale' }, { state: 'live' }]);

    await live.revoke({ kind: 'session', id: 's' });
    await until(() => live.health().replica?.lagMs !== undefined);
    await rawClient(server.url).flushall();
    await live.revoke({ kind: 'session', id: 't' });
    // Seen by the incarnation, or by the broken chain, whichever comes first.
    await until(() => events.some(({ resync }) => resync === 'wiped' || resync === 'fork') && live.health().replica?.state === 'live');

    const { entries, bytes, ageMs, resyncs } = live.health().replica!;
    expect({ entries, resyncs }).toEqual({ entries: 2, resyncs: events.filter(({ resync }) => resync !== undefined).length });
    expect(bytes).toBeGreaterThan(0);
    expect(ageMs).toBeLessThanOrEqual(200);

    await live.close();
    expect(events.at(-1)).toEqual({ state: 'closed' });
    expect(live.health()).toMatchObject({ state: 'closed', replica: { state: 'closed', entries: 0 } });
  });

  it('I9 is told apart from one without', async () => {
    const { url } = await ownRedis();
    const direct = createLiveTokens({ store: redisStore(appClient(url), { replica: false }), maxLifetime: 3600 });
    later(() => direct.close());
    expect(direct.health()).toEqual({ store: 'redis', state: 'starting' });
    expect(createLiveTokens({ store: memoryStore(), maxLifetime: 3600 }).health()).toEqual({ store: 'memory', state: 'starting' });
  });
});
