import fc from 'fast-check';
import { ExpiringMap } from '../../lib/stores/expiring-map.js';

let nowMs = 0;
let expired: string[] = [];

function newMap(): ExpiringMap<string, number> {
  nowMs = 1000;
  expired = [];
  return new ExpiringMap(() => nowMs, key => expired.push(key));
}

describe('a map whose entries expire', () => {
  test('gives an entry until its time is up, and not at that very instant', () => {
    const map = newMap();
    map.set('a', 1, 2000);

    nowMs = 1999;
    expect(map.get('a')).toBe(1);
    nowMs = 2000;
    expect(map.get('a')).toBeUndefined();
  });

  test('gives the latest value for as long as that lives', () => {
    const map = newMap();
    map.set('a', 1, 2000);
    map.set('a', 2, 3000);
    nowMs = 2500;

    expect(map.get('a')).toBe(2);
    expect(map.size).toBe(1);
    expect(expired).toStrictEqual([]);
  });

  test('lets a few of the dead go at every insertion: 10,000 are gone after as many, and it never grows meanwhile', () => {
    const map = newMap();
    for (let i = 0; i < 10_000; i++) map.set(`short ${i}`, i, 2000);
    expect(map.size).toBe(10_000);

    nowMs = 2000;
    let largest = 0;
    for (let i = 0; i < 10_000; i++) {
      map.set(`long ${i}`, i, 9000);
      largest = Math.max(largest, map.size);
    }

    expect(map.size).toBe(10_000);
    expect(new Set(expired).size).toBe(10_000);
    expect(largest).toBeLessThanOrEqual(10_002);
  });

  test('stays bounded though everything that comes is short-lived, for ever', () => {
    const map = newMap();
    let largest = 0;
    for (let i = 0; i < 50_000; i++) {
      nowMs += 1;
      map.set(`${i}`, i, nowMs + 100);
      largest = Math.max(largest, map.size);
    }

    expect(largest).toBeLessThan(500);
  });

  test('stays bounded though old entries are renewed all the while', () => {
    const map = newMap();
    let largest = 0;
    for (let i = 0; i < 50_000; i++) {
      nowMs += 1;
      map.set(i % 2 ? `renewed ${i % 20}` : `${i}`, i, nowMs + 100);
      largest = Math.max(largest, map.size);
    }

    expect(largest).toBeLessThan(500);
  });

  test('lets all of the dead go when it is swept, and none of the living', () => {
    const map = newMap();
    for (let i = 0; i < 100; i++) map.set(`${i}`, i, i % 2 ? 2000 : 3000);
    nowMs = 2000;

    map.sweep();

    expect(map.size).toBe(50);
    expect(expired).toHaveLength(50);
    expect(map.get('0')).toBe(0);
  });

  test('is empty, and usable, after it was cleared', () => {
    const map = newMap();
    for (let i = 0; i < 100; i++) map.set(`${i}`, i, 2000);

    map.clear();
    map.set('a', 1, 2000);

    expect(map.size).toBe(1);
    expect(map.get('a')).toBe(1);
    expect(map.get('5')).toBeUndefined();
  });

  test('says of each value that it expired exactly once, whether it left by itself or was replaced', () => {
    const map = newMap();
    map.set('a', 1, 2000);
    nowMs = 2000;
    map.set('a', 2, 3000);
    expect(expired).toEqual(['a']);

    nowMs = 3000;
    map.sweep();
    map.sweep();
    expect(expired).toEqual(['a', 'a']);
  });

  test('answers as a plain map would that forgot nothing', () => {
    const step = fc.oneof(
      fc.record({ set: fc.nat({ max: 9 }), livesMs: fc.nat({ max: 20 }) }),
      fc.record({ waitMs: fc.nat({ max: 10 }) }),
      fc.constant({ sweep: true }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const map = newMap();
        const plain = new Map<string, [value: number, expiresAtMs: number]>();
        for (const [i, each] of steps.entries()) {
          if ('waitMs' in each) nowMs += each.waitMs;
          else if ('sweep' in each) map.sweep();
          else {
            map.set(`${each.set}`, i, nowMs + each.livesMs);
            plain.set(`${each.set}`, [i, nowMs + each.livesMs]);
          }
          for (const [key, [value, expiresAtMs]] of plain) expect(map.get(key)).toBe(expiresAtMs > nowMs ? value : undefined);
        }
      }),
    );
  });
});
