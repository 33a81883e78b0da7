import fc from 'fast-check';
import { deflateSync, gzipSync } from 'node:zlib';
import { bytesOf, MALLORY, MERCHANT, ownCredentials, PARTNER, wrongCredentials, type Credentials } from './callers.js';
import { holdsId } from './leaks.js';
import { AUTHORISATION_SERVER, hmac, VICTIMS, type Claims } from './material.js';
import { anyId, hostileTokens, oddTokens, ownTokens, stolenTokens, type Token, type TokenKind, type Tokens } from './tokens.js';
import { anyText, BAD_PERCENT, BAD_UTF8, encode, longText, SESAME, TEXTS } from './words.js';

export type Header = readonly [name: string, value: string];

/** A request before it is written down. Characters stand for bytes. */
export interface Draft {
  readonly endpoint: string;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly Header[];
  readonly body: Buffer | undefined;
  readonly credentials: Credentials['kind'];
  readonly token: TokenKind | undefined;
  readonly what: string;
}

/** `sound: false` leaves out all that is any good: then nothing may be written at all. */
export interface Means {
  readonly tokens: Tokens;
  readonly sound: boolean;
}

const credentialsOf = ({ tokens, sound }: Means): fc.Arbitrary<Credentials> =>
  sound
    ? fc.oneof({ weight: 1, arbitrary: wrongCredentials(tokens) }, { weight: 3, arbitrary: ownCredentials(tokens) })
    : wrongCredentials(tokens);

const tokenOf = ({ tokens, sound }: Means): fc.Arbitrary<Token> =>
  sound
    ? fc.oneof(
        { weight: 3, arbitrary: hostileTokens(tokens) },
        { weight: 1, arbitrary: stolenTokens(tokens) },
        { weight: 2, arbitrary: ownTokens(tokens) },
        { weight: 2, arbitrary: oddTokens(tokens) },
      )
    : hostileTokens(tokens);

const authorization = ({ headers }: Credentials): Header[] => headers.map(value => ['Authorization', value]);

/** A parameter of a form: `raw` goes out as it is. */
const field = (name: string, value: string): string => `${encode(name)}=${encode(value)}`;

const STRANGE_NAMES = [
  ...['token[]', 'token[x]', 'token[0]', 'token[__proto__]', 'token[][]', '__proto__', '__proto__[token]', 'constructor[prototype][token]', 'prototype', 'Token', 'token '],
  ...['client_id[]', 'client_secret[x]', 'token_type_hint', 'token_hint', 'callback', '', 'hasOwnProperty', 'toString', 'client_assertion', 'client_assertion_type', 'access_token', 'scope'],
];

const strangeFields: fc.Arbitrary<readonly string[]> = fc.oneof(
  { weight: 6, arbitrary: fc.array(fc.tuple(fc.constantFrom(...STRANGE_NAMES), anyText).map(([name, value]) => field(name, value)), { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(...BAD_PERCENT, ...BAD_UTF8).map(raw => [`token_type_hint=${raw}`, `${raw}=1`]) },
  { weight: 1, arbitrary: fc.constantFrom(33, 1001, 5000).map(count => Array.from({ length: count }, (_, i) => `p${i}=`)) },
  { weight: 1, arbitrary: fc.constantFrom(3, 100, 2000).map(depth => [`token${'[a]'.repeat(depth)}=1`]) },
  { weight: 1, arbitrary: longText.map(text => [field('padding', text.slice(0, 400_000))]) },
  { weight: 1, arbitrary: fc.constant(['&&&', '=', '==', '&=&', ';', '?', '#']) },
);

const FORM = 'application/x-www-form-urlencoded';
const OTHER_TYPES = [
  ...['application/json', 'application/json; charset=utf-16', 'text/plain', 'multipart/form-data; boundary=x', 'multipart/form-data', '', ' ', ';', '/', '*/*', 'application/jwt', 'application/xml'],
  ...[`${FORM};charset=utf-7`, `${FORM};charset=utf-16`, `${FORM}; charset="`, `${FORM};charset=__proto__`, `${FORM}, text/plain`, `${FORM}\x00`, `${FORM};${'a=b;'.repeat(200)}`, 'x'.repeat(5000), 'application/vnd.x+json', 'a/b;q="\\"'],
];
const typeOf: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: fc.constant(FORM) },
  { weight: 2, arbitrary: fc.constantFrom(`${FORM};charset=UTF-8`, FORM.toUpperCase(), `${FORM} ; charset="utf-8"`) },
  { weight: 2, arbitrary: fc.constantFrom(...OTHER_TYPES) },
);

const ENCODINGS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  'gzip': gzipSync,
  'deflate': deflateSync,
  'br': body => body,
  'gzip ': body => body,
  'GZIP': () => gzipSync(Buffer.alloc(1_000_000, 'a')),
  'x-gzip': body => body,
  'identity': body => body,
  'gzip, gzip': body => gzipSync(gzipSync(body)),
  '__proto__': body => body,
};
const encodingOf = fc.oneof({ weight: 20, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...Object.keys(ENCODINGS)) });

interface FormParts {
  readonly fields: readonly string[];
  readonly type: string;
  readonly encoding: string | undefined;
}

function formOf({ fields, type, encoding }: FormParts): { readonly headers: Header[]; readonly body: Buffer } {
  const plain = Buffer.from(type.includes('json') ? JSON.stringify({ token: fields }) : fields.join('&'), 'latin1');
  const headers: Header[] = type === '' ? [] : [['Content-Type', type]];
  if (encoding === undefined) return { headers, body: plain };
  return { headers: [...headers, ['Content-Encoding', encoding]], body: ENCODINGS[encoding]!(plain) };
}

/** What the client `signer` did not sign, and the like. */
function assertions({ tokens: { keys, own } }: Means): readonly string[] {
  const nowS = Math.floor(Date.now() / 1000);
  const claims = { iss: 'signer', sub: 'signer', aud: AUTHORISATION_SERVER, exp: nowS + 60, iat: nowS, jti: 'assertion' };
  const payload = JSON.stringify(claims);
  return [
    ...['x.y.z', '..', '', '\0', own[0] ?? ''],
    ...['{"alg":"none"}', '{"alg":"HS256"}', '{"alg":"RS256","kid":"../x"}', '{"alg":"RS256","crit":["x"]}', '{"alg":["RS256"]}'].flatMap(header => [
      keys.strangers(header, payload),
      hmac('sha256', keys.publicPem, header, payload),
    ]),
    ...[{ aud: 'x' }, { exp: nowS - 60 }, { exp: 1e15 }, { sub: 'web' }, { jti: undefined }, { jti: [] }, { iss: null }].map(each => keys.rs256('{"alg":"RS256"}', JSON.stringify({ ...claims, ...each }))),
    ...['[]', 'null', '"x"', '{', '1'].map(each => keys.rs256('{"alg":"RS256"}', each)),
  ];
}

const ASSERTION_TYPE = 'client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer';

/** Client credentials in the body; those of `web` are wrong. */
const postedCredentials = (means: Means): fc.Arbitrary<readonly string[]> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant<readonly string[]>([]) },
    { weight: 2, arbitrary: fc.constantFrom(...assertions(means)).map(each => [field('client_assertion', each), ASSERTION_TYPE]) },
    {
      weight: 3,
      arbitrary: fc.constantFrom<readonly string[]>(
        ['client_id=web', 'client_secret=x'],
        ['client_id=web', `client_secret=${SESAME}`, 'client_id=mallory'],
        ['client_id=nobody'],
        ['client_id=%00', 'client_secret=%00'],
        ['client_id=__proto__'],
      ),
    },
    { weight: means.sound ? 2 : 0, arbitrary: fc.constantFrom<readonly string[]>(['client_id=spa'], ['client_id=mallory', `client_secret=${SESAME}-mallory`]) },
  );

const OAUTH_PATHS: Readonly<Record<string, string>> = { revoke: '/auth/revoke', introspect: '/auth/introspect', behind: '/behind/revoke', limited: '/limited/introspect' };

const oauth = (means: Means): fc.Arbitrary<Draft> =>
  fc
    .record({
      endpoint: fc.constantFrom(...Object.keys(OAUTH_PATHS)),
      credentials: fc.oneof(credentialsOf(means), fc.constant(means.sound ? MALLORY : { kind: 'none' as const, what: 'nobody', headers: [] })),
      posted: postedCredentials(means),
      token: fc.option(tokenOf(means), { freq: 12, nil: undefined }),
      twice: fc.integer({ min: 0, max: 15 }),
      strange: fc.oneof({ weight: 3, arbitrary: fc.constant<readonly string[]>([]) }, { weight: 2, arbitrary: strangeFields }),
      type: typeOf,
      encoding: encodingOf,
      query: fc.constantFrom('', '', '', '', '?token=x', '?client_id=spa', '?__proto__[x]=1', '?%zz', '/', `?${'a=1&'.repeat(500)}`),
    })
    .map(({ endpoint, credentials, posted, token, twice, strange, type, encoding, query }) => {
      const own = token === undefined ? [] : [field('token', token.text)];
      const { headers, body } = formOf({ fields: [...own, ...(twice === 0 ? own : []), ...posted, ...strange], type, encoding });
      const path = OAUTH_PATHS[endpoint] ?? '';
      const isSound = posted.includes('client_id=spa') || posted.includes(`client_secret=${SESAME}-mallory`);
      return {
        endpoint, path: path + query, method: 'POST', body,
        headers: [...authorization(credentials), ...headers],
        credentials: isSound && credentials.kind !== 'sound' ? 'odd' : credentials.kind,
        token: token?.kind,
        what: `${credentials.what}; ${token?.what ?? 'no token'}; ${type.slice(0, 40)}`,
      };
    });

/** One segment of a path: mostly an id as it should be written. */
const segment = (means: Means): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 10, arbitrary: anyId.map(encode) },
    { weight: 1, arbitrary: fc.constantFrom(...BAD_PERCENT, '%2e%2e', '%2F', '%00', '%5c', '%252e', ';', '@', ':id', '*', '(.*)', '%0d%0aX-Injected:%201') },
    { weight: 1, arbitrary: tokenOf(means).map(({ text }) => encode(text).slice(0, 12_000)) },
    { weight: 1, arbitrary: fc.constantFrom('x'.repeat(257), 'x'.repeat(4000), '%C3%BC'.repeat(129)) },
  );

const PATHS: Readonly<Record<string, readonly [method: string, path: string]>> = {
  O1: ['POST', '/organisations/ORG/tokens/revoke'],
  O2: ['POST', '/organisations/ORG/tokens/ID/revoke'],
  member: ['POST', '/organisations/ORG/users/ID/tokens/revoke'],
  T1: ['POST', '/tokens/revoke'],
  T2: ['POST', '/tokens/ID/revoke'],
  list: ['GET', '/organisations/ORG/revocations'],
  ownList: ['GET', '/revocations'],
  session: ['DELETE', '/sessions/ID'],
  sessions: ['DELETE', '/users/ID/sessions'],
  client: ['DELETE', '/users/ID/clients/SECOND/tokens'],
};

interface Aim {
  readonly org: string;
  readonly id: string;
  readonly second: string;
  readonly credentials: Credentials;
}

/** At what is the attackers' own, so that something comes of it; at what is a victim's, with good credentials; at anything at all. */
const aimOf = (means: Means, endpoint: string): fc.Arbitrary<Partial<Aim>> => {
  const name = TOKEN_IDS.has(endpoint) ? 'jti' : endpoint === 'session' ? 'sid' : 'sub';
  const at = (targets: readonly Claims[], client: string): fc.Arbitrary<Partial<Aim>> =>
    fc.tuple(fc.constantFrom(...targets), fc.constantFrom(MERCHANT, PARTNER, PARTNER, undefined)).map(([claims, credentials]) => ({
      ...{ org: String(claims['org']), id: encode(String(claims[name])), second: client },
      ...(credentials !== undefined && means.sound && { credentials }),
    }));
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant({}) },
    { weight: 2, arbitrary: at(means.tokens.ownClaims, 'mallory') },
    { weight: 1, arbitrary: at(VICTIMS, 'web') },
  );
};

const TOKEN_IDS = new Set(['O2', 'T2']);
/** Users are named in the audit log, and an attacker who calls a user by the id of a token would have it named there. */
const USER_IDS = new Set(['member', 'sessions', 'client']);

const LISTS = new Set(['list', 'ownList']);

const listQuery: fc.Arbitrary<string> = fc
  .array(
    fc.tuple(
      fc.constantFrom('userId', 'actor', 'since', 'until', 'order', 'cursor', 'limit', 'userId[]', '__proto__', 'organisation'),
      fc.oneof(fc.constantFrom('alice', 'oldest', '5', '2026-01-31T08:30:00Z', '1-1', '1', 'shop'), anyText.map(text => text.slice(0, 400))),
    ).map(([name, value]) => field(name, value)),
    { maxLength: 3 },
  )
  .map(fields => `?${fields.join('&')}`);

const dryRunQuery: fc.Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: fc.constant('?dryRun=true') },
  { weight: 1, arbitrary: fc.constantFrom('?dryRun', '?dryrun=true', '?dryRun[]=true', '?dryRun=true&dryRun=true', '?DRY-RUN=1', '?a;dryRun=true', '?%64ryRun=TRUE') },
  { weight: 1, arbitrary: fc.constantFrom(...TEXTS).map(text => `?dryRun=${encode(text)}`) },
);

const administration = (means: Means): fc.Arbitrary<Draft> =>
  fc.constantFrom(...Object.keys(PATHS)).chain(endpoint => administrationAt(means, endpoint));

const administrationAt = (means: Means, endpoint: string): fc.Arbitrary<Draft> =>
  fc
    .record({
      credentials: credentialsOf(means),
      aim: aimOf(means, endpoint),
      org: fc.oneof(fc.constantFrom('shop', 'bank', 'outlet', 'rival', 'own-2'), segment(means)),
      id: segment(means),
      second: segment(means),
      type: fc.oneof({ weight: 8, arbitrary: fc.constant('') }, { weight: 2, arbitrary: fc.constantFrom(...OTHER_TYPES, FORM) }),
      body: fc.oneof({ weight: 8, arbitrary: fc.constant('') }, { weight: 1, arbitrary: anyText }, { weight: 1, arbitrary: fc.constant('x'.repeat(50_000)) }),
      query: fc.oneof(
        { weight: 8, arbitrary: fc.constant('') },
        { weight: 2, arbitrary: fc.constantFrom('?oauthTokens=true', '?oauthTokens=1', '?oauthTokens=true&oauthTokens=false', '?oauthTokens[]=true', '?excludeCurrent=true', '?%zz=%zz', '?__proto__=x') },
        { weight: 1, arbitrary: fc.constantFrom(...TEXTS).map(text => `?oauthTokens=${encode(text)}`) },
        { weight: 4, arbitrary: LISTS.has(endpoint) ? listQuery : dryRunQuery },
      ),
    })
    .map(({ aim, type, body, query, ...any }) => {
      const { credentials, org, ...ids } = { ...any, ...aim };
      const { id, second } = USER_IDS.has(endpoint) && holdsId(`${ids.id} ${ids.second}`) ? { id: 'alice', second: 'web' } : ids;
      const [method, path] = PATHS[endpoint]!;
      return {
        endpoint, method,
        path: path.replace('ORG', () => org).replace('ID', () => id).replace('SECOND', () => second) + query,
        headers: [...authorization(credentials), ...(type === '' ? [] : [['Content-Type', type] as const])],
        body: body === '' ? undefined : Buffer.from(bytesOf(body), 'latin1'),
        credentials: credentials.kind, token: undefined,
        what: `${credentials.what}; ${org.slice(0, 20)}, ${id.slice(0, 20)}`,
      };
    });

const guarded = (means: Means): fc.Arbitrary<Draft> =>
  fc
    .record({
      endpoint: fc.constantFrom('guard', 'guard', 'strict', 'scoped', 'form'),
      credentials: credentialsOf(means),
      token: tokenOf(means).filter(({ kind }) => kind !== 'stolen'),
      place: fc.constantFrom('header', 'header', 'query', 'form', 'both'),
      strange: strangeFields,
      type: typeOf,
      method: fc.constantFrom('GET', 'GET', 'POST', 'POST', 'DELETE', 'PUT'),
    })
    .map(({ endpoint, credentials, token, place, strange, type, method }) => {
      const inHeader = place === 'header' || place === 'both';
      const inForm = (place === 'form' || place === 'both') && method !== 'GET';
      const inQuery = place === 'query';
      const given = field('access_token', token.text);
      const form = inForm ? formOf({ fields: [given, ...strange], type, encoding: undefined }) : undefined;
      const kinds = [...(inHeader ? [credentials.kind] : []), ...(inForm || inQuery ? [token.kind === 'own' ? ('sound' as const) : (token.kind as 'odd' | 'hostile')] : [])];
      return {
        endpoint, method,
        path: `/guarded/${endpoint}${inQuery ? `?${given}` : ''}`,
        headers: [...(inHeader ? authorization(credentials) : []), ...(form?.headers ?? [])],
        body: form?.body,
        credentials: (['sound', 'odd', 'hostile'] as const).find(each => kinds.includes(each)) ?? 'none',
        token: undefined,
        what: `${place}: ${inHeader ? credentials.what : token.what}`,
      };
    });

/** Requests as they are meant; what becomes of them on the way is for `shots` to say. */
export const drafts = (means: Means): fc.Arbitrary<Draft> =>
  fc.oneof({ weight: 5, arbitrary: oauth(means) }, { weight: 5, arbitrary: administration(means) }, { weight: 4, arbitrary: guarded(means) });
