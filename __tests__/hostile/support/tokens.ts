import fc from 'fast-check';
import { claimsOf, FORGED, hmac, OWN, VICTIMS, type Claims, type Keys } from './material.js';
import { anyJson, anyText, CANARY, longText, TEXTS } from './words.js';

/**
 * `own`: a good one of the attacker's. `odd`: signed by the issuer with the attacker's ids, and strange; it may pass or not.
 * `stolen`: a good one of a victim's. `hostile`: to be refused by whoever looks at it.
 */
export type TokenKind = 'own' | 'odd' | 'stolen' | 'hostile';

export interface Token {
  readonly kind: TokenKind;
  /** What is wrong with it, for reports. */
  readonly what: string;
  readonly text: string;
}

/** The tokens that are about, for as long as one batch of requests. */
export interface Tokens {
  readonly keys: Keys;
  readonly own: readonly string[];
  /** What they claim, in the same order. */
  readonly ownClaims: readonly Claims[];
  readonly stolen: readonly string[];
  /** Signed by a stranger's key, which their headers bring along or point at. */
  readonly strange: readonly string[];
}

const HS256 = '{"alg":"HS256","typ":"at+jwt","kid":"shared"}';

export const mint = (keys: Keys, claims: Claims): string => keys.hs256(HS256, JSON.stringify(claims));

export function mintTokens(keys: Keys, stolen: readonly string[]): Tokens {
  const payload = JSON.stringify(claimsOf(FORGED));
  const url = 'https://attacker.test/keys';
  const pointers = [{ jwk: keys.strangersJwk }, { jku: url }, { x5u: url }, { x5c: ['MII='] }, { jwk: keys.strangersJwk, jku: url, x5u: url }];
  const strange = pointers.map(each => keys.strangers(JSON.stringify({ alg: 'RS256', kid: 'published', ...each }), payload));
  const ownClaims = OWN.map(claimsOf);
  return { keys, stolen, strange, ownClaims, own: ownClaims.map(each => mint(keys, each)) };
}

const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64url');
const parts = (token: string): [string, string, string] => token.split('.') as [string, string, string];

/** Members as texts, so that they may come twice, and be no JSON. */
const jsonOf = (members: readonly (readonly [name: string, json: string])[]): string =>
  `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;

const membersOf = (claims: Claims): (readonly [string, string])[] => Object.entries(claims).map(([name, value]) => [name, JSON.stringify(value)]);

const hostile = (what: string, text: string): Token => ({ kind: 'hostile', what, text });

const ALGORITHMS = ['none', 'None', 'NONE', 'nOnE', 'none ', '', 'HS256', 'hs256', 'HS384', 'HS512', 'RS256', 'RS384', 'PS256', 'ES256', 'EdDSA', 'dir', 'RSA-OAEP', 'A128KW', '__proto__', 'constructor'];
const SIGNATURES = ['', 'AA', 'A'.repeat(43), 'A'.repeat(86), base64(Buffer.alloc(64)), base64(Buffer.alloc(256, 7)), '.', '=', '%00'];

/** An algorithm that nobody chose, with a signature that is none. */
const unsigned: fc.Arbitrary<Token> = fc
  .tuple(fc.oneof(fc.constantFrom(...ALGORITHMS).map(each => JSON.stringify(each)), anyJson), fc.constantFrom(...SIGNATURES), fc.constantFrom('shared', 'published', undefined))
  .map(([alg, signature, kid]) => {
    const header = jsonOf([['alg', alg], ['typ', '"JWT"'], ...(kid === undefined ? [] : [['kid', JSON.stringify(kid)] as const])]);
    return hostile(`alg ${alg.slice(0, 20)}`, `${base64(header)}.${base64(JSON.stringify(claimsOf(FORGED)))}.${signature}`);
  });

/** HS256 keyed with what everybody knows. */
const confused = ({ keys }: Tokens): fc.Arbitrary<Token> =>
  fc
    .tuple(fc.constantFrom<string | Buffer>(keys.publicPem, `${keys.publicPem}\n`, keys.publicPem.trim(), keys.publicDer, '', 'null', 'undefined', 'secret', '[object Object]'), fc.constantFrom('shared', 'published'))
    .map(([key, kid]) => hostile('HS256 by a public key', hmac('sha256', key, JSON.stringify({ alg: 'HS256', kid }), JSON.stringify(claimsOf(FORGED)))));

const HEADER_NAMES = ['kid', 'typ', 'cty', 'jku', 'jwk', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'zip', 'b64', 'enc', 'epk', 'p2c', 'alg', '__proto__', 'nonce', 'url'];
const ODD_JSON = fc.oneof(anyJson, anyText.map(each => JSON.stringify(each)), fc.constantFrom('"../../../dev/null"', "\"x' UNION SELECT 'key\"", '["shared"]', '{"toString":"shared"}', '"shared\\u0000"', '"SHARED"'));

/** Any header over a signature that is not for it. */
const oddHeaderUnsigned: fc.Arbitrary<Token> = fc
  .tuple(fc.array(fc.tuple(fc.constantFrom(...HEADER_NAMES), ODD_JSON), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([members, first]) => {
    const usual: readonly (readonly [string, string])[] = [['alg', '"HS256"'], ['kid', '"shared"']];
    const header = jsonOf(first ? [...members, ...usual] : [...usual, ...members]);
    return hostile(`header ${members.map(([name]) => name).join('+')}`, `${base64(header)}.${base64(JSON.stringify(claimsOf(FORGED)))}.${'A'.repeat(43)}`);
  });

/** Really signed, and to be refused all the same. */
const signedInVain = ({ keys }: Tokens): fc.Arbitrary<Token> => {
  const headers = [
    ...['["exp"]', '["b64"]', '[]', '"x"', 'null', '["__proto__"]'].map(crit => ['crit', `{"alg":"HS256","kid":"shared","b64":false,"crit":${crit}}`]),
    ...['"other"', '1', '["shared"]', 'null', '""', '"__proto__"', '{"toString":"shared"}', '"published"'].map(kid => ['kid', `{"alg":"HS256","kid":${kid}}`]),
    ['no alg', '{"kid":"shared"}'],
    ['alg twice', '{"alg":"HS256","kid":"shared","alg":"none"}'],
    ['alg a list', '{"alg":["HS256"],"kid":"shared"}'],
    ['a list', '[{"alg":"HS256","kid":"shared"}]'],
    ['not JSON', '{"alg":"HS256","kid":"shared"'],
  ] as const;
  const nowS = Math.floor(Date.now() / 1000);
  const claims: readonly (readonly [string, Claims])[] = [
    ['expired', { exp: nowS - 60, iat: nowS - 600, iat_ms: undefined }], ['exp in ms', { exp: (nowS + 600) * 1000 }], ['exp a text', { exp: String(nowS + 600) }],
    ['no exp', { exp: undefined }], ['no iat', { iat: undefined, iat_ms: undefined }], ['no jti', { jti: undefined }], ['no org', { org: undefined }],
    ['jti a number', { jti: 1 }], ['jti empty', { jti: '' }], ['jti a list', { jti: [`${CANARY}-forged`] }], ['jti long', { jti: 'x'.repeat(257) }], ['jti no text', { jti: '\ud800' }],
    ['nbf to come', { nbf: nowS + 600 }], ['lives long', { exp: nowS + 1e7 }], ['iat_ms elsewhere', { iat_ms: 1 }],
    ['another issuer', { iss: 'https://issuer.test/' }], ['issuers', { iss: ['https://issuer.test'] }], ['another audience', { aud: 'https://API.test' }], ['no audience', { aud: undefined }],
    ['sub an object', { sub: {} }], ['org a list', { org: ['shop'] }], ['client a number', { client_id: 1 }], ['too many orgs', { orgs: Array.from({ length: 300 }, (_, i) => `org-${i}`) }],
  ];
  const payloads = ['[]', 'null', 'true', '1', '"text"', '', '{', '[{"jti":"x"}]', '"{\\"jti\\":\\"x\\"}"', '{"exp":1e999}', '\xff', 'eyJhbGciOiJub25lIn0.e30.'];
  return fc.oneof(
    fc.constantFrom(...headers).map(([what, header]) => hostile(`header: ${what}`, keys.hs256(header, JSON.stringify(claimsOf(FORGED))))),
    fc.constantFrom(...claims).map(([what, override]) => hostile(`claims: ${what}`, mint(keys, claimsOf({ ...FORGED, ...override })))),
    fc.constantFrom(...payloads).map(payload => hostile(`payload ${payload.slice(0, 10)}`, keys.hs256(HS256, payload))),
    fc.constant(hostile('HS512, not listed', keys.hs512('{"alg":"HS512","kid":"shared"}', JSON.stringify(claimsOf(FORGED))))),
  );
};

/** Good tokens taken apart and put together otherwise. */
const rearranged = ({ own, keys }: Tokens): fc.Arbitrary<Token> => {
  const forged = base64(JSON.stringify(claimsOf(FORGED)));
  const doings: readonly (readonly [string, (token: string) => string])[] = [
    ['payload exchanged', token => { const [head, , signature] = parts(token); return `${head}.${forged}.${signature}`; }],
    ['payload exchanged, long', token => { const [head, , signature] = parts(token); return `${head}.${forged}${'A'.repeat(400)}.${signature}`; }],
    ['header exchanged', token => { const [, payload, signature] = parts(token); return `${base64('{"alg":"none"}')}.${payload}.${signature}`; }],
    ['without signature', token => token.slice(0, token.lastIndexOf('.'))],
    ['empty signature', token => token.slice(0, token.lastIndexOf('.') + 1)],
    ['first character lost', token => token.slice(1)],
    ['a character more', token => `${token}A`],
    ['padded', token => `${token}=`],
    ['written otherwise', token => `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : String.fromCharCode(token.charCodeAt(token.length - 1) + 1)}`],
    ['twice', token => `${token}.${token}`],
    ['five parts', token => `${base64('{"alg":"dir","enc":"A256GCM"}')}..${parts(token).join('.')}`],
    ['JWE', () => `${base64('{"alg":"RSA-OAEP","enc":"A256GCM"}')}.AA.AA.AA.AA`],
    ['JSON serialisation', token => { const [head, payload, signature] = parts(token); return JSON.stringify({ payload, signatures: [{ protected: head, signature }] }); }],
    ['nested', token => keys.hs256('{"alg":"HS256","kid":"shared","cty":"JWT"}', token)],
    ['zip', () => keys.hs256('{"alg":"HS256","kid":"shared","zip":"DEF"}', Buffer.alloc(2000).toString('base64'))],
    ['a space', token => token.replace('.', ' .')],
    ['line break', token => token.replace('.', '.\r\n')],
    ['in quotes', token => `"${token}"`],
    ['base64 with + and /', token => token.replaceAll('-', '+').replaceAll('_', '/').replace('.', '+.')],
  ];
  return fc.tuple(fc.constantFrom(...doings), fc.constantFrom(...own)).map(([[what, change], token]) => hostile(what, change(token)));
};

const garbage: fc.Arbitrary<Token> = fc.oneof(
  { weight: 6, arbitrary: anyText.filter(each => each !== '') },
  { weight: 1, arbitrary: longText },
  { weight: 2, arbitrary: fc.array(fc.constantFrom('.', 'e30', 'eyJhbGciOiJub25lIn0', 'A', '-', '=', '\0'), { minLength: 1, maxLength: 8 }).map(each => each.join('')) },
).map(text => hostile('garbage', text));

const CLAIM_NAMES = ['sub', 'sid', 'grant_id', 'client_id', 'azp', 'orgs', 'scope', 'scp', 'aud', 'nbf', 'nonce', 'events', 'token_use', 'typ', 'cnf', 'iat_ms', '__proto__', 'username', 'exp', 'iat', 'jti', 'org'];

/** Signed by the issuer for the attacker, with members that are not what they should be. */
const odd = ({ keys }: Tokens): fc.Arbitrary<Token> =>
  fc
    .tuple(
      fc.constantFrom(...OWN),
      fc.array(fc.tuple(fc.constantFrom(...CLAIM_NAMES), ODD_JSON), { maxLength: 3 }),
      fc.array(fc.tuple(fc.constantFrom(...HEADER_NAMES.filter(each => each !== 'alg')), ODD_JSON), { maxLength: 2 }),
    )
    .map(([claims, members, header]) => {
      const what = `odd ${[...members, ...header].map(([name]) => name).join('+')}`;
      const text = keys.hs256(jsonOf([['alg', '"HS256"'], ['kid', '"shared"'], ...header]), jsonOf([...membersOf(claimsOf(claims)), ...members]));
      return { kind: 'odd', what, text };
    });

export function hostileTokens(tokens: Tokens): fc.Arbitrary<Token> {
  return fc.oneof(
    { weight: 4, arbitrary: unsigned },
    { weight: 2, arbitrary: confused(tokens) },
    { weight: 3, arbitrary: oddHeaderUnsigned },
    { weight: 5, arbitrary: signedInVain(tokens) },
    { weight: 4, arbitrary: rearranged(tokens) },
    { weight: 1, arbitrary: fc.constantFrom(...tokens.strange).map(each => hostile('a stranger\'s key', each)) },
    { weight: 2, arbitrary: garbage },
  );
}

export const ownTokens = ({ own }: Tokens): fc.Arbitrary<Token> => fc.constantFrom(...own).map(text => ({ kind: 'own', what: 'own', text }));
export const oddTokens = odd;
export const stolenTokens = ({ stolen }: Tokens): fc.Arbitrary<Token> => fc.constantFrom(...stolen).map(text => ({ kind: 'stolen', what: 'stolen', text }));

/** Ids for paths: of victims, of attackers, of nobody. */
export const anyId: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...VICTIMS.flatMap(({ sub, org, client_id, jti, sid }) => [sub, org, client_id, jti, sid]).map(String)) },
  { weight: 4, arbitrary: fc.constantFrom(...OWN.flatMap(({ sub, org, client_id }) => [sub, org, client_id]).map(String)) },
  { weight: 1, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: anyText },
);
