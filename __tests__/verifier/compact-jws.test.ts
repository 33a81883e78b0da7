import fc from 'fast-check';
import { InvalidTokenError } from '../../lib/errors.js';
import { decodeJsonObject, parseCompactJws } from '../../lib/verifier/compact-jws.js';

const MAX_LENGTH = 8192;

function encode(content: string | Uint8Array): string {
  return Buffer.from(content as string).toString('base64url');
}

const header = encode('{"alg":"RS256","typ":"at+jwt"}');
const payload = encode('{"sub":"alice"}');
const signature = encode('any bytes at all');
const token = `${header}.${payload}.${signature}`;

function refusalOf(attempt: () => unknown): InvalidTokenError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof InvalidTokenError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

const reasonFor = (value: unknown, maxLength = MAX_LENGTH) => refusalOf(() => parseCompactJws(value, maxLength)).reason;

describe('what is read off a token before its signature is checked', () => {
  test('is the header, as an object, and the payload as it stands', () => {
    expect(parseCompactJws(token, MAX_LENGTH)).toEqual({
      header: { alg: 'RS256', typ: 'at+jwt' },
      encodedPayload: payload,
    });
  });

  test('is the same whatever JSON object the header is, as long as it has an alg', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), fc.string(), (members, alg) => {
        const text = JSON.stringify({ ...members, alg });
        const parsed = parseCompactJws(`${encode(text)}.${payload}.${signature}`, Infinity);
        expect(parsed.header).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe('F79 only three-part JWS of legal characters are parsed', () => {
  test.each([
    ['nothing', ''],
    ['one part', header],
    ['two parts', `${header}.${payload}`],
    ['four parts', `${token}.${signature}`],
    ['five parts, which is a JWE', `${token}..${signature}`],
    ['a trailing dot', `${token}.`],
    ['dots only', '..'],
    ['an empty header', `.${payload}.${signature}`],
    ['an empty payload', `${header}..${signature}`],
    ['an empty signature, which is an unsecured JWT', `${header}.${payload}.`],
    ['a leading space', ` ${token}`],
    ['a trailing line break', `${token}\n`],
    ['padding', `${header}.${payload}.${signature}=`],
    ['base64 in place of base64url', `${header}.${payload}.ab+/`],
    ['a NUL', `${header}.${payload}.ab\0d`],
    ['a letter beyond ASCII that looks like one of it', `${header}.${payload}.abс1`],
    ['a lone surrogate', `${header}.${payload}.ab\ud800d`],
    ['a character whose low byte is legal', `${header}.${payload}.abc\u0141`],
    ['a length that no bytes encode to', `${header}.${payload}.abcde`],
  ])('refuses %s', (_, text) => {
    expect(reasonFor(text)).toBe('malformed');
  });

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 1],
    ['an array of one token', [token]],
    ['a String object', Object(token)],
    ['an object that turns into a token', { toString: () => token, length: token.length }],
    ['a Buffer', Buffer.from(token)],
  ])('refuses %s, which is no string', (_, value: unknown) => {
    expect(reasonFor(value)).toBe('malformed');
  });

  // Otherwise a revoked or used token has twins, which any comparison of strings takes for other tokens.
  test.each([
    ['ab', 'one byte, in two characters, with bits to spare'],
    ['abd', 'two bytes, in three characters, with bits to spare'],
  ])('refuses the signature %s: %s', (twin) => {
    expect(reasonFor(`${header}.${payload}.${twin}`)).toBe('malformed');
  });

  test('any bytes can be written in one way only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 70 }), fc.constantFrom('A', 'Q', 'g', 'w', 'E', 'h', '0', '-', '_'), (bytes, last) => {
        const canonical = encode(bytes);
        const twin = canonical.slice(0, -1) + last;
        const isTwin = twin !== canonical && Buffer.from(twin, 'base64url').equals(bytes);
        expect(() => parseCompactJws(`${header}.${payload}.${canonical}`, MAX_LENGTH)).not.toThrow();
        if (isTwin) expect(reasonFor(`${header}.${payload}.${twin}`)).toBe('malformed');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the header', () => {
  test.each([
    ['no JSON', 'alg'],
    ['JSON that stops halfway', '{"alg":"RS256"'],
    ['JSON with something behind it', '{"alg":"RS256"}x'],
    ['JSON behind a byte order mark', '\ufeff{"alg":"RS256"}'],
    ['null', 'null'],
    ['a string', '"RS256"'],
    ['a number', '256'],
    ['an array', '[{"alg":"RS256"}]'],
    ['an object without alg', '{"typ":"JWT"}'],
    ['an object whose alg is null', '{"alg":null}'],
    ['an object whose alg is an array', '{"alg":["RS256"]}'],
    ['an object that would inherit its alg', '{"__proto__":{"alg":"RS256"}}'],
  ])('is refused where it is %s', (_, text) => {
    expect(reasonFor(`${encode(text)}.${payload}.${signature}`)).toBe('malformed');
  });

  test.each([
    ['a stray continuation byte', [0x80]],
    ['an overlong encoding', [0xc0, 0xaf]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['a character cut short', [0xe2, 0x82]],
  ])('is refused where its UTF-8 has %s', (_, bytes) => {
    const text = Buffer.concat([Buffer.from('{"alg":"RS256","kid":"'), Buffer.from(bytes), Buffer.from('"}')]);
    expect(reasonFor(`${encode(text)}.${payload}.${signature}`)).toBe('malformed');
  });
});

describe('F79 the length cap', () => {
  test('lets a token of exactly that length through, and none that is longer', () => {
    expect(() => parseCompactJws(token, token.length)).not.toThrow();
    expect(reasonFor(token, token.length - 1)).toBe('too_long');
  });

  test('comes before any parsing: what is too long is not looked at', () => {
    expect(reasonFor('!'.repeat(MAX_LENGTH + 1))).toBe('too_long');
  });

  test.each(['.', 'a', '\ud800', '\0'])('refuses a megabyte of %j', (character) => {
    expect(reasonFor(character.repeat(1_000_000))).toBe('too_long');
  });
});

describe('whatever comes in', () => {
  test('nothing but InvalidTokenError comes out', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.anything()), (value) => {
        expect(reasonFor(value)).toBe('malformed');
      }),
    );
  });

  test('three parts of any legal characters give a header with an alg or an InvalidTokenError', () => {
    const part = fc.uint8Array({ minLength: 1 }).map((bytes) => encode(bytes));
    fc.assert(
      fc.property(part, part, part, (...parts) => {
        expect(reasonFor(parts.join('.'))).toBe('malformed');
      }),
    );
  });

  test('the error holds no part of the token', () => {
    const error = refusalOf(() => parseCompactJws(`${encode('{"alg":"RS256","marker"')}.${payload}.${signature}`, MAX_LENGTH));
    expect(error.message).not.toContain('marker');
    expect(error.cause).toBeUndefined();
  });
});

describe('a part that is to be a JSON object', () => {
  test('is decoded', () => {
    expect(decodeJsonObject(encode('{"name":"Zoë"}'))).toEqual({ name: 'Zoë' });
  });

  test('keeps a member called __proto__ as a member, and inherits nothing from it', () => {
    const decoded = decodeJsonObject(encode('{"__proto__":{"admin":true}}'));
    expect(decoded['admin']).toBeUndefined();
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  });

  test.each(['', 'null', 'true', '1', '"text"', '[]', '[{}]', '{', 'NaN', "{'a':1}"])('is refused as %j', (text) => {
    expect(refusalOf(() => decodeJsonObject(encode(text))).reason).toBe('malformed');
  });
});
