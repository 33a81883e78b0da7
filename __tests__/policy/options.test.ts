import { createLiveTokens, memoryStore, type LiveTokensOptions } from 'livetoken';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();
const good: LiveTokensOptions = { store: memoryStore(), verify: issuer.verify, maxLifetime: 3600 };
const noNumber = [NaN, Infinity, -1, 1.5, '5', null, true, {}, []];
const WEEK_MS = 7 * 86_400_000;

interface BadOption {
  readonly option: string;
  readonly value: unknown;
  /** What the message says to write instead. */
  readonly remedy: string;
}

const is = (option: string, remedy: string, ...values: unknown[]): BadOption[] => values.map(value => ({ option, value, remedy }));

const BAD: readonly BadOption[] = [
  ...is('store', 'memoryStore() or redisStore(client)', undefined, null, 'redis://127.0.0.1', {}, [], 5, memoryStore),
  ...is('verify', 'jwtVerifier({ ... }) or another async function from token to claims', 'secret', null, {}, issuer, true),
  ...is('maxLifetime', 'a whole number of seconds from 1 to 315360000', undefined, '1h', '3600', 0, WEEK_MS, 30 * 86_400_000, Date.now(), ...noNumber),
  ...is('clockToleranceMs', 'a whole number of milliseconds from 0 to 300000', 300_001, ...noNumber.filter(value => value !== null)),
  ...is('issuerSkewMs', 'a whole number of milliseconds from 0 to 300000', 300_001, ...noNumber.filter(value => value !== null)),
  ...is('marginMs', 'a whole number of milliseconds from 60000 to 315360000000', 0, 59_999, ...noNumber.filter(value => value !== null)),
  ...is('maxTokenLength', 'a whole number of characters from 64 to 1048576', 0, 63, 1_048_577, ...noNumber.filter(value => value !== null)),
  ...is('maxOrganisations', 'a whole number of organisations from 1 to 256', 0, 257, ...noNumber.filter(value => value !== null)),
  ...is('tokenUse', 'a function from claims and header to a use', 'access', null, {}),
  ...is('tracking', 'true or false', 'true', 1, null, {}),
  ...is('now', 'a function answering milliseconds since 1970', 5, new Date(), null),
];

const construct = (options: object) => () => createLiveTokens({ ...good, ...options });

describe('createLiveTokens', () => {
  it.each(BAD)('F77 F81 refuses $option: $value, names it, and says what to write instead', ({ option, value, remedy }) => {
    expect(construct({ [option]: value })).toThrow(TypeError);
    expect(construct({ [option]: value })).toThrow(new RegExp(`^${option} is [\\w.+-]+( \\w+)?; give ${escaped(remedy)}\\.$`));
  });

  it.each(['maxLifeTime', 'max_lifetime', 'trackng', 'claim', 'clockTolerance', 'leeway', 'issuerSkew', 'redis', 'onUnavailable', 'audience', '__proto__x'])(
    'F77 F81 refuses the option %s, which there is not, and lists those that there are',
    name => {
      expect(construct({ [name]: 1 })).toThrow(
        new TypeError(
          `createLiveTokens has no option ${name}; its options are store, verify, maxLifetime, claims, clockToleranceMs, issuerSkewMs, marginMs, ` +
            'maxTokenLength, rememberTokens, maxOrganisations, tokenUse, tracking, unsafe, now.',
        ),
      );
    },
  );

  it.each([[undefined], [null], ['options'], [5], [[good]], [() => good]])('F77 refuses options that are no object: %p', options => {
    expect(() => createLiveTokens(options as unknown as LiveTokensOptions)).toThrow(/^createLiveTokens takes an object of options, not [\w ]+\.$/);
  });

  const badClaims: [unknown, RegExp][] = [
    [{ org: 'org' }, /^claims has no option org; its options are tokenId, subject, session, grant, client, issuedAtMs, grantedAtMs, organisation, organisations\.$/],
    [{ organization: 'org' }, /^claims has no option organization; /],
    [{ organisation: undefined }, /^claims\.organisation is undefined; give the name of a claim, or a function from claims to its value\.$/],
    [{ organisation: '' }, /^claims\.organisation is an empty string; give the name of a claim, /],
    [{ organisation: ['org'] }, /^claims\.organisation is an array; give the name of a claim, /],
    [{ tokenId: null }, /^claims\.tokenId is null; /],
    [{ subject: 5 }, /^claims\.subject is 5; /],
    ['org', /^claims takes an object of options, not a string\.$/],
    [null, /^claims takes an object of options, not null\.$/],
    [['org'], /^claims takes an object of options, not an array\.$/],
  ];
  it.each(badClaims)('F78 refuses claims: %j', (claims, message) => {
    expect(construct({ claims })).toThrow(TypeError);
    expect(construct({ claims })).toThrow(message);
  });

  const badUnsafe: [unknown, RegExp][] = [
    [{ acceptMissingJti: true }, /^unsafe has no option acceptMissingJti; its options are acceptMissingTokenId, acceptMissingIssuedAt, acceptMissingOrganisation, acceptAnyLifetime\.$/],
    [{ acceptAnyLifetime: 'yes' }, /^unsafe\.acceptAnyLifetime is a string; give true or false\.$/],
    [{ acceptMissingTokenId: 1 }, /^unsafe\.acceptMissingTokenId is 1; give true or false\.$/],
    [true, /^unsafe takes an object of options, not true\.$/],
    [null, /^unsafe takes an object of options, not null\.$/],
  ];
  it.each(badUnsafe)('F78 refuses unsafe: %j', (unsafe, message) => {
    expect(construct({ unsafe })).toThrow(TypeError);
    expect(construct({ unsafe })).toThrow(message);
  });

  it.each([{ store: 'CANARY' }, { verify: 'CANARY' }, { maxLifetime: 'CANARY' }, { claims: 'CANARY' }, { unsafe: { acceptAnyLifetime: 'CANARY' } }])(
    'F70 never shows the text that it was given: it may be a secret: %j',
    options => {
      expect(construct(options)).toThrow(/^((?!CANARY).)+$/);
    },
  );

  it.each([
    ['the least', { maxLifetime: 1, clockToleranceMs: 0, issuerSkewMs: 0, marginMs: 60_000, maxTokenLength: 64, maxOrganisations: 1 }],
    ['the most', { maxLifetime: 315_360_000, clockToleranceMs: 300_000, issuerSkewMs: 300_000, marginMs: 315_360_000_000, maxTokenLength: 1_048_576, maxOrganisations: 256 }],
    ['nothing but what it must', { verify: undefined, claims: undefined, unsafe: undefined, tracking: undefined }],
    ['functions for claims', { claims: { organisation: () => 'org', client: 'azp', tokenId: () => 'id' } }],
    ['every opt-out', { unsafe: { acceptMissingTokenId: true, acceptMissingIssuedAt: true, acceptMissingOrganisation: false, acceptAnyLifetime: true } }],
  ])('F77 takes %s', (_, options) => {
    expect(construct(options)).not.toThrow();
  });

  it('F78 stays as it was made, whatever becomes of the options', async () => {
    const options = { ...good, claims: { organisation: 'org' }, unsafe: { acceptMissingTokenId: false } };
    const live = createLiveTokens(options);
    Object.assign(options.unsafe, { acceptMissingTokenId: true });
    Object.assign(options.claims, { organisation: 'sub' });
    Object.assign(options, { maxLifetime: 10_000_000 });

    expect(await live.check(issuer.claims({ jti: undefined }))).toMatchObject({ live: false, reason: 'unrevocable' });
    expect(await live.check(issuer.claims())).toMatchObject({ live: true, token: { organisation: 'org-a' } });
    expect(await live.check(issuer.claims({ exp: Math.floor(Date.now() / 1000) + 7200 }))).toMatchObject({ reason: 'lifetime_too_long' });
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
