import { atEpoch, examples, user } from './examples.js';
import { fault, issued, kept, revoked, stored, WALL_MS } from './made-up.js';

describe('I5', () => {
  const at = (epochMs: number): { epochMs: number } => ({ epochMs: WALL_MS + epochMs });
  const one = (...args: Parameters<typeof kept>) => [kept(...args)];
  const wipe = fault('wipe', 150, 160, { mayLose: true });
  examples('I5', {
    bad: [
      ['an epoch falls', [stored(100, one('subject:1', at(50))), stored(200, one('subject:1', at(49)))]],
      ['what was for good has an epoch', [stored(100, one('subject:1')), stored(200, one('subject:1', at(150)))]],
      ['keepUntil falls', [stored(100, one('subject:1')), stored(200, one('subject:1', { keepUntilMs: WALL_MS + 5000 }))]],
      ['a revocation vanishes', [stored(100, one('subject:1')), stored(200, [])]],
      ['only the log still has it, for now', [stored(100, one('subject:1')), stored(200, one('subject:1', { epochMs: undefined })), stored(300, one('subject:1'))]],
      ['an epoch falls long after the fault', [...wipe, stored(170, one('subject:1', at(50))), stored(200, one('subject:1', at(49)))]],
      ['a fault that loses nothing is in force', [...fault('slow', 150, 160), stored(100, one('subject:1')), stored(200, [])]],
    ],
    good: [
      ['both grow', [stored(100, one('subject:1', { ...at(50), keepUntilMs: WALL_MS + 5000 })), stored(200, one('subject:1'))]],
      ['it was kept for long enough', [stored(100, one('subject:1', { keepUntilMs: WALL_MS + 900 })), stored(900, [])]],
      ['the data are others', [stored(100, one('subject:1')), stored(200, [], { incarnation: 'second' })]],
      ['the server is another', [stored(100, one('subject:1')), stored(200, [], { server: 'other' })]],
      ['a fault meanwhile may have lost it', [stored(100, one('subject:1')), ...wipe, stored(200, [])]],
    ],
  });
});

describe('I6', () => {
  const unlogged = kept('subject:1', { inLog: false });
  const logOnly = kept('subject:1', { epochMs: undefined });
  examples('I6', {
    bad: [
      ['a revocation is not in the log', [stored(100, [unlogged])]],
      ['a revocation is in the log only', [stored(100, [logOnly])]],
      ['it is so in one of two servers', [stored(100, [kept('subject:1')]), stored(100, [unlogged], { server: 'other' })]],
      ['it was so before a fault, and still is', [stored(100, [unlogged]), ...fault('wipe', 150, 160, { mayLose: true }), stored(200, [unlogged])]],
    ],
    good: [
      ['it was repaired', [stored(100, [unlogged]), stored(200, [kept('subject:1')])]],
      ['a server has not been read since the fault', [stored(100, [unlogged], { server: 'dead' }), ...fault('kill', 150, 160), stored(200, [])]],
      ['the log still holds what is over', [stored(5000, [kept('subject:1', { epochMs: undefined, keepUntilMs: WALL_MS + 4000 })])]],
      ['nobody knows when what only the log has is over', [stored(100, [kept('subject:1', { epochMs: undefined, keepUntilMs: undefined })])]],
    ],
  });
});

describe('I7', () => {
  const token = issued(1, user(1));
  const revocation = revoked('subject:1', 100, 110, atEpoch(105));
  const acknowledge = { acknowledge: { replicas: 1 } };
  const failover = fault('failover', 200, 300, { mayLose: true });
  const had = kept('subject:1', { epochMs: WALL_MS + 105 });
  const keeping = { maxLifetimeMs: 30_000, leastKeptMs: 60_000 };
  const until = (target: string, keepUntilMs: number): ReturnType<typeof kept> => kept(target, { keepUntilMs: WALL_MS + keepUntilMs });
  const ofToken = [issued(1, user(1), { livesMs: 20_000 }), revoked('token:1', 100, 110)];
  const ofThePast = [token, revoked('subject:1', 5000, 5010, { issuedBeforeMs: WALL_MS + 100 })];
  examples('I7', {
    bad: [
      ['it is not in the server that is left', [token, revocation, ...failover, stored(400, [])], acknowledge],
      ['an earlier epoch is', [token, revocation, ...failover, stored(400, [kept('subject:1', { epochMs: WALL_MS + 104 })])], acknowledge],
      ['only the log has it', [token, revocation, stored(400, [kept('subject:1', { epochMs: undefined, keepUntilMs: undefined })])], acknowledge],
      ['it is in one of two servers', [token, revocation, stored(400, [had]), stored(400, [], { server: 'other' })], acknowledge],
      ['the primary alone acknowledged, and nothing happened to it', [token, revocation, ...fault('slow', 200, 300), stored(400, [])]],
      ['the youngest token that is concerned was issued at the epoch', [issued(1, user(1), { atMs: 105 }), revocation, stored(400, [])]],
      ['one of the tokens that are concerned still lives', [token, issued(2, user(1), { livesMs: 200 }), revocation, stored(400, [])]],
      ['it is kept for less than tokens may live', [token, revocation, stored(400, [until('subject:1', 85_049)])], keeping],
      ['it is kept for too short in one of two servers', [token, revocation, stored(400, [had]), stored(400, [until('subject:1', 85_049)], { server: 'other' })], keeping],
      ['its tokens were over, and it is kept for too short for others', [issued(1, user(1), { livesMs: 200 }), revocation, stored(9000, [until('subject:1', 85_049)])], keeping],
      ['a token is kept for less than it lives', [...ofToken, stored(400, [until('token:1', 74_999)])], keeping],
      ['what was issued up to an instant is kept for too short', [...ofThePast, stored(6000, [until('subject:1', 85_099)])], keeping],
      ['a fault for which nothing is promised was over by then', [token, ...fault('lost', 20, 60, { unpromised: true }), revocation, stored(400, [])], acknowledge],
    ],
    good: [
      [
        'its tokens were over when the server was read, and another was issued afterwards',
        [issued(1, user(1), { livesMs: 200 }), issued(2, ['grant:9'], { atMs: 9500 }), issued(3, ['grant:9'], { livesMs: 200 }), revoked('grant:9', 100, 110), stored(9000, [])],
      ],
      ['it is there', [token, revocation, ...failover, stored(400, [had])], acknowledge],
      ['it is kept for as long as tokens may live', [token, revocation, stored(400, [until('subject:1', 85_050)])], keeping],
      ['a token is kept for as long as it lives', [...ofToken, stored(400, [until('token:1', 75_000)])], keeping],
      ['what was issued up to an instant is kept until it has expired', [...ofThePast, stored(6000, [until('subject:1', 85_100)])], keeping],
      ['nobody knows how long tokens live', [token, revocation, stored(400, [until('subject:1', 500)])]],
      ['it was given back after a fault for which nothing is promised', [token, revocation, ...fault('lost', 200, 300, { unpromised: true }), stored(400, [until('subject:1', 500)])], keeping],
      ['a later epoch is', [token, revocation, ...failover, stored(400, [kept('subject:1')])], acknowledge],
      ['nobody acknowledged it', [token, revoked('subject:1', 100, 110, { outcome: 'indeterminate' }), stored(400, [])], acknowledge],
      ['the primary alone acknowledged, and there was a failover', [token, revocation, ...failover, stored(400, [])]],
      ['nothing is promised for the fault', [token, revocation, ...fault('lost', 200, 300, { unpromised: true }), stored(400, [])], acknowledge],
      ['all tokens that are concerned have expired', [issued(1, user(1), { livesMs: 300 }), revocation, stored(400, [])], acknowledge],
      ['all tokens are younger', [issued(1, user(1), { atMs: 106 }), revocation, stored(400, [])], acknowledge],
      ['the server was read during the revocation', [token, revocation, stored(105, [])], acknowledge],
      ['reading the server had begun before the acknowledgement', [token, revocation, { ...stored(400, []), beganMs: 109 }], acknowledge],
      ['the server has not been read since the fault', [token, revocation, stored(150, [], { server: 'dead' }), ...failover, stored(400, [had])], acknowledge],
    ],
  });
});
