import fc from 'fast-check';
import { CompactTable } from '../../lib/stores/replica/compact-table.js';
import type { Fingerprint } from '../../lib/stores/replica/fingerprint.js';

const NOW_MS = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

/** Few distinct ones, in few segments, so that merges, collisions and full segments happen. */
const crowded = fc.record({
  high: fc.integer({ min: 0, max: 3 }).map(n => n << 22),
  low: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(-1, -16, -0x8000_0000)),
});

function spread(n: number): Fingerprint {
  return { high: Math.imul(n, 0x9e37_79b1), low: Math.imul(n, 0x85eb_ca6b) };
}

describe.each([{ withEpochs: true }, { withEpochs: false }])('A compact table (epochs: $withEpochs)', ({ withEpochs }) => {
  it('answers like a plain map of merged revocations, whatever is written in whatever order', () => {
    const write = fc.record({
      fingerprint: crowded,
      epochMs: withEpochs ? fc.integer({ min: 0, max: NOW_MS }) : fc.constant(Infinity),
      keepForS: fc.integer({ min: -5, max: 5 }),
    });
    fc.assert(fc.property(fc.array(write, { maxLength: 300 }), writes => {
      const table = new CompactTable(withEpochs);
      const model = new Map<string, { epochMs: number; keepUntilMs: number }>();
      for (const { fingerprint, epochMs, keepForS } of writes) {
        const keepUntilMs = NOW_MS + keepForS * 1000;
        table.merge(fingerprint, epochMs, keepUntilMs, NOW_MS);
        const key = JSON.stringify(fingerprint);
        const was = model.get(key) ?? { epochMs: -Infinity, keepUntilMs: -Infinity };
        // What has expired may have left, and its epoch with it.
        const before = was.keepUntilMs <= NOW_MS ? { epochMs: -Infinity, keepUntilMs: -Infinity } : was;
        model.set(key, { epochMs: Math.max(before.epochMs, epochMs), keepUntilMs: Math.max(before.keepUntilMs, keepUntilMs) });
      }
      for (const { fingerprint } of writes) {
        const expected = model.get(JSON.stringify(fingerprint)) as { epochMs: number; keepUntilMs: number };
        const answer = table.epochMs(fingerprint, NOW_MS);
        if (expected.keepUntilMs <= NOW_MS) expect(answer).toBeUndefined();
        else expect(answer).toBeGreaterThanOrEqual(expected.epochMs);
      }
    }));
  });

  it('holds a hundred thousand entries, and refuses none that was never written', () => {
    const table = new CompactTable(withEpochs);
    for (let n = 0; n < 100_000; n++) table.merge(spread(n), withEpochs ? n : Infinity, NOW_MS + HOUR_MS, NOW_MS);
    expect(table.size).toBe(100_000);
    for (let n = 0; n < 100_000; n++) {
      if (table.epochMs(spread(n), NOW_MS) !== (withEpochs ? n : Infinity)) throw new Error(`Entry ${n} was lost.`);
      if (table.epochMs(spread(n + 100_000), NOW_MS) !== undefined) throw new Error(`Entry ${n + 100_000} was never written.`);
    }
  });

  it('stays below 26 bytes an entry once it is filled, and below 17.2 where no epochs are kept', () => {
    const table = new CompactTable(withEpochs);
    for (let n = 0; n < 200_000; n++) table.merge(spread(n), Infinity, NOW_MS + HOUR_MS, NOW_MS);
    expect(table.bytes / table.size).toBeLessThan(withEpochs ? 28.6 : 17.2);
  });

  it('says whether a verdict changed: at a new entry or a later epoch, not at a repetition or a later expiry', () => {
    const table = new CompactTable(withEpochs);
    const merge = (epochMs: number, keepForMs: number) => table.merge(spread(1), withEpochs ? epochMs : Infinity, NOW_MS + keepForMs, NOW_MS);
    expect(merge(5, HOUR_MS)).toBe('later');
    expect(merge(5, HOUR_MS)).toBe('known');
    // Two clocks that are compared anew do not agree to the second.
    expect(merge(5, HOUR_MS + 2000)).toBe('known');
    expect(merge(4, 2 * HOUR_MS)).toBe('longer');
    expect(merge(6, HOUR_MS)).toBe(withEpochs ? 'later' : 'known');
  });

  it('keeps nothing for longer than it says, however often that is moved by a little', () => {
    const table = new CompactTable(withEpochs);
    const merged = Array.from({ length: 5 }, (_, i) => table.merge(spread(1), withEpochs ? 5 : Infinity, NOW_MS + HOUR_MS + i * 2000, NOW_MS));
    expect(merged).toEqual(['later', 'known', 'longer', 'known', 'longer']);
  });

  it('takes an entry that has expired and is written again for a new one, whether or not it has left', () => {
    const later = NOW_MS + 10_000;
    for (const sweeps of [0, 256]) {
      const table = new CompactTable(withEpochs);
      table.merge(spread(1), withEpochs ? 9 : Infinity, NOW_MS + 1000, NOW_MS);
      for (let i = 0; i < sweeps; i++) table.sweep(later);
      expect(table.epochMs(spread(1), later)).toBeUndefined();
      // An earlier epoch than the one that has expired: that one counts no more.
      expect(table.merge(spread(1), withEpochs ? 5 : Infinity, later + 1000, later)).toBe('later');
      expect(table.epochMs(spread(1), later)).toBe(withEpochs ? 5 : Infinity);
      expect(table.merge(spread(1), withEpochs ? 5 : Infinity, later + 1000, later)).toBe('known');
      expect(table.size).toBe(1);
    }
  });

  it('takes it for news too that something is kept for longer, where somebody has taken it for absent', () => {
    const table = new CompactTable(withEpochs);
    const merge = (keepForMs: number, lookedAtMs: number) => table.merge(spread(1), withEpochs ? 5 : Infinity, NOW_MS + keepForMs, NOW_MS, lookedAtMs);
    expect(merge(1000, -Infinity)).toBe('later');
    expect(merge(1000, NOW_MS + HOUR_MS)).toBe('known');
    expect(merge(10_000, NOW_MS + 999)).toBe('longer');
    expect(merge(20_000, NOW_MS + 10_000)).toBe('later');
    // An earlier epoch does not take its place: the clock may have been ahead, and what it took for absent be in force.
    expect(table.merge(spread(1), withEpochs ? 4 : Infinity, NOW_MS + HOUR_MS, NOW_MS, NOW_MS + 30_000)).toBe('later');
    expect(table.epochMs(spread(1), NOW_MS)).toBe(withEpochs ? 5 : Infinity);
  });

  it('says so whenever a verdict changed, whatever is written, expires and leaves in whatever order', () => {
    const step = fc.record({
      fingerprint: crowded,
      epochMs: withEpochs ? fc.integer({ min: 0, max: 9 }) : fc.constant(Infinity),
      keepForMs: fc.integer({ min: -1000, max: 5000 }),
      advanceMs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 4000 }) }),
      sweeps: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(256) }),
    });
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const table = new CompactTable(withEpochs);
      let nowMs = NOW_MS;
      for (const { fingerprint, epochMs, keepForMs, advanceMs, sweeps } of steps) {
        nowMs += advanceMs;
        for (let i = 0; i < sweeps; i++) table.sweep(nowMs);
        const before = table.epochMs(fingerprint, nowMs);
        const changed = table.merge(fingerprint, epochMs, nowMs + keepForMs, nowMs) === 'later';
        const after = table.epochMs(fingerprint, nowMs);
        if (after !== before) expect(changed).toBe(true);
        if (before !== undefined) expect(changed).toBe(epochMs > before);
        if (keepForMs > 0) expect(after).toBe(Math.max(before ?? -1, epochMs));
      }
    }));
  });

  it('lets expired entries leave, a segment at a time, and keeps the others', () => {
    const table = new CompactTable(withEpochs);
    for (let n = 0; n < 10_000; n++) table.merge(spread(n), Infinity, NOW_MS + (n % 2 === 0 ? 1000 : HOUR_MS), NOW_MS);
    const full = table.bytes;
    for (let i = 0; i < 256; i++) table.sweep(NOW_MS + 2000);
    expect(table.size).toBe(5000);
    expect(table.bytes).toBeLessThan(full * 0.7);
    expect(table.epochMs(spread(1), NOW_MS + 2000)).toBe(Infinity);
    expect(table.epochMs(spread(2), NOW_MS + 2000)).toBeUndefined();
  });

  it('keeps what is to be kept beyond the year 2106', () => {
    const table = new CompactTable(withEpochs);
    table.merge(spread(1), Infinity, 9e14, NOW_MS);
    expect(table.epochMs(spread(1), 8e14)).toBe(Infinity);
  });
});
