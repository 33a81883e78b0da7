import { figures, type FaultFigures } from './checker.js';
import type { HistoryEvent } from './history.js';
import { judge } from './judge.js';
import { checked, CLOCK, fault, issued, measured } from './made-up.js';
import { asMarkdown, asText, nemesisTable } from './table.js';

const answering = (instance: string, statuses: readonly number[], fromMs: number): HistoryEvent[] =>
  statuses.map((status, i) => checked(instance, 1, fromMs + i * 100, status, { tookMs: 10 }));

/** Down from one to two seconds; answers again after so long, or not before the next fault, three seconds later. */
function down(answersAfterMs: number | undefined): FaultFigures {
  const before = [CLOCK, issued(1, []), ...answering('a', [200], 900), ...fault('down', 1000, 2000), ...answering('a', [503, 503, 503], 1500)];
  const after = answersAfterMs === undefined ? answering('a', [503], 4000) : [checked('a', 1, 2000 + answersAfterMs, 200, { tookMs: 0 })];
  return figures([...before, ...after, ...fault('next', 5000, 5100)])[0]!;
}

describe('the table of random faults', () => {
  const cells = (...of: FaultFigures[]): string[] => nemesisTable(of).split('\n')[1]!.trim().split(/\s{2,}/);

  it('has the slowest of all times', () => {
    expect(cells(down(300), down(800))).toEqual(['down', '2', '1.30 s', '0.80 s', '-', '0.00 s']);
  });

  it('does not keep from the reader who had not recovered when the next fault began', () => {
    expect(cells(down(300), down(undefined), down(undefined))[3]).toBe('0.30 s, 2x more than 3.00 s');
    expect(cells(down(undefined))[3]).toBe('1x more than 3.00 s');
  });

  it('says the same of copies', () => {
    const stale = [measured('a', 900, { replica: 'live' }), measured('a', 1500, { replica: 'stale' }), measured('a', 4000, { replica: 'stale' })];
    const [first] = figures([CLOCK, issued(1, []), ...stale, ...answering('a', [200], 1500), ...fault('down', 1000, 2000), ...fault('next', 5000, 5100)]);
    expect(cells(first!)[4]).toBe('1x more than 3.00 s');
  });
});

describe('the table of scenarios', () => {
  const waited = measured('a', 3000, { waitedMs: 300 });
  const { excused, figures: of, untested } = judge([CLOCK, issued(1, []), ...answering('a', [200], 100), ...fault('down', 500, 600), ...answering('a', [200, 200, 503], 2800), waited, ...answering('a', [200], 9000)], {});
  const result = { name: 'down', fault: 'it is down', seed: 1, tookMs: 1, isPromised: true, violations: [], excused, figures: of };

  it('tells, where it is a text, what was excused', () => {
    expect(asText([result])).toMatch(/ I4 75\.0 %$/);
    expect(asText([{ ...result, excused: {} }])).not.toContain('excused');
    expect(asText([{ ...result, excused: {} }, result])).toMatch(/ -\n.* I4 75\.0 %$/);
    expect(asMarkdown([result])).not.toContain('I4');
  });

  it('comes of a judgement that knows what was put to no test', () => {
    expect(untested).toEqual(['I1']);
    expect(judge([CLOCK], { untested: ['I1'] }).untested).toEqual(['I3', 'I4']);
  });
});
