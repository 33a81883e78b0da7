import fc from 'fast-check';
import { hostileTokens, oddTokens, ownTokens, type Tokens } from './tokens.js';
import { anyText, BAD_UTF8, longText, SESAME } from './words.js';

/** What a request authenticates with. `sound`: good credentials of an attacker's, who is a customer as well. */
export interface Credentials {
  readonly kind: 'sound' | 'odd' | 'hostile' | 'none';
  readonly what: string;
  /** Values of the Authorization header, each a header of its own; characters stand for bytes. */
  readonly headers: readonly string[];
}

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
/** As bytes of UTF-8, a character each. */
export const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');

const basic = (id: string, secret: string): string => `Basic ${base64(`${id}:${secret}`)}`;
const sound = (what: string, header: string): Credentials => ({ kind: 'sound', what, headers: [header] });
const hostile = (what: string, ...headers: readonly string[]): Credentials => ({ kind: 'hostile', what, headers });

export const MALLORY = sound('client mallory', basic('mallory', `${SESAME}-mallory`));
export const MERCHANT = sound('merchant', basic('outlet-key', `${SESAME}-outlet`));
export const PARTNER = sound('partner', basic('rival-key', `${SESAME}-rival`));
const NOBODY: Credentials = { kind: 'none', what: 'nobody', headers: [] };

const IDS = ['web', 'mallory', 'spa', 'resource-server', 'bank-key', 'shop-key', '', '__proto__', 'constructor', 'toString'];
const SECRETS = ['', 'x', `${SESAME}-we`, `${SESAME}-Web`, `${SESAME}-web%00`, `${SESAME}-web `, '__proto__', '%zz', '%', '+', '%C0%AF', ...BAD_UTF8];

const wrongBasic: fc.Arbitrary<Credentials> = fc.oneof(
  fc.tuple(fc.constantFrom(...IDS), fc.constantFrom(...SECRETS)).map(([id, secret]) => hostile('wrong secret', basic(id, secret))),
  fc.tuple(anyText, anyText).map(([id, secret]) => hostile('any Basic', basic(`x${bytesOf(id)}`, bytesOf(secret)))),
  fc.constantFrom('Basic', 'Basic ', 'Basic  =', 'Basic ====', 'Basic !!!!', 'Basic d2Vi', 'basic Og==', 'Basic OjpAOg', 'Basic\td2ViOng=', 'Basic d2Vi:eA==', 'Basic AA==', 'Basic gA==')
    .map(header => hostile('malformed Basic', header)),
  longText.filter(each => each.length < 20_000).map(text => hostile('long Basic', basic(text.replaceAll('\0', '0'), text.replaceAll('\0', '0')))),
);

const SCHEMES = ['Bearer', 'bearer', 'Bearer ', 'BEARER', 'Bearer,', 'Bearer\t', 'DPoP', 'Token', 'JWT', 'Digest username="x", realm="', 'Negotiate', 'Basic'];

const wrongBearer = (tokens: Tokens): fc.Arbitrary<Credentials> =>
  fc.oneof(
    { weight: 8, arbitrary: hostileTokens(tokens).map(({ what, text }) => hostile(`Bearer, ${what}`, `Bearer ${bytesOf(text)}`)) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...SCHEMES), anyText).map(([scheme, text]) => hostile('any scheme', `${scheme} ${bytesOf(text)}x`)) },
    { weight: 1, arbitrary: fc.tuple(ownTokens(tokens), ownTokens(tokens)).map(([a, b]) => hostile('two tokens', `Bearer ${a.text}`, `Bearer ${b.text}`)) },
    { weight: 1, arbitrary: ownTokens(tokens).map(({ text }) => hostile('two tokens in one', `Bearer ${text}, Bearer ${text}`)) },
  );

/** Credentials that must open nothing. */
export const wrongCredentials = (tokens: Tokens): fc.Arbitrary<Credentials> =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(NOBODY) }, { weight: 2, arbitrary: wrongBasic }, { weight: 4, arbitrary: wrongBearer(tokens) });

/** Credentials of attackers, for whom their own things are open and nothing else. */
export const ownCredentials = (tokens: Tokens): fc.Arbitrary<Credentials> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(MALLORY, MERCHANT, PARTNER) },
    { weight: 3, arbitrary: ownTokens(tokens).map(({ text }) => sound('own token', `Bearer ${text}`)) },
    { weight: 1, arbitrary: oddTokens(tokens).map(({ what, text }) => ({ kind: 'odd' as const, what: `Bearer, ${what}`, headers: [`bearer ${text}`] })) },
  );

