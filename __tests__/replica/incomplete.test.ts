import type { LogEntry, LogFollower, LogHead, LogReply } from '../../lib/stores/log.js';
import type { KnownRevocation } from '../../lib/stores/replica/archive.js';
import { OTHERS_MS } from '../../lib/stores/replica/healer.js';
import { replicate } from '../../lib/stores/replica/replica.js';
import type { FollowableStore } from '../../lib/stores/store.js';
import { anyKey, HOUR_MS } from '../stores/support/builders.js';
import { until } from '../stores/support/until.js';

afterEach(() => { jest.restoreAllMocks(); });

interface Followed {
  readonly store: FollowableStore;
  readonly restored: KnownRevocation[];
  readonly settled: string[];
  /** How often news was waited for on the last connection. */
  waits(): number;
}

const MOMENT_MS = 1;
const entry = (): LogEntry => ({ id: '1-0', key: anyKey(), epochMs: Infinity, keepUntilMs: Date.now() + HOUR_MS, nonce: 'n1', previous: 'n0' });

/** A store in this process: on a first connection it holds one revocation, and on the next it has lost it. */
function wipedMeanwhile(first: Pick<LogHead, 'provenUntilMs'>): Followed {
  let connections = 0;
  let waits = 0;
  const restored: KnownRevocation[] = [];
  const settled: string[] = [];
  const lost = [entry()];
  const follow = (): LogFollower => {
    const isFirst = connections++ === 0;
    const incarnation = isFirst ? 'one' : 'two';
    return {
      head: async (): Promise<LogHead> => ({ incarnation, entry: undefined, nowMs: Date.now(), ...(isFirst && first) }),
      page: async () => (isFirst ? lost : []),
      kept: async function* () { yield []; },
      wait: async (after, _limit, waitMs): Promise<LogReply> => {
        if (isFirst && waitMs === MOMENT_MS) return { incarnation, entry: lost.find(({ id }) => id === after), entries: [], nowMs: Date.now(), ...first };
        if (isFirst) throw new Error('cut');
        waits += 1;
        await new Promise(resolve => setTimeout(resolve, 5));
        return { incarnation, entry: undefined, entries: [], nowMs: Date.now() };
      },
      close: () => undefined,
    };
  };
  const store = {
    name: 'scripted',
    follow,
    restore: async (revocations: readonly KnownRevocation[]) => restored.push(...revocations) > 0,
    settle: async (incarnations: readonly string[]) => { settled.push(...incarnations); return true; },
    ready: async () => undefined,
    close: async () => undefined,
  };
  return { store: store as Partial<FollowableStore> as FollowableStore, restored, settled, waits: () => waits };
}

async function follow(first: Pick<LogHead, 'provenUntilMs'>, expected: number): Promise<Followed> {
  // Instances spread what they do; here there is one.
  jest.spyOn(Math, 'random').mockReturnValue(0);
  const followed = wipedMeanwhile(first);
  const replica = replicate(followed.store);
  await replica.ready();
  // Long after others had their time, too.
  const untilMs = performance.now() + OTHERS_MS;
  await until(() => followed.waits() > 20 && performance.now() > untilMs);
  await until(() => followed.settled.length === expected);
  await replica.close();
  return followed;
}

describe('When a store has lost its data', () => {
  it('a copy that was complete gives it back and settles the loss', async () => {
    const { restored, settled } = await follow({}, 1);

    expect(restored).toHaveLength(1);
    expect(settled).toEqual(['one']);
  });

  it('a copy that never was complete settles nothing: what it lacks nobody may have given back', async () => {
    const { settled } = await follow({ provenUntilMs: -Infinity }, 0);

    expect(settled).toStrictEqual([]);
  });
});
