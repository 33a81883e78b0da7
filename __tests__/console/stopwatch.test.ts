import { Stopwatch, type ClickKind } from '../../demo-app/console/stopwatch.js';
import type { Answer } from '../../demo-app/console/lanes.js';

const REVOKED: Answer = { status: 401, reason: 'revoked' };
const ACCEPTED: Answer = { status: 200 };
const CLOSED: Answer = { status: 503 };

describe("the console's stopwatch", () => {
  let nowMs: number;
  const stopwatch = () => new Stopwatch(() => nowMs);
  beforeEach(() => {
    nowMs = 1000;
  });

  /** How long after a click, of which it was told later, this answer came by what it says. */
  function measured(kind: ClickKind, answer: Answer, { toldAfterMs = 0, answeredAfterMs = 7 } = {}): number | undefined {
    const watch = stopwatch();
    nowMs += toldAfterMs;
    watch.start(kind, toldAfterMs);
    nowMs += answeredAfterMs - toldAfterMs;
    return watch.measure(answer);
  }

  it('measures from the click, and not from when it was told of it', () => {
    expect(measured('revoke', REVOKED, { toldAfterMs: 0, answeredAfterMs: 7 })).toBe(7);
    expect(measured('revoke', REVOKED, { toldAfterMs: 40, answeredAfterMs: 47.5 })).toBe(47.5);
  });

  it('measures each answer by itself, and goes on', () => {
    const watch = stopwatch();
    watch.start('revoke', 0);
    const figures = [3, 2, 10].map(ms => {
      nowMs += ms;
      return watch.measure(REVOKED);
    });
    expect(figures).toEqual([3, 5, 15]);
  });

  it.each<[ClickKind, readonly Answer[], readonly Answer[]]>([
    ['revoke', [REVOKED], [ACCEPTED, CLOSED, { status: 401, reason: 'expired' }, { status: 401 }, { status: 0 }]],
    ['off', [CLOSED], [ACCEPTED, REVOKED, { status: 0 }]],
    ['on', [ACCEPTED], [CLOSED, REVOKED, { status: 0 }]],
  ])('after a click for "%s" measures what was clicked for, and nothing else', (kind, meant, others) => {
    expect(meant.map(answer => measured(kind, answer))).toEqual(meant.map(() => 7));
    expect(others.map(answer => measured(kind, answer))).toEqual(others.map(() => undefined));
  });

  it('takes an answer that comes more than 15 seconds later for one that has another cause', () => {
    expect(measured('revoke', REVOKED, { answeredAfterMs: 15_000 })).toBe(15_000);
    expect(measured('revoke', REVOKED, { answeredAfterMs: 15_001 })).toBeUndefined();
  });

  it('measures nothing before a click, nor after one that came to nothing, and begins anew at the next', () => {
    const watch = stopwatch();
    expect(watch.measure(REVOKED)).toBeUndefined();
    watch.start('revoke', 0);
    watch.forget();
    expect(watch.measure(REVOKED)).toBeUndefined();
    watch.start('off', 0);
    nowMs += 1;
    watch.start('revoke', 0);
    nowMs += 4;
    expect([watch.measure(REVOKED), watch.measure(CLOSED)]).toEqual([4, undefined]);
  });
});
