import { setImmediate as nextTurn } from 'node:timers/promises';
import { LOG_START, type LogEntry, type LogFollower, type LogHead, type LogReply } from '../../lib/stores/log.js';
import { LogTail, type TailObserver } from '../../lib/stores/replica/log-tail.js';
import { anyKey } from '../stores/support/builders.js';
import { until } from '../stores/support/until.js';

const PAGE = 500;
const MOMENT_MS = 1;
const STORE_NOW_MS = 1_700_000_000_000;

/** A chain of entries, positions 1-0, 2-0... */
function chain(length: number): LogEntry[] {
  return Array.from({ length }, (_, i) => ({
    id: `${i + 1}-0`,
    key: anyKey(),
    epochMs: Infinity,
    keepUntilMs: STORE_NOW_MS,
    nonce: `n${i + 1}`,
    previous: `n${i}`,
  }));
}

/** A log in this process that says what it is asked, for what no real one can be made to do at will. */
class ScriptedLog implements LogFollower {
  readonly #entries: readonly LogEntry[];
  readonly #events: string[];
  readonly #closed = new AbortController();
  /** Positions after which no page comes until the follower is closed, which then rejects. */
  readonly stuckAfter = new Set<string>();

  constructor(entries: readonly LogEntry[], events: string[]) {
    this.#entries = entries;
    this.#events = events;
  }

  async head(at: string): Promise<LogHead> {
    return this.#headAt(at);
  }

  #headAt(at: string): LogHead {
    return { incarnation: 'one', entry: this.#entries.find(({ id }) => id === at), nowMs: STORE_NOW_MS };
  }

  async page(after: string, limit: number): Promise<readonly LogEntry[]> {
    this.#events.push(`asked after ${after}`);
    if (this.stuckAfter.has(after)) return this.#never();
    const from = after === LOG_START ? 0 : this.#entries.findIndex(({ id }) => id === after) + 1;
    return this.#entries.slice(from, from + limit);
  }

  async wait(after: string, _limit: number, waitMs: number): Promise<LogReply> {
    if (waitMs === MOMENT_MS) return { ...this.#headAt(after), entries: [] };
    this.#events.push('waits');
    return this.#never();
  }

  async *kept(): AsyncGenerator<never[]> {
    yield [];
  }

  close(): void {
    this.#closed.abort();
  }

  #never(): Promise<never> {
    return new Promise((_resolve, reject) => {
      this.#closed.signal.addEventListener('abort', () => { reject(new Error('The connection was closed.')); });
    });
  }
}

function observer(events: string[]): TailObserver {
  return {
    clock: nowMs => { events.push(`clock ${nowMs}`); },
    apply: ({ id }) => { events.push(`applied ${id}`); },
    proven: () => { events.push('proven'); },
    found: ({ key }) => { events.push(`found ${key}`); },
    doubted: ({ cause }) => { events.push(`doubted: ${cause}`); },
    unsettled: () => false,
    lost: error => { events.push(`lost: ${String(error)}`); },
  };
}

const unhandled: unknown[] = [];
const keep = (error: unknown): void => { unhandled.push(error); };

beforeAll(() => { process.on('unhandledRejection', keep); });
afterAll(() => { process.off('unhandledRejection', keep); });

/** Runs a tail over the followers, one after the other, until `holds`; answers what happened. */
async function follow(followers: (events: string[]) => LogFollower[], holds: (events: string[]) => boolean): Promise<string[]> {
  const events: string[] = [];
  const [last, ...others] = followers(events).reverse() as [LogFollower, ...LogFollower[]];
  const stop = new AbortController();
  const running = new LogTail(() => others.pop() ?? last, observer(events), 100).run(stop.signal);
  await until(() => holds(events));
  stop.abort();
  await running;
  return events;
}

describe('The tail of a log', () => {
  it('asks for the next page before it applies the one that came, and so loses none and repeats none', async () => {
    const entries = chain(2 * PAGE + 5);

    const events = await follow(log => [new ScriptedLog(entries, log)], log => log.includes('waits'));

    expect(events.filter(event => event.startsWith('applied'))).toEqual(entries.map(({ id }) => `applied ${id}`));
    expect(events.filter(event => event.startsWith('asked'))).toEqual([`asked after ${LOG_START}`, `asked after ${PAGE}-0`, `asked after ${2 * PAGE}-0`]);
    for (const page of [1, 2]) {
      expect(events.indexOf(`asked after ${page * PAGE}-0`)).toBeLessThan(events.indexOf(`applied ${(page - 1) * PAGE + 1}-0`));
    }
    expect(events.indexOf('proven')).toBeGreaterThan(events.indexOf(`applied ${2 * PAGE + 5}-0`));
    expect(events.filter(event => event === 'proven')).toHaveLength(1);
  });

  it('reads on after a log that ends with a full page', async () => {
    const events = await follow(log => [new ScriptedLog(chain(PAGE), log)], log => log.includes('waits'));

    expect(events.slice(-4)).toEqual([`applied ${PAGE}-0`, `clock ${STORE_NOW_MS}`, 'proven', 'waits']);
  });

  it('starts over when the chain breaks inside a page, whatever becomes of the page that it has asked for already', async () => {
    const sound = chain(PAGE + 5);
    const broken = sound.map((entry, i) => (i === 10 ? { ...entry, previous: 'another' } : entry));

    const events = await follow(
      log => {
        const first = new ScriptedLog(broken, log);
        first.stuckAfter.add(`${PAGE}-0`);
        return [first, new ScriptedLog(sound, log)];
      },
      log => log.includes('waits'),
    );
    await nextTurn();

    expect(events.filter(event => event.startsWith('doubted'))).toEqual(['doubted: fork']);
    expect(events.filter(event => event.startsWith('applied'))).toHaveLength(10 + PAGE + 5);
    expect(events.filter(event => event.startsWith('lost'))).toEqual([]);
    expect(unhandled).toStrictEqual([]);
  });

  it('takes up where it was when the page that it has asked for in advance does not come', async () => {
    const entries = chain(PAGE + 5);

    const events = await follow(
      log => {
        const first = new ScriptedLog(entries, log);
        first.stuckAfter.add(`${PAGE}-0`);
        // The connection is lost as soon as the page is asked for.
        void until(() => log.includes(`asked after ${PAGE}-0`)).then(() => { first.close(); });
        return [first, new ScriptedLog(entries, log)];
      },
      log => log.includes('waits'),
    );

    expect(events.filter(event => event.startsWith('lost'))).toEqual(['lost: Error: The connection was closed.']);
    expect(events.filter(event => event.startsWith('applied'))).toEqual(entries.map(({ id }) => `applied ${id}`));
    expect(unhandled).toStrictEqual([]);
  });

  it('tells the clock of the store before it applies anything', async () => {
    const events = await follow(log => [new ScriptedLog(chain(1), log)], log => log.includes('waits'));

    expect(events.indexOf(`clock ${STORE_NOW_MS}`)).toBe(0);
  });
});
