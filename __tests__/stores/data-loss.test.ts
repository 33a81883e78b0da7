import { setImmediate as nextTurn } from 'node:timers/promises';
import { DataLoss, type OnDataLoss } from '../../lib/stores/redis/data-loss.js';
import { NOTE_LOSS_SCRIPT, SETTLE_LOSS_SCRIPT } from '../../lib/stores/redis/loss-scripts.js';
import { sharedRedisUrl } from '../support/redis-url.js';
import { cleanUpAll, freshNamespace, rawClient } from './support/redis-stores.js';

afterEach(cleanUpAll);

/** What was done about a loss that was noticed just now. */
async function doneAbout(policy: OnDataLoss): Promise<string[]> {
  const done: string[] = [];
  const note = (what: string) => async (): Promise<void> => { done.push(what); };
  const options = { policy, expectData: false, address: 'Redis here', stateKey: 'state', noticed: () => undefined };
  const loss = new DataLoss({ ...options, note: note('noted'), settle: note('settled'), noteTorn: note('torn'), revokeAll: note('revoked all') });
  loss.observe('one');
  loss.observe(undefined);
  loss.reported(undefined, []);
  await nextTurn();
  return done;
}

test.each(['refuse', 'revoke-all', 'continue'] as const)('A loss is written down, and copies get the time to mend it: %s', async policy => {
  expect(await doneAbout(policy)).toEqual(['noted']);
});

test('What is there is not lost, whoever says so', async () => {
  const redis = rawClient(sharedRedisUrl());
  const state = `{${freshNamespace()}}:state`;
  await redis.hset(state, 'incarnation', 'one');

  await redis.eval(NOTE_LOSS_SCRIPT, 1, state, 'one');

  expect(await redis.hexists(state, 'lost')).toBe(0);
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
