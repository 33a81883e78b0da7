import fc from 'fast-check';
import { keepForMs, keepTokenForMs, type Retention } from '../../lib/model/retention.js';

const nowMs = 1_700_000_000_000;
const retention: Retention = { maxLifetimeMs: 3_600_000, clockToleranceMs: 5000, issuerSkewMs: 0, marginMs: 60_000 };

const retentions: fc.Arbitrary<Retention> = fc.record({
  maxLifetimeMs: fc.integer({ min: 1000, max: 315_360_000_000 }),
  clockToleranceMs: fc.integer({ min: 0, max: 300_000 }),
  issuerSkewMs: fc.integer({ min: 0, max: 300_000 }),
  marginMs: fc.integer({ min: 60_000, max: 600_000 }),
});

describe('how long a revocation is kept', () => {
  test('is the longest lifetime, the tolerance and the margin', () => {
    expect(keepForMs(retention)).toBe(3_665_000);
  });

  test('outlasts every token that it refuses, by the margin', () => {
    fc.assert(
      fc.property(retentions, fc.nat({ max: 300_000 }), fc.nat(), (given, ahead, shorter) => {
        // Refused are tokens whose iat, set back by the issuer's skew, is at or before now.
        const latestIatMs = nowMs + Math.min(ahead, given.issuerSkewMs);
        const expiresAtMs = latestIatMs + given.maxLifetimeMs - (shorter % given.maxLifetimeMs);
        const acceptedUntilMs = expiresAtMs + given.clockToleranceMs;
        expect(nowMs + keepForMs(given)).toBeGreaterThanOrEqual(acceptedUntilMs + given.marginMs);
      }),
    );
  });
});

describe('how long the revocation of a token of known expiry is kept', () => {
  test('is until it has expired for everybody, and the margin', () => {
    expect(keepTokenForMs(retention, nowMs + 1000, nowMs)).toBe(1000 + 5000 + 60_000);
  });

  test.each([
    ['expires now', nowMs, 65_000],
    ['expired, but is tolerated for another millisecond', nowMs - 4999, 60_001],
  ])('is more than the margin for one that %s', (_, expiresAtMs, keepMs) => {
    expect(keepTokenForMs(retention, expiresAtMs, nowMs)).toBe(keepMs);
  });

  test.each([
    ['a millisecond ago', nowMs - 65_000],
    ['long ago', 0],
    ['before there was time', -1],
    ['infinitely long ago', -Infinity],
  ])('is 0 for one that expired for everybody %s, so that nothing need be recorded', (_, expiresAtMs) => {
    expect(keepTokenForMs(retention, expiresAtMs, nowMs)).toBe(0);
  });

  test.each([
    ['expiry', NaN, nowMs],
    ['now', nowMs + 1000, NaN],
  ])('is never "nothing to record" when its %s is not a number', (_, expiresAtMs, atMs) => {
    expect(keepTokenForMs(retention, expiresAtMs, atMs)).not.toBe(0);
  });

  test('is a whole number of milliseconds, rounded up', () => {
    expect(keepTokenForMs(retention, nowMs + 0.25, nowMs)).toBe(65_001);
  });

  test('stays a safe integer up to the latest date a token may carry', () => {
    expect(Number.isSafeInteger(keepTokenForMs(retention, 253_402_300_799_000, 0))).toBe(true);
  });
});
