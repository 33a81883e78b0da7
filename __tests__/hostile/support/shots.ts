import fc from 'fast-check';
import { bytesOf } from './callers.js';
import { drafts, type Draft, type Header, type Means } from './requests.js';
import { BAD_UTF8, CANARY, encode, TEXTS } from './words.js';

/** A request as its bytes go out. */
export interface Shot {
  readonly draft: Draft;
  /** What was done to it on the way. */
  readonly mangled: string;
  readonly pieces: readonly Buffer[];
  /** Whether it is a whole request, which somebody has to answer, or may end without a word. */
  readonly complete: boolean;
  /** The client ends its side after the last piece: what is missing will never come. */
  readonly halfClose: boolean;
  /** Time between pieces. */
  readonly pauseMs: number;
}

/** What a request is to become; every change is a small one, since what is wrong in many ways is refused for the first. */
interface Mangling {
  readonly what: string;
  readonly method?: string;
  readonly version?: string;
  readonly prefix?: string;
  readonly headers?: readonly Header[];
  readonly framing?: Framing;
  readonly times?: number;
  readonly host?: readonly Header[];
}

type Framing = 'length' | 'chunked' | 'bad chunks' | 'cut chunks' | 'too long' | 'too short' | 'both' | 'twice' | 'nonsense' | 'coding' | 'slow' | 'none';

const NONE: Mangling = { what: 'as it is' };

const FRAMINGS: readonly Framing[] = ['chunked', 'chunked', 'bad chunks', 'cut chunks', 'too long', 'too short', 'both', 'twice', 'nonsense', 'coding', 'none'];

const METHODS = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'POST', 'OPTIONS', 'TRACE', 'SEARCH', 'QUERY', 'LINK', 'PROPFIND', 'M-SEARCH', 'post', 'FOO', 'P\0ST', 'CONNECT', 'PRI'];

const HEADERS: readonly (readonly Header[])[] = [
  [['X-HTTP-Method-Override', 'GET'], ['X-Method-Override', 'DELETE']],
  [['X-Forwarded-For', '127.0.0.1'], ['X-Forwarded-Host', 'attacker.test'], ['X-Forwarded-Proto', 'javascript'], ['Forwarded', 'for="_x"']],
  [['X-Original-URL', '/tokens/revoke'], ['X-Rewrite-URL', '/tokens/revoke']],
  [['Accept', 'application/token-introspection+jwt']],
  [['Accept', 'application/token-introspection+jwt']],
  [['X-Forwarded-For', '192.0.2.1']],
  [['X-Forwarded-For', '2001:db8::1, __proto__, \xff']],
  [['X-Forwarded-For', 'x'.repeat(4000)]],
  [['Accept', '*/*;q=nan, \xff/\xff']],
  [['Accept-Encoding', 'gzip;q=-1, \xff']],
  [['Origin', 'https://attacker.test'], ['Access-Control-Request-Method', 'POST'], ['Access-Control-Request-Headers', 'authorization']],
  [['Origin', 'null'], ['Referer', `https://x.test/?token=${CANARY}`], ['Cookie', `access_token=${CANARY}; __proto__=x`]],
  [['Expect', '100-continue']],
  [['Expect', 'the worst']],
  [['Upgrade', 'websocket'], ['Connection', 'Upgrade'], ['Sec-WebSocket-Key', 'x']],
  [['Upgrade', 'h2c'], ['HTTP2-Settings', 'x']],
  [['If-None-Match', '*'], ['If-Match', 'W/"x"'], ['If-Modified-Since', 'never'], ['Range', 'bytes=0-,-1']],
  [['Transfer-Encoding', 'identity']],
  [['Content-Type', 'application/json']],
  [['Content-Length', '0']],
  [['__proto__', 'x'], ['constructor', 'x'], ['hasOwnProperty', 'x']],
  [['Authorization', 'Bearer']],
  [['authorization', 'Basic d2ViOng=']],
  [['X-A', 'a'.repeat(8000)]],
  [['X-A', 'a'.repeat(17_000)]],
  [['X-A', 'a\r\n folded']],
  [['X A', 'a']],
  [['', 'a']],
  [['X-A:', ' :a']],
  [['X-A', 'a\nX-Injected: 1']],
  [['X-A', '\0']],
  Array.from({ length: 300 }, (_, i) => [`X-${i}`, 'a'] as const),
  Array.from({ length: 2500 }, (_, i) => [`X${i}`, ''] as const),
];

const REQUEST_IDS = [...TEXTS.map(bytesOf), ...BAD_UTF8, 'x'.repeat(5000)].filter(each => !/[\0\r\n]/.test(each));

const HOSTS: readonly (readonly Header[])[] = [[], [['Host', '']], [['Host', 'a'], ['Host', 'b']], [['Host', 'attacker.test\\@x']], [['Host', '[::1']], [['Host', 'x'.repeat(3000)]]];

const mangling: fc.Arbitrary<Mangling> = fc.oneof(
  { weight: 24, arbitrary: fc.constant(NONE) },
  { weight: 5, arbitrary: fc.constantFrom(...FRAMINGS).map(framing => ({ what: `body ${framing}`, framing })) },
  { weight: 3, arbitrary: fc.constantFrom(...METHODS).map(method => ({ what: `method ${encode(method)}`, method })) },
  { weight: 5, arbitrary: fc.constantFrom(...HEADERS).map(headers => ({ what: `header ${(headers[0]?.[0] ?? '').slice(0, 30)}`, headers })) },
  { weight: 2, arbitrary: fc.constantFrom(...REQUEST_IDS).map(id => ({ what: 'X-Request-Id', headers: [['X-Request-Id', id] as const] })) },
  { weight: 1, arbitrary: fc.constantFrom(...HOSTS).map(host => ({ what: 'Host', host })) },
  { weight: 1, arbitrary: fc.constantFrom('HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.2', 'http/1.1', 'X', '').map(version => ({ what: `version ${version}`, version })) },
  { weight: 1, arbitrary: fc.constantFrom('http://attacker.test', '//attacker.test', '/.', '/x/..', '\\', '*', 'http://', '/\xff', ' ', '#').map(prefix => ({ what: `path after ${encode(prefix)}`, prefix })) },
  { weight: 2, arbitrary: fc.constantFrom(2, 3, 8).map(times => ({ what: `${times} in a pipeline`, times })) },
);

/** Seldom, because it takes its time. */
const slowly: fc.Arbitrary<Mangling> = fc.constant({ what: 'body slow', framing: 'slow' });

export const shots = (means: Means): fc.Arbitrary<Shot> =>
  fc
    .tuple(drafts(means), fc.oneof({ weight: 99, arbitrary: mangling }, { weight: 1, arbitrary: slowly }))
    .map(([draft, how]) => written(draft, how));

/** Frames that are as they should be, and methods that are answered: there Node must answer, whatever the rest. */
const SOUND_FRAMINGS: readonly Framing[] = ['length', 'chunked', 'slow'];

/** Whoever closes a connection on what is still being sent may take the answer with it. */
const SURELY_ANSWERED_BYTES = 12_000;

export function written(draft: Draft, how: Mangling = NONE): Shot {
  const { method = draft.method, version = 'HTTP/1.1', prefix = '', host = [['Host', 'api.test']], times = 1 } = how;
  const { headers, pieces, framing } = framed(draft, how.framing ?? 'length');
  const head = (last: boolean): Buffer => {
    const lines = [...host, ...(last ? [['Connection', 'close'] as const] : []), ...draft.headers, ...(how.headers ?? []), ...headers];
    return Buffer.from(`${method} ${prefix}${draft.path} ${version}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`, 'latin1');
  };
  const all = Array.from({ length: times }, (_, i) => [head(i === times - 1), ...pieces]).flat();
  const isShort = all.reduce((sum, { length }) => sum + length, 0) < SURELY_ANSWERED_BYTES;
  const isWhole = SOUND_FRAMINGS.includes(framing) && how.host === undefined && how.version === undefined && method !== 'CONNECT' && how.headers === undefined;
  const slow = framing === 'slow';
  return {
    draft, mangled: how.what,
    pieces: slow ? all : [Buffer.concat(all)],
    complete: isShort && isWhole,
    halfClose: !(isWhole && isShort),
    pauseMs: slow ? 5 : 0,
  };
}

interface Framed {
  readonly headers: readonly Header[];
  readonly pieces: readonly Buffer[];
  readonly framing: Framing;
}

const length = (value: string | number): Header => ['Content-Length', String(value)];
const CHUNKED: Header = ['Transfer-Encoding', 'chunked'];

function chunks(body: Buffer): Buffer {
  const half = Math.ceil(body.length / 2);
  const both = [body.subarray(0, half), body.subarray(half)].filter(each => each.length > 0);
  return Buffer.concat([...both.map(each => Buffer.concat([Buffer.from(`${each.length.toString(16)}\r\n`), each, Buffer.from('\r\n')])), Buffer.from('0\r\n\r\n')]);
}

function framed({ body }: Draft, wanted: Framing): Framed {
  if (body === undefined && (wanted === 'length' || wanted === 'slow')) return { headers: [], pieces: [], framing: 'length' };
  const given = body ?? Buffer.from('a=1');
  const is = (headers: readonly Header[], ...pieces: readonly Buffer[]): Framed => ({ headers, pieces, framing: wanted });
  switch (wanted) {
    case 'length': return is([length(given.length)], given);
    case 'slow': return is([length(given.length)], ...[0, 1, 2, 3].map(i => given.subarray((given.length * i) >> 2, (given.length * (i + 1)) >> 2)));
    case 'chunked': return is([CHUNKED], chunks(given));
    case 'bad chunks': return is([CHUNKED], Buffer.from('zz\r\n'), given);
    case 'cut chunks': return is([CHUNKED], chunks(given).subarray(0, -3));
    case 'too long': return is([length(given.length + 10)], given);
    case 'too short': return is([length(Math.max(0, given.length - 10))], given);
    case 'both': return is([length(given.length), CHUNKED], chunks(given));
    case 'twice': return is([length(given.length), length(given.length + 1)], given);
    case 'nonsense': return is([length(['-1', '+5', '0x10', '1e3', '99999999999999999999', ' ', 'a'][given.length % 7] ?? '')], given);
    case 'coding': return is([['Transfer-Encoding', ['gzip, chunked', 'xchunked', 'chunked, chunked', 'chunked\x0b', 'identity', ''][given.length % 6] ?? '']], chunks(given));
    case 'none': return is([], given);
  }
}
