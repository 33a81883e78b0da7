import type { Result } from './result.js';
import { asText } from './table.js';

const RESULT: Result = { name: 'kill', fault: '', seed: 1, tookMs: 1, isPromised: true, violations: [], figures: { '503': '5 %', 'latest acceptance': '0 ms' } };

/** What stands in the table for one result, but for its name. */
const row = (result: Partial<Result>): readonly string[] => asText([{ ...RESULT, ...result }]).split('\n')[1]!.split(/ {2,}/).slice(1);

test('What held is said, with how late a revoked token was accepted', () => {
  expect(row({})).toEqual(['held', '5 %', '0 ms']);
});

test('Where nothing is promised nothing was held, and nothing was late', () => {
  expect(row({ isPromised: false })).toEqual(['not promised', '5 %', '-']);
});

test('What is violated although nothing is promised is told', () => {
  expect(row({ isPromised: false, violations: [{ invariant: 'I2', message: '' }] })).toEqual(['I2 1x', '5 %', '-']);
});
