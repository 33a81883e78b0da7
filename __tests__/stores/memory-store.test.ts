import { inspect } from 'node:util';
import { InvalidTargetError, StoreFullError } from '../../lib/errors.js';
import { memoryStore, type MemoryStoreOptions } from '../../lib/stores/memory-store.js';
import { describeStoreContract } from './store-contract.js';
import { anyKey, HOUR_MS, keys, trackedToken, write } from './support/builders.js';

describeStoreContract('memoryStore', async () => ({ store: memoryStore() }));

const startMs = 1_700_000_000_000;
let nowMs = startMs;
const now = (): number => nowMs;

beforeEach(() => {
  nowMs = startMs;
});

describe('the memory store goes by the clock it is given', () => {
  test('for "now" and for how long revocations are kept', async () => {
    const store = memoryStore({ now });
    const key = anyKey();
    const [recorded] = await store.record([write(key, { keepForMs: HOUR_MS })]);
    expect(recorded).toEqual({ epochMs: startMs, keepUntilMs: startMs + HOUR_MS, recordedAtMs: startMs, changed: true });

    nowMs = startMs + HOUR_MS - 1;
    expect(await store.epochs([key])).toEqual([startMs]);
    nowMs = startMs + HOUR_MS;
    expect(await store.epochs([key])).toEqual([undefined]);
  });

  test('for what is too far in the future, which is a minute', async () => {
    const store = memoryStore({ now });

    await expect(store.record([write(anyKey(), { epoch: startMs + 60_000 })])).resolves.toHaveLength(1);
    await expect(store.record([write(anyKey(), { epoch: startMs + 60_001 })])).rejects.toThrow(InvalidTargetError);
  });

  test('for the tokens that it lists', async () => {
    const store = memoryStore({ now });
    const token = trackedToken({ expiresAtMs: startMs + 1000 });
    await store.track(token);
    expect(await store.active(token.targets[0]!, { limit: 1 })).toMatchObject({ items: [token] });

    nowMs = startMs + 1000;
    expect(await store.active(token.targets[0]!, { limit: 1 })).toStrictEqual({ items: [] });
    expect(await store.tracked([token.key])).toEqual([undefined]);
  });

  test('and extends what it keeps only where that makes a difference of more than a second', async () => {
    const store = memoryStore({ now });
    const key = anyKey();
    await store.record([write(key, { epoch: 1000, keepForMs: HOUR_MS })]);

    nowMs += 1000;
    expect(await store.record([write(key, { epoch: 1000, keepForMs: HOUR_MS })])).toMatchObject([{ keepUntilMs: startMs + HOUR_MS }]);
    nowMs += 1;
    expect(await store.record([write(key, { epoch: 1000, keepForMs: HOUR_MS })])).toMatchObject([{ keepUntilMs: nowMs + HOUR_MS }]);
  });
});

describe('a memory store that is full', () => {
  test('refuses revocations rather than forget any', async () => {
    const store = memoryStore({ now, maxEntries: 10 });
    const known = keys(10);
    await store.record(known.map(key => write(key, { epoch: 1000 })));
    const fresh = anyKey();

    await expect(store.record([write(fresh)])).rejects.toThrow(StoreFullError);
    await expect(store.record([write(fresh)])).rejects.toThrow('raise maxEntries or use redisStore');

    expect(await store.epochs([...known, fresh])).toEqual([...known.map(() => 1000), undefined]);
  });

  test('refuses a batch as a whole when there is not room for all of it', async () => {
    const store = memoryStore({ now, maxEntries: 10 });
    await store.record(keys(9).map(key => write(key)));
    const batch = keys(2);

    await expect(store.record(batch.map(key => write(key)))).rejects.toThrow(StoreFullError);

    expect(await store.epochs(batch)).toEqual([undefined, undefined]);
  });

  test('still takes a later epoch for what it knows, and the last place for one that comes twice', async () => {
    const store = memoryStore({ now, maxEntries: 3 });
    const [a, b, c] = keys(3);
    await store.record([write(a!, { epoch: 1000 }), write(b!, { epoch: 1000 })]);

    await store.record([write(c!, { epoch: 1 }), write(c!, { epoch: 2 }), write(a!, { epoch: 2000 })]);

    expect(await store.epochs([a!, b!, c!])).toEqual([2000, 1000, 2]);
  });

  test('takes more as soon as something has expired', async () => {
    const store = memoryStore({ now, maxEntries: 10 });
    await store.record(keys(10).map((key, i) => write(key, { keepForMs: i < 5 ? 1000 : HOUR_MS })));
    nowMs += 1000;

    await expect(store.record(keys(5).map(key => write(key)))).resolves.toHaveLength(5);
    await expect(store.record([write(anyKey())])).rejects.toThrow(StoreFullError);
  });

  test('refuses tokens to track, and still takes revocations', async () => {
    const store = memoryStore({ now, maxEntries: 3 });
    const tokens = Array.from({ length: 3 }, () => trackedToken({ expiresAtMs: startMs + HOUR_MS }));
    for (const token of tokens) await store.track(token);
    const fourth = trackedToken({ expiresAtMs: startMs + HOUR_MS });

    await expect(store.track(fourth)).rejects.toThrow(StoreFullError);
    await expect(store.track(trackedToken({ expiresAtMs: startMs }))).resolves.toBeUndefined();
    await expect(store.record([write(anyKey())])).resolves.toHaveLength(1);
    await expect(store.track(tokens[0]!)).resolves.toBeUndefined();
    expect(await store.retire(tokens, startMs)).toBe(3);

    expect(await store.tracked([...tokens, fourth].map(({ key }) => key))).toEqual([...tokens.map(token => ({ ...token, revokedAtMs: startMs })), undefined]);
    expect(await store.active(fourth.targets[0]!, { limit: 1 })).toStrictEqual({ items: [] });
  });
});

describe('a memory store does not grow for ever', () => {
  const SHORT_LIVED = 10_000;

  /** As large as the living alone, and a few of the dead. */
  const maxEntries = SHORT_LIVED + 10;

  test('by revocations that have expired', async () => {
    const store = memoryStore({ now, maxEntries });
    for (let i = 0; i < SHORT_LIVED; i += 50) await store.record(keys(50).map(key => write(key, { keepForMs: 1000 })));
    nowMs += 1000;

    for (let i = 0; i < SHORT_LIVED; i += 50) await store.record(keys(50).map(key => write(key)));

    await expect(store.record(keys(10).map(key => write(key)))).resolves.toHaveLength(10);
    await expect(store.record([write(anyKey())])).rejects.toThrow(StoreFullError);
  });

  test('by tokens that have expired, which leave the lists as well', async () => {
    const store = memoryStore({ now, maxEntries });
    const [short, long] = [anyKey(), anyKey()];
    const tracked = Array.from({ length: SHORT_LIVED }, () => trackedToken({ targets: [short], expiresAtMs: startMs + 1000 }));
    for (const token of tracked) await store.track(token);
    nowMs += 1000;

    for (let i = 0; i < SHORT_LIVED; i++) await store.track(trackedToken({ targets: [long], expiresAtMs: nowMs + HOUR_MS }));

    // With the clock set back they would be there again, had they only been hidden.
    nowMs = startMs;
    expect(await store.tracked(tracked.slice(0, 1000).map(({ key }) => key))).toEqual(Array.from({ length: 1000 }, () => undefined));
    expect(await store.active(short, { limit: 1 })).toStrictEqual({ items: [] });
  });

  test('by audit entries: the oldest leave, and whoever reads on misses none of those that stay', async () => {
    const store = memoryStore({ now, maxAuditEntries: 3 });
    const { id: seen } = await auditAfter(store, 1);
    await auditAfter(store, 4);

    const { items } = await store.audit({ limit: 10, after: seen });

    expect(items.map(({ epochMs }) => epochMs)).toEqual([2, 3, 4]);
    expect(await store.audit({ order: 'newest', limit: 10, after: seen })).toStrictEqual({ items: [] });
  });

  async function auditAfter(store: ReturnType<typeof memoryStore>, writes: number): Promise<{ id: string }> {
    for (let i = 1; i <= writes; i++) await store.record([write(anyKey(), { epoch: i })]);
    return (await store.audit({ limit: 10 })).items.at(-1)!;
  }
});

describe('memoryStore refuses, and says what to write instead', () => {
  const bad = ['maxEntries', 'maxAuditEntries'].flatMap(name => [0, -1, 1.5, NaN, Infinity, '10'].map(value => [inspect(value), name, value]));
  test.each(bad)('%s for %s', (_, name, value) => {
    const open = (): unknown => memoryStore({ [String(name)]: value });

    expect(open).toThrow(TypeError);
    expect(open).toThrow(new RegExp(`${String(name)} is .*; give a whole number of entries`));
  });

  test('a clock that is none', () => {
    expect(() => memoryStore({ now: 5 } as unknown as MemoryStoreOptions)).toThrow('now is 5; give a function answering milliseconds since 1970.');
  });

  test('an option that does not exist', () => {
    expect(() => memoryStore({ maxEntires: 5 } as MemoryStoreOptions)).toThrow('memoryStore has no option maxEntires; its options are maxEntries, maxAuditEntries, now.');
  });
});
