import fc from 'fast-check';
import { checkHistory } from './checker.js';
import type { HistoryEvent } from './history.js';
import { checked, CLOCK, fault, issued, revoked, violated } from './made-up.js';
import { RIGHT, simulate, steps, type Rules } from './simulated.js';

const direct = { direct: 0, direct2: 0 };

describe('of a product that is right', () => {
  it.each([
    ['asks Redis', direct, false],
    ['has copies', { a: 5, b: 60, direct: 0 }, false],
    ['has copies and a fault in force', { a: 5, b: 990, direct: 0 }, true],
  ])('no history violates anything where it %s', (_how, lags, hasFault) => {
    fc.assert(
      fc.property(steps(true), plan => {
        expect(violated(simulate(plan, { rules: RIGHT, lags, fault: hasFault }).history)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

const MUTANTS: readonly (readonly [what: string, rules: Partial<Rules>])[] = [
  ['drops some revocations that it acknowledged', { records: number => number % 3 !== 1 }],
  ['forgets revocations before their time', { keepsMs: 40 }],
  ['un-revokes: the last epoch stands, and not the latest', { merge: (_was, epochMs) => epochMs }],
  ['keeps the first epoch', { merge: (was, epochMs) => was ?? epochMs }],
  ['accepts what was issued at the epoch', { refuses: (issuedAtMs, epochMs) => issuedAtMs < epochMs }],
  ['refuses what was issued just after the epoch', { refuses: (issuedAtMs, epochMs) => issuedAtMs <= epochMs + 1 }],
  ['looks at one target of a token only', { looksAt: 1 }],
];

describe.each(MUTANTS)('of a product that %s', (_what, mutation) => {
  const mutant = { rules: { ...RIGHT, ...mutation }, lags: direct };

  it('every history is found out in which that changed an answer', () => {
    fc.assert(
      fc.property(steps(false), plan => {
        const { history, wrong } = simulate(plan, mutant);
        const found = new Set(checkHistory([CLOCK, ...history]).violations.filter(({ invariant }) => invariant === 'I1' || invariant === 'I2').flatMap(({ events }) => events));
        expect(wrong.filter(check => !found.has(check))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('there are such histories', () => {
    const plans = fc.sample(steps(false), { seed: 7, numRuns: 300 });
    expect(plans.filter(plan => simulate(plan, mutant).wrong.length > 0).length).toBeGreaterThan(3);
  });
});

describe('of a product whose copy is late', () => {
  it('histories in which nobody else is are found out', () => {
    const plans = fc.sample(steps(false), { seed: 7, numRuns: 300 });
    const found = plans.map(plan => violated(simulate(plan, { rules: RIGHT, lags: { a: 150 } }).history));
    expect(found.filter(invariants => invariants.includes('I1')).length).toBeGreaterThan(10);
    expect(found.filter(invariants => invariants.includes('I2'))).toEqual([]);
  });

  it('histories are found out in which it is beyond its bound, whatever fault is in force', () => {
    const plan = fc.sample(steps(false), { seed: 7, numRuns: 30 }).flat();
    expect(violated(simulate(plan, { rules: RIGHT, lags: { a: 1200 }, fault: true, pace: 30 }).history)).toContain('I1');
    expect(violated(simulate(plan, { rules: RIGHT, lags: { a: 1040 }, fault: true, pace: 30 }).history)).not.toContain('I1');
  });
});

describe('a history', () => {
  it('may have its events in any order', () => {
    const mutant = { rules: { ...RIGHT, keepsMs: 40 }, lags: direct };
    fc.assert(
      fc.property(steps(true), fc.infiniteStream(fc.nat()), (plan, random) => {
        const { history } = simulate(plan, mutant);
        const shuffled = history.map(event => ({ event, at: random.next().value })).sort((a, b) => a.at - b.at);
        expect(violated(shuffled.map(({ event }) => event))).toEqual(violated(history));
      }),
    );
  });

  it('is turned away without a clock, with a token that nobody issued, and with faults that cannot be', () => {
    const token = issued(1, []);
    expect(() => checkHistory([token])).toThrow('clock');
    expect(() => checkHistory([CLOCK, token, checked('a', 2, 10, 200)])).toThrow('token 2');
    expect(() => checkHistory([CLOCK, ...fault('x', 10, Infinity), ...fault('x', 20, 30)])).toThrow('twice');
    expect(() => checkHistory([CLOCK, ...fault('x', 10, 20).slice(1)])).toThrow('without a beginning');
  });

  it('that holds nothing violates nothing, and puts nothing to the test', () => {
    const { violations, examined } = checkHistory([CLOCK]);
    expect(violations).toEqual([]);
    expect(Object.values(examined)).toEqual(Array(12).fill(0));
  });

  it('of half a million events with ten thousand revocations is judged, and one acceptance in it found', () => {
    const history: HistoryEvent[] = [CLOCK];
    const users = 5000;
    for (let i = 0; i < 20_000; i += 1) history.push(issued(i, [`subject:${i % users}`, `client:${i % 7}`, `session:${i}`], { atMs: i / 2 }));
    for (let i = 0; i < 10_000; i += 1) history.push(revoked(`subject:${i % 50}`, 100 + i, 101 + i, { epochMs: 1_000_000_000 + 100 + i }), ...fault('slow', 100 + i, 100.5 + i));
    for (let i = 0; i < 450_000; i += 1) history.push(checked(`direct${i % 3}`, (i * 7) % 20_000, 20_000 + i / 20, (i * 7) % users < 50 ? 401 : 204));
    history.push(checked('direct', 49, 50_000, 204));
    const { violations } = checkHistory(history);
    expect(violations.map(({ invariant }) => invariant)).toEqual(['I1', 'I8', 'I12']);
  });
});
