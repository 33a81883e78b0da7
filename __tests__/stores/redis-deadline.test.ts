import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreUnavailableError } from '../../lib/errors.js';
import { anyKey, write } from './support/builders.js';
import { appClient, cleanUpAll, openStore, ownRedis } from './support/redis-stores.js';
import { rejection } from './support/settling.js';

/** Of a check, by default. */
const DEADLINE_MS = 300;

afterEach(cleanUpAll);

/** Keeps this process, and with it the event loop, from doing anything else. */
function holdUp(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('The deadline of a read', () => {
  test('is not missed by an answer that arrived while this process was held up', async () => {
    const store = openStore(appClient((await ownRedis()).url));
    await store.ready();
    const key = anyKey();
    await store.record([write(key, { epoch: Infinity })]);

    const asked = store.epochs([key]);
    await nextTurn(); // the question is on its way
    holdUp(DEADLINE_MS * 2);

    expect(await asked).toEqual([Infinity]);
  });

  test('is missed where no answer came', async () => {
    const server = await ownRedis();
    const store = openStore(appClient(server.url));
    await store.ready();
    server.pause();

    const asked = rejection(store.epochs([anyKey()]));
    await nextTurn();
    holdUp(DEADLINE_MS * 2);

    const error = await asked;
    server.resume();
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error.message).toContain('timed out');
  });
});
