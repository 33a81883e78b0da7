import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { ClosedError, StoreUnavailableError } from '../../lib/errors.js';
import type { TargetKey } from '../../lib/model/target-key.js';
import { Archive, type KnownRevocation } from '../../lib/stores/replica/archive.js';
import { Healer, type Healing } from '../../lib/stores/replica/healer.js';
import type { Doubt } from '../../lib/stores/replica/log-tail.js';
import { MAX_BATCH } from '../../lib/stores/store.js';
import { anyKey, HOUR_MS, keys } from '../stores/support/builders.js';
import { until } from '../stores/support/until.js';

const WIPED: Doubt = { cause: 'wiped', incarnation: 'the first', isComplete: true };
const TRIMMED: Doubt = { cause: 'trimmed', incarnation: 'the first', isComplete: true };

/** The first pause between two attempts. */
const PAUSE_MS = 100;

const away = (): Promise<never> => Promise.reject(new StoreUnavailableError('It is away.'));

/** A store in this process that does what a test says, for what no real one can be made to do at will. */
class World {
  readonly archive = new Archive();
  readonly restored: KnownRevocation[][] = [];
  readonly settled: string[] = [];
  readonly healings: Healing[] = [];
  restore: (batch: readonly KnownRevocation[]) => Promise<boolean> = async () => true;
  settle: () => Promise<void> = async () => undefined;
  /** How often each was tried. */
  readonly tries = { restore: 0, settle: 0 };
  readonly #end = new AbortController();
  readonly healer = new Healer(
    {
      archive: this.archive,
      restore: async batch => {
        this.tries.restore += 1;
        const isWritten = await this.restore(batch);
        if (isWritten) this.restored.push([...batch]);
        return isWritten;
      },
      settle: async incarnations => {
        this.tries.settle += 1;
        await this.settle();
        this.settled.push(...incarnations);
      },
      healed: healing => { this.healings.push(healing); },
    },
    this.#end.signal,
  );

  /** What this process knows. */
  know(all: readonly TargetKey[], epochMs = Infinity, keepForMs = HOUR_MS): void {
    for (const key of all) this.archive.add(key, epochMs, Date.now() + keepForMs);
  }

  tell(all: readonly TargetKey[], epochMs = Infinity): void {
    for (const key of all) this.healer.told(known(key, epochMs));
  }

  /** The log has been read to its end. */
  proven(): void {
    this.healer.proven(performance.now());
  }

  get restoredKeys(): string[] {
    return this.restored.flat().map(({ key }) => key as string).sort();
  }

  close(): void {
    this.#end.abort();
  }
}

function known(key: TargetKey, epochMs = Infinity): KnownRevocation {
  return { key, epochMs, keepUntilMs: Date.now() + HOUR_MS };
}

const sorted = (all: readonly TargetKey[]): string[] => [...all].sort();

/** Long enough for whatever would happen of itself, were it to happen. */
async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await nextTurn();
}

let world: World;
const warnings: { readonly message: string; readonly code: string | undefined }[] = [];
const unhandled: unknown[] = [];
const keepUnhandled = (error: unknown): void => { unhandled.push(error); };

beforeEach(() => {
  // Instances spread what they do; here there is one.
  jest.spyOn(Math, 'random').mockReturnValue(0);
  jest.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
    warnings.push({ message: String(message), code: options?.code });
  });
  world = new World();
  process.on('unhandledRejection', keepUnhandled);
});

afterEach(async () => {
  world.close();
  await turns();
  process.off('unhandledRejection', keepUnhandled);
  jest.restoreAllMocks();
  expect(unhandled.splice(0)).toStrictEqual([]);
  expect(warnings.splice(0)).toStrictEqual([]);
});

describe('Once a log that was doubted has been read to its end', () => {
  it('what this process knows beyond that is written back, in batches that a store takes, and settled afterwards', async () => {
    const all = keys(3 * MAX_BATCH + 10);
    world.know(all);
    world.restore = async () => {
      expect(world.settled).toStrictEqual([]);
      return true;
    };
    world.healer.doubted(WIPED);
    world.tell(all.slice(0, 20));

    world.proven();
    await until(() => world.healings.length > 0);

    expect(world.restoredKeys).toEqual(sorted(all.slice(20)));
    expect(Math.max(...world.restored.map(({ length }) => length))).toBeLessThanOrEqual(MAX_BATCH);
    expect(world.settled).toEqual(['the first']);
    expect(world.healings).toEqual([{ cause: 'wiped', revocations: all.length - 20 }]);
  });

  it('everything is written back as it was known', async () => {
    const [dead, old] = keys(2) as [TargetKey, TargetKey];
    const keepUntilMs = Math.ceil(Date.now() / 1000) * 1000 + HOUR_MS;
    world.archive.add(dead, Infinity, keepUntilMs);
    world.archive.add(old, 1000, keepUntilMs + 5000);
    world.healer.doubted(TRIMMED);

    world.proven();
    await until(() => world.healings.length > 0);

    expect(world.restored.flat()).toEqual([
      { key: dead, epochMs: Infinity, keepUntilMs },
      { key: old, epochMs: 1000, keepUntilMs: keepUntilMs + 5000 },
    ]);
  });

  it('an epoch is written back that is later than the one told, and not one that is earlier, and none that has expired', async () => {
    const [later, earlier, same, expired] = keys(4) as [TargetKey, TargetKey, TargetKey, TargetKey];
    world.know([later, earlier, same], 2000);
    world.know([expired], 2000, -1000);
    world.healer.doubted(TRIMMED);
    world.tell([later], 1000);
    world.tell([earlier], 3000);
    world.tell([same], 2000);

    world.proven();
    await until(() => world.healings.length > 0);

    expect(world.restored).toMatchObject([[{ key: later, epochMs: 2000 }]]);
  });

  it('what was added twice is written back once', async () => {
    const key = anyKey();
    world.know([key, key, key]);
    world.healer.doubted(WIPED);

    world.proven();
    await until(() => world.healings.length > 0);

    expect(world.restoredKeys).toEqual([key]);
  });

  it('what another instance has written back meanwhile is not written back again', async () => {
    const all = keys(2 * MAX_BATCH);
    world.know(all);
    world.restore = async () => {
      world.tell(all.slice(MAX_BATCH));
      return true;
    };
    world.healer.doubted(WIPED);

    world.proven();
    await until(() => world.healings.length > 0);

    expect(world.restoredKeys).toEqual(sorted(all.slice(0, MAX_BATCH)));
    expect(world.settled).toEqual(['the first']);
  });

  // After a wipe the break of the chain may be seen before the other incarnation is. What is not lost the store does not settle.
  it.each(['wiped', 'trimmed', 'fork'] as const)('it is told which data was followed before, whatever it was doubted for: %s', async cause => {
    world.healer.doubted({ cause, incarnation: 'the first', isComplete: true });

    world.proven();
    await until(() => world.healings.length > 0);

    expect(world.settled).toEqual(['the first']);
    expect(world.healings).toEqual([{ cause, revocations: 0 }]);
  });

  it('that is done once, however often its end is proven', async () => {
    const [key, other] = keys(2) as [TargetKey, TargetKey];
    world.know([key]);
    world.healer.doubted(WIPED);
    for (let i = 0; i < 5; i++) world.proven();
    await until(() => world.healings.length > 0);

    world.know([other]);
    for (let i = 0; i < 5; i++) world.proven();
    await turns();

    expect(world.restoredKeys).toEqual([key]);
    expect(world.tries).toEqual({ restore: 1, settle: 1 });
    expect(world.healings).toHaveLength(1);
  });

  it('nothing is compared before that, nor where it was never doubted', async () => {
    world.know(keys(3));
    world.proven();
    await turns();
    world.healer.doubted(WIPED);
    await turns();

    expect(world.tries).toEqual({ restore: 0, settle: 0 });
    expect(world.healings).toStrictEqual([]);
  });
});

describe('A store that goes away again', () => {
  it('is tried until it has taken everything, and then until it is settled', async () => {
    const all = keys(MAX_BATCH + 1);
    world.know(all);
    world.restore = async () => (world.tries.restore === 1 || world.tries.restore === 3 ? away() : true);
    world.settle = async () => (world.tries.settle === 1 ? away() : undefined);
    world.healer.doubted(WIPED);

    world.proven();
    await until(() => world.healings.length > 0);

    expect(world.tries).toEqual({ restore: 4, settle: 2 });
    expect(world.restoredKeys).toEqual(sorted(all));
    expect(world.healings).toEqual([{ cause: 'wiped', revocations: all.length }]);
  });

  it('is not tried any more once the copy is closed, and nothing is settled or told', async () => {
    world.know(keys(1));
    world.restore = async () => {
      world.close();
      throw new ClosedError('The store is closed.');
    };
    world.healer.doubted(WIPED);

    world.proven();
    await until(() => world.tries.restore === 1);
    await turns();

    expect(world.tries).toEqual({ restore: 1, settle: 0 });
    expect(world.healings).toStrictEqual([]);
  });

  it('is not tried without a pause between', async () => {
    world.know(keys(1));
    world.restore = away;
    world.healer.doubted(WIPED);

    world.proven();
    await until(() => world.tries.restore === 1);
    await turns();

    expect(world.tries.restore).toBe(1);
  });

  it('and is then doubted anew has everything compared again, and is announced once, with all that was written back', async () => {
    const all = keys(2 * MAX_BATCH);
    world.know(all);
    world.restore = async () => (world.tries.restore === 2 ? away() : true);
    world.healer.doubted(WIPED);
    world.proven();
    await until(() => world.tries.restore === 2);

    world.healer.doubted({ cause: 'fork', incarnation: 'the second', isComplete: true });
    world.tell(all.slice(0, 10));
    world.proven();
    await until(() => world.healings.length > 0);
    // By then the comparison that was overtaken has woken up from its pause, which ends before one that begins now.
    await sleep(PAUSE_MS);
    await turns();

    expect(world.healings).toEqual([{ cause: 'fork', revocations: MAX_BATCH + all.length - 10 }]);
    expect(world.settled).toEqual(['the first', 'the second']);
  });

  it('is not settled by a comparison that was overtaken while it was written to', async () => {
    world.know(keys(1));
    let finish: (isWritten: boolean) => void = () => undefined;
    world.restore = () => new Promise(resolve => { finish = resolve; });
    world.healer.doubted(WIPED);
    world.proven();
    await until(() => world.tries.restore === 1);

    world.healer.doubted(WIPED);
    finish(true);
    await turns();

    expect(world.tries.settle).toBe(0);
    expect(world.healings).toStrictEqual([]);
  });

  it('and was settled as another doubt came is not announced before that is dealt with too', async () => {
    let finish: () => void = () => undefined;
    world.settle = () => new Promise(resolve => { finish = resolve; });
    world.healer.doubted(WIPED);
    world.proven();
    await until(() => world.tries.settle === 1);

    world.healer.doubted(TRIMMED);
    finish();
    await turns();
    expect(world.healings).toStrictEqual([]);
    world.settle = async () => undefined;
    world.proven();
    await until(() => world.healings.length > 0);

    expect(world.healings).toEqual([{ cause: 'trimmed', revocations: 0 }]);
    expect(world.settled).toEqual(['the first', 'the first']);
  });

  it('and comes back empty once more before all is written back has both losses settled', async () => {
    world.know(keys(1));
    world.healer.doubted(WIPED);
    world.healer.doubted({ ...WIPED, incarnation: 'the second' });
    world.proven();
    await until(() => world.healings.length > 0);
    expect(world.settled).toEqual(['the first', 'the second']);
  });
});

describe('A process that may not write', () => {
  it('tries once, and neither settles nor announces what it has not done', async () => {
    world.know(keys(5 * MAX_BATCH));
    world.restore = async () => false;
    world.healer.doubted(WIPED);

    world.proven();
    await until(() => world.tries.restore > 0);
    for (let i = 0; i < 5; i++) world.proven();
    await turns();

    expect(world.tries).toEqual({ restore: 1, settle: 0 });
    expect(world.healings).toStrictEqual([]);
  });

  it('tries again after the next doubt, for it may have been given the right meanwhile', async () => {
    world.know(keys(1));
    world.restore = async () => false;
    world.healer.doubted(WIPED);
    world.proven();
    await until(() => world.tries.restore > 0);
    await turns();

    world.restore = async () => true;
    world.healer.doubted(TRIMMED);
    world.proven();
    await until(() => world.healings.length > 0);

    expect(world.healings).toEqual([{ cause: 'trimmed', revocations: 1 }]);
  });

  it('does not announce what it recorded before it lost the right, and could not give back', async () => {
    world.restore = async () => false;
    world.healer.recorded(known(anyKey()));

    await until(() => { world.proven(); return world.tries.restore > 0; });
    await turns();

    expect(world.tries.restore).toBe(1);
    expect(world.healings).toStrictEqual([]);
  });
});

describe('What this process has recorded', () => {
  it('is written back once the log has come past that moment without telling of it', async () => {
    const all = keys(MAX_BATCH + 1);
    for (const key of all) world.healer.recorded(known(key, 1000));

    world.healer.proven(performance.now() + 1000);
    await until(() => world.healings.length > 0);
    world.healer.proven(performance.now() + 1000);
    await turns();

    expect(world.restoredKeys).toEqual(sorted(all));
    expect(world.healings).toEqual([{ cause: 'lost', revocations: all.length }]);
    expect(world.tries.settle).toBe(0);
  });

  it('is not written back where the log has told of it, or of something later', async () => {
    const [same, later, dead] = keys(3) as [TargetKey, TargetKey, TargetKey];
    for (const key of [same, later]) world.healer.recorded(known(key, 1000));
    world.healer.recorded(known(dead));
    world.tell([same], 1000);
    world.tell([later], 2000);
    world.tell([dead]);

    world.healer.proven(performance.now() + 1000);
    await turns();

    expect(world.tries.restore).toBe(0);
  });

  it('is written back where the log has told of an earlier one only', async () => {
    const key = anyKey();
    world.healer.recorded(known(key, 2000));
    world.tell([key], 1000);

    world.healer.proven(performance.now() + 1000);
    await until(() => world.healings.length > 0);

    expect(world.restored).toMatchObject([[{ key, epochMs: 2000 }]]);
  });

  it('is not written back before the log has come so far', async () => {
    world.healer.recorded(known(anyKey()));

    world.healer.proven(performance.now() - 1000);
    world.healer.proven(-Infinity);
    await turns();
    expect(world.tries.restore).toBe(0);

    world.healer.proven(performance.now() + 1000);
    await until(() => world.healings.length > 0);
  });

  it('is tried again where the store is away, and not once the copy is closed', async () => {
    world.restore = async () => (world.tries.restore === 1 ? away() : true);
    world.healer.recorded(known(anyKey()));
    world.healer.proven(performance.now() + 1000);
    await until(() => world.healings.length > 0);
    expect(world.tries.restore).toBe(2);

    world.restore = async () => {
      world.close();
      return away();
    };
    world.healer.recorded(known(anyKey()));
    world.healer.proven(performance.now() + 1000);
    await until(() => world.tries.restore === 3);
    await turns();
    expect(world.healings).toHaveLength(1);
  });

  it('is kept in mind up to a hundred thousand', async () => {
    const some = keys(100);
    for (let i = 0; i < 100_100; i++) world.healer.recorded({ key: `${some[i % 100]!}${Math.floor(i / 100)}` as TargetKey, epochMs: 1, keepUntilMs: 1 });

    world.healer.proven(performance.now() + 1000);
    await until(() => world.healings.length > 0);

    expect(world.healings).toEqual([{ cause: 'lost', revocations: 100_000 }]);
  });
});

describe('What no store that is away says', () => {
  test.each([
    ['while writing back', () => { world.restore = async () => { throw new RangeError('a secret'); }; }],
    ['while settling', () => { world.settle = async () => { throw new RangeError('a secret'); }; }],
  ])('%s becomes a warning of the process that names the error and nothing else', async (_, fail) => {
    world.know(keys(1));
    fail();
    world.healer.doubted(WIPED);

    world.proven();
    await until(() => warnings.length > 0);
    world.proven();
    await turns();

    expect(warnings.splice(0)).toEqual([{ message: 'Writing revocations back to their store failed (RangeError).', code: 'LIVETOKEN_HEALING' }]);
    expect(world.healings).toStrictEqual([]);
  });

  test('while giving back what was recorded here becomes one too', async () => {
    world.restore = async () => { throw new RangeError('a secret'); };
    world.healer.recorded(known(anyKey()));

    world.healer.proven(performance.now() + 1000);
    await until(() => warnings.length > 0);

    expect(warnings.splice(0)).toEqual([{ message: 'Writing revocations back to their store failed (RangeError).', code: 'LIVETOKEN_HEALING' }]);
  });
});
