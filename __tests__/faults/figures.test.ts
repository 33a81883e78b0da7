import { figures, type FaultFigures } from './checker.js';
import type { HistoryEvent } from './history.js';
import { checked, CLOCK, fault, issued, measured, revoked, told } from './made-up.js';

const figuresOf = (...history: HistoryEvent[]): FaultFigures => figures([CLOCK, issued(1, ['subject:1']), ...history])[0]!;

/** An instance that answers, or cannot, every 100 ms. */
const answering = (instance: string, statuses: readonly number[], fromMs = 1000): HistoryEvent[] =>
  statuses.map((status, i) => checked(instance, 1, fromMs + i * 100, status, { tookMs: 10 }));

describe('the figures of a fault', () => {
  it('count what was answered from its beginning until copies must be live again', () => {
    const during = [checked('a', 1, 1000, 200), checked('a', 1, 1100, 401), checked('b', 1, 1200, 503), checked('b', 1, 1300, 500), checked('b', 1, 4000, 0, { tookMs: 80 })];
    const outside = [checked('a', 1, 999, 503), checked('a', 1, 4001, 503, { tookMs: 300 })];
    const figure = figuresOf(...fault('down', 1000, 2000), ...during, ...outside);
    expect(figure).toMatchObject({ name: 'down', lastedMs: 1000, checks: 5, accepted: 1, refused: 1, unavailable: 2, other: 1, worstSettleMs: 80 });
  });

  it('count no further than the next fault', () => {
    const [first, second] = figures([CLOCK, issued(1, []), ...fault('one', 1000, 2000), ...fault('two', 3000, 3100), checked('a', 1, 2500, 200), checked('a', 1, 3050, 503)]);
    expect([first!.checks, second!.checks]).toEqual([1, 1]);
  });

  it('count revocations by their outcome', () => {
    const revocations = (['ok', 'ok', 'failed', 'indeterminate'] as const).map(outcome => revoked('subject:2', 1100, 1110, { outcome }));
    expect(figuresOf(...fault('down', 1000, 2000), ...revocations, revoked('subject:2', 900, 910)).revocations).toEqual({ ok: 2, failed: 1, indeterminate: 1 });
  });

  it('tell how long after an acknowledgement a token was still accepted', () => {
    const figure = figuresOf(...fault('down', 1000, 2000), revoked('subject:1', 1000, 1010), checked('a', 1, 1510, 200), checked('a', 1, 1600, 401), checked('b', 1, 1310, 200));
    expect(figure.worstLatenessMs).toBe(500);
    expect(figuresOf(...fault('down', 1000, 2000), checked('a', 1, 1510, 200)).worstLatenessMs).toBe(0);
  });

  it('tell how long each instance gave no answer, and which took longest', () => {
    const figure = figuresOf(...fault('down', 1000, 1250), ...answering('a', [200, 503, 503, 503, 200, 503, 200]), ...answering('b', [503, 200, 200]));
    expect(figure.instances).toMatchObject({ a: { longestOutageMs: 310, toFirstAnswerMs: 160 }, b: { longestOutageMs: 110, toFirstAnswerMs: 0 } });
    expect(figure).toMatchObject({ longestOutageMs: 310, toFirstAnswerMs: 160 });
  });

  it('tell that an instance never answered again, and for how long it was waited for', () => {
    const history = [...fault('down', 1000, 1250), ...answering('a', [200, 503, 503, 503]), ...answering('b', [200, 200])];
    expect(figuresOf(...history)).toMatchObject({ longestOutageMs: 210, toFirstAnswerMs: undefined, watchedMs: 60 });
    expect(figuresOf(...history, ...fault('next', 1700, 1800))).toMatchObject({ toFirstAnswerMs: undefined, watchedMs: 450 });
  });

  it.each(['expired', 'revoked'])('take a refusal of what is %s, for which nobody is asked, for no answer', error => {
    const refused = (atMs: number): HistoryEvent => checked('a', 1, atMs, 401, { error, tookMs: 10 });
    const figure = figuresOf(...fault('down', 1000, 1250), ...answering('a', [200, 503]), refused(1150), refused(1300), ...answering('a', [503, 200], 1400));
    expect(figure).toMatchObject({ refused: 2, longestOutageMs: 410, toFirstAnswerMs: 260 });
    expect(figuresOf(...fault('down', 1000, 1250), refused(1150), ...answering('a', [200], 1400))).toMatchObject({ longestOutageMs: 0, toFirstAnswerMs: 0 });
  });

  it('leave out an instance that the fault ended: it had nothing to recover from', () => {
    const gone = [measured('b', 1100), checked('b', 1, 1150, 503), checked('b', 1, 1160, 0)];
    const figure = figuresOf(...fault('replaced', 1000, 1250, { instances: ['b'] }), ...gone, ...answering('a', [200, 200, 200, 200]), measured('a', 2000));
    expect(figure.instances).not.toHaveProperty('b');
    expect(figure.toFirstAnswerMs).toBe(0);
  });

  it('tell how long after its end copies were live', () => {
    const state = (instance: string, atMs: number, replica: string): HistoryEvent => measured(instance, atMs, { replica });
    const a = [state('a', 900, 'live'), told('a', 1800, 'replica', { state: 'stale' }), told('a', 2300, 'replica', { state: 'live' }), state('a', 2500, 'live')];
    const b = [state('b', 900, 'live'), state('b', 1500, 'live'), state('b', 2500, 'live')];
    const asked = [...answering('a', [200], 1500), ...answering('b', [200], 1500), ...answering('direct', [200], 1500)];
    const figure = figuresOf(...fault('down', 1000, 2000), ...a, ...b, ...asked);
    expect(figure.instances).toMatchObject({ a: { toCopyLiveMs: 300 }, b: { toCopyLiveMs: 0 } });
    expect(figure.instances['direct']).not.toHaveProperty('toCopyLiveMs');
    expect(figure.toCopyLiveMs).toBe(300);
  });

  it('tell how long copies took that a short fault made stale only afterwards', () => {
    const a = [measured('a', 900, { replica: 'live' }), measured('a', 1950, { replica: 'live' }), told('a', 2100, 'replica', { state: 'stale' }), told('a', 2400, 'replica', { state: 'live' })];
    expect(figuresOf(...fault('wipe', 1900, 2000), ...a, ...answering('a', [200], 2000)).toCopyLiveMs).toBe(400);
  });

  it('leave out a copy that began once the fault was over: it had nothing to recover from', () => {
    const a = [measured('a', 900, { replica: 'live' }), measured('a', 1500, { replica: 'live' }), measured('a', 2500, { replica: 'live' })];
    const late = [told('b', 2700, 'replica', { state: 'loading' }), told('b', 2900, 'replica', { state: 'live' }), measured('b', 3000, { replica: 'live' })];
    const figure = figuresOf(...fault('down', 1000, 2000), ...a, ...late, ...answering('a', [200], 1500), ...answering('b', [200], 3000));
    expect(figure.instances['b']).not.toHaveProperty('toCopyLiveMs');
    expect(figure.toCopyLiveMs).toBe(0);
  });

  it('tell that a copy was not live any more', () => {
    const a = [measured('a', 900, { replica: 'live' }), told('a', 1100, 'replica', { state: 'stale' }), measured('a', 9000, { replica: 'stale' })];
    expect(figuresOf(...fault('down', 1000, 2000), ...a, ...answering('a', [200])).toCopyLiveMs).toBeUndefined();
  });

  it('are those of every fault, one that never ended included', () => {
    const all = figures([CLOCK, ...fault('one', 1000, 2000), ...fault('two', 1500, Infinity), measured('a', 3000)]);
    expect(all.map(({ name, lastedMs }) => [name, lastedMs])).toEqual([['one', 1000], ['two', 1500]]);
  });
});
