import fc from 'fast-check';
import { onceKey } from '../../lib/model/once-key.js';
import { identifiers } from './arbitraries.js';

const names = fc.array(identifiers, { minLength: 1, maxLength: 3 });

describe('The key of what is used once', () => {
  test('is short, of one alphabet, and tells nothing of its names', () => {
    expect(onceKey('refresh', 'canary')).toMatch(/^[\w-]{22}$/);
    expect(onceKey('refresh', 'canary')).toBe(onceKey('refresh', 'canary'));
    expect(onceKey('refresh', 'canary')).not.toBe(onceKey('assertion', 'canary'));
  });

  test('is another one for other names, however they are cut', () => {
    fc.assert(
      fc.property(names, names, (one, other) => {
        expect(onceKey('refresh', ...one) === onceKey('refresh', ...other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
    expect(onceKey('refresh', 'ab', 'c')).not.toBe(onceKey('refresh', 'a', 'bc'));
    expect(onceKey('refresh', 'a', '1:b')).not.toBe(onceKey('refresh', 'a1:b'));
  });
});
