import { inspect } from 'node:util';
import fc from 'fast-check';
import { InvalidTokenError } from '../../lib/errors.js';
import { grantedAtMs, issuedAtMs, numericDateToMs } from '../../lib/model/times.js';

const malformed: Error = expect.objectContaining({ reason: 'malformed' });

const notNumericDates: unknown[] = [
  ...[NaN, Infinity, -Infinity, -1, -0.001, 2 ** 53, Number.MAX_VALUE, 253_402_300_800],
  ...['1700000000', '', null, undefined, true, [], [1_700_000_000], {}, 1_700_000_000n, new Date(0), Object(1)],
];

describe('a NumericDate', () => {
  test.each(notNumericDates.map(value => [inspect(value), value]))('is not %s', (_, value) => {
    expect(() => numericDateToMs(value, 'exp')).toThrow(malformed);
    expect(() => issuedAtMs(value, undefined)).toThrow(malformed);
  });

  test('is not the milliseconds of our days, given for seconds by mistake', () => {
    expect(() => numericDateToMs(Date.parse('2024-01-01'), 'exp')).toThrow('exp is not a NumericDate in seconds');
  });

  test.each([
    [0, 0],
    [-0, 0],
    [1, 1000],
    [1_700_000_000, 1_700_000_000_000],
    [253_402_300_799, 253_402_300_799_000],
    [1.0005, 1000],
    [1_700_000_000.123, 1_700_000_000_123],
    [1_700_000_000.9999, 1_700_000_000_999],
    [Number.MIN_VALUE, 0],
  ])('of %d seconds is %d ms', (seconds, ms) => {
    expect(numericDateToMs(seconds, 'iat') === ms).toBe(true);
  });

  test('says exactly the millisecond that was divided by 1000 to make it', () => {
    const untilYear2200Ms = 7_258_118_400_000;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: untilYear2200Ms }), ms => {
        expect(numericDateToMs(ms / 1000, 'iat')).toBe(ms);
      }),
      { numRuns: 5000 },
    );
  });

  test('is a whole number of milliseconds, at most one early and a thousandth of one late', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 253_402_300_799, noNaN: true }), seconds => {
        const ms = numericDateToMs(seconds, 'iat');
        expect(Number.isSafeInteger(ms)).toBe(true);
        expect(ms).toBeLessThanOrEqual(seconds * 1000 + 0.0011);
        expect(ms).toBeGreaterThan(seconds * 1000 - 1.001);
      }),
    );
  });
});

describe('the issue time of a token', () => {
  test('is the start of its second where iat is whole, which is the safe side', () => {
    expect(issuedAtMs(1_700_000_000, undefined)).toBe(1_700_000_000_000);
  });

  test('is exact where iat is fractional', () => {
    expect(issuedAtMs(1_700_000_000.25, undefined)).toBe(1_700_000_000_250);
  });

  test.each([0, 1, 500, 999])('is the exact one beside iat, %d ms into its second', offset => {
    expect(issuedAtMs(1_700_000_000, 1_700_000_000_000 + offset)).toBe(1_700_000_000_000 + offset);
  });

  test.each([-1, 1000, -1000, 3_600_000])('contradicts itself when the exact one lies %d ms from the start of its second', offset => {
    expect(() => issuedAtMs(1_700_000_000, 1_700_000_000_000 + offset)).toThrow(malformed);
    expect(() => issuedAtMs(1_700_000_000.5, 1_700_000_000_000 + offset)).toThrow(malformed);
  });

  test('is the earlier one where a fractional iat and an exact time differ inside a second', () => {
    expect(issuedAtMs(1_700_000_000.25, 1_700_000_000_750)).toBe(1_700_000_000_250);
    expect(issuedAtMs(1_700_000_000.75, 1_700_000_000_250)).toBe(1_700_000_000_250);
  });

  const notExact: unknown[] = [NaN, Infinity, 1_700_000_000_000.5, '1700000000000', null, [1_700_000_000_000], {}, true, -1, 2 ** 53, 1_700_000_000];
  test.each(notExact.map(value => [inspect(value), value]))('is not told exactly by %s', (_, value) => {
    expect(() => issuedAtMs(1_700_000_000, value)).toThrow(InvalidTokenError);
  });

  test('never leaves the second of iat, whatever is given beside it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4_000_000_000 }), fc.integer({ min: -5000, max: 5000 }), (iat, offset) => {
        const inside = offset >= 0 && offset < 1000;
        if (inside) expect(issuedAtMs(iat, iat * 1000 + offset)).toBe(iat * 1000 + offset);
        else expect(() => issuedAtMs(iat, iat * 1000 + offset)).toThrow(malformed);
      }),
    );
  });
});

describe('the time of a grant', () => {
  const issuedMs = 1_700_000_000_250;

  test('is absent where the token says nothing of it', () => {
    expect(grantedAtMs(undefined, issuedMs)).toBeUndefined();
  });

  test.each([0, 1, 1_600_000_000_000, issuedMs, 1_700_000_000_999])('G86 is any instant up to the end of the second of issue: %d', value => {
    expect(grantedAtMs(value, issuedMs)).toBe(value);
  });

  test.each([1_700_000_001_000, 1_700_000_003_600, 253_402_300_799_000])('G86 contradicts the token where it lies after its second: %d', value => {
    expect(() => grantedAtMs(value, issuedMs)).toThrow(malformed);
  });

  test('G86 is bounded by nothing where the time of issue is unknown', () => {
    expect(grantedAtMs(253_402_300_799_000, -Infinity)).toBe(253_402_300_799_000);
  });

  const notGranted: unknown[] = [NaN, Infinity, -Infinity, 0.5, '1700000000000', null, [1_700_000_000_000], {}, true, -1, 2 ** 53];
  test.each(notGranted.map(value => [inspect(value), value]))('G86 is not told by %s, whether or not the time of issue is known', (_, value) => {
    for (const issued of [issuedMs, -Infinity]) expect(() => grantedAtMs(value, issued)).toThrow(malformed);
  });
});
