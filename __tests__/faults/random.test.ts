import { seeded } from './random.js';

const take = (seed: number, count: number): number[] => {
  const random = seeded(seed);
  return Array.from({ length: count }, () => random.next());
};

test('A seed brings back its sequence, and another seed another one', () => {
  expect(take(42, 100)).toEqual(take(42, 100));
  expect(take(42, 100)).not.toEqual(take(43, 100));
});

test('All that is drawn lies from 0 to 1, and spreads over it evenly', () => {
  const tenths = new Array<number>(10).fill(0);
  for (const number of take(1, 100_000)) tenths[Math.floor(number * 10)]! += 1;
  expect(tenths).toHaveLength(10);
  for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

test('Bounds are kept to, and reached', () => {
  const random = seeded(3);
  const drawn = Array.from({ length: 1000 }, () => random.between(3, 5));
  expect(new Set(drawn)).toEqual(new Set([3, 4, 5]));
  const picked = Array.from({ length: 1000 }, () => random.pick(['a', 'b', 'c']));
  expect(new Set(picked)).toEqual(new Set(['a', 'b', 'c']));
});

test('Certain is certain, and impossible is impossible', () => {
  const random = seeded(4);
  const chances = Array.from({ length: 1000 }, () => [random.chance(1), random.chance(0)]);
  expect(chances).toEqual(new Array(1000).fill([true, false]));
});

test('Nothing cannot be picked from', () => {
  expect(() => seeded(5).pick([])).toThrow(RangeError);
});
