import { inspect } from 'node:util';
import { ClosedError, StoreUnavailableError } from '../../lib/errors.js';
import { onceKey } from '../../lib/model/once-key.js';
import type { RevocationStore } from '../../lib/stores/store.js';
import type { RedisServer } from '../support/redis-server.js';
import { anyKey, trackedToken, write } from './support/builders.js';
import { expectToWork } from './support/expect-to-work.js';
import { appClient, cleanUpAll, eachVersion, openStore, ownRedis } from './support/redis-stores.js';
import { outcome, rejection } from './support/settling.js';
import { untilResolved } from './support/until.js';

afterEach(cleanUpAll);

const questions: Readonly<Record<string, (store: RevocationStore) => Promise<unknown>>> = {
  epochs: store => store.epochs([anyKey()]),
  record: store => store.record([write(anyKey())]),
  audit: store => store.audit({ limit: 1 }),
  track: store => store.track(trackedToken()),
  tracked: store => store.tracked([trackedToken().key]),
  active: store => store.active(anyKey(), { limit: 1 }),
  retire: store => store.retire([trackedToken()], 1000),
  useOnce: store => store.useOnce(onceKey('refresh', 'a token'), 1000),
  firstUseMs: store => store.firstUseMs(onceKey('refresh', 'a token')),
};

/** Says no to every question, soon, and more than once: never "not revoked", never nothing at all. */
async function expectNoAnswers(store: RevocationStore): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const errors = await Promise.all(Object.values(questions).map(ask => rejection(ask(store))));
    for (const error of errors) expect(error).toBeInstanceOf(StoreUnavailableError);
  }
}

describe.each(eachVersion)('with %s, a Redis', (_, version) => {
  const open = (url: string, readyTimeoutMs = 5000): RevocationStore => openStore(appClient(url, { retryStrategy: () => null }, version), { readyTimeoutMs });

  async function downRedis(): Promise<RedisServer> {
    const server = await ownRedis('--appendonly', 'yes');
    await server.kill();
    return server;
  }

  test('that is down at the start is named in the error, with the cause and without the credentials', async () => {
    const server = await downRedis();
    const store = open(server.url.replace('//', '//app:hunter2@'), 300);

    const error = await rejection(store.ready());

    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error.message).toContain(`127.0.0.1:${server.port}`);
    expect(error.message).toContain('ECONNREFUSED');
    expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/hunter2|app:/);
    await expectNoAnswers(store);
  });

  test('that comes up later is found, though the client itself gives up at once', async () => {
    const server = await downRedis();
    const store = open(server.url, 20_000);
    const ready = store.ready();
    await expectNoAnswers(store);

    await server.restart();

    expect(await outcome(ready)).toEqual({ value: undefined });
    await expectToWork(store);
  });

  test('that is killed is missed at once, and found again with all that was acknowledged', async () => {
    const server = await ownRedis('--appendonly', 'yes');
    const store = open(server.url);
    await store.ready();
    const key = anyKey();
    await store.record([write(key, { epoch: Infinity })]);

    await server.kill();
    await expectNoAnswers(store);
    await server.restart();

    expect(await untilResolved(() => store.epochs([key]))).toEqual([Infinity]);
    await untilResolved(() => store.record([write(anyKey())]));
    await store.ready();
    await expectToWork(store);
  });

  test('that is killed while it is asked leaves no question without an answer', async () => {
    const server = await ownRedis();
    const store = open(server.url);
    await store.ready();

    const asked = Array.from({ length: 20 }, () => Object.values(questions).map(ask => outcome(ask(store)))).flat();
    await server.kill();

    expect(await Promise.all(asked)).not.toContain('still pending');
  });

  test('that hangs is not waited for, and answers again when it goes on', async () => {
    const server = await ownRedis();
    const store = open(server.url);
    await store.ready();
    const key = anyKey();
    await store.record([write(key, { epoch: 1000 })]);

    server.pause();
    await expectNoAnswers(store);
    server.resume();

    expect(await untilResolved(() => store.epochs([key]))).toEqual([1000]);
    await untilResolved(() => store.record([write(anyKey())]));
  });

  test('that hangs from the start is not ready', async () => {
    const server = await ownRedis();
    server.pause();
    const store = open(server.url, 300);

    expect(await rejection(store.ready())).toBeInstanceOf(StoreUnavailableError);
    await expectNoAnswers(store);
  });

  test('that refuses the password says so, and does not repeat it', async () => {
    const server = await ownRedis('--requirepass', 'correct');
    const store = open(server.url.replace('//', '//app:hunter2@'), 300);

    const error = await rejection(store.ready());

    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error.message).toContain('WRONGPASS');
    expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/hunter2/);
    await expectNoAnswers(store);
  });

  test('that wants a password and is given none says so', async () => {
    const server = await ownRedis('--requirepass', 'correct');
    const store = open(server.url, 300);

    expect((await rejection(store.ready())).message).toContain('NOAUTH');
  });

  test('that is waited for when the store is closed is waited for no longer', async () => {
    const server = await downRedis();
    const store = open(server.url, 60_000);
    const waiting = [store.ready(), store.ready()];

    await store.close();

    for (const ready of waiting) expect(await rejection(ready)).toBeInstanceOf(ClosedError);
  });
});
