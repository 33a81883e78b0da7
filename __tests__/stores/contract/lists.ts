import { inspect } from 'node:util';
import { InvalidTargetError } from '../../../lib/errors.js';
import type { TargetKey } from '../../../lib/model/target-key.js';
import type { RevocationStore, TrackedToken } from '../../../lib/stores/store.js';
import { anyKey, HOUR_MS, trackedToken } from '../support/builders.js';

const MOST_WALKED = 100;

export function describeLists(theStore: () => RevocationStore): void {
  /** Tracks tokens under one target that expire so many ms after an hour from now. */
  async function trackAll(target: TargetKey, offsetsMs: readonly number[]): Promise<TrackedToken[]> {
    const baseMs = Date.now() + HOUR_MS;
    const tokens = offsetsMs.map(offsetMs => trackedToken({ targets: [target], expiresAtMs: baseMs + offsetMs }));
    for (const token of tokens) await theStore().track(token);
    return tokens;
  }

  async function walk(target: TargetKey, limit: number): Promise<TrackedToken[]> {
    const walked: TrackedToken[] = [];
    let cursor: string | undefined;
    do {
      if (walked.length > MOST_WALKED) throw new Error('The walk goes round in circles.');
      const page = await theStore().active(target, { limit, ...(cursor !== undefined && { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(limit);
      walked.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return walked;
  }

  const keysOf = (tokens: readonly TrackedToken[]): TargetKey[] => tokens.map(({ key }) => key);

  describe('the list of the active tokens of a target', () => {
    test('is empty where there are none', async () => {
      expect(await theStore().active(anyKey(), { limit: 10 })).toStrictEqual({ items: [] });
    });

    test('holds its own tokens only, soonest to expire first', async () => {
      const [target, other] = [anyKey(), anyKey()];
      const [late, soon, middle] = await trackAll(target, [3000, 1000, 2000]);
      await trackAll(other, [500, 1500]);

      expect(await theStore().active(target, { limit: 10 })).toEqual({ items: [soon, middle, late] });
    });

    test('sorts times of different length as numbers', async () => {
      const target = anyKey();
      const far = trackedToken({ targets: [target], expiresAtMs: 100_000_000_000_000 });
      const near = trackedToken({ targets: [target], expiresAtMs: 99_999_999_999_999 });
      await theStore().track(far);
      await theStore().track(near);

      expect(keysOf(await walk(target, 10))).toEqual(keysOf([near, far]));
    });

    test.each([1, 2, 3, 7, 1000])('is walked in pages of %d, each token once, though several expire at the same instant', async limit => {
      const target = anyKey();
      const tokens = await trackAll(target, [0, 0, 0, 5, 5, 1, 2]);

      const walked = await walk(target, limit);

      expect(new Set(keysOf(walked))).toEqual(new Set(keysOf(tokens)));
      expect(walked).toHaveLength(tokens.length);
      expect(walked.map(({ expiresAtMs }) => expiresAtMs)).toEqual(tokens.map(({ expiresAtMs }) => expiresAtMs).sort((a, b) => a - b));
    });

    test('has no cursor on a page that is not full', async () => {
      const target = anyKey();
      await trackAll(target, [1, 2]);

      expect((await theStore().active(target, { limit: 3 })).cursor).toBeUndefined();
    });

    test('is walked on though the last token seen has been retired, and new ones have come before it', async () => {
      const target = anyKey();
      const [a, b, c] = await trackAll(target, [1000, 2000, 3000]);
      const { cursor } = await theStore().active(target, { limit: 2 });

      await theStore().retire([a!, b!], 1000);
      await trackAll(target, [-5000]);

      expect(keysOf((await theStore().active(target, { limit: 2, cursor: cursor! })).items)).toEqual([c!.key]);
    });

    test('of another target takes no harm from a cursor that is not its own', async () => {
      const [target, other] = [anyKey(), anyKey()];
      await trackAll(target, [1000, 2000]);
      const [, late] = await trackAll(other, [-5000, 9000]);
      const { cursor } = await theStore().active(target, { limit: 2 });

      expect(keysOf((await theStore().active(other, { limit: 5, cursor: cursor! })).items)).toEqual([late!.key]);
    });

    test('has a cursor that is no id of a token in clear', async () => {
      const target = anyKey();
      await trackAll(target, [1000]);

      expect((await theStore().active(target, { limit: 1 })).cursor).toMatch(/^\d{15}:token:[\w-]{22}$/);
    });

    test.each([0, -1, 1.5, NaN, Infinity, 1001])('does not come in pages of %d', async limit => {
      await expect(theStore().active(anyKey(), { limit })).rejects.toThrow(InvalidTargetError);
    });

    const hash = 'a'.repeat(22);
    const good = `000001700000000:token:${hash}`;
    const notCursors: unknown[] = [
      ...['', 'x', '+', '-', '[', `1700000000:token:${hash}`, `000001700000000:session:${hash}`],
      ...[`${good}\n`, ` ${good}`, `${good}a`, `(${good}`, [good], 5, null, {}],
    ];
    test.each(notCursors.map(value => [inspect(value), value]))('is not walked from %s', async (_, cursor) => {
      await expect(theStore().active(anyKey(), { limit: 1, cursor: cursor as string })).rejects.toThrow(InvalidTargetError);
    });
  });
}
