import { apiKeyCallers, bearerCallers, createLiveTokens, memoryStore, type ApiKey, type BearerCallersOptions, type LiveTokens } from 'livetoken';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const GOOD: ApiKey = { id: 'k', secret: 's', organisation: 'shop', level: 'merchant' };

describe('apiKeyCallers, given what it cannot use, throws and says what to write instead:', () => {
  it.each([
    ['nothing', undefined, /apiKeyCallers is undefined; give an array, or a function from id to entry/],
    ['an object', { k: GOOD }, /apiKeyCallers is an? object; give an array/],
    ['the same id twice', [GOOD, { ...GOOD, secret: 't' }], /the same id twice; give every entry an id of its own/],
    ['an empty id', [{ ...GOOD, id: '' }], /id of an API key is an empty string; give a string without colons/],
    ['no id', [{ ...GOOD, id: undefined }], /id of an API key is undefined/],
    ['an id with a colon, at which Basic would split it', [{ ...GOOD, id: 'a:b' }], /without colons/],
    ['an id with a line break', [{ ...GOOD, id: 'a\nb' }], /control characters/],
    ['an id of 257 bytes', [{ ...GOOD, id: 'x'.repeat(257) }], /id of an API key/],
    ['no organisation', [{ ...GOOD, organisation: undefined }], /organisation of an API key is undefined; give the id that tokens carry/],
    ['an empty organisation', [{ ...GOOD, organisation: '' }], /organisation of an API key is an empty string/],
    ['no level', [{ ...GOOD, level: undefined }], /level of an API key is undefined; give 'partner' or 'merchant'/],
    ['a misspelt level', [{ ...GOOD, level: 'Partner' }], /give 'partner' or 'merchant'/],
    ['the level of users', [{ ...GOOD, level: 'user' }], /give 'partner' or 'merchant'/],
    ['no secret', [{ ...GOOD, secret: undefined }], /secret of an API key is undefined; give a secret .* or verifySecret/],
    ['an empty secret', [{ ...GOOD, secret: '' }], /secret of an API key is an empty string/],
    ['no secret in the list', [{ ...GOOD, secret: [] }], /secret of an API key is an array/],
    ['a number for a secret', [{ ...GOOD, secret: 7 }], /secret of an API key is 7/],
  ])('I95 %s', (_, keys, message) => {
    expect(() => apiKeyCallers(keys as unknown as ApiKey[])).toThrow(TypeError);
    expect(() => apiKeyCallers(keys as unknown as ApiKey[])).toThrow(message);
  });

  it('I95 never shows a secret', () => {
    const show = () => apiKeyCallers([{ ...GOOD, level: 'boss' as 'partner', secret: 'canary' }]);

    expect(show).toThrow(TypeError);
    expect(show).not.toThrow(/canary/);
  });

  it.each([
    ['none at all', []],
    ['a secret among empty ones', [{ ...GOOD, secret: ['', 's'] }]],
    ['verifySecret in place of a secret', [{ id: 'k', organisation: 'shop', level: 'partner', verifySecret: () => true } satisfies ApiKey]],
  ])('I95 but takes %s', (_, keys) => {
    expect(() => apiKeyCallers(keys)).not.toThrow();
  });
});

describe('bearerCallers, given what it cannot use, throws and says what to write instead:', () => {
  const live = liveTokens(memoryStore(), createIssuer());

  it.each([
    ['a misspelt option', live, { partnerscope: 'x' }, /bearerCallers has no option partnerscope; its options are partnerScope, merchantScope/],
    ['an empty scope', live, { partnerScope: '' }, /bearerCallers.partnerScope is an empty string/],
    ['two scopes', live, { merchantScope: 'a b' }, /bearerCallers.merchantScope is a string; give one scope, such as 'admin'/],
    ['a scope that no token can carry', live, { merchantScope: 'ä' }, /bearerCallers.merchantScope/],
    ['a number', live, { partnerScope: 7 }, /bearerCallers.partnerScope is 7/],
    ['nothing that verifies tokens', createLiveTokens({ store: memoryStore(), maxLifetime: 60 }), {}, /give createLiveTokens a verify function/],
  ] as [string, LiveTokens, BearerCallersOptions, RegExp][])('I95 %s', (_, given, options, message) => {
    expect(() => bearerCallers(given, options)).toThrow(TypeError);
    expect(() => bearerCallers(given, options)).toThrow(message);
  });
});
