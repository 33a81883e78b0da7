/** An id, how it stands in a path, and another id that would be meant if the path were decoded once too often or not at all. */
export interface OddId {
  readonly id: string;
  readonly segment: string;
  readonly mistaken: string;
}

const encoded = (id: string, mistaken: string): OddId => ({ id, segment: encodeURIComponent(id), mistaken });

export const ODD_IDS: readonly OddId[] = [
  { id: '%41', segment: '%2541', mistaken: 'A' },
  { id: 'A', segment: '%41', mistaken: '%41' },
  { id: '%2541', segment: '%252541', mistaken: '%41' },
  { id: '%zz', segment: '%25zz', mistaken: '%25zz' },
  encoded('a/b', 'a'),
  encoded('/', '%2F'),
  { id: '.', segment: '.', mistaken: '%2E' },
  { id: '..', segment: '..', mistaken: 'tokens' },
  { id: '..', segment: '%2E%2E', mistaken: '%2E%2E' },
  encoded('../../tokens', '..'),
  encoded('a\\b', 'a/b'),
  encoded('a?b', 'a'),
  encoded('a#b', 'a'),
  encoded('a;b=c', 'a'),
  encoded('a b', 'a+b'),
  { id: 'a+b', segment: 'a+b', mistaken: 'a b' },
  encoded('a\0b', 'a'),
  encoded('a\r\nX-Injected: 1', 'a'),
  { id: '*', segment: '*', mistaken: 'A' },
  { id: ':id', segment: ':id', mistaken: 'id' },
  { id: '__proto__', segment: '__proto__', mistaken: 'constructor' },
  { id: 'constructor', segment: 'constructor', mistaken: '__proto__' },
  { id: 'hasOwnProperty', segment: 'hasOwnProperty', mistaken: 'toString' },
  { id: 'Case', segment: 'Case', mistaken: 'case' },
  encoded('ü', 'u\u0308'),
  encoded('日本語😀', '日本語'),
  encoded('\u202e', ''.padEnd(1)),
  encoded('x'.repeat(256), 'x'.repeat(255)),
  encoded('ü'.repeat(128), 'ü'.repeat(127)),
  encoded('😀'.repeat(64), '😀'.repeat(63)),
];
