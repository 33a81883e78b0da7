import { parseSettings } from './settings.js';

const parse = (...args: string[]) => parseSettings(args, 2, () => 7);

test('Without options all faults are played, one more at a time than there are processors', () => {
  expect(parse()).toEqual({ action: 'scenarios', isShort: false, only: [], seed: 7, sideBySide: 3, again: false, report: false, durationMs: 0 });
});

test('The seed that is given is taken, and no other', () => {
  expect(parse('--seed', '4294967295').seed).toBe(4_294_967_295);
  expect(parse('--seed', '0').seed).toBe(0);
});

test('Several names are separated by commas', () => {
  expect(parse('--only', 'kill, flushall').only).toEqual(['kill', 'flushall']);
});

test.each([['30s', 30_000], ['10m', 600_000], ['1h', 3_600_000], ['1.5m', 90_000]])('A duration of %s makes for random faults', (text, durationMs) => {
  expect(parse('--duration', text)).toMatchObject({ action: 'nemesis', durationMs });
});

test('A hang has a duration of its own', () => {
  expect(parse('--hang', '10m')).toMatchObject({ action: 'hang', durationMs: 600_000 });
});

test.each([
  ['--seed', '-1'],
  ['--hang', '10'],
  ['--seed', '4294967296'],
  ['--seed', ''],
  ['--side-by-side', '0'],
  ['--duration', '10'],
  ['--duration', '0m'],
  ['--duration', 'h'],
  ['--no-such-option', ''],
])('%s %j is refused with the usage', (option, value) => {
  expect(() => parse(option, value)).toThrow(/npm run test:faults/);
});

test('Only one thing can be done at a time', () => {
  expect(() => parse('--list', '--mutations')).toThrow('Choose one of list, mutations.');
  expect(parse('--mutations').action).toBe('mutations');
});
