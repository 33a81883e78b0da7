import fc from 'fast-check';
import type { TargetKey } from '../../lib/model/target-key.js';
import { ActiveIndex } from '../../lib/stores/active-index.js';
import { activeMember, assertCursor, expiryPrefix, memberKey } from '../../lib/stores/active-member.js';
import type { TrackedToken } from '../../lib/stores/store.js';
import { anyKey, trackedToken } from './support/builders.js';

describe('the place of a token in a list', () => {
  test('sorts by expiry as numbers do', () => {
    const times = fc.integer({ min: 0, max: 999_999_999_999_999 });
    fc.assert(
      fc.property(times, times, (a, b) => {
        const [first, second] = [activeMember(trackedToken({ expiresAtMs: a })), activeMember(trackedToken({ expiresAtMs: b }))];
        expect(a === b || first < second).toBe(a <= b);
        expect(expiryPrefix(a) <= second).toBe(a <= b);
      }),
    );
  });

  test('is a cursor, and says which token it is of', () => {
    const token = trackedToken();

    expect(() => assertCursor(activeMember(token))).not.toThrow();
    expect(memberKey(activeMember(token))).toBe(token.key);
  });
});

describe('the lists of active tokens', () => {
  const target = anyKey();
  const nowMs = 1000;

  function page(index: ActiveIndex, from: TargetKey = target, cursor?: string, limit = 1000): TargetKey[] {
    return index.page(from, cursor, nowMs, limit).map(memberKey);
  }

  test('hold a token once, however often it is added', () => {
    const index = new ActiveIndex();
    const token = trackedToken({ targets: [target] });
    index.add(token);
    index.add(token);

    expect(page(index)).toEqual([token.key]);
  });

  test('do not show what has expired, though it has not left yet', () => {
    const index = new ActiveIndex();
    const [dead, alive] = [trackedToken({ targets: [target], expiresAtMs: nowMs }), trackedToken({ targets: [target], expiresAtMs: nowMs + 1 })];
    index.add(alive);
    index.add(dead);

    expect(page(index)).toEqual([alive.key]);
  });

  test('are as if they had never been when their tokens are removed', () => {
    const index = new ActiveIndex();
    const token = trackedToken({ targets: [target, anyKey()] });
    index.add(token);

    index.remove(token);
    index.remove(token);

    for (const each of token.targets) expect(page(index, each)).toStrictEqual([]);
  });

  test('leave other tokens alone when one is removed that they do not hold', () => {
    const index = new ActiveIndex();
    const token = trackedToken({ targets: [target] });
    index.add(token);

    index.remove(trackedToken({ targets: [target], expiresAtMs: token.expiresAtMs }));
    index.remove(trackedToken({ targets: [anyKey()] }));

    expect(page(index)).toEqual([token.key]);
  });

  test('are walked like a sorted array', () => {
    const tokens = fc.array(fc.nat({ max: 8 }), { maxLength: 40 });
    fc.assert(
      fc.property(tokens, fc.integer({ min: 1, max: 10 }), fc.nat(), (offsets, limit, removed) => {
        const index = new ActiveIndex();
        const all = offsets.map(offset => trackedToken({ targets: [target], expiresAtMs: nowMs + offset }));
        all.forEach(token => index.add(token));
        const gone = all[removed % Math.max(1, all.length)];
        if (gone !== undefined) index.remove(gone);

        const expected = all.filter(token => token !== gone && token.expiresAtMs > nowMs).map(activeMember).sort();
        expect(walk(index, limit)).toEqual(expected);
      }),
    );
  });

  function walk(index: ActiveIndex, limit: number): string[] {
    const walked: string[] = [];
    for (;;) {
      const members = index.page(target, walked.at(-1), nowMs, limit);
      walked.push(...members);
      if (members.length < limit || walked.length > 100) return walked;
    }
  }

  test('are empty after they were cleared', () => {
    const index = new ActiveIndex();
    const token: TrackedToken = trackedToken({ targets: [target] });
    index.add(token);

    index.clear();

    expect(page(index)).toStrictEqual([]);
  });
});
