import { createLiveTokens, memoryStore } from 'livetoken';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();
const construct = (rememberTokens: unknown, rest: object = { verify: issuer.verify }) => () =>
  createLiveTokens({ store: memoryStore(), maxLifetime: 3600, ...rest, rememberTokens } as Parameters<typeof createLiveTokens>[0]);

const noNumber = [NaN, Infinity, -1, 1.5, '5', null, true, {}, []];

describe('The option rememberTokens', () => {
  it.each([true, null, 0, 1, 'yes', '', [], () => ({})])('F77 is false or an object: %p is refused by name', value => {
    expect(construct(value)).toThrow(TypeError);
    expect(construct(value)).toThrow(/^rememberTokens /);
  });

  it.each([0, 1, 1_000_001, ...noNumber.filter(value => value !== null)])('F77 takes no maxTokens of %p', maxTokens => {
    expect(construct({ maxTokens })).toThrow(TypeError);
    expect(construct({ maxTokens })).toThrow(/^rememberTokens\.maxTokens is [\w.+-]+( \w+)?; give a whole number of tokens from 2 to 1000000\.$/);
  });

  it.each([0, 86_400_001, ...noNumber.filter(value => value !== null)])('F77 takes no maxAgeMs of %p', maxAgeMs => {
    expect(construct({ maxAgeMs })).toThrow(TypeError);
    expect(construct({ maxAgeMs })).toThrow(/^rememberTokens\.maxAgeMs is [\w.+-]+( \w+)?; give a whole number of milliseconds from 1 to 86400000\.$/);
  });

  it.each(['max', 'maxAge', 'maxEntries', 'ttl'])('F77 has no %s, and says what it has', name => {
    expect(construct({ [name]: 1 })).toThrow(new TypeError(`rememberTokens has no option ${name}; its options are maxTokens, maxAgeMs.`));
  });

  it('F77 is looked at even where nothing verifies tokens', () => {
    expect(construct({ maxTokens: 0 }, {})).toThrow(/^rememberTokens\.maxTokens is 0; /);
  });

  it.each([undefined, false, {}, { maxTokens: undefined }, { maxTokens: 2, maxAgeMs: 1 }, { maxTokens: 1_000_000, maxAgeMs: 86_400_000 }])('F77 may be %j', value => {
    expect(construct(value)).not.toThrow();
    expect(construct(value, {})).not.toThrow();
  });

  it('F78 stays as it was given, whatever becomes of the object', async () => {
    const rememberTokens = { maxTokens: 10, maxAgeMs: 60_000 };
    const live = construct(rememberTokens)();
    rememberTokens.maxAgeMs = 0;
    const token = issuer.token();
    await live.authenticate(token);
    expect(live.recall(token)?.token).toBe(token);
  });
});
