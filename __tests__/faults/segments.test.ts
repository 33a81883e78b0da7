import type { HistoryEvent } from './history.js';
import { Segments } from './segments.js';

const clock: HistoryEvent = { event: 'clock', atMs: 0, wallMs: 1000 };
const issued = (token: number, expiresInMs: number): HistoryEvent => ({ event: 'issued', atMs: 10, token, targets: ['all'], issuedAtMs: Date.now(), expiresAtMs: Date.now() + expiresInMs });
const revoked = (toMs: number): HistoryEvent => ({ event: 'revoked', instance: 'a', target: 'session:1', fromMs: toMs, toMs, outcome: 'ok' });
const measured = (instance: string, atMs: number): HistoryEvent => ({ event: 'measured', instance, atMs, rssBytes: 1, heapBytes: 1, liveBytes: 1, state: 'live', pending: 0, loopDelayMs: 0 });

test('A segment begins with the clock, and with the tokens and revocations of those before it that may still matter', () => {
  const segments = new Segments();
  const [living, gone, session] = [issued(1, 60_000), issued(2, -120_000), revoked(100)];
  expect(segments.next([clock, living, gone, session, measured('a', 100)])).toHaveLength(5);
  const next = measured('a', 60_000);
  expect(segments.next([next])).toEqual([clock, living, session, next]);
});

test('A segment knows the faults of those before it, and not what they broke, which has been judged', () => {
  const segments = new Segments();
  const [begun, healed] = (['begin', 'healed'] as const).map((phase, i): HistoryEvent => ({ event: 'fault', name: 'flushall', phase, atMs: 10 + i, mayLose: true }));
  segments.next([clock, { ...begun!, breaks: 'wipe' } as HistoryEvent, healed!]);
  expect(segments.next([])).toEqual([clock, begun, healed]);
  expect(segments.next([])).toEqual([clock, begun, healed]);
});

test('A segment knows what every server held last, and what the clocks said last', () => {
  const segments = new Segments();
  const stored = (server: string, atMs: number): HistoryEvent => ({ event: 'stored', server, atMs, incarnation: 'first', revocations: [] });
  segments.next([clock, stored('one', 10), stored('other', 20), stored('one', 15)]);
  expect(segments.next([])).toEqual([clock, stored('one', 15), stored('other', 20)]);
  const later: HistoryEvent = { event: 'clock', atMs: 50, wallMs: 1051 };
  segments.next([later, stored('one', 40)]);
  expect(segments.next([])).toEqual([later, stored('one', 40), stored('other', 20)]);
});

test('What was revoked long ago is forgotten', () => {
  const segments = new Segments();
  segments.next([clock, revoked(100)]);
  segments.next([measured('a', 700_200)]);
  expect(segments.next([])).toEqual([clock]);
});

test('How each instance did is kept for all of the run, every five seconds', () => {
  const segments = new Segments();
  segments.next([clock, measured('a', 0), measured('a', 100), measured('b', 200), measured('a', 4900), measured('a', 5000)]);
  segments.next([measured('a', 9900), measured('a', 10_000)]);
  expect(segments.longRun.slice(1)).toEqual([measured('a', 0), measured('b', 200), measured('a', 5000), measured('a', 10_000)]);
});
