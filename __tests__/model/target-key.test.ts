import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { encodeTarget, targetKey } from '../../lib/model/target-key.js';
import { assertTarget, type Target } from '../../lib/model/target.js';
import { identifiers, targets } from './arbitraries.js';

/** Two splits of one text into id, organisation and client: what an encoding without lengths would confuse. */
const resplit = fc
  .tuple(fc.array(identifiers, { minLength: 3, maxLength: 3 }), fc.nat(), fc.nat(), fc.nat(), fc.nat())
  .map(([names, ...cuts]) => {
    const letters = Array.from(names.join(''));
    const split = (a: number, b: number): Target => {
      const first = 1 + (a % (letters.length - 2));
      const second = first + 1 + (b % (letters.length - first - 1));
      const [id, organisation, client] = [letters.slice(0, first), letters.slice(first, second), letters.slice(second)];
      return { kind: 'member', id: id.join(''), organisation: organisation.join(''), client: client.join('') };
    };
    return [split(cuts[0], cuts[1]), split(cuts[2], cuts[3])] as const;
  });

describe('the key of a target', () => {
  test('is the same for two targets exactly when they are the same target', () => {
    const pairs = fc.oneof(fc.tuple(targets, targets), resplit, targets.map(target => [target, { ...target }] as const));
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const same = isDeepStrictEqual(a, b);
        expect(encodeTarget(a) === encodeTarget(b)).toBe(same);
        expect(targetKey(a) === targetKey(b)).toBe(same);
      }),
      { numRuns: 2000 },
    );
  });

  const id = 'x';
  test.each<[string, Target, Target]>([
    ['the boundary between id and organisation', { kind: 'token', id: 'ab', organisation: 'c' }, { kind: 'token', id: 'a', organisation: 'bc' }],
    ['an absent organisation and one called -', { kind: 'token', id }, { kind: 'token', id, organisation: '-' }],
    ['an id that looks like a length', { kind: 'token', id: '1:a' }, { kind: 'token', id: 'a' }],
    ['an id that holds another encoding', { kind: 'token', id: 'a1:b', organisation: 'c' }, { kind: 'token', id: 'a', organisation: 'b1:c' }],
    ['a marker for sessions within an id', { kind: 'subject', id, sessionsOnly: true }, { kind: 'subject', id: '+sessionsx' }],
    ['narrowed and whole', { kind: 'subject', id, sessionsOnly: true }, { kind: 'subject', id }],
    ['narrowed to a client and whole', { kind: 'member', id, organisation: 'o', client: 'c' }, { kind: 'member', id, organisation: 'o' }],
    ['organisation and client', { kind: 'member', id, organisation: 'o', client: 'c' }, { kind: 'member', id, organisation: 'c', client: 'o' }],
    ['a subject and a member', { kind: 'subject', id, client: 'o' }, { kind: 'member', id, organisation: 'o' }],
    ['kinds', { kind: 'grant', id }, { kind: 'session', id }],
    ['composed and decomposed é, which look the same', { kind: 'session', id: '\u00e9' }, { kind: 'session', id: 'e\u0301' }],
    ['letter case', { kind: 'session', id: 'A' }, { kind: 'session', id: 'a' }],
    ['a space at the end', { kind: 'session', id: 'a ' }, { kind: 'session', id: 'a' }],
  ])('tells apart: %s', (_, a, b) => {
    expect(encodeTarget(a)).not.toBe(encodeTarget(b));
    expect(targetKey(a)).not.toBe(targetKey(b));
  });

  test('counts lengths in the units that strings are made of, so that no character of several of them shifts a boundary', () => {
    expect(encodeTarget({ kind: 'token', id: 'é😀', organisation: 'o' })).toBe('token|3:é😀1:o-');
  });

  test('takes an id that is left out and one that is undefined for the same', () => {
    const left = { kind: 'token', id } as const;

    expect(targetKey({ ...left, organisation: undefined } as unknown as Target)).toBe(targetKey(left));
  });

  test('is short, of one alphabet, and starts with its kind', () => {
    fc.assert(
      fc.property(targets, target => {
        assertTarget(target);
        expect(targetKey(target)).toMatch(/^(token|grant|session|subject|member|client|organisation|all):[\w-]{22}$/);
        expect(targetKey(target).startsWith(`${target.kind}:`)).toBe(true);
      }),
    );
  });

  test('stays what it is from one release to the next, for what is stored under it', () => {
    expect(targetKey({ kind: 'token', id: 'jti', organisation: 'org' })).toBe('token:Ca9OM_muk0tTbyFJJkVSO5');
    expect(targetKey({ kind: 'all' })).toBe('all:TPNpqbU_rCpFH0ALfawPEK');
  });
});
