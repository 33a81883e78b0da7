import { LOG_START, type LogEntry, type LogFollower, type LogHead, type LogReply } from '../../lib/stores/log.js';
import { LogTail, type TailObserver } from '../../lib/stores/replica/log-tail.js';
import { anyKey } from '../stores/support/builders.js';
import { until } from '../stores/support/until.js';

const PAGE = 500;
const MOMENT_MS = 1;
const nowMs = 1_700_000_000_000;

/** Entries of one history: chained by nonces that no other has. */
function history(name: string, length: number): LogEntry[] {
  const nonce = (i: number): string => `${name}${i}`;
  return Array.from({ length }, (_, i) => ({ id: `${i + 1}-0`, key: anyKey(), epochMs: Infinity, keepUntilMs: nowMs, nonce: nonce(i + 1), previous: nonce(i) }));
}

/** A connection to a log in this process that holds what it is given, whatever that is, until it is cut. */
interface Connection {
  readonly incarnation: string;
  readonly entries: readonly LogEntry[];
  /** What the waiting reads bring, one after the other; afterwards they wait for ever. */
  readonly news?: readonly (readonly LogEntry[])[];
}

interface Followed extends LogFollower {
  cut(): void;
}

function connect({ incarnation, entries, news = [] }: Connection, waiting: () => void): Followed {
  const end = new AbortController();
  const coming = [...news];
  const standing = [...entries];
  const head = (at: string): LogHead => ({ incarnation, entry: standing.find(({ id }) => id === at), nowMs });
  const untilCut = (): Promise<never> =>
    new Promise((_resolve, reject) => {
      end.signal.addEventListener('abort', () => { reject(new Error('cut')); });
      waiting();
    });
  return {
    head: async at => head(at),
    page: async (after, limit) => entries.slice(after === LOG_START ? 0 : entries.findIndex(({ id }) => id === after) + 1).slice(0, limit),
    kept: async function* () { yield []; },
    async wait(after, _limit, waitMs): Promise<LogReply> {
      const seen = head(after);
      if (waitMs === MOMENT_MS) return { ...seen, entries: [] };
      const entries = coming.shift() ?? (await untilCut());
      standing.push(...entries);
      return { ...seen, entries };
    },
    close: () => { end.abort(); },
    cut: () => { end.abort(); },
  };
}

/** Follows one connection after the other, each until nothing more comes over it; answers what happened, in order. */
async function follow(...connections: readonly Connection[]): Promise<string[]> {
  const events: string[] = [];
  const observer: TailObserver = {
    clock: () => undefined,
    apply: ({ nonce }) => { events.push(nonce); },
    proven: () => { events.push('proven'); },
    found: () => undefined,
    doubted: ({ cause }) => { events.push(`doubted: ${cause}`); },
    unsettled: () => false,
    lost: () => { events.push('lost'); },
  };
  let made = 0;
  let idle = 0;
  const tail = new LogTail(
    () => {
      const number = made++;
      const follower = connect(connections[Math.min(number, connections.length - 1)]!, () => {
        idle += 1;
        if (idle < connections.length) setImmediate(() => { follower.cut(); });
      });
      return follower;
    },
    observer,
    100,
  );
  const stop = new AbortController();
  const running = tail.run(stop.signal);
  await until(() => idle === connections.length);
  stop.abort();
  await running;
  return events;
}

describe('A tail that was cut off', () => {
  const before = { incarnation: 'one', entries: history('a', 2) };

  it('reads on where it was, in the same history', async () => {
    const after = { incarnation: 'one', entries: [...before.entries, ...history('a', 3).slice(2)] };

    expect(await follow(before, after)).toEqual(['a1', 'a2', 'proven', 'lost', 'a3', 'proven']);
  });

  it('starts over where the data was made anew, were its place in the log and the entry there the same', async () => {
    const after = { incarnation: 'two', entries: before.entries };

    expect(await follow(before, after)).toEqual(['a1', 'a2', 'proven', 'lost', 'doubted: wiped', 'a1', 'a2', 'proven']);
  });

  it('starts over where another history has an entry at its place, though none comes after it to show the difference', async () => {
    const after = { incarnation: 'one', entries: history('b', 2) };

    expect(await follow(before, after)).toEqual(['a1', 'a2', 'proven', 'lost', 'doubted: fork', 'b1', 'b2', 'proven']);
  });

  it('starts over where its place is no longer in the log', async () => {
    const after = { incarnation: 'one', entries: history('a', 4).slice(3) };

    expect(await follow(before, after)).toEqual(['a1', 'a2', 'proven', 'lost', 'doubted: trimmed', 'a4', 'proven']);
  });
});

it('A tail that meets another history, and behind it other data, tells of both: each is another loss', async () => {
  const stranger = { ...history('a', 3)[2]!, previous: 'x' };
  const before = { incarnation: 'one', entries: history('a', 2), news: [[stranger]] };
  const after = { incarnation: 'two', entries: history('b', 1) };

  expect((await follow(before, after)).slice(0, 7)).toEqual(['a1', 'a2', 'proven', 'doubted: fork', 'doubted: wiped', 'b1', 'proven']);
});

describe('A tail that waits for news', () => {
  const [first, ...more] = history('a', PAGE + 2);
  const appliedIn = (events: readonly string[]): number => events.filter(event => event.startsWith('a')).length;

  it('takes what comes, short of a page, for all that there is', async () => {
    const events = await follow({ incarnation: 'one', entries: [first!], news: [more.slice(0, 3)] });

    expect(events).toEqual(['a1', 'proven', 'a2', 'a3', 'a4', 'proven']);
  });

  it('does not take a full page for all that there is: more may have been left behind', async () => {
    const full = await follow({ incarnation: 'one', entries: [first!], news: [more.slice(0, PAGE)] });
    expect(appliedIn(full)).toBe(1 + PAGE);
    expect(full.at(-1)).toBe(more[PAGE - 1]!.nonce);

    const rest = await follow({ incarnation: 'one', entries: [first!], news: [more.slice(0, PAGE), more.slice(PAGE)] });
    expect(appliedIn(rest)).toBe(2 + PAGE);
    expect(rest.at(-1)).toBe('proven');
  });
});
