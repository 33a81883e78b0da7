import { redisKeys } from '../../lib/stores/redis/keys.js';
import { LOG_START, type LogEntry, type LogFollower, type LogHead, type LogReply } from '../../lib/stores/log.js';
import { LogTail, type TailObserver } from '../../lib/stores/replica/log-tail.js';
import { replicate, type Replica } from '../../lib/stores/replica/replica.js';
import type { FollowableStore } from '../../lib/stores/store.js';
import { holdableLink } from '../support/holdable-link.js';
import { anyKey, write } from '../stores/support/builders.js';
import { appClient, cleanUpAll, later, openStore, ownRedis, rawClient } from '../stores/support/redis-stores.js';
import { until } from '../stores/support/until.js';

afterEach(cleanUpAll);

const MOMENT_MS = 1;
const nowMs = 1_700_000_000_000;

/** What one connection finds; `replies` one after the other, until it is cut. */
interface Found {
  readonly head?: Partial<LogHead>;
  readonly entries?: readonly LogEntry[];
  readonly keptBreaks?: boolean;
  readonly failsAt?: 'page';
  readonly replies?: readonly Partial<LogReply>[];
}

function entries(length: number): LogEntry[] {
  return Array.from({ length }, (_, i) => ({ id: `${i + 1}-0`, key: anyKey(), epochMs: Infinity, keepUntilMs: nowMs, nonce: `n${i + 1}`, previous: `n${i}` }));
}

const HELD = entries(2);

function connect({ head = {}, entries = HELD, keptBreaks = false, failsAt, replies = [] }: Found, note: (event: string) => void, idle: () => void): LogFollower {
  const coming = [...replies];
  const end = new AbortController();
  return {
    head: async (at, isComplete): Promise<LogHead> => {
      note(`head${isComplete === true ? ', complete' : ''}`);
      return { incarnation: 'one', entry: entries.find(({ id }) => id === at), nowMs, ...head };
    },
    page: async after => {
      if (failsAt === 'page') throw new Error('cut');
      return entries.slice(after === LOG_START ? 0 : entries.findIndex(({ id }) => id === after) + 1);
    },
    kept: async function* () {
      note('kept');
      if (keptBreaks) throw new Error('cut');
      yield [{ key: anyKey(), epochMs: 1, keepUntilMs: nowMs }];
    },
    wait: async (after, _limit, waitMs) => {
      const seen = { incarnation: 'one', entry: entries.find(({ id }) => id === after), nowMs };
      if (waitMs === MOMENT_MS) return { ...seen, ...head, entries: [] };
      const reply = coming.shift();
      if (reply !== undefined) return { ...seen, entries: [], ...reply };
      return new Promise((_resolve, reject) => {
        end.signal.addEventListener('abort', () => { reject(new Error('cut')); });
        idle();
      });
    },
    close: () => { end.abort(); },
  };
}

interface Followed {
  readonly events: readonly string[];
  readonly provenAtMs: readonly number[];
  /** Of the data that was doubted. */
  readonly incarnations: readonly (string | undefined)[];
}

/** Follows one connection after the other, each until nothing more comes over it; answers what happened, in order. */
async function follow(...found: readonly Found[]): Promise<Followed> {
  const events: string[] = [];
  const provenAtMs: number[] = [];
  const incarnations: (string | undefined)[] = [];
  const observer: TailObserver = {
    clock: () => undefined,
    apply: ({ nonce }) => { events.push(nonce); },
    proven: atMs => {
      events.push('proven');
      provenAtMs.push(atMs);
    },
    found: () => { events.push('found'); },
    doubted: ({ cause, isComplete, incarnation }) => {
      events.push(`doubted: ${cause}${isComplete ? ', complete' : ''}`);
      incarnations.push(incarnation);
    },
    unsettled: () => false,
    lost: () => { events.push('lost'); },
  };
  let made = 0;
  let isIdle = false;
  const tail = new LogTail(
    () => {
      const number = made++;
      const follower = connect(found[Math.min(number, found.length - 1)]!, event => { events.push(event); }, () => {
        if (number >= found.length - 1) isIdle = true;
        else setImmediate(() => { follower.close(); });
      });
      return follower;
    },
    observer,
    100,
  );
  const stop = new AbortController();
  const running = tail.run(stop.signal);
  await until(() => isIdle);
  stop.abort();
  await running;
  return { events, provenAtMs, incarnations };
}

const READ = ['n1', 'n2', 'proven'];
const FIND_ALL = ['doubted: trimmed, complete', 'kept', 'found'];

describe('A log that lacks entries', () => {
  it('sends a beginner to what the store keeps, before he reads the log, and lets him give back what is missing in it', async () => {
    const { events } = await follow({ head: { torn: 'a' } });

    expect(events).toEqual(['head', ...FIND_ALL, ...READ]);
  });

  it('sends him there again where he did not come to the end of it', async () => {
    const { events } = await follow({ head: { torn: 'a' }, keptBreaks: true }, { head: { torn: 'a' } });

    expect(events).toEqual(['head', 'doubted: trimmed, complete', 'kept', 'lost', 'head', ...FIND_ALL, ...READ]);
  });

  it('sends a copy that was complete there too, for it may have missed what came and went while it was away', async () => {
    const { events } = await follow({}, { head: { torn: 'a' } });

    expect(events).toEqual(['head', ...READ, 'lost', 'head, complete', ...FIND_ALL, ...READ]);
  });

  it('is read again once by a copy that hears of it while it waits, and not for as long as it stays so', async () => {
    const torn = { torn: 'a' };

    const { events } = await follow({ replies: [{}, torn] }, { head: torn, replies: [torn, torn, torn] }, { head: torn, replies: [torn] });

    expect(events).toEqual([
      ...['head', ...READ, 'proven', 'doubted: trimmed, complete'],
      ...['head, complete', ...FIND_ALL, ...READ, 'proven', 'proven', 'proven', 'lost'],
      ...['head, complete', 'proven', 'proven'],
    ]);
  });

  it('is read again when it has lost some once more, be that after it was whole again', async () => {
    const { events } = await follow({ head: { torn: 'a' }, replies: [{ torn: 'b' }] }, { head: { torn: 'b' }, replies: [{}, { torn: 'b' }] }, { head: { torn: 'b' } });

    expect(events.filter(event => event === 'kept')).toHaveLength(3);
  });

  it('is not read again where nothing is missing any more', async () => {
    const { events } = await follow({ head: { torn: 'a' }, replies: [{ torn: 'a' }, {}] }, {});

    expect(events.filter(event => event === 'kept')).toHaveLength(1);
    expect(events.slice(-3)).toEqual(['lost', 'head, complete', 'proven']);
  });
});

describe('A tail that waits, on a connection that stays', () => {
  it('starts over where its place has gone and nothing follows it', async () => {
    const { events } = await follow({ replies: [{ entry: undefined }] }, {});

    expect(events).toEqual(['head', ...READ, 'doubted: trimmed, complete', 'head, complete', ...READ]);
  });

  it('starts over where another server answers that has another entry there', async () => {
    const { events } = await follow({ replies: [{ entry: { ...HELD[1]!, nonce: 'another' } }] }, {});

    expect(events).toEqual(['head', ...READ, 'doubted: fork, complete', 'head, complete', ...READ]);
  });

  it('goes on where the entry at its place leaves as the next one comes', async () => {
    const next = { ...HELD[1]!, id: '3-0', nonce: 'n3', previous: 'n2' };

    const { events } = await follow({ replies: [{ entry: undefined, entries: [next] }] });

    expect(events).toEqual(['head', ...READ, 'n3', 'proven']);
  });

  it('is not complete where data was lost that it never followed, and says nothing of it to whoever gives back', async () => {
    const { events } = await follow({ replies: [{ lost: 'earlier' }] }, {});

    expect(events).toEqual(['head', ...READ, 'doubted: wiped', 'head', ...READ]);
  });

  it('names the data that it followed to its end, and none that was lost before it had read it', async () => {
    const other = { incarnation: 'two' };

    const { incarnations } = await follow({}, { head: { ...other, entry: undefined }, failsAt: 'page' }, { head: { incarnation: 'three' } });

    expect(incarnations).toEqual(['one', undefined]);
  });

  it('goes on where the data was lost that it had followed', async () => {
    const { events } = await follow({ replies: [{}, { lost: 'one' }] });

    expect(events).toEqual(['head', ...READ, 'proven', 'proven']);
  });
});

describe('A server that has to prove that it is the one to ask', () => {
  it('makes no copy complete as long as it does not: a doubt is that of a beginner', async () => {
    const unproven = { provenUntilMs: -Infinity };

    const { events, provenAtMs } = await follow({ head: unproven, replies: [unproven, unproven] }, { head: { ...unproven, incarnation: 'two' } });

    expect(provenAtMs).toEqual(provenAtMs.map(() => -Infinity));
    expect(events).toEqual(['head', ...READ, 'proven', 'proven', 'lost', 'head', 'doubted: wiped', ...READ]);
  });

  it('makes a copy complete once it does', async () => {
    const { events } = await follow({ head: { provenUntilMs: -Infinity }, replies: [{ provenUntilMs: 0 }] }, { head: { incarnation: 'two' } });

    expect(events).toEqual(['head', ...READ, 'proven', 'lost', 'head, complete', 'doubted: wiped, complete', ...READ]);
  });

  it('vouches for nothing after the instant up to which it was proven', async () => {
    const { provenAtMs } = await follow({ head: { provenUntilMs: 5 }, replies: [{ provenUntilMs: 7 }, { provenUntilMs: 7 }] });

    expect(provenAtMs).toEqual([5, 7, 7]);
  });

  it('vouches for no more than was read, however long it is proven', async () => {
    const before = performance.now();

    const { provenAtMs } = await follow({ head: { provenUntilMs: 1e12 }, replies: [{ provenUntilMs: 1e12, entries: [] }] });

    for (const atMs of provenAtMs) {
      expect(atMs).toBeGreaterThanOrEqual(before);
      expect(atMs).toBeLessThan(performance.now() + 100);
    }
  });
});

describe('With a real Redis', () => {
  const NAMES = redisKeys('app');

  async function openReplica(url: string, heal = true): Promise<Replica> {
    const replica = replicate(openStore(appClient(url), { namespace: 'app' }), { heal });
    later(() => replica.close());
    await replica.ready();
    return replica;
  }

  async function openWriter(url: string): Promise<FollowableStore> {
    const writer = openStore(appClient(url), { namespace: 'app' });
    await writer.ready();
    return writer;
  }

  /** Waiting reads would be answered by what comes next, however late the answer gets through. */
  async function endWaitingReads(url: string): Promise<void> {
    const raw = rawClient(url);
    const waiting = [...String(await raw.client('LIST')).matchAll(/^id=(\d+) .* cmd=xread /gm)];
    for (const [, id] of waiting) await raw.client('KILL', 'ID', Number(id));
  }

  it.each([
    ['deleted', (url: string) => rawClient(url).del(NAMES.log)],
    ['trimmed by somebody', (url: string) => rawClient(url).xtrim(NAMES.log, 'MAXLEN', 0)],
  ])('a complete copy learns what was revoked while it was away, though the log was %s before it came back', async (_, lose) => {
    const { url, port } = await ownRedis();
    const link = await holdableLink(port);
    later(() => link.close());
    const replica = await openReplica(`redis://127.0.0.1:${link.port}`);
    const writer = await openWriter(url);
    await writer.record([write(anyKey())]);
    await until(() => replica.figures.lagMs !== undefined);

    link.hold();
    await endWaitingReads(url);
    const missed = anyKey();
    await writer.record([write(missed, { epoch: 1000 })]);
    await lose(url);
    await until(() => !replica.isFresh);
    link.release();
    await until(() => replica.isFresh);

    expect(await replica.epochs([missed])).toEqual([1000]);
    await until(async () => (await rawClient(url).hget(NAMES.state, 'torn')) === null && (await rawClient(url).xlen(NAMES.log)) === 2);
  });

  it('a new copy learns what the log lacks, though others have gone on writing to it', async () => {
    const { url } = await ownRedis();
    const writer = await openWriter(url);
    const [before, after] = [anyKey(), anyKey()];
    await writer.record([write(before, { epoch: 1000 })]);
    await rawClient(url).del(NAMES.log);
    await writer.record([write(after, { epoch: 2000 })]);

    const replica = await openReplica(url);

    expect(await replica.epochs([before, after])).toEqual([1000, 2000]);
  });

  it('what it lost so long ago that it matters no more is not looked for', async () => {
    const { url } = await ownRedis();
    const writer = await openWriter(url);
    await writer.record([write(anyKey())]);
    await rawClient(url).hset(NAMES.state, 'torn', Date.now() - 1000);

    expect((await openReplica(url)).figures.resyncs).toBe(0);

    await rawClient(url).hset(NAMES.state, 'torn', Date.now() + 60_000);
    expect((await openReplica(url)).figures.resyncs).toBeGreaterThan(0);
  });

  it('copies that may not mend it do not read it again and again', async () => {
    const { url } = await ownRedis();
    const copies = [await openReplica(url, false), await openReplica(url, false)];
    const writer = await openWriter(url);
    await writer.record([write(anyKey())]);
    await until(() => copies.every(({ figures }) => figures.lagMs !== undefined));
    const raw = rawClient(url);

    await raw.del(NAMES.log);
    await endWaitingReads(url);
    await until(() => copies.every(({ figures }) => figures.resyncs > 0));
    await raw.config('RESETSTAT');
    const reads = async (): Promise<number> => Number(/cmdstat_xread:calls=(\d+)/.exec(await raw.info('commandstats'))?.[1] ?? 0);
    await until(async () => (await reads()) > 10);

    expect(copies.map(({ figures }) => figures.resyncs).every(resyncs => resyncs <= 6)).toBe(true);
    expect(copies.map(({ figures }) => figures.state)).toEqual(['live', 'live']);
  });
});
