import type { TargetKey } from '../../lib/model/target-key.js';
import { MAX_BATCH } from '../../lib/stores/store.js';
import { anyKey, HOUR_MS, keys } from '../stores/support/builders.js';
import { until } from '../stores/support/until.js';
import { inHealingWorld, known, sorted, TRIMMED, turns, WIPED } from './support/healing-world.js';

const on = inHealingWorld();

describe('Once a log that was doubted has been read to its end', () => {
  it('what this process knows beyond that is written back, in batches that a store takes, and settled afterwards', async () => {
    const all = keys(3 * MAX_BATCH + 10);
    on.world.know(all);
    on.world.restore = async () => {
      expect(on.world.settled).toStrictEqual([]);
      return true;
    };
    on.world.healer.doubted(WIPED);
    on.world.tell(all.slice(0, 20));

    on.world.proven();
    await until(() => on.world.healings.length > 0);

    expect(on.world.restoredKeys).toEqual(sorted(all.slice(20)));
    expect(Math.max(...on.world.restored.map(({ length }) => length))).toBeLessThanOrEqual(MAX_BATCH);
    expect(on.world.settled).toEqual(['the first']);
    expect(on.world.healings).toEqual([{ cause: 'wiped', revocations: all.length - 20 }]);
  });

  it('everything is written back as it was known', async () => {
    const [dead, old] = keys(2) as [TargetKey, TargetKey];
    const keepUntilMs = Math.ceil(Date.now() / 1000) * 1000 + HOUR_MS;
    on.world.archive.add(dead, Infinity, keepUntilMs);
    on.world.archive.add(old, 1000, keepUntilMs + 5000);
    on.world.healer.doubted(TRIMMED);

    on.world.proven();
    await until(() => on.world.healings.length > 0);

    expect(on.world.restored.flat()).toEqual([
      { key: dead, epochMs: Infinity, keepUntilMs },
      { key: old, epochMs: 1000, keepUntilMs: keepUntilMs + 5000 },
    ]);
  });

  it('an epoch is written back that is later than the one told, and not one that is earlier, and none that has expired', async () => {
    const [later, earlier, same, expired] = keys(4) as [TargetKey, TargetKey, TargetKey, TargetKey];
    on.world.know([later, earlier, same], 2000);
    on.world.know([expired], 2000, -1000);
    on.world.healer.doubted(TRIMMED);
    on.world.tell([later], 1000);
    on.world.tell([earlier], 3000);
    on.world.tell([same], 2000);

    on.world.proven();
    await until(() => on.world.healings.length > 0);

    expect(on.world.restored).toMatchObject([[{ key: later, epochMs: 2000 }]]);
  });

  it('what was added twice is written back once', async () => {
    const key = anyKey();
    on.world.know([key, key, key]);
    on.world.healer.doubted(WIPED);

    on.world.proven();
    await until(() => on.world.healings.length > 0);

    expect(on.world.restoredKeys).toEqual([key]);
  });

  it('what another instance has written back meanwhile is not written back again', async () => {
    const all = keys(2 * MAX_BATCH);
    on.world.know(all);
    on.world.restore = async () => {
      on.world.tell(all.slice(MAX_BATCH));
      return true;
    };
    on.world.healer.doubted(WIPED);

    on.world.proven();
    await until(() => on.world.healings.length > 0);

    expect(on.world.restoredKeys).toEqual(sorted(all.slice(0, MAX_BATCH)));
    expect(on.world.settled).toEqual(['the first']);
  });

  // After a wipe the break of the chain may be seen before the other incarnation is. What is not lost the store does not settle.
  it.each(['wiped', 'trimmed', 'fork'] as const)('it is told which data was followed before, whatever it was doubted for: %s', async cause => {
    on.world.healer.doubted({ cause, incarnation: 'the first', isComplete: true });

    on.world.proven();
    await until(() => on.world.healings.length > 0);

    expect(on.world.settled).toEqual(['the first']);
    expect(on.world.healings).toEqual([{ cause, revocations: 0 }]);
  });

  it('that is done once, however often its end is proven', async () => {
    const [key, other] = keys(2) as [TargetKey, TargetKey];
    on.world.know([key]);
    on.world.healer.doubted(WIPED);
    for (let i = 0; i < 5; i++) on.world.proven();
    await until(() => on.world.healings.length > 0);

    on.world.know([other]);
    for (let i = 0; i < 5; i++) on.world.proven();
    await turns();

    expect(on.world.restoredKeys).toEqual([key]);
    expect(on.world.tries).toEqual({ restore: 1, settle: 1 });
    expect(on.world.healings).toHaveLength(1);
  });

  it('nothing is compared before that, nor where it was never doubted', async () => {
    on.world.know(keys(3));
    on.world.proven();
    await turns();
    on.world.healer.doubted(WIPED);
    await turns();

    expect(on.world.tries).toEqual({ restore: 0, settle: 0 });
    expect(on.world.healings).toStrictEqual([]);
  });
});

describe('A loss that is heard of and not settled', () => {
  it('has the log told again, where nobody here is about to settle it', async () => {
    const [key, other] = keys(2) as [TargetKey, TargetKey];
    on.world.know([key, other]);

    expect(on.world.healer.unsettled(WIPED, performance.now())).toBe(true);
    expect(on.world.healer.unsettled(WIPED, performance.now())).toBe(false);
    on.world.tell([other]);
    on.world.proven();
    await until(() => on.world.healings.length > 0);

    expect(on.world.restoredKeys).toEqual([key]);
    expect(on.world.settled).toEqual(['the first']);
  });

  it('is settled with the other one that is about to be', async () => {
    on.world.healer.doubted(WIPED);
    on.world.healer.unsettled({ ...WIPED, incarnation: 'an earlier one' }, performance.now());

    on.world.proven();
    await until(() => on.world.healings.length > 0);

    expect(on.world.settled).toEqual(['the first', 'an earlier one']);
  });

  it('is no news where it was asked for before it was settled', async () => {
    const askedAtMs = performance.now();
    on.world.healer.doubted(TRIMMED);
    on.world.proven();
    await until(() => on.world.healings.length > 0);

    expect(on.world.healer.unsettled(WIPED, askedAtMs)).toBe(false);
    expect(on.world.healer.unsettled(WIPED, performance.now())).toBe(true);
  });
});

describe('A process that may not write', () => {
  /** It has found out that it may not. */
  const tries = async (known: number): Promise<void> => {
    on.world.know(keys(known));
    on.world.restore = async () => false;
    on.world.healer.doubted(WIPED);
    on.world.proven();
    await until(() => on.world.tries.restore > 0);
  };

  it('does not have the log told again for what others are to settle', async () => {
    await tries(1);
    await turns();

    expect(on.world.healer.unsettled(WIPED, performance.now())).toBe(false);
  });

  it('tries once, and neither settles nor announces what it has not done', async () => {
    await tries(5 * MAX_BATCH);
    for (let i = 0; i < 5; i++) on.world.proven();
    await turns();

    expect(on.world.tries).toEqual({ restore: 1, settle: 0 });
    expect(on.world.healings).toStrictEqual([]);
  });

  it('tries again after the next doubt, for it may have been given the right meanwhile', async () => {
    await tries(1);
    await turns();

    on.world.restore = async () => true;
    on.world.healer.doubted(TRIMMED);
    on.world.proven();
    await until(() => on.world.healings.length > 0);

    expect(on.world.healings).toEqual([{ cause: 'trimmed', revocations: 1 }]);
  });

  it('does not announce what it recorded before it lost the right, and could not give back', async () => {
    on.world.restore = async () => false;
    on.world.healer.recorded(known(anyKey()));

    await until(() => { on.world.proven(); return on.world.tries.restore > 0; });
    await turns();

    expect(on.world.tries.restore).toBe(1);
    expect(on.world.healings).toStrictEqual([]);
  });
});
