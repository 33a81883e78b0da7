import fc from 'fast-check';

/** In every id of a token, session or grant, and so in every token: no answer that refuses, no log and no error may hold it. */
export const CANARY = 'canary';
/** In every secret: nothing at all may hold it. */
export const SESAME = 'sesame';

/** Texts at which parsers, databases, templates and terminals have stumbled. */
export const TEXTS: readonly string[] = [
  ...['', ' ', '0', '-1', 'null', 'undefined', 'NaN', 'true', '[object Object]', '[]', '{}', '*', '%', '.', '..', '/', '\\', '//', ','],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'valueOf', 'then', 'length'],
  ...['\0', 'a\0b', '\r\nX-Injected: 1', '\n', '\t', '\u0085', '\u009b31m', '\u001b[2J', '\u2028', '\u202e', '\ufeff', '\ufffd', '\uffff'],
  ...["' OR '1'='1", "'; DROP TABLE tokens; --", '../../../../etc/passwd', '/dev/null', '..\\..\\windows\\win.ini', 'file:///etc/passwd'],
  ...['$(id)', '`id`', '${7*7}', '{{7*7}}', '<script>alert(1)</script>', '%s%n%x', '\r\nFLUSHALL\r\n', '*1\r\n$8\r\nFLUSHALL\r\n', '{livetoken:x}:log'],
  ...['ü', 'u\u0308', '日本語', '😀', 'İ', 'ſ', 'K', 'a'.repeat(255), 'a'.repeat(256), 'a'.repeat(257), 'ü'.repeat(129)],
];

export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 30 }).map(bytes => Buffer.from(bytes).toString('latin1')) },
  { weight: 1, arbitrary: fc.string({ maxLength: 30 }) },
);

/** Long ones, up to a megabyte: seldom, since each has to be made and sent. */
export const longText: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('x', '%', '=', '&', '[', '.', '\0', 'a=1&'), fc.constantFrom(8191, 8192, 8193, 16_384, 16_385, 70_000, 1_048_576))
  .map(([unit, length]) => unit.repeat(Math.ceil(length / unit.length)));

/** Bytes that are no UTF-8: overlong, surrogates, beyond the last code point, cut off, stray. */
export const BAD_UTF8: readonly string[] = ['\xff', '\xfe\xff', '\xc0\xaf', '\xe0\x80\xaf', '\xed\xa0\x80', '\xf4\x90\x80\x80', '\xc3', '\x80', '\xf8\x88\x80\x80\x80'];

/** Percent-encodings that are none, or of bytes that are no text. */
export const BAD_PERCENT: readonly string[] = ['%', '%%', '%zz', '%4', '%u0041', '%-1', '%C0%AF', '%ED%A0%80', '%FF', '%C3', '%F4%90%80%80', '%E2%28%A1', 'a%00b%', '%25%'];

/** As it should be: for ids in paths, and for forms. A lone surrogate cannot be encoded, so its bytes stand for it. */
export function encode(text: string): string {
  if (text.length > 4000) return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));
  return text.replace(/[^A-Za-z0-9_.~-]/gu, each => (/\p{Surrogate}/u.test(each) ? '%ED%A0%80' : encodeURIComponent(each)));
}

/** JSON texts, sound or not, for where a string or a number should be. */
export const JSON_VALUES: readonly string[] = [
  ...['null', 'true', 'false', '0', '-0', '-1', '1.5', '1e999', '-1e999', '1e308', '9007199254740993', '253402300800', '1e-7'],
  ...['""', '"0"', '"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', '"__proto__"', '"a\\r\\nX-Injected: 1"', '"🂡"', '[]', '[null]', '[[]]', '["a"]', '["a","b"]'],
  ...['{}', '{"toString":1}', '{"__proto__":{"admin":true}}', '{"length":1e9}', '{"then":1}', 'NaN', 'undefined', '01', '\'x\'', '', '[1,', '/**/1'],
  `${'['.repeat(2000)}${']'.repeat(2000)}`,
  `"${'x'.repeat(3000)}"`,
  `[${'"org",'.repeat(200)}"org"]`,
];

export const anyJson: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...JSON_VALUES) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 2 }) },
);
