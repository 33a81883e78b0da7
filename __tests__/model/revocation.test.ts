import fc from 'fast-check';
import { mergeRevocations, type Revocation } from '../../lib/model/revocation.js';
import { refusingTarget } from '../../lib/model/verdict.js';
import { epochsMs, revocations } from './arbitraries.js';

describe('merging revocations of a target', () => {
  test('does not depend on their order', () => {
    fc.assert(fc.property(revocations, revocations, (a, b) => expect(mergeRevocations(a, b)).toEqual(mergeRevocations(b, a))));
  });

  test('does not depend on how they are grouped', () => {
    fc.assert(
      fc.property(revocations, revocations, revocations, (a, b, c) => {
        expect(mergeRevocations(mergeRevocations(a, b), c)).toEqual(mergeRevocations(a, mergeRevocations(b, c)));
      }),
    );
  });

  test('changes nothing when one is repeated', () => {
    fc.assert(
      fc.property(revocations, revocations, (a, b) => {
        expect(mergeRevocations(a, a)).toEqual(a);
        expect(mergeRevocations(mergeRevocations(a, b), b)).toEqual(mergeRevocations(a, b));
      }),
    );
  });

  test('never takes an epoch back nor shortens how long it is kept', () => {
    fc.assert(
      fc.property(revocations, revocations, (a, b) => {
        const merged = mergeRevocations(a, b);
        expect(merged.epochMs).toBeGreaterThanOrEqual(a.epochMs);
        expect(merged.keepUntilMs).toBeGreaterThanOrEqual(a.keepUntilMs);
      }),
    );
  });

  test('takes the later epoch from the one and the later keepUntil from the other', () => {
    const early: Revocation = { epochMs: 10, keepUntilMs: 99 };
    const late: Revocation = { epochMs: 20, keepUntilMs: 50 };

    expect(mergeRevocations(early, late)).toEqual({ epochMs: 20, keepUntilMs: 99 });
  });
});

describe('the verdict over the epochs of all targets', () => {
  const issuedMs = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.maxSafeNat(), fc.constant(-Infinity));
  const answersMs = fc.array(fc.option(epochsMs, { nil: undefined }), { maxLength: 8 });

  test('refuses if and only if some epoch is at or after the issue time', () => {
    fc.assert(
      fc.property(issuedMs, answersMs, (iatMs, epochs) => {
        const naive = epochs.some(epoch => epoch !== undefined && epoch >= iatMs);
        expect(refusingTarget(iatMs, epochs) >= 0).toBe(naive);
      }),
    );
  });

  test('names the target with the latest epoch', () => {
    fc.assert(
      fc.property(issuedMs, answersMs, (iatMs, epochs) => {
        const refusing = refusingTarget(iatMs, epochs);
        const latestMs = Math.max(...epochs.map(epoch => epoch ?? -Infinity));
        expect(refusing === -1 || epochs[refusing] === latestMs).toBe(true);
      }),
    );
  });

  test('does not depend on the order of the targets', () => {
    const shuffled = answersMs.chain(epochs => fc.tuple(fc.constant(epochs), fc.shuffledSubarray(epochs, { minLength: epochs.length })));
    fc.assert(
      fc.property(issuedMs, shuffled, (iatMs, [epochs, reordered]) => {
        expect(refusingTarget(iatMs, reordered) >= 0).toBe(refusingTarget(iatMs, epochs) >= 0);
      }),
    );
  });

  test('never turns from refused to live when one more target is revoked', () => {
    fc.assert(
      fc.property(issuedMs, answersMs, epochsMs, (iatMs, epochs, further) => {
        const before = refusingTarget(iatMs, epochs) >= 0;
        expect(!before || refusingTarget(iatMs, [further, ...epochs]) >= 0).toBe(true);
      }),
    );
  });

  test.each([
    ['refuses a token issued at the very epoch', 1000, [1000], 0],
    ['refuses a token issued before it', 999, [1000], 0],
    ['accepts a token issued a millisecond after it', 1001, [1000], -1],
    ['refuses whatever is dead for good', 2 ** 52, [Infinity], 0],
    ['is not misled by an earlier epoch of a narrower target', 1500, [undefined, 1000, 2000], 2],
    ['accepts where nothing was revoked', 0, [undefined, undefined], -1],
    ['accepts a token without any target asked about', 0, [], -1],
    ['refuses a token of unknown issue time for any epoch', -Infinity, [undefined, 0], 1],
    ['refuses rather than accepts where an epoch is not a number', 1000, [NaN], 0],
  ])('%s', (_, iatMs, epochs, refusing) => {
    expect(refusingTarget(iatMs, epochs)).toBe(refusing);
  });
});
