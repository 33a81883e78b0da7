import { PrimaryProof } from '../../lib/stores/redis/primary-proof.js';

const WITHIN_MS = 1000;

/** Looks at a server, at these times, that had counted and proved so much; answers until when each look proves it the primary. */
function look(proof: PrimaryProof, looks: readonly (readonly [atMs: number, beat: number, proven: number])[]): number[] {
  return looks.map(([atMs, beat, proven]) => proof.provenUntilMs(atMs, { incarnation: 'one', beat, proven, torn: undefined, lost: undefined, logLength: 0 }));
}

describe('A server is known to have been the primary', () => {
  test('not at the first look, whatever it says was proved', () => {
    expect(look(new PrimaryProof(WITHIN_MS, 1), [[0, 7, 7]])).toEqual([-Infinity]);
  });

  test('until the last look before the beat that is proven now', () => {
    const looks = look(new PrimaryProof(WITHIN_MS, 1), [[0, 7, 7], [100, 7, 7], [200, 8, 8], [300, 8, 8], [400, 9, 9]]);

    expect(looks).toEqual([-Infinity, -Infinity, 100, 100, 300]);
  });

  test('not for a beat that no replica has acknowledged', () => {
    expect(look(new PrimaryProof(WITHIN_MS, 1), [[0, 7, 7], [100, 8, 7], [200, 9, 7], [300, 10, 7]])).toEqual(Array(4).fill(-Infinity));
  });

  test('until the look before a beat that was under way for long, and not until the ones in its midst', () => {
    expect(look(new PrimaryProof(WITHIN_MS, 1), [[0, 7, 7], [100, 8, 7], [200, 8, 7], [300, 8, 8]]).at(-1)).toBe(0);
  });

  test('no longer once another answers that was left behind', () => {
    const looks = look(new PrimaryProof(WITHIN_MS, 1), [[0, 50, 50], [100, 51, 51], [200, 12, 12], [300, 13, 12], [400, 52, 52]]);

    expect(looks[1]).toBe(0);
    expect(looks.slice(2, 4)).toEqual([-Infinity, -Infinity]);
    expect(looks[4]).toBe(300);
  });

  test('anew after its data was lost and begun again', () => {
    expect(look(new PrimaryProof(WITHIN_MS, 1), [[0, 50, 50], [100, 0, 0], [200, 1, 1]])).toEqual([-Infinity, -Infinity, 100]);
  });

  test('anew after connecting, for the count of another server means nothing', () => {
    const proof = new PrimaryProof(WITHIN_MS, 1);
    look(proof, [[0, 3, 3]]);
    proof.forget();

    expect(look(proof, [[100, 7, 7], [200, 8, 8]])).toEqual([-Infinity, 100]);
  });

  test('not by looks that are older than proofs are good for', () => {
    expect(look(new PrimaryProof(WITHIN_MS, 1), [[0, 7, 7], [5000, 8, 8], [5100, 9, 9]])).toEqual([-Infinity, 0, 5000]);
  });

  test('however often it is looked at in between', () => {
    const often = Array.from({ length: 5000 }, (_, i) => [i / 10, 7, 7] as const);

    const untilMs = look(new PrimaryProof(WITHIN_MS, 1), [...often, [500, 8, 8]]).at(-1)!;

    expect(untilMs).toBeGreaterThan(450);
    expect(untilMs).toBeLessThan(500);
  });

  test('not by looks from before the machine slept, nor by questions that were asked before and answered after', () => {
    const nowMs = performance.now();
    const proof = new PrimaryProof(WITHIN_MS, 1);
    look(proof, [[nowMs - 300, 7, 7], [nowMs - 200, 8, 8]]);
    const now = Date.now.bind(Date);
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000);

    try {
      expect(look(proof, [[nowMs - 50, 9, 9], [nowMs - 40, 9, 9]])).toEqual([-Infinity, -Infinity]);
      const awakeMs = performance.now();
      expect(look(proof, [[awakeMs, 9, 9], [awakeMs + 100, 10, 10]])).toEqual([-Infinity, awakeMs]);
    } finally {
      clock.mockRestore();
    }
  });

  test('by nobody for so long that another one should be looked for', () => {
    const proof = new PrimaryProof(WITHIN_MS, 1);
    look(proof, [[0, 7, 7], [100, 8, 8]]);
    const isUseless = (atMs: number): boolean => {
      look(proof, [[atMs, 9, 8]]);
      return proof.isUselessAt(atMs);
    };

    expect([1000, 1101, 4100].map(isUseless)).toEqual([false, false, false]);
    expect(isUseless(4101)).toBe(true);
    proof.forget();
    expect(isUseless(4200)).toBe(false);
  });
});
