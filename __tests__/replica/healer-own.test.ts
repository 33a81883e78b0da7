import type { TargetKey } from '../../lib/model/target-key.js';
import { MAX_BATCH } from '../../lib/stores/store.js';
import { anyKey, keys } from '../stores/support/builders.js';
import { until } from '../stores/support/until.js';
import { away, inHealingWorld, known, sorted, turns } from './support/healing-world.js';

const on = inHealingWorld();

describe('What this process has recorded', () => {
  it('is written back once the log has come past that moment without telling of it', async () => {
    const all = keys(MAX_BATCH + 1);
    for (const key of all) on.world.healer.recorded(known(key, 1000));

    on.world.healer.proven(performance.now() + 1000);
    await until(() => on.world.healings.length > 0);
    on.world.healer.proven(performance.now() + 1000);
    await turns();

    expect(on.world.restoredKeys).toEqual(sorted(all));
    expect(on.world.healings).toEqual([{ cause: 'lost', revocations: all.length }]);
    expect(on.world.tries.settle).toBe(0);
  });

  it('is not written back where the log has told of it, or of something later', async () => {
    const [same, later, dead] = keys(3) as [TargetKey, TargetKey, TargetKey];
    for (const key of [same, later]) on.world.healer.recorded(known(key, 1000));
    on.world.healer.recorded(known(dead));
    on.world.tell([same], 1000);
    on.world.tell([later], 2000);
    on.world.tell([dead]);

    on.world.healer.proven(performance.now() + 1000);
    await turns();

    expect(on.world.tries.restore).toBe(0);
  });

  it('is written back where the log has told of an earlier one only', async () => {
    const key = anyKey();
    on.world.healer.recorded(known(key, 2000));
    on.world.tell([key], 1000);

    on.world.healer.proven(performance.now() + 1000);
    await until(() => on.world.healings.length > 0);

    expect(on.world.restored).toMatchObject([[{ key, epochMs: 2000 }]]);
  });

  it('is not written back before the log has come so far', async () => {
    on.world.healer.recorded(known(anyKey()));

    on.world.healer.proven(performance.now() - 1000);
    on.world.healer.proven(-Infinity);
    await turns();
    expect(on.world.tries.restore).toBe(0);

    on.world.healer.proven(performance.now() + 1000);
    await until(() => on.world.healings.length > 0);
  });

  it('is tried again where the store is away, and not once the copy is closed', async () => {
    on.world.restore = async () => (on.world.tries.restore === 1 ? away() : true);
    on.world.healer.recorded(known(anyKey()));
    on.world.healer.proven(performance.now() + 1000);
    await until(() => on.world.healings.length > 0);
    expect(on.world.tries.restore).toBe(2);

    on.world.restore = async () => {
      on.world.close();
      return away();
    };
    on.world.healer.recorded(known(anyKey()));
    on.world.healer.proven(performance.now() + 1000);
    await until(() => on.world.tries.restore === 3);
    await turns();
    expect(on.world.healings).toHaveLength(1);
  });

  it('is kept in mind up to a hundred thousand', async () => {
    const some = keys(100);
    for (let i = 0; i < 100_100; i++) on.world.healer.recorded({ key: `${some[i % 100]!}${Math.floor(i / 100)}` as TargetKey, epochMs: 1, keepUntilMs: 1 });

    on.world.healer.proven(performance.now() + 1000);
    await until(() => on.world.healings.length > 0);

    expect(on.world.healings).toEqual([{ cause: 'lost', revocations: 100_000 }]);
  });
});
