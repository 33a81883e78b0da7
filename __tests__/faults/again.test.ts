import { mayPlayAgain } from './again.js';
import type { Invariant } from './checker.js';
import type { Result } from './result.js';

function result(invariants: readonly Invariant[], error?: string): Result {
  const violations = invariants.map(invariant => ({ invariant, message: '' }));
  return { name: 'kill', fault: '', seed: 1, tookMs: 1, isPromised: true, violations, figures: {}, ...(error !== undefined && { error }) };
}

test.each<[Invariant[]]>([[['I3']], [['I4']], [['I3', 'I4', 'I4']], [['I6']]])('What violates nothing but %j may be played again', invariants => {
  expect(mayPlayAgain(result(invariants))).toBe(true);
});

test('What could not be played may be played again', () => {
  expect(mayPlayAgain(result([], 'No server started.'))).toBe(true);
});

test.each<[Invariant[]]>([[['I1']], [['I2']], [['I4', 'I12']], [['I1', 'I3', 'I4']]])('What violates %j has failed', invariants => {
  expect(mayPlayAgain(result(invariants))).toBe(false);
});

test('What has passed is not played again', () => {
  expect(mayPlayAgain(result([]))).toBe(false);
});
