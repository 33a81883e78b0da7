import { atEpoch, examples, quiet, user } from './examples.js';
import type { HistoryEvent } from './history.js';
import { checked, examined, fault, issued, measured, revoked, WALL_MS } from './made-up.js';

describe('I1', () => {
  const token = issued(1, user(1));
  const revocation = revoked('subject:1', 100, 110, atEpoch(105));
  const many = Array.from({ length: 1000 }, (_, i) => issued(i, [`subject:${i}`]));
  const manyRevoked = many.map(({ token: number }) => revoked(`subject:${number}`, 100, 110));
  const lateFor = (late: number): HistoryEvent[] => many.map(({ token: number }) => checked('a', number, 310, number < late ? 204 : 401));
  examples('I1', {
    bad: [
      ['Redis was asked just after the acknowledgement', [token, revocation, checked('direct', 1, 110.1, 204)]],
      ['Redis was asked with a fault in force that loses nothing', [token, revocation, ...fault('slow', 0, 5000), checked('direct', 1, 111, 204)]],
      ['a copy accepts beyond its usual lateness while all is well', [token, revocation, checked('a', 1, 210.1, 200)]],
      ['a copy accepts beyond its bound with a fault in force', [token, revocation, ...fault('blackhole', 50, 9000), checked('a', 1, 1160.1, 200)]],
      ['a copy accepts beyond its bound just after a fault', [token, revocation, ...fault('blackhole', 50, 1000), checked('a', 1, 1160.1, 200)]],
      ['a copy accepts late once the fault is over for as long as the bound', [token, ...fault('blackhole', 10, 50), revoked('all', 1100, 1110), checked('a', 1, 1210.1, 200)]],
      ['Redis was asked beyond the bound while it may have lost something', [token, revocation, ...fault('split', 50, 9000, { mayLose: true }), checked('direct', 1, 1160.1, 200)]],
      ['Redis was asked at once, long after it may have lost something', [token, ...fault('split', 0, 50, { mayLose: true }), revoked('all', 1100, 1110), checked('direct', 1, 1110.1, 200)]],
      ['a wipe is over and the token is accepted again', [token, revocation, ...fault('wipe', 200, 200, { mayLose: true }), checked('a', 1, 9000, 200)]],
      ['the token was issued at the very epoch', [issued(1, user(1), { atMs: 105 }), revocation, checked('direct', 1, 120, 200)]],
      ['one of several targets was revoked', [issued(1, [...user(1), 'client:1', 'session:1']), revoked('session:1', 100, 110), checked('direct', 1, 120, 204)]],
      ['the later of two revocations covers the token', [issued(1, user(1), { atMs: 200 }), revocation, revoked('subject:1', 300, 310, atEpoch(305)), checked('direct', 1, 320, 204)]],
      ['the earlier of two revocations is the one with the later epoch', [issued(1, user(1), { atMs: 150 }), revoked('subject:1', 200, 210, atEpoch(205)), revoked('subject:1', 100, 300, atEpoch(120)), checked('direct', 1, 220, 204)]],
      ['the revocation was for good and the token is younger', [issued(1, ['session:1'], { atMs: 500 }), revoked('session:1', 100, 110), checked('direct', 1, 600, 200)]],
      ['it was revoked again after a fault for which nothing is promised', [token, revocation, ...fault('lost', 200, 300, { unpromised: true }), revoked('subject:1', 400, 410), checked('direct', 1, 1500, 200)]],
      ['the fault for which nothing is promised comes later', [token, revocation, checked('direct', 1, 150, 200), ...fault('lost', 200, 300, { unpromised: true })]],
      ['two of a thousand copies are told late', [...many, ...manyRevoked, ...lateFor(2)]],
      ['one of fewer than a thousand copies is told late', [...many, ...manyRevoked, ...lateFor(1).slice(0, 999)]],
      ['the copy kept its event loop busy itself', [token, revocation, measured('a', 50), measured('a', 300, { loopDelayMs: 150 }), checked('a', 1, 280, 200)]],
      ['the token had expired', [issued(1, user(1), { livesMs: 1000 }), checked('a', 1, 1051, 200), revoked('subject:1', 2000, 2010), checked('a', 1, 3000, 401)]],
    ],
    good: [
      ['the check started with the acknowledgement', [token, revocation, checked('direct', 1, 110, 204)]],
      ['the check started before the acknowledgement and ended long after it', [token, revocation, checked('direct', 1, 109, 204, { tookMs: 200 })]],
      ['nobody acknowledged', [token, revoked('subject:1', 100, 110, { outcome: 'indeterminate' }), revoked('subject:1', 120, 130, { outcome: 'failed' }), checked('direct', 1, 5000, 204)]],
      ['a copy keeps to its usual lateness', [token, revocation, checked('a', 1, 209.9, 200), checked('a', 1, 230, 401)]],
      ['a copy keeps to its bound with a fault in force', [token, revocation, ...fault('blackhole', 50, 9000), checked('a', 1, 1159.9, 200), checked('a', 1, 1161, 503)]],
      ['a copy keeps to its bound when the fault begins during the check', [token, revocation, checked('a', 1, 400, 200, { tookMs: 20 }), ...fault('blackhole', 410, 500)]],
      ['one fault lies within another', [token, revoked('subject:1', 4000, 4010), ...fault('outer', 0, 9000), ...fault('inner', 100, 200), checked('a', 1, 4500, 200)]],
      ['a fault was over for less than the bound', [token, revocation, ...fault('blackhole', 50, 100), checked('a', 1, 1099, 200)]],
      ['Redis keeps to the bound while it may have lost something', [token, revocation, ...fault('split', 50, 9000, { mayLose: true }), checked('direct', 1, 1159.9, 200)]],
      ['the token is younger than the epoch by a millisecond', [issued(1, user(1), { atMs: 106 }), revocation, checked('direct', 1, 120, 200)]],
      ['another target was revoked', [token, revoked('subject:2', 100, 110), checked('direct', 1, 500, 200)]],
      ['nothing is promised for a fault since', [token, revocation, ...fault('lost', 200, 300, { unpromised: true }), checked('direct', 1, 1500, 200)]],
      ['nothing is promised for a fault that began before', [token, ...fault('lost', 50, 300, { unpromised: true }), revocation, checked('direct', 1, 1500, 200)]],
      ['one of a thousand copies is told late', [...many, ...manyRevoked, ...lateFor(1)]],
      ['the copy waited for a processor', [token, revocation, measured('a', 50), measured('a', 300, { waitedMs: 150 }), checked('a', 1, 280, 200)]],
      ['the token may just have expired, or not yet', [issued(1, user(1), { livesMs: 1000 }), checked('a', 1, 1040, 200), checked('a', 1, 960, 401)]],
    ],
  });
});

it('I1 is not put to the test by a check that started before the acknowledgement', () => {
  expect(examined('I1', [issued(1, user(1)), revoked('subject:1', 100, 110), checked('a', 1, 109, 401, { tookMs: 50 })])).toBe(0);
});

describe('I2', () => {
  const token = issued(1, user(1), { atMs: 100 });
  examples('I2', {
    bad: [
      ['nothing was revoked', [token, checked('a', 1, 200, 401, { error: 'revoked' })]],
      ['something else was', [token, revoked('subject:2', 110, 120), checked('a', 1, 200, 401)]],
      ['the revocation was invoked after the check was answered', [token, checked('a', 1, 200, 401, { tookMs: 5 }), revoked('subject:1', 205.1, 220)]],
      ['the token is younger than the epoch by a millisecond', [token, revoked('subject:1', 110, 120, atEpoch(99)), checked('a', 1, 200, 401)]],
      ['the revocation certainly failed', [token, revoked('subject:1', 110, 120, { outcome: 'failed' }), checked('a', 1, 200, 401)]],
      ['the token was issued later than a write that nobody acknowledged can have taken place', [issued(1, user(1), { atMs: 5000 }), revoked('subject:1', 110, 120, { outcome: 'indeterminate' }), checked('a', 1, 5100, 401)]],
      ['the token was issued after what may have been revoked', [token, revoked('subject:1', 110, 120, { outcome: 'indeterminate', issuedBeforeMs: WALL_MS + 99 }), checked('a', 1, 200, 401)]],
      ['the token expires soon, and has not yet', [issued(1, user(1), { livesMs: 1000 }), checked('a', 1, 940, 401, { error: 'expired' })]],
      ['the clock tolerance is not over', [issued(1, user(1), { livesMs: 1000 }), checked('a', 1, 2900, 401)], { clockToleranceMs: 2000 }],
      ['a check failed otherwise', [token, checked('a', 1, 200, 500), checked('a', 1, 210, 401)]],
    ],
    good: [
      ['the revocation was invoked just before the answer', [token, checked('a', 1, 200, 401, { tookMs: 5 }), revoked('subject:1', 205, 220)]],
      ['the token was issued at the epoch', [token, revoked('subject:1', 110, 120, atEpoch(100)), checked('a', 1, 200, 401)]],
      ['nobody knows whether it was revoked', [token, revoked('subject:1', 110, 120, { outcome: 'indeterminate' }), checked('a', 1, 200, 401)]],
      ['nobody knows whether it was revoked at the first or at the second time', [token, revoked('subject:1', 110, 120, { outcome: 'indeterminate' }), checked('a', 1, 140, 204), revoked('subject:1', 150, 160, { outcome: 'indeterminate' }), checked('a', 1, 200, 401)]],
      ['what nobody acknowledged may have arrived late, with the end of a fault', [issued(1, user(1), { atMs: 5000 }), ...fault('blackhole', 100, 6000), revoked('subject:1', 110, 120, { outcome: 'indeterminate' }), checked('a', 1, 9200, 401)]],
      ['a session that may have ended has a new token', [issued(1, ['session:1'], { atMs: 5000 }), revoked('session:1', 110, 120, { outcome: 'indeterminate' }), checked('a', 1, 5100, 401)]],
      ['the token has expired, or may have', [issued(1, user(1), { livesMs: 1000 }), checked('a', 1, 1200, 401), checked('b', 1, 955, 401)]],
      ['nobody could tell', [token, checked('a', 1, 200, 503)], quiet],
      ['nobody could tell, and then somebody could', [token, checked('a', 1, 200, 503), checked('a', 1, 300, 204)], quiet],
    ],
  });
});

describe('I8', () => {
  const token = issued(1, user(1));
  const maybe = revoked('subject:1', 100, 110, { outcome: 'indeterminate' });
  examples('I8', {
    bad: [
      ['a copy accepts what Redis then refuses', [token, maybe, checked('a', 1, 3000, 204), checked('direct', 1, 3100, 401)]],
      ['two copies differ', [token, maybe, checked('b', 1, 3000, 204), checked('a', 1, 3100, 401)]],
      ['one instance says the one from its copy and the other from Redis', [token, maybe, checked('a', 1, 3000, 204), checked('a', 1, 3100, 401, { mode: 'direct' })]],
      ['all has been quiet since a fault', [token, maybe, ...fault('down', 200, 2000), checked('a', 1, 4001, 204), checked('direct', 1, 4100, 401)]],
    ],
    good: [
      ['all say the same', [token, maybe, checked('a', 1, 3000, 401), checked('direct', 1, 3100, 401)]],
      ['it was not quiet yet', [token, maybe, checked('a', 1, 2100, 204), checked('direct', 1, 3100, 401)]],
      ['it was not quiet yet after a fault', [token, maybe, ...fault('down', 200, 2000), checked('a', 1, 3900, 204), checked('direct', 1, 4100, 401)]],
      ['one cannot tell', [token, maybe, checked('a', 1, 3000, 503), checked('direct', 1, 3100, 401)], quiet],
      ['the token expired meanwhile', [issued(1, user(1), { livesMs: 3050 }), maybe, checked('a', 1, 2900, 204), checked('direct', 1, 3100, 401)]],
      ['there was another revocation', [token, maybe, checked('a', 1, 3000, 204), revoked('subject:2', 3050, 3060), checked('direct', 1, 3100, 401)]],
    ],
  });
});

describe('I12', () => {
  const token = issued(1, user(1));
  const maybe = revoked('subject:1', 100, 110, { outcome: 'indeterminate' });
  const failover = fault('failover', 300, 400, { mayLose: true });
  const another = revoked('client:9', 9500, 9510);
  const asked = (atMs: number): { issuedBeforeMs: number } => ({ issuedBeforeMs: WALL_MS + atMs });
  const { epochMs: _, ...forGood } = revoked('subject:1', 100, 110);
  examples('I12', {
    bad: [
      ['an epoch lies before anybody asked', [token, revoked('subject:1', 100, 110, atEpoch(49.9))]],
      ['an epoch lay in the future', [token, revoked('subject:1', 100, 110, atEpoch(160.1))]],
      ['an epoch lies before the instant that was asked for', [token, revoked('subject:1', 100, 110, { ...asked(50), ...atEpoch(49) })]],
      ['an epoch lay in the future, and one in the past was asked for', [token, revoked('subject:1', 100, 110, { ...asked(50), ...atEpoch(161) })]],
      ['what dies for good has an epoch', [token, revoked('grant:1', 100, 110, atEpoch(105))]],
      ['what goes on having tokens died for good', [token, forGood]],
      ['Redis refuses, and then accepts, what nobody acknowledged', [token, maybe, checked('direct', 1, 120, 401), checked('direct', 1, 123, 204)]],
      ['Redis refuses one and then accepts another', [token, maybe, checked('direct', 1, 120, 401), checked('direct2', 1, 123, 204)]],
      ['a copy refuses, and then accepts', [token, maybe, checked('a', 1, 120, 401), checked('a', 1, 223, 204)]],
      ['a copy accepts long after Redis refused', [token, maybe, checked('direct', 1, 120, 401), checked('a', 1, 1173, 204)]],
      ['a copy accepts long after Redis refused for the first time', [token, maybe, checked('direct', 1, 120, 401), checked('direct', 1, 1000, 401), checked('a', 1, 1173, 204)]],
      ['a copy accepts long after it refused, with a fault since', [token, maybe, checked('a', 1, 120, 401), ...fault('down', 200, 300), checked('a', 1, 1173, 204)]],
      ['Redis accepts what it refused after it may have lost something', [token, ...failover, maybe, checked('direct', 1, 500, 401), checked('direct', 1, 5000, 204)]],
      ['a copy refuses, long after Redis lost it, what another accepts', [token, maybe, ...failover, checked('a', 1, 4000, 401), checked('direct', 1, 4100, 204), another]],
      ['a revocation that is repeated has an earlier epoch', [token, revoked('subject:1', 100, 110, atEpoch(105)), revoked('subject:1', 120, 130, atEpoch(104))]],
      ['a revocation for good has an epoch when it is repeated', [token, revoked('session:1', 100, 110), revoked('session:1', 120, 130, atEpoch(125))]],
      ['the third goes back behind the first', [token, revoked('client:1', 100, 110, atEpoch(105)), revoked('client:1', 90, 115, atEpoch(95)), revoked('client:1', 120, 130, atEpoch(100))]],
    ],
    good: [
      ['epochs lie between question and answer, as far as clocks can tell', [token, revoked('subject:1', 100, 110, atEpoch(50)), revoked('subject:2', 100, 110, atEpoch(160))]],
      ['the instant in the past has become the epoch', [token, revoked('subject:1', 100, 110, { ...asked(50), ...atEpoch(50) })]],
      ['a later epoch than the one in the past stood already', [token, revoked('subject:1', 100, 110, { ...asked(50), ...atEpoch(90) })]],
      ['what died for good has no epoch', [token, revoked('grant:1', 100, 110)]],
      ['nobody acknowledged, and there is no epoch', [token, maybe, revoked('subject:1', 100, 110, { outcome: 'failed' })]],
      ['an acceptance and a refusal overlap', [token, maybe, checked('direct', 1, 120, 401, { tookMs: 5 }), checked('direct', 1, 124, 204)]],
      ['what is accepted is refused later', [token, maybe, checked('direct', 1, 120, 204), checked('direct', 1, 130, 401)]],
      ['a copy has not been told yet what Redis said', [token, maybe, checked('direct', 1, 120, 401), checked('a', 1, 1170, 204)]],
      ['it asked Redis and was told what its copy did not know yet', [token, maybe, checked('a', 1, 120, 401), checked('a', 1, 221, 204)]],
      ['it asked Redis, and then its copy, while there was a fault', [token, maybe, ...fault('slow', 0, 900), checked('a', 1, 120, 401), checked('a', 1, 1170, 204)]],
      ['Redis lost what it had not acknowledged', [token, maybe, checked('direct', 1, 120, 401), ...failover, checked('direct', 1, 5000, 204)]],
      ['a copy has not written back yet what Redis lost', [token, maybe, ...failover, checked('a', 1, 3800, 401), checked('direct', 1, 3850, 204), another]],
      ['a copy has not, for another fault came in between', [token, maybe, ...failover, ...fault('down', 3000, 6000), checked('a', 1, 9000, 401), checked('direct', 1, 9100, 204), another]],
      ['it was refused while Redis may have lost it', [token, maybe, ...failover, checked('direct', 1, 350, 401), checked('direct', 1, 5000, 204)]],
      ['it was accepted while Redis may have lost it', [token, maybe, checked('direct', 1, 120, 401), ...fault('split', 300, 9000, { mayLose: true }), checked('direct', 1, 3000, 204)]],
      ['it may have been refused for its age', [issued(1, user(1), { livesMs: 1000 }), maybe, checked('direct', 1, 960, 401), checked('direct', 1, 970, 204)]],
      ['a revocation that is repeated has the same epoch', [token, revoked('subject:1', 100, 110, atEpoch(105)), revoked('subject:1', 120, 130, atEpoch(105))]],
      ['two revocations overlap', [token, revoked('subject:1', 100, 110, atEpoch(109)), revoked('subject:1', 105, 130, atEpoch(107))]],
      ['the first revocation was kept for its time', [token, revoked('subject:1', 100, 110, atEpoch(105)), revoked('subject:1', 60_200, 60_210, asked(50))]],
      ['Redis may have lost the first revocation', [token, revoked('subject:1', 100, 110, atEpoch(105)), ...failover, revoked('subject:1', 500, 510, asked(50))]],
    ],
  });
});
