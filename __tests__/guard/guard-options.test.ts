import { createLiveTokens, memoryStore, requireLiveToken, type GuardOptions, type LiveTokens } from 'livetoken';
import { ask, guardedApi, liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();
const live = liveTokens(memoryStore(), issuer);

describe('requireLiveToken', () => {
  const badOptions: [object, RegExp][] = [
    [{ scopes: 'a' }, /^requireLiveToken has no option scopes; its options are scope, optional, /],
    [{ onUnavailable: undefined, onunavailable: 'allow' }, /^requireLiveToken has no option onunavailable; /],
    [{ optional: 'yes' }, /^optional is a string; give true or false\.$/],
    [{ optional: 1 }, /^optional is 1; give true or false\.$/],
    [{ optional: null }, /^optional is null; give true or false\.$/],
    [{ exposeReason: 'true' }, /^exposeReason is a string; give true or false\.$/],
    [{ profile: 'RFC9068' }, /^profile is a string; give 'any' or 'rfc9068'\.$/],
    [{ profile: true }, /^profile is true; give 'any' or 'rfc9068'\.$/],
    [{ senderConstrained: 'accept' }, /^senderConstrained is a string; give 'refuse' or 'verified-upstream'\.$/],
    [{ onUnavailable: 'Deny' }, /^onUnavailable is a string; give 'deny' or 'allow'\.$/],
    [{ onUnavailable: false }, /^onUnavailable is false; give 'deny' or 'allow'\.$/],
    [{ claimsFrom: {} }, /^claimsFrom is an object; give a function from request to claims\.$/],
    [{ claimsFrom: 'auth' }, /^claimsFrom is a string; give a function from request to claims\.$/],
    [{ claimsFrom: () => undefined, profile: 'rfc9068' }, /^profile 'rfc9068' looks at the header .+; let what verifies the token check its typ\.$/],
    [{ acceptTokenIn: { body: true } }, /^acceptTokenIn has no option body; its options are formBody, query\.$/],
    [{ acceptTokenIn: { query: 'true' } }, /^acceptTokenIn\.query is a string; give true or false\.$/],
    [{ acceptTokenIn: { formBody: 1 } }, /^acceptTokenIn\.formBody is 1; give true or false\.$/],
    [{ acceptTokenIn: 'query' }, /^acceptTokenIn takes an object of options, not a string\.$/],
    [{ acceptTokenIn: null }, /^acceptTokenIn takes an object of options, not null\.$/],
    ...[-1, 1.5, 3601, NaN, Infinity].map((value): [object, RegExp] => [
      { retryAfterSeconds: value },
      new RegExp(`^retryAfterSeconds is ${value}; give a whole number of seconds from 0 to 3600\\.$`),
    ]),
    [{ retryAfterSeconds: '5\r\nX: 1' }, /^retryAfterSeconds is a string; give a whole number of seconds from 0 to 3600\.$/],
  ];
  it.each(badOptions)('F72 refuses %j at construction, and says what to write instead', (options, message) => {
    const construct = () => requireLiveToken(live, options);

    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(message);
  });

  it.each([['orders:read'], [null], [['orders:read']], [5]] as unknown[][])('F77 refuses options that are no object: %j', options => {
    expect(() => requireLiveToken(live, options as GuardOptions)).toThrow(/^requireLiveToken takes an object of options, not .+\.$/);
  });

  it.each([[undefined], [null], [{}], [memoryStore()], [{ store: memoryStore(), maxLifetime: 3600 }], ['live']])(
    'F81 refuses to guard with what is not from createLiveTokens',
    notLive => {
      expect(() => requireLiveToken(notLive as unknown as LiveTokens)).toThrow(
        /^The first argument of requireLiveToken is .+; give what createLiveTokens\(\{ \.\.\. \}\) or liveIssuers\(\{ \.\.\. \}\) answers\.$/,
      );
    },
  );

  it('F70 refuses to guard where nothing verifies tokens', () => {
    const unverifying = createLiveTokens({ store: memoryStore(), maxLifetime: 3600 });

    expect(() => requireLiveToken(unverifying)).toThrow(
      new TypeError('requireLiveToken needs createLiveTokens({ verify }), or claimsFrom where other middleware verifies tokens.'),
    );
    expect(() => requireLiveToken(unverifying, { claimsFrom: () => undefined })).not.toThrow();
  });

  it('F81 stays as it was constructed, whatever becomes of the options', async () => {
    const options: { -readonly [Name in keyof GuardOptions]: GuardOptions[Name] } = { scope: 'orders:write', acceptTokenIn: { query: false } };
    const api = guardedApi(live, options);
    Object.assign(options, { scope: undefined, optional: true, onUnavailable: 'allow', claimsFrom: () => issuer.claims({ scope: 'orders:write' }) });
    Object.assign(options.acceptTokenIn!, { query: true });

    expect((await ask(api)).status).toBe(401);
    expect((await ask(api, issuer.token())).status).toBe(403);
    expect((await ask(api).query({ access_token: issuer.token() })).status).toBe(401);
  });
});
