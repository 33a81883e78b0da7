import { setTimeout as sleep } from 'node:timers/promises';
import { ClosedError } from '../../lib/errors.js';
import { MAX_BATCH } from '../../lib/stores/store.js';
import { anyKey, keys } from '../stores/support/builders.js';
import { until } from '../stores/support/until.js';
import { away, inHealingWorld, known, sorted, TRIMMED, turns, WIPED } from './support/healing-world.js';

/** The first pause between two attempts. */
const PAUSE_MS = 100;

const on = inHealingWorld();

describe('A store that goes away again', () => {
  it('is tried until it has taken everything, and then until it is settled', async () => {
    const all = keys(MAX_BATCH + 1);
    on.world.know(all);
    on.world.restore = async () => (on.world.tries.restore === 1 || on.world.tries.restore === 3 ? away() : true);
    on.world.settle = async () => (on.world.tries.settle === 1 ? away() : undefined);
    on.world.healer.doubted(WIPED);

    on.world.proven();
    await until(() => on.world.healings.length > 0);

    expect(on.world.tries).toEqual({ restore: 4, settle: 2 });
    expect(on.world.restoredKeys).toEqual(sorted(all));
    expect(on.world.healings).toEqual([{ cause: 'wiped', revocations: all.length }]);
  });

  it('is not tried any more once the copy is closed, and nothing is settled or told', async () => {
    on.world.know(keys(1));
    on.world.restore = async () => {
      on.world.close();
      throw new ClosedError('The store is closed.');
    };
    on.world.healer.doubted(WIPED);

    on.world.proven();
    await until(() => on.world.tries.restore === 1);
    await turns();

    expect(on.world.tries).toEqual({ restore: 1, settle: 0 });
    expect(on.world.healings).toStrictEqual([]);
  });

  it('is not tried without a pause between', async () => {
    on.world.know(keys(1));
    on.world.restore = away;
    on.world.healer.doubted(WIPED);

    on.world.proven();
    await until(() => on.world.tries.restore === 1);
    await turns();

    expect(on.world.tries.restore).toBe(1);
  });

  it('and is then doubted anew has everything compared again, and is announced once, with all that was written back', async () => {
    const all = keys(2 * MAX_BATCH);
    on.world.know(all);
    on.world.restore = async () => (on.world.tries.restore === 2 ? away() : true);
    on.world.healer.doubted(WIPED);
    on.world.proven();
    await until(() => on.world.tries.restore === 2);

    on.world.healer.doubted({ cause: 'fork', incarnation: 'the second', isComplete: true });
    on.world.tell(all.slice(0, 10));
    on.world.proven();
    await until(() => on.world.healings.length > 0);
    // By then the comparison that was overtaken has woken up from its pause, which ends before one that begins now.
    await sleep(PAUSE_MS);
    await turns();

    expect(on.world.healings).toEqual([{ cause: 'fork', revocations: MAX_BATCH + all.length - 10 }]);
    expect(on.world.settled).toEqual(['the first', 'the second']);
  });

  it('is not settled by a comparison that was overtaken while it was written to', async () => {
    on.world.know(keys(1));
    let finish: (isWritten: boolean) => void = () => undefined;
    on.world.restore = () => new Promise(resolve => { finish = resolve; });
    on.world.healer.doubted(WIPED);
    on.world.proven();
    await until(() => on.world.tries.restore === 1);

    on.world.healer.doubted(WIPED);
    finish(true);
    await turns();

    expect(on.world.tries.settle).toBe(0);
    expect(on.world.healings).toStrictEqual([]);
  });

  it('and was settled as another doubt came is not announced before that is dealt with too', async () => {
    let finish: () => void = () => undefined;
    on.world.settle = () => new Promise(resolve => { finish = resolve; });
    on.world.healer.doubted(WIPED);
    on.world.proven();
    await until(() => on.world.tries.settle === 1);

    on.world.healer.doubted(TRIMMED);
    finish();
    await turns();
    expect(on.world.healings).toStrictEqual([]);
    on.world.settle = async () => undefined;
    on.world.proven();
    await until(() => on.world.healings.length > 0);

    expect(on.world.healings).toEqual([{ cause: 'trimmed', revocations: 0 }]);
    expect(on.world.settled).toEqual(['the first', 'the first']);
  });

  it('a second time is announced with what was written back then', async () => {
    on.world.know(keys(3));
    for (const times of [1, 2]) {
      on.world.healer.doubted(WIPED);
      on.world.proven();
      await until(() => on.world.healings.length === times);
    }

    expect(on.world.healings).toEqual(Array(2).fill({ cause: 'wiped', revocations: 3 }));
  });

  it('and comes back empty once more before all is written back has both losses settled', async () => {
    on.world.know(keys(1));
    on.world.healer.doubted(WIPED);
    on.world.healer.doubted({ ...WIPED, incarnation: 'the second' });
    on.world.proven();
    await until(() => on.world.healings.length > 0);
    expect(on.world.settled).toEqual(['the first', 'the second']);
  });
});

describe('What no store that is away says', () => {
  test.each([
    ['while writing back', () => { on.world.restore = async () => { throw new RangeError('a secret'); }; }],
    ['while settling', () => { on.world.settle = async () => { throw new RangeError('a secret'); }; }],
  ])('%s becomes a warning of the process that names the error and nothing else', async (_, fail) => {
    on.world.know(keys(1));
    fail();
    on.world.healer.doubted(WIPED);

    on.world.proven();
    await until(() => on.warnings.length > 0);
    on.world.proven();
    await turns();

    expect(on.warnings.splice(0)).toEqual([{ message: 'Writing revocations back to their store failed (RangeError).', code: 'LIVETOKEN_HEALING' }]);
    expect(on.world.healings).toStrictEqual([]);
  });

  test('while giving back what was recorded here becomes one too', async () => {
    on.world.restore = async () => { throw new RangeError('a secret'); };
    on.world.healer.recorded(known(anyKey()));

    on.world.healer.proven(performance.now() + 1000);
    await until(() => on.warnings.length > 0);

    expect(on.warnings.splice(0)).toEqual([{ message: 'Writing revocations back to their store failed (RangeError).', code: 'LIVETOKEN_HEALING' }]);
  });
});
