import { setImmediate as nextTurn } from 'node:timers/promises';
import { DataLoss, type OnDataLoss } from '../../lib/stores/redis/data-loss.js';
import { NOTE_LOSS_SCRIPT, SETTLE_LOSS_SCRIPT } from '../../lib/stores/redis/loss-scripts.js';
import { sharedRedisUrl } from '../support/redis-url.js';
import { cleanUpAll, freshNamespace, rawClient } from './support/redis-stores.js';

afterEach(cleanUpAll);

function dataLoss(policy: OnDataLoss, done: string[]): DataLoss {
  const note = (what: string) => async (): Promise<void> => { done.push(what); };
  const options = { policy, expectData: false, address: 'Redis here', stateKey: 'state', noticed: () => undefined };
  return new DataLoss({ ...options, note: note('noted'), settle: note('settled'), noteTorn: note('torn'), revokeAll: note('revoked all') });
}

/** What was done about a loss that was noticed just now. */
async function doneAbout(policy: OnDataLoss): Promise<string[]> {
  const done: string[] = [];
  const loss = dataLoss(policy, done);
  loss.observe('one', undefined, performance.now());
  loss.observe(undefined, undefined, performance.now());
  loss.reported([]);
  await nextTurn();
  return done;
}

test.each(['refuse', 'revoke-all', 'continue'] as const)('A loss is written down, and copies get the time to mend it: %s', async policy => {
  expect(await doneAbout(policy)).toEqual(['noted']);
});

test('An answer that was overtaken says nothing: it was asked for before there was the first data', () => {
  const loss = dataLoss('refuse', []);
  const askedAtMs = performance.now();
  loss.observe('one', undefined, askedAtMs);

  loss.observe(undefined, undefined, askedAtMs);
  expect(loss.lost).toEqual([]);

  loss.observe(undefined, undefined, performance.now());
  expect(loss.lost).toEqual(['one']);
});

test('What is there is not lost, whatever was noted', () => {
  const loss = dataLoss('refuse', []);

  loss.observe('one', 'one', performance.now());
  expect(loss.lost).toEqual([]);

  loss.observe('one', 'another', performance.now());
  expect(loss.lost).toEqual(['another']);
});

test('What is there is not lost, whoever says so', async () => {
  const redis = rawClient(sharedRedisUrl());
  const state = `{${freshNamespace()}}:state`;
  await redis.hset(state, 'incarnation', 'one');

  await redis.eval(NOTE_LOSS_SCRIPT, 1, state, 'one');

  expect(await redis.hexists(state, 'lost')).toBe(0);
  await redis.del(state);
});

test('What somebody expected, and did not find, is settled with what was lost, and not where nothing was', async () => {
  const redis = rawClient(sharedRedisUrl());
  const state = `{${freshNamespace()}}:state`;
  await redis.hset(state, 'incarnation', 'two', 'lost', 'expected');

  await redis.eval(SETTLE_LOSS_SCRIPT, 1, state, 'two');
  expect(await redis.hgetall(state)).toEqual({ incarnation: 'two', lost: 'expected' });

  await redis.eval(SETTLE_LOSS_SCRIPT, 1, state, 'one', 'two');
  expect(await redis.hgetall(state)).toEqual({ incarnation: 'two', 'settled:one': '1', 'settled:expected': '1' });
  await redis.del(state);
});

test('A loss that was settled is not written down again by whoever notices it late', async () => {
  const redis = rawClient(sharedRedisUrl());
  const state = `{${freshNamespace()}}:state`;
  await redis.eval(NOTE_LOSS_SCRIPT, 1, state, 'one');
  expect(await redis.hget(state, 'lost')).toBe('one');
  await redis.eval(SETTLE_LOSS_SCRIPT, 1, state, 'one');

  await redis.eval(NOTE_LOSS_SCRIPT, 1, state, 'one');

  expect(await redis.hexists(state, 'lost')).toBe(0);
  await redis.del(state);
});
