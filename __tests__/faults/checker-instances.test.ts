import { checkHistory } from './checker.js';
import { examples, user } from './examples.js';
import type { HistoryEvent } from './history.js';
import { checked, CLOCK, examined, fault, issued, measured, revoked, said, told, violated } from './made-up.js';

describe('I3', () => {
  const token = issued(1, user(1));
  examples('I3', {
    bad: [
      ['a check takes longer', [token, checked('a', 1, 100, 200, { tookMs: 351 })]],
      ['a check takes longer with a fault in force', [token, ...fault('blackhole', 0, 900), checked('a', 1, 100, 503, { tookMs: 351 })]],
      ['it waited for a processor, for less than the check was late', [token, measured('a', 50), measured('a', 300, { waitedMs: 100 }), measured('a', 600), checked('a', 1, 100, 200, { tookMs: 451 })]],
      ['it waited for a processor at another time', [token, measured('a', 90, { waitedMs: 500 }), measured('a', 500), measured('a', 700, { waitedMs: 500 }), checked('a', 1, 100, 200, { tookMs: 351 })]],
      ['another instance waited for a processor', [token, measured('b', 500, { waitedMs: 500 }), checked('a', 1, 100, 200, { tookMs: 351 })]],
      ['it kept its event loop busy itself', [token, measured('a', 50), measured('a', 500, { loopDelayMs: 400 }), checked('a', 1, 100, 200, { tookMs: 351 })]],
      ['several waited at the same time, and none for as long as the check was late', [token, measured('a', 500, { waitedMs: 60 }), measured('run', 500, { waitedMs: 60, serversWaitedMs: 60, loopDelayMs: 60 }), checked('a', 1, 100, 200, { tookMs: 450 })]],
      ['a check is never answered', [token, ...fault('blackhole', 0, 900), checked('a', 1, 100, 0)]],
      ['a fault stopped another instance', [token, ...fault('stop', 0, 900, { instances: ['b'] }), checked('a', 1, 100, 0)]],
      ['a fault had stopped the instance before', [token, ...fault('stop', 0, 99, { instances: ['a'] }), checked('a', 1, 100, 200, { tookMs: 400 })]],
      ['something is pending at the end of an instance that was stopped, and went on', [token, ...fault('stop', 0, 99, { instances: ['a'] }), checked('a', 1, 150, 200), measured('a', 200, { pending: 1 })]],
      ['something is pending at the end', [token, checked('a', 1, 100, 200), measured('a', 200), measured('a', 9000, { pending: 1 })]],
    ],
    good: [
      ['a check takes as long as it may', [token, checked('a', 1, 100, 200, { tookMs: 350 })]],
      ['it waited for a processor for as long', [token, measured('a', 50), measured('a', 500, { waitedMs: 100 }), checked('a', 1, 100, 200, { tookMs: 450 })]],
      ['the run itself did', [token, measured('run', 500, { waitedMs: 100 }), checked('a', 1, 100, 200, { tookMs: 450 })]],
      ['a server did', [token, measured('run', 500, { serversWaitedMs: 100 }), checked('a', 1, 100, 200, { tookMs: 450 })]],
      ['the event loop of the run itself was held up', [token, measured('run', 500, { loopDelayMs: 100, pending: 7 }), checked('a', 1, 100, 200, { tookMs: 450 })]],
      ['it waited for a processor, as was found out afterwards', [token, measured('a', 50), measured('a', 2000, { waitedMs: 1000 }), checked('a', 1, 100, 200, { tookMs: 1300 })]],
      ['a fault stopped the instance', [token, ...fault('stop', 300, 900, { instances: ['a'] }), checked('a', 1, 100, 0, { tookMs: 700 })]],
      ['a fault killed the instance with something pending', [token, measured('a', 200, { pending: 3 }), ...fault('kill', 250, 900, { instances: ['a'] }), checked('b', 1, 1000, 200)]],
      ['something was pending before the end', [token, measured('a', 200, { pending: 9 }), measured('a', 400)]],
    ],
  });
});

describe('I4', () => {
  const token = issued(1, user(1));
  const before = [token, checked('a', 1, 10, 200), measured('a', 10, { replica: 'live' })];
  const down = [...before, ...fault('down', 2500, 5000)];
  examples('I4', {
    bad: [
      ['a guard cannot tell a second after the fault was healed', [...down, checked('a', 1, 6001, 503)]],
      ['a guard cannot tell long after it', [...down, checked('a', 1, 5500, 200), checked('a', 1, 60_000, 503)]],
      ['a guard cannot tell although there never was a fault', [...before, checked('a', 1, 1011, 503)]],
      ['a guard cannot tell between two faults', [...down, checked('a', 1, 6500, 503), ...fault('again', 7000, 8000)]],
      ['a failover was over for longer than that takes', [...before, ...fault('failover', 2500, 5000, { isFailover: true }), checked('a', 1, 6501, 503)]],
      ['of two faults the last was healed a second ago', [...down, ...fault('other', 3000, 4000), checked('a', 1, 6001, 503)]],
      ['a copy is not live two seconds later', [...down, measured('a', 7001, { replica: 'stale' })]],
      ['a copy stops being live while all is well', [...down, measured('a', 7001, { replica: 'live' }), told('a', 8000, 'replica', { state: 'stale' })]],
      ['it had waited for a processor long before', [...down, measured('a', 5100, { waitedMs: 500, replica: 'live' }), measured('a', 6000, { replica: 'live' }), checked('a', 1, 7001, 503)]],
      ['it kept its event loop busy itself', [...down, measured('a', 7000, { loopDelayMs: 900, replica: 'live' }), checked('a', 1, 7050, 503)]],
      ['its copy is not live, and it kept its event loop busy itself', [...down, measured('a', 7100, { loopDelayMs: 900, replica: 'stale' })]],
      ['it waited for a processor since, for less than it was late', [...down, measured('a', 5500, { waitedMs: 40, replica: 'live' }), measured('a', 6000, { replica: 'live' }), checked('a', 1, 6050, 503)]],
      ['the run was busy itself, and nobody waited for a processor', [...down, measured('run', 7100, { loopDelayMs: 900 }), checked('a', 1, 7050, 503)]],
      ['several waited at the same time, and none for long', [...down, measured('a', 7100, { waitedMs: 60, replica: 'live' }), measured('run', 7100, { waitedMs: 60, serversWaitedMs: 60 }), checked('a', 1, 7050, 503)]],
      ['a revocation is not acknowledged two seconds after the fault was healed', [...down, revoked('subject:2', 7001, 7010, { outcome: 'indeterminate', status: 503 })]],
      ['a revocation is never answered', [...down, revoked('subject:2', 9000, 9500, { outcome: 'indeterminate', status: 0 })]],
      ['a revocation is turned down that nothing is wrong with', [...down, revoked('subject:2', 7001, 7010, { outcome: 'failed', status: 403 })]],
      ['a revocation is not acknowledged although there never was a fault', [...before, revoked('subject:2', 2011, 2020, { outcome: 'indeterminate', status: 503 })]],
      ['more checks than may go astray do', [...down, checked('a', 1, 6001, 503), checked('a', 1, 6101, 503)], { strayUnavailable: 1 }],
    ],
    good: [
      ['a guard can tell a second after the fault was healed', [...down, checked('a', 1, 5999, 503), checked('a', 1, 6001, 200)]],
      ['a guard cannot tell while a fault is in force', [...down, checked('a', 1, 4999, 503), checked('a', 1, 2499, 503)]],
      ['the fault is never healed', [...before, ...fault('down', 2500, Infinity), checked('a', 1, 60_000, 503)]],
      ['another fault is in force', [...down, ...fault('other', 4000, 9000), checked('a', 1, 7000, 503)]],
      ['another fault had been healed later', [...down, ...fault('other', 3000, 6500), checked('a', 1, 7400, 503)]],
      ['the longest of several faults was healed less than a second ago', [...down, ...fault('other', 3000, 4000), ...fault('third', 4500, 4600), checked('a', 1, 5800, 503)]],
      ['a fault begins during the check', [...down, checked('a', 1, 7000, 503, { tookMs: 100 }), ...fault('again', 7050, 9000)]],
      ['a failover is over for as long as it takes', [...before, ...fault('failover', 2500, 5000, { isFailover: true }), checked('a', 1, 6499, 503)]],
      ['the instance is new', [...down, checked('b', 1, 8000, 204), checked('b', 1, 8999, 503), measured('b', 9999, { replica: 'starting' })]],
      ['a copy is live two seconds later', [...down, measured('a', 6999, { replica: 'stale' }), measured('a', 7001, { replica: 'live' })]],
      ['it waited for a processor', [...down, measured('a', 6900, { replica: 'live' }), measured('a', 7100, { waitedMs: 150, replica: 'stale' }), checked('a', 1, 7050, 503)]],
      ['it waited for a processor since, for as long as it was late', [...down, measured('a', 5500, { waitedMs: 60, replica: 'live' }), measured('a', 6000, { replica: 'live' }), checked('a', 1, 6050, 503)]],
      ['a server did', [...down, measured('run', 7100, { serversWaitedMs: 150 }), checked('a', 1, 7050, 503)]],
      ['the run did, which all ways go through', [...down, measured('run', 7100, { waitedMs: 150 }), checked('a', 1, 7050, 503)]],
      ['a revocation is not acknowledged less than two seconds after the fault was healed', [...down, revoked('subject:2', 6999, 7010, { outcome: 'indeterminate', status: 503 })]],
      ['a revocation is not acknowledged, and a server waited for a processor', [...down, measured('run', 7100, { serversWaitedMs: 150 }), revoked('subject:2', 7050, 7060, { outcome: 'indeterminate', status: 503 })]],
      ['a fault begins during the revocation', [...down, revoked('subject:2', 7000, 7100, { outcome: 'indeterminate', status: 503 }), ...fault('again', 7050, 9000)]],
      ['whoever asks for a revocation has no live token himself', [...down, revoked('subject:2', 7000, 7010, { outcome: 'failed', status: 401 })]],
      ['what is to be revoked has expired', [...down, revoked('token:2', 7000, 7010, { outcome: 'failed', status: 200 })]],
      ['the product may have revoked by itself', [...down, revoked('all', 7000, 7010, { outcome: 'indeterminate' })]],
      ['all is acknowledged', [...down, revoked('subject:2', 7000, 7010, { status: 204 })]],
      ['no more checks than may go astray do', [...down, checked('a', 1, 6001, 503)], { strayUnavailable: 1 }],
      ['the copy is closed', [...down, told('a', 8000, 'replica', { state: 'closed' })]],
    ],
  });
});

describe('what is excused', () => {
  const history = [CLOCK, issued(1, user(1)), checked('a', 1, 10, 200), ...[3000, 3100, 9000].map(atMs => checked('a', 1, atMs, 200)), measured('a', 3200, { waitedMs: 300 })];

  it('is not put to the test, however it came out', () => {
    const { examined: tested, excused } = checkHistory(history);
    expect([tested.I4, excused.I4]).toEqual([1, 2]);
  });

  it('is, of checks that settled late, what was late', () => {
    const late = checked('a', 1, 3000, 200, { tookMs: 500 });
    const { examined: tested, excused } = checkHistory([...history, late]);
    expect([tested.I3, excused.I3]).toEqual([4, 1]);
  });
});

describe('I9', () => {
  const copy = (instance: string, fromMs: number, toMs: number): HistoryEvent[] => [measured(instance, fromMs, { replica: 'live' }), measured(instance, toMs, { replica: 'live' })];
  const fork = fault('fork', 3000, 4000, { breaks: 'fork', mayLose: true });
  const tell = (instance: string, atMs: number): HistoryEvent => told(instance, atMs, 'replica', { state: 'live', resync: 'fork' });
  examples('I9', {
    bad: [
      ['nobody tells', [...copy('a', 0, 9000), ...fork]],
      ['one of two copies does not', [...copy('a', 0, 9000), ...copy('b', 0, 9000), ...fork, tell('a', 4100)]],
      ['it tells late', [...copy('a', 0, 9000), ...fork, tell('a', 5101)]],
      ['it told before', [...copy('a', 0, 9000), ...fork, tell('a', 2999)]],
      ['it tells that it changed its state, and not why', [...copy('a', 0, 9000), ...fork, told('a', 4100, 'replica', { state: 'live' })]],
      ['it waited for a processor, for less than it was late', [...copy('a', 0, 9000), measured('a', 5000, { replica: 'live', waitedMs: 200 }), ...fork, tell('a', 5201)]],
    ],
    good: [
      ['it tells in time', [...copy('a', 0, 9000), ...fork, tell('a', 5000)]],
      ['it tells before the fault is healed', [...copy('a', 0, 9000), ...fork, tell('a', 3100)]],
      ['it tells of a loss', [...copy('a', 0, 9000), ...fork, told('a', 4500, 'dataLoss')]],
      ['the instance has no copy', [measured('direct', 0), measured('direct', 9000), ...fork]],
      ['the instance is new', [...copy('a', 3500, 9000), ...fork]],
      ['the instance ended', [...copy('a', 0, 4500), measured('b', 9000), ...fork]],
      ['the history ends before', [...copy('a', 0, 4900), ...fork]],
      ['the log was not broken', [...copy('a', 0, 9000), ...fault('slow', 3000, 4000)]],
      ['another fault came in between', [...copy('a', 0, 9000), ...fork, ...fault('down', 4200, 4300)]],
      ['it waited for a processor for as long', [...copy('a', 0, 9000), measured('a', 5000, { replica: 'live', waitedMs: 200 }), ...fork, tell('a', 5199)]],
    ],
  });
});

describe('I10', () => {
  const samples = (rss: (atMs: number) => number): HistoryEvent[] =>
    Array.from({ length: 61 }, (_, i) => measured('a', i * 1000, { rssBytes: rss(i * 1000) }));
  const memory = { maxRssBytes: 200e6, maxHeapBytes: 80e6, maxPending: 100, growthBytesPerMinute: 5e6 };
  const saw = (atMs: number): number => 100e6 + (atMs % 7000) * 1000;
  examples('I10', {
    bad: [
      ['an instance grows beyond its bound', [measured('a', 0), measured('a', 10, { rssBytes: 200e6 + 1 }), measured('a', 20)], { memory }],
      ['its heap does', [measured('a', 0, { heapBytes: 80e6 + 1 })], { memory }],
      ['too many requests wait', [measured('a', 0, { pending: 101 }), measured('a', 1)], { memory }],
      ['it grows for ever', samples(atMs => saw(atMs) + atMs * 0.1 * 1000), { memory }],
      ['one that lives from beginning to end does, among others that come and go', [...samples(atMs => saw(atMs) + atMs * 0.1 * 1000), ...['b1', 'b2', 'b3'].flatMap((name, i) => [measured(name, i * 9000), measured(name, i * 9000 + 8000)])], { memory: { growthBytesPerMinute: 5e6 } }],
    ],
    good: [
      ['all is within its bounds', [measured('a', 0, { rssBytes: 200e6, heapBytes: 80e6, pending: 100 }), measured('a', 1)], { memory }],
      ['it goes up and down', samples(saw), { memory }],
      ['it grows slowly', samples(atMs => saw(atMs) + atMs * 0.08 * 1000), { memory }],
      ['it grew at the beginning', samples(atMs => 100e6 + Math.min(atMs, 29_000) * 3000), { memory: { ...memory, warmUpMs: 29_000 } }],
      ['no bound is given', [measured('a', 0, { rssBytes: 9e9 })], { memory: {} }],
      ['it is the run itself', [measured('run', 0, { rssBytes: 9e9 })], { memory }],
    ],
  });
});

describe('I10 counts instances', () => {
  const growing = { memory: { growthBytesPerMinute: 5e6, warmUpMs: 10_000 } };
  const lived = (instance: string, forMs: number): HistoryEvent[] => Array.from({ length: 1 + forMs / 1000 }, (_, i) => measured(instance, i * 1000));

  it('whose growth could be judged, and no others', () => {
    expect(examined('I10', [...lived('a', 60_000), ...lived('b', 19_000), ...lived('c', 60_000), ...lived('run', 60_000)], growing)).toBe(2);
  });

  it('of which some bound was looked at', () => {
    expect(examined('I10', [...lived('a', 60_000), ...lived('b', 19_000)], { memory: { maxRssBytes: 200e6 } })).toBe(2);
    expect(examined('I10', lived('a', 60_000), { memory: {} })).toBe(0);
  });
});

describe('I11', () => {
  const token = 'eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiJqdGktMTIzNDU2In0.c2lnbmF0dXJlLW9mLTMyLWJ5dGVz';
  const canaries = [token, 'jti-123456', 'grant/7+?"x"', 'hunter2-secret'];
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  examples('I11', {
    bad: [
      ['a line holds a token', [said(`Refused ${token}.`)], { canaries }],
      ['a line holds the signature of one', [said('tail c2lnbmF0dXJlLW9mLTMyLWJ5dGVz')], { canaries }],
      ['a line holds the payload of one', [said('eyJqdGkiOiJqdGktMTIzNDU2In0')], { canaries }],
      ['a line holds an id', [said('Redis: -ERR HGET x jti-123456')], { canaries }],
      ['an id is at the end of a line, among other things that begin alike', [said('jti-12345 jti-12344 jti-123456')], { canaries }],
      ['an id is within a URL', [said('GET /grants/grant%2F7%2B%3F%22x%22')], { canaries }],
      ['an id is within JSON', [said('{"id":"grant/7+?\\"x\\""}')], { canaries }],
      ['a secret is within base64, wherever it begins', ['', 'a', 'ab', 'id:'].map(before => said(`Basic ${base64(`${before}hunter2-secret:`)}`)), { canaries }],
      ['a line holds a token that nobody knows', [said('eyJhbGciOiJub25lIiwiaWF0IjoxfQ')]],
      ['what is told to a log holds an id', [told('a', 10, 'unavailable', { message: 'jti-123456' })], { canaries }],
    ],
    good: [
      ['a line holds something else', [said('The Redis at 127.0.0.1:16379 cannot answer (timed out).'), said(''), said('jti-12345'), said('hunter2-seconds')], { canaries }],
      ['there is nothing to look for', [said('anything at all')]],
    ],
  });

  it('says where without saying what', () => {
    const { violations } = checkHistory([CLOCK, said('It is hunter2-secret.')], { canaries });
    expect(violations.map(({ message }) => message)).toEqual([expect.not.stringContaining('secret')]);
  });

  it('takes no canary that would be found by chance', () => {
    expect(() => violated([said('x')], { canaries: ['short'] })).toThrow('would be found by chance');
  });
});
