import { inspect } from 'node:util';
import fc from 'fast-check';
import { InvalidTargetError } from '../../lib/errors.js';
import { isIdentifier } from '../../lib/model/identifier.js';
import { assertTarget, describeTarget, isDeadForGood, type Target, type TargetKind } from '../../lib/model/target.js';
import { identifiers, targets } from './arbitraries.js';

/** What reaches the model from JavaScript and from URLs, whatever the types say. */
const untyped = (value: unknown): Target => value as Target;

describe('an identifier', () => {
  test('is any well-formed text of 1 to 256 bytes', () => {
    fc.assert(
      fc.property(identifiers, text => {
        expect(isIdentifier(text)).toBe(Buffer.byteLength(text) <= 256);
      }),
    );
  });

  test.each([
    ['one byte', 1, 'a'],
    ['two bytes', 2, 'é'],
    ['three bytes', 3, '€'],
    ['four bytes', 4, '😀'],
  ])('may have 256 bytes and not 257, of characters of %s each', (_, bytes, character) => {
    const full = character.repeat(Math.floor(256 / bytes)).padEnd(Math.floor(256 / bytes) * character.length + (256 % bytes), 'x');

    expect(Buffer.byteLength(full)).toBe(256);
    expect(isIdentifier(full)).toBe(true);
    expect(isIdentifier(`${full}x`)).toBe(false);
    expect(isIdentifier(character.repeat(256))).toBe(bytes === 1);
  });

  test.each(['\ud800', 'a\udfff', '\udc00\ud800', 'x\ud83dy', '\ud83d'])('is not one with a lone surrogate (%j)', text => {
    expect(isIdentifier(text)).toBe(false);
  });

  test.each([['', undefined, null, 0, 1, true, NaN, ['a'], ['a', 'b'], {}, Object('a'), Symbol('a'), 1n, () => 'a']].flat().map(value => [inspect(value), value]))(
    'is not %s',
    (_, value) => {
      expect(isIdentifier(value)).toBe(false);
    },
  );
});

describe('a target', () => {
  test('of every kind is taken with well-formed names', () => {
    fc.assert(fc.property(targets, target => expect(() => assertTarget(target)).not.toThrow()));
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'all'],
    ['an array', [{ kind: 'all' }]],
    ['no kind', { id: 'a' }],
    ['an unknown kind', { kind: 'tenant', id: 'a' }],
    ['the name of something every object has', { kind: 'toString', id: 'a' }],
    ['__proto__ for a kind', { kind: '__proto__', id: 'a' }],
    ['an array that reads like a kind', { kind: ['token'], id: 'a' }],
    ['an object that reads like a kind', { kind: { toString: () => 'token' }, id: 'a' }],
    ['fields it does not take', { kind: 'session', id: 'a', organisation: 'o' }],
    ['a misspelt field', { kind: 'subject', id: 'a', organization: 'o' }],
    ['a field called __proto__', JSON.parse('{"kind":"session","id":"a","__proto__":{"client":"c"}}')],
    ['fields it inherits', Object.assign(Object.create({ client: 'c' }) as object, { kind: 'grant', id: 'a' })],
    ['an id for everything', { kind: 'all', id: 'a' }],
    ['sessionsOnly false', { kind: 'subject', id: 'a', sessionsOnly: false }],
    ['sessionsOnly as a text', { kind: 'subject', id: 'a', sessionsOnly: 'true' }],
    ['two narrowings at once', { kind: 'subject', id: 'a', sessionsOnly: true, client: 'c' }],
    ['a narrowed session', { kind: 'session', id: 'a', sessionsOnly: true }],
  ])('is refused with %s', (_, target) => {
    expect(() => assertTarget(untyped(target))).toThrow(InvalidTargetError);
  });

  const complete: readonly (Target & { readonly kind: Exclude<TargetKind, 'all'> })[] = [
    { kind: 'token', id: 'a', organisation: 'o' },
    { kind: 'grant', id: 'a' },
    { kind: 'session', id: 'a' },
    { kind: 'subject', id: 'a', client: 'c' },
    { kind: 'member', id: 'a', organisation: 'o', client: 'c' },
    { kind: 'client', id: 'a' },
    { kind: 'organisation', id: 'a' },
  ];
  const names = complete.flatMap(target => Object.keys(target).filter(name => name !== 'kind').map(name => [target.kind, name, target] as const));
  test.each(names)('of kind %s is refused when its %s is no identifier', (_kind, name, target) => {
    for (const bad of ['', 'x'.repeat(257), '€'.repeat(86), 'a\ud800', null, 1, ['a'], {}, Object('a')]) {
      expect(() => assertTarget(untyped({ ...target, [name]: bad }))).toThrow(InvalidTargetError);
    }
  });

  test.each(complete)('of kind $kind needs an id', target => {
    expect(() => assertTarget(untyped({ ...target, id: undefined }))).toThrow(InvalidTargetError);
  });

  test('of kind member needs an organisation', () => {
    expect(() => assertTarget(untyped({ kind: 'member', id: 'a' }))).toThrow(InvalidTargetError);
  });

  test('is refused without a word of its ids', () => {
    const canary = 'canary-4711';
    const bad = [
      { kind: 'session', id: `${canary}\ud800` },
      { kind: 'session', id: canary, client: canary },
      { kind: canary, id: canary },
    ];
    for (const target of bad) {
      const discreet: Error = expect.not.objectContaining({ message: expect.stringContaining(canary) });
      expect(() => assertTarget(untyped(target))).toThrow(discreet);
    }
  });

  test('dies for good where its id is never used again, and has an epoch where it goes on', () => {
    const kinds: TargetKind[] = ['token', 'grant', 'session', 'subject', 'member', 'client', 'organisation', 'all'];

    expect(kinds.filter(isDeadForGood)).toEqual(['token', 'grant', 'session']);
  });
});

describe('A target in words', () => {
  it('stays on one line, whatever the ids hold', () => {
    const target = { kind: 'member', id: 'a\nrevoked: all tokens', organisation: 'o\r\u2028\u0000', client: 'c\u2029' } as const;
    expect(describeTarget(target)).toBe('member a?revoked: all tokens in organisation o???, client c? only');
  });

  it.each(['token', 'grant', 'session'] as const)('does not say which %s', kind => {
    expect(describeTarget({ kind, id: 'very-secret' })).toBe(`a ${kind}`);
  });
});
