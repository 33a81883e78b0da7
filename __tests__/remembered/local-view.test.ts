import fc from 'fast-check';
import { targetKey, type TargetKey } from '../../lib/model/target-key.js';
import type { LocalView, Lookup } from '../../lib/stores/local-view.js';
import { memoryStore } from '../../lib/stores/memory-store.js';
import { LocalRevocations } from '../../lib/stores/replica/local-revocations.js';
import { anyKey, keys, write } from '../stores/support/builders.js';
import { until } from '../stores/support/until.js';
import { openReplica } from './support/open-replica.js';

const START_MS = 1_800_000_000_000;

interface Opened {
  readonly view: Pick<LocalView, 'version' | 'lookup'>;
  record(key: TargetKey, epochMs: number, keepForMs: number): Promise<unknown>;
}

const VIEWS: { readonly name: string; open(now: () => number): Opened }[] = [
  {
    name: 'the memory store',
    open: now => {
      const store = memoryStore({ now });
      return { view: store.local!, record: (key, epoch, keepForMs) => store.record([write(key, { epoch, keepForMs })]) };
    },
  },
  {
    name: 'a copy',
    open: now => {
      jest.spyOn(Date, 'now').mockImplementation(now);
      const view = new LocalRevocations();
      return { view, record: async (key, epochMs, keepForMs) => view.merge(key, epochMs, now() + keepForMs, now()) };
    },
  },
];

/** Of every kind of key with either kind of epoch, so that nothing depends on which belongs to which. */
const KEYS = [
  targetKey({ kind: 'subject', id: 'a' }),
  targetKey({ kind: 'subject', id: 'b' }),
  targetKey({ kind: 'token', id: 'a' }),
  targetKey({ kind: 'session', id: 'a' }),
];

const steps = fc.array(
  fc.oneof(
    fc.record({
      which: fc.nat({ max: KEYS.length - 1 }),
      epochMs: fc.oneof(fc.integer({ min: 0, max: 3 }).map(n => START_MS - n), fc.constant(Infinity)),
      keepForMs: fc.integer({ min: 1, max: 4000 }),
    }),
    fc.record({ advanceMs: fc.integer({ min: 1, max: 3000 }) }),
  ),
  { maxLength: 25 },
);

interface Seen {
  readonly lookup: Lookup;
  readonly version: number;
  readonly epochsMs: readonly (number | undefined)[];
}

const isNews = (seen: Seen, version: number) => version !== seen.version && seen.lookup.mayHaveChangedSince(seen.version);
const isLater = (one: number | undefined, other: number | undefined) => (one ?? -Infinity) > (other ?? -Infinity);

afterEach(() => jest.restoreAllMocks());

describe.each(VIEWS)('What $name says is not news', ({ open }) => {
  it('is none: without news no target is revoked that was not, or later than it was', async () => {
    let [quiet, loud] = [0, 0];
    await fc.assert(
      fc.asyncProperty(steps, async history => {
        let nowMs = START_MS;
        const { view, record } = open(() => nowMs);
        const lookups = [...KEYS.map(key => view.lookup([key])), view.lookup(KEYS)];
        const seen: Seen[] = [];
        for (const step of history) {
          for (const lookup of lookups) seen.push({ lookup, version: view.version!, epochsMs: lookup.epochsMs() });
          if ('advanceMs' in step) nowMs += step.advanceMs;
          else await record(KEYS[step.which]!, step.epochMs, step.keepForMs);
          for (const each of seen) {
            const nowRefusing = each.lookup.epochsMs().some((epochMs, i) => isLater(epochMs, each.epochsMs[i]));
            if (nowRefusing && !isNews(each, view.version!)) throw new Error('A revocation went unnoticed.');
            if (nowRefusing) loud += 1;
            else quiet += 1;
          }
        }
      }),
      { numRuns: 300 },
    );
    expect([quiet > 1000, loud > 1000]).toEqual([true, true]);
  });

  it('is news again when it is revoked anew after its time', async () => {
    let nowMs = START_MS;
    const { view, record } = open(() => nowMs);
    for (const [key, epochMs] of [[KEYS[0]!, START_MS - 5], [KEYS[2]!, Infinity]] as const) {
      await record(key, epochMs, 1000);
      nowMs += 2000;
      const lookup = view.lookup([key]);
      const version = view.version!;
      expect(lookup.epochsMs()).toEqual([undefined]);
      await record(key, epochMs, 1000);
      expect(lookup.epochsMs()).toEqual([epochMs]);
      expect(view.version).not.toBe(version);
      expect(lookup.mayHaveChangedSince(version)).toBe(true);
    }
  });

  it('is not news when it only repeats what was known, or is earlier', async () => {
    const { view, record } = open(() => START_MS);
    const [subject, token] = [KEYS[0]!, KEYS[2]!];
    await record(subject, START_MS, 60_000);
    await record(token, Infinity, 60_000);
    const version = view.version!;
    await record(subject, START_MS, 90_000);
    await record(subject, START_MS - 1, 60_000);
    await record(token, Infinity, 90_000);
    expect(view.version).toBe(version);
    expect(view.lookup(KEYS).mayHaveChangedSince(version)).toBe(false);
  });
});

describe('A copy', () => {
  it('takes a change for news to few others', () => {
    const view = new LocalRevocations();
    const others = keys(1000).map(key => view.lookup([key]));
    const { version } = view;
    const changed = keys(20);
    for (const key of changed) view.merge(key, START_MS, Date.now() + 60_000, Date.now());
    expect(changed.every(key => view.lookup([key]).mayHaveChangedSince(version))).toBe(true);
    // Of 20,000 pairs of one among 8,192: two or three.
    expect(others.filter(lookup => lookup.mayHaveChangedSince(version)).length).toBeLessThan(30);
  });
});

describe.each([
  { name: 'The memory store', open: async () => ({ store: memoryStore() }) },
  { name: 'A copy of Redis', open: () => openReplica() },
])('$name', ({ open }) => {
  it('tells each subscriber of each revocation once, until that is enough', async () => {
    const { store } = await open();
    try {
      const [key, other] = [anyKey(), anyKey()];
      const heard: TargetKey[][] = [[], []];
      const [stop] = heard.map(each => store.local!.subscribe(told => each.push(told)));
      await store.record([write(key, { epoch: 1000 }), write(other)]);
      await store.record([write(key, { epoch: 1000 })]);
      await store.record([write(key, { epoch: 999 })]);
      await store.record([write(key, { epoch: 1001 })]);
      expect(heard).toEqual([[key, other, key], [key, other, key]]);
      stop!();
      await store.record([write(other, { epoch: Infinity })]);
      expect(heard).toEqual([[key, other, key], [key, other, key, other]]);
    } finally {
      await store.close();
    }
  });

  it('has no version once it is closed', async () => {
    const { store } = await open();
    expect(store.local!.version).toEqual(expect.any(Number));
    await store.close();
    expect(store.local!.version).toBeUndefined();
  });
});

describe('A copy of Redis', () => {
  it('moves its version, and tells its subscribers, when the log brings what another process revoked', async () => {
    const namespace = `local-view-${process.pid}-${Date.now()}`;
    const [mine, others] = [(await openReplica(namespace)).store, (await openReplica(namespace)).store];
    try {
      const key = anyKey();
      const heard: TargetKey[] = [];
      mine.subscribe(told => heard.push(told));
      const lookup = mine.lookup([key]);
      const version = mine.revocations.version;
      await others.record([write(key)]);
      await until(() => heard.length > 0);
      expect(heard).toEqual([key]);
      expect(lookup.epochsMs()).toEqual([expect.any(Number)]);
      expect(lookup.mayHaveChangedSince(version)).toBe(true);
      expect(mine.revocations.version).toBeGreaterThan(version);
    } finally {
      await mine.close();
      await others.close();
    }
  });
});
