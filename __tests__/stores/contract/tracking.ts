import { inspect } from 'node:util';
import { InvalidTargetError } from '../../../lib/errors.js';
import type { RevocationStore, TrackedToken } from '../../../lib/stores/store.js';
import { anyKey, keys, trackedToken } from '../support/builders.js';
import { until } from '../support/until.js';

export function describeTracking(theStore: () => RevocationStore): void {
  async function activeUnder(target: TrackedToken['key']): Promise<readonly TrackedToken[]> {
    return (await theStore().active(target, { limit: 100 })).items;
  }

  describe('a tracked token', () => {
    test('is found by its key, in the order in which is asked, and an unknown one is not', async () => {
      const [a, b, unknown] = [trackedToken(), trackedToken({ targets: keys(4), details: '{"note":"ä😀"}' }), trackedToken()];
      await theStore().track(a);
      await theStore().track(b);

      expect(await theStore().tracked([b.key, unknown.key, a.key])).toEqual([b, undefined, a]);
      expect(await theStore().tracked([])).toStrictEqual([]);
    });

    test('keeps an issue time that is unknown', async () => {
      const token = trackedToken({ issuedAtMs: -Infinity });
      await theStore().track(token);

      expect(await theStore().tracked([token.key])).toEqual([token]);
    });

    test('is active under each of its targets', async () => {
      const targets = keys(3);
      const token = trackedToken({ targets });
      await theStore().track(token);

      for (const target of targets) expect(await activeUnder(target)).toEqual([token]);
    });

    test('is neither found nor active once it has expired', async () => {
      const target = anyKey();
      const [short, long] = [trackedToken({ targets: [target], expiresAtMs: Date.now() + 100 }), trackedToken({ targets: [target] })];
      await theStore().track(short);
      await theStore().track(long);

      await until(async () => (await theStore().tracked([short.key]))[0] === undefined);
      await until(async () => (await activeUnder(target)).length === 1);

      expect(await activeUnder(target)).toEqual([long]);
      expect(await theStore().tracked([short.key, long.key])).toEqual([undefined, long]);
      expect(await theStore().retire([short], Date.now())).toBe(0);
    });

    test('that has expired already is not remembered', async () => {
      const token = trackedToken({ expiresAtMs: Date.now() - 1 });
      await theStore().track(token);

      expect(await theStore().tracked([token.key])).toEqual([undefined]);
      expect(await activeUnder(token.targets[0]!)).toStrictEqual([]);
    });

    test('stays as it was when it is tracked again', async () => {
      const token = trackedToken();
      await theStore().track(token);
      await theStore().track({ ...token, details: '{}' });

      expect(await theStore().tracked([token.key])).toEqual([token]);
      expect(await activeUnder(token.targets[0]!)).toEqual([token]);
    });
  });

  describe('retiring tracked tokens', () => {
    test('marks them, and takes them off the lists of the active', async () => {
      const target = anyKey();
      const [gone, stays] = [trackedToken({ targets: [target] }), trackedToken({ targets: [target] })];
      await theStore().track(gone);
      await theStore().track(stays);

      expect(await theStore().retire([gone], 1_700_000_000_000)).toBe(1);

      expect(await theStore().tracked([gone.key])).toEqual([{ ...gone, revokedAtMs: 1_700_000_000_000 }]);
      expect(await activeUnder(target)).toEqual([stays]);
    });

    test('counts each once, however often it is asked', async () => {
      const token = trackedToken();
      await theStore().track(token);

      expect(await theStore().retire([token, token], 1000)).toBe(1);
      expect(await theStore().retire([token], 2000)).toBe(0);
      expect(await theStore().tracked([token.key])).toMatchObject([{ revokedAtMs: 1000 }]);
    });

    test('counts each once among ten callers at a time', async () => {
      const tokens = Array.from({ length: 5 }, () => trackedToken());
      for (const token of tokens) await theStore().track(token);

      const counts = await Promise.all(Array.from({ length: 10 }, () => theStore().retire(tokens, 1000)));

      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5);
    });

    test('counts neither unknown tokens nor none', async () => {
      const unknown = trackedToken();

      expect(await theStore().retire([unknown], 1000)).toBe(0);
      expect(await theStore().retire([], 1000)).toBe(0);
      expect(await theStore().tracked([unknown.key])).toEqual([undefined]);
    });

    test('is not undone by tracking a token again', async () => {
      const token = trackedToken();
      await theStore().track(token);
      await theStore().retire([token], 1000);
      await theStore().track(token);

      expect(await theStore().tracked([token.key])).toEqual([{ ...token, revokedAtMs: 1000 }]);
      expect(await activeUnder(token.targets[0]!)).toStrictEqual([]);
    });

    test('is done already where a token is tracked as revoked', async () => {
      const token = trackedToken({ revokedAtMs: 1000 });
      await theStore().track(token);

      expect(await theStore().tracked([token.key])).toEqual([token]);
      expect(await activeUnder(token.targets[0]!)).toStrictEqual([]);
      expect(await theStore().retire([token], 2000)).toBe(0);
    });
  });

  describe('a token that cannot be tracked', () => {
    const bad: Partial<Record<keyof TrackedToken, unknown>>[] = [
      ...[NaN, Infinity, -1, 1.5, 1e300, '1', undefined].map(expiresAtMs => ({ expiresAtMs })),
      ...[NaN, Infinity, '1'].map(issuedAtMs => ({ issuedAtMs })),
      ...[NaN, -1, '1', Infinity].map(revokedAtMs => ({ revokedAtMs })),
      { details: 'x'.repeat(8193) },
      { details: undefined },
      { targets: keys(2000) },
    ];
    test.each(bad.map(differences => [inspect(differences, { breakLength: Infinity }).slice(0, 60), differences]))(
      'is refused and leaves nothing: %s',
      async (_, differences) => {
        const token = { ...trackedToken(), ...differences } as TrackedToken;

        await expect(theStore().track(token)).rejects.toThrow(InvalidTargetError);

        expect(await theStore().tracked([token.key])).toEqual([undefined]);
        expect(await activeUnder(token.targets[0]!)).toStrictEqual([]);
      },
    );

    test.each([NaN, -1, 1.5, Infinity])('is not retired as of %d', async revokedAtMs => {
      const token = trackedToken();
      await theStore().track(token);

      await expect(theStore().retire([token], revokedAtMs)).rejects.toThrow(InvalidTargetError);

      expect(await theStore().tracked([token.key])).toEqual([token]);
    });
  });
}
