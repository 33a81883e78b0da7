import { LOG_START, type LogFollower } from '../../lib/stores/log.js';
import { redisKeys } from '../../lib/stores/redis/keys.js';
import { redisStore } from '../../lib/stores/redis/redis-store.js';
import { replicate, type Replica } from '../../lib/stores/replica/replica.js';
import { anyKey, write } from '../stores/support/builders.js';
import { appClient, cleanUpAll, freshNamespace, later, openStore, ownRedis, rawClient } from '../stores/support/redis-stores.js';
import { rejection } from '../stores/support/settling.js';
import { until } from '../stores/support/until.js';

afterEach(cleanUpAll);

/** More than two pages. */
const MANY = 1200;

interface World {
  readonly namespace: string;
  readonly url: string;
  readonly raw: ReturnType<typeof rawClient>;
}

async function filled(): Promise<World> {
  const { url } = await ownRedis();
  const namespace = freshNamespace();
  const store = openStore(appClient(url), { namespace });
  await store.ready();
  for (let i = 0; i < MANY / 50; i++) await store.record(Array.from({ length: 50 }, () => write(anyKey())));
  return { namespace, url, raw: rawClient(url) };
}

/** A copy that has read one page of a long log when something happens. */
function interrupted({ namespace, url }: Pick<World, 'namespace' | 'url'>, happens: () => Promise<unknown>): Replica {
  const store = redisStore(appClient(url), { namespace, replica: false });
  const follow = store.follow.bind(store);
  let pages = 0;
  store.follow = () => {
    const follower = follow();
    const page: LogFollower['page'] = async (after, limit) => {
      const isFurther = after !== LOG_START;
      if (isFurther && ++pages === 1) await happens();
      return follower.page(after, limit);
    };
    return new Proxy(follower, { get: (target, name) => (name === 'page' ? page : bound(target, name)) });
  };
  const replica = replicate(store);
  later(() => replica.close());
  return replica;
}

/** Private fields are those of the follower itself. */
function bound(target: LogFollower, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? (value.bind(target) as unknown) : value;
}

function livesWith(replica: Replica): number[] {
  const entries: number[] = [];
  replica.onChange(state => { if (state === 'live') entries.push(replica.figures.entries); });
  return entries;
}

describe('A copy that is still reading when', () => {
  it('all data is lost never says that it is complete, and does not call the loss settled', async () => {
    const world = await filled();
    const { state } = redisKeys(world.namespace);
    const incarnation = await world.raw.hget(state, 'incarnation');
    const replica = interrupted(world, () => world.raw.flushall());
    const lives = livesWith(replica);

    await until(async () => (await world.raw.hget(state, 'lost')) === incarnation);
    expect(await rejection(replica.epochs([anyKey()]))).toMatchObject({ code: 'store_unavailable' });
    // As long as a complete one would take to settle it, and longer.
    await until(() => replica.figures.resyncs > 0);
    await new Promise(resolve => setTimeout(resolve, 2000));

    expect(lives).toEqual([]);
    expect(await world.raw.hexists(state, `settled:${incarnation!}`)).toBe(0);
    expect(await world.raw.hget(state, 'lost')).toBe(incarnation);
    await replica.server!.acceptDataLoss();
    await until(() => lives.length > 0);
  });

  it('new data is lost that took the place of what it knew all of does not call that loss settled', async () => {
    const world = await filled();
    const { raw, url } = world;
    const namespace = freshNamespace();
    const [names, before] = [redisKeys(world.namespace), redisKeys(namespace)];
    const replica = interrupted({ url, namespace }, () => raw.flushall());
    await replica.ready();
    await replica.record([write(anyKey())]);
    await until(() => replica.figures.lagMs !== undefined);
    const lives = livesWith(replica);
    const incarnation = await raw.hget(names.state, 'incarnation');

    await raw.multi().rename(names.log, before.log).rename(names.state, before.state).exec();
    await until(async () => (await raw.hget(before.state, 'lost')) === incarnation);
    // As long as it would take to settle it, and longer.
    await new Promise(resolve => setTimeout(resolve, 2000));

    expect(lives).toEqual([]);
    expect(await raw.hexists(before.state, `settled:${incarnation!}`)).toBe(0);
    expect(await rejection(replica.epochs([anyKey()]))).toMatchObject({ code: 'store_unavailable' });
  });

  it('its log is deleted finds the rest of it in the store', async () => {
    const world = await filled();
    const replica = interrupted(world, () => world.raw.del(redisKeys(world.namespace).log));
    const lives = livesWith(replica);

    await until(() => lives.length > 0);

    expect(lives).toEqual(lives.map(() => MANY));
  });
});

describe('Data of which somebody has noted that it was lost', () => {
  async function empty(): Promise<World> {
    const { url } = await ownRedis();
    return { namespace: freshNamespace(), url, raw: rawClient(url) };
  }

  it('is missing to a copy that came later, though nothing is missing in what it has read', async () => {
    const world = await empty();
    const replica = replicate(redisStore(appClient(world.url), { namespace: world.namespace, replica: false, checkEveryMs: 3_600_000 }));
    later(() => replica.close());
    await replica.ready();
    expect(await replica.epochs([anyKey()])).toEqual([undefined]);

    await world.raw.hset(redisKeys(world.namespace).state, 'lost', 'earlier');
    await until(() => replica.version === undefined);

    expect(await rejection(replica.epochs([anyKey()]))).toMatchObject({ code: 'store_unavailable' });
    await replica.server!.acceptDataLoss();
    await until(() => replica.version !== undefined);
    expect(await replica.epochs([anyKey()])).toEqual([undefined]);
  });

  it('keeps checks from being answered at once where Redis is asked each time', async () => {
    const world = await empty();
    const store = openStore(appClient(world.url), { namespace: world.namespace, checkEveryMs: 3_600_000 });
    await store.ready();
    expect(await store.epochs([anyKey()])).toEqual([undefined]);

    await world.raw.hset(redisKeys(world.namespace).state, 'lost', 'earlier');

    expect(await rejection(store.epochs([anyKey()]))).toMatchObject({ code: 'store_unavailable' });
  });

  it('is nobody\'s concern where it was told to go on', async () => {
    const world = await empty();
    const replica = replicate(redisStore(appClient(world.url), { namespace: world.namespace, replica: false, onDataLoss: 'continue' }));
    later(() => replica.close());
    await replica.ready();
    let resyncs = 0;
    replica.onChange((_, cause) => { if (cause !== undefined) resyncs += 1; });

    await world.raw.hset(redisKeys(world.namespace).state, 'lost', 'earlier');
    await replica.record([write(anyKey())]);
    await until(() => replica.figures.lagMs !== undefined);

    expect(await replica.epochs([anyKey()])).toEqual([undefined]);
    expect(resyncs).toBe(0);
  });
});
