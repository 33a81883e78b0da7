import fc from 'fast-check';
import { jwtVerifier, type JwtVerifierOptions } from '../../lib/verifier/jwt-verifier.js';

const secret = 'a secret of more than thirty-two bytes';
const goodOptions: JwtVerifierOptions = { algorithms: ['HS256'], key: secret, issuer: 'https://issuer.test', audience: 'orders-api' };

/** Options as JavaScript may give them. `undefined` is absent. */
const build = (options: object) => jwtVerifier({ ...goodOptions, ...options });

test('good options give a function', () => {
  expect(build({})).toBeInstanceOf(Function);
});

test('an option that is undefined is absent', () => {
  const absent = { keys: undefined, clockToleranceMs: undefined, maxTokenLength: undefined, allowInsecureKeySizes: undefined, allowAnyIssuer: undefined };
  expect(build(absent)).toBeInstanceOf(Function);
});

test.each([0, 7, 5000])('F77 how long after exp it takes a token can be read from it, in the same unit: %d ms', clockToleranceMs => {
  expect(build({ clockToleranceMs }).clockToleranceMs).toBe(clockToleranceMs);
});

describe('bad options are refused at construction, with what to write instead', () => {
  test.each([undefined, null, 'secret', 42, ['RS256']])('%p in place of the options', (options: unknown) => {
    expect(() => jwtVerifier(options as JwtVerifierOptions)).toThrow(TypeError);
  });

  test.each([
    ['a misspelt one', { algorithm: 'RS256' }, /has no option "algorithm": it takes algorithms, key,/],
    ['one of jsonwebtoken', { clockTolerance: 5 }, /has no option "clockTolerance": .*clockToleranceMs/],
    ['a check that cannot be switched off', { ignoreExpiration: true }, /has no option "ignoreExpiration"/],
    ['one that Object.prototype has', { toString: 1 }, /has no option "toString"/],

    ['F74 no algorithms', { algorithms: undefined }, /"algorithms" is undefined: list what your issuer signs with/],
    ['F74 an empty list of algorithms', { algorithms: [] }, /"algorithms" is an empty array/],
    ['F74 an algorithm that is not in a list', { algorithms: 'HS256' }, /"algorithms" is a string: .*\['RS256'\]/],
    ['F74 none', { algorithms: ['none'] }, /lists none: an unsigned token proves nothing/],
    ['F74 none among others', { algorithms: ['HS256', 'none'] }, /lists none/],
    ['F74 nOnE', { algorithms: ['nOnE'] }, /lists none/],
    ['an algorithm in lower case', { algorithms: ['hs256'] }, /write 'HS256'/],
    ['an algorithm nobody knows', { algorithms: ['HS1024'] }, /a string that is no known algorithm: write some of HS256, /],
    ['an algorithm that jsonwebtoken cannot do', { algorithms: ['EdDSA'] }, /no known algorithm/],
    ['an algorithm that is no string', { algorithms: [256] }, /lists a number/],
    ['a hole in the algorithms', { algorithms: ['HS256', undefined] }, /lists undefined/],

    ['F75 no issuer', { issuer: undefined }, /"issuer" is undefined: .*allowAnyIssuer: true/],
    ['F75 an empty issuer', { issuer: '' }, /"issuer" is an empty string/],
    ['F75 no issuers', { issuer: [] }, /"issuer" is an empty array/],
    ['F75 an empty issuer among others', { issuer: ['https://issuer.test', ''] }, /"issuer" is an array: give a non-empty string/],
    ['F75 an issuer that is a pattern', { issuer: /issuer/ }, /"issuer" is an empty object/],
    ['F75 an issuer that is false', { issuer: false }, /"issuer" is a boolean: .*allowAnyIssuer: true/],
    ['F75 an issuer and none', { allowAnyIssuer: true }, /"issuer" and "allowAnyIssuer" contradict/],
    ['F75 allowAnyIssuer that is no boolean', { issuer: undefined, allowAnyIssuer: 'yes' }, /"allowAnyIssuer" is a string/],

    ['F76 no audience', { audience: undefined }, /"audience" is undefined: .*allowAnyAudience: true/],
    ['F76 an empty audience', { audience: '' }, /"audience" is an empty string/],
    ['F76 no audiences', { audience: [] }, /"audience" is an empty array/],
    ['F76 an audience that is null', { audience: null }, /"audience" is null/],
    ['F76 an audience and none', { allowAnyAudience: true }, /"audience" and "allowAnyAudience" contradict/],
    ['F76 an audience that is missing, with allowAnyAudience: false', { audience: undefined, allowAnyAudience: false }, /"audience" is undefined/],

    ['F77 a tolerance below zero', { clockToleranceMs: -1 }, /"clockToleranceMs" is -1: write an integer from 0 to 300000/],
    ['F77 a tolerance beyond a few minutes', { clockToleranceMs: 300_001 }, /"clockToleranceMs" is 300001/],
    ['F77 a tolerance that is NaN', { clockToleranceMs: NaN }, /"clockToleranceMs" is NaN/],
    ['F77 a tolerance that is infinite', { clockToleranceMs: Infinity }, /"clockToleranceMs" is Infinity/],
    ['F77 a tolerance in text', { clockToleranceMs: '5000' }, /"clockToleranceMs" is a string/],
    ['F77 a tolerance that is null', { clockToleranceMs: null }, /"clockToleranceMs" is null/],
    ['F77 a tolerance in fractions', { clockToleranceMs: 0.5 }, /"clockToleranceMs" is 0.5/],

    ['F79 a length of zero', { maxTokenLength: 0 }, /"maxTokenLength" is 0: write an integer from 1 to 65536/],
    ['F79 no limit', { maxTokenLength: Infinity }, /"maxTokenLength" is Infinity/],
    ['F79 a length of megabytes', { maxTokenLength: 1_000_000 }, /"maxTokenLength" is 1000000/],
    ['F79 a length in text', { maxTokenLength: '8192' }, /"maxTokenLength" is a string/],

    ['allowInsecureKeySizes that is no boolean', { allowInsecureKeySizes: 1 }, /"allowInsecureKeySizes" is a number: write true, or leave it out/],
  ])('%s', (_, options, message) => {
    expect(() => build(options)).toThrow(TypeError);
    expect(() => build(options)).toThrow(message);
  });

  test('any value of any option gives a verifier or a TypeError that does not hold the secret', () => {
    const name = fc.constantFrom('algorithms', 'issuer', 'audience', 'clockToleranceMs', 'maxTokenLength', 'allowAnyIssuer', 'allowInsecureKeySizes');
    const value = fc.oneof(fc.anything(), fc.constant(secret), fc.constant([secret]));
    fc.assert(
      fc.property(name, value, (option, given) => {
        try {
          expect(build({ [option]: given })).toBeInstanceOf(Function);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          expect((error as TypeError).message).toMatch(/^jwtVerifier /);
          expect((error as TypeError).message).not.toContain(secret);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
