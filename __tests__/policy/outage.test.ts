import { createLiveTokens, InvalidTokenError, memoryStore, StoreUnavailableError } from 'livetoken';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();

async function rejectionOf(thrown: unknown): Promise<unknown> {
  const live = createLiveTokens({ store: memoryStore(), maxLifetime: 3600, verify: async () => { throw thrown; } });
  return live.verify(issuer.token()).catch((error: unknown) => error);
}

function withCode(code: string): Error {
  return Object.assign(new Error('something'), { code });
}

describe('A verify function that fails', () => {
  it.each([
    ['a connection that is refused', withCode('ECONNREFUSED')],
    ['a name that does not resolve', withCode('ENOTFOUND')],
    ['a resolver that is down', withCode('EAI_AGAIN')],
    ['a fetch without an answer', new TypeError('fetch failed')],
    ['a fetch that broke, further down', new Error('keys', { cause: new Error('inner', { cause: withCode('UND_ERR_SOCKET') }) })],
    ['a time limit', new DOMException('late', 'TimeoutError')],
    ['jose waiting for keys', withCode('ERR_JWKS_TIMEOUT')],
    ['an error of status 503', Object.assign(new Error('keys'), { status: 503 })],
  ])('for %s cannot tell: an outage, never a bad token', async (_, thrown) => {
    const error = await rejectionOf(thrown);
    expect(error).not.toBeInstanceOf(InvalidTokenError);
    expect(error).toMatchObject({ status: 503 });
  });

  it.each([
    ['any other error', new Error('jwt malformed')],
    ['a code about the token', withCode('ERR_JWS_SIGNATURE_VERIFICATION_FAILED')],
    ['no matching key', withCode('ERR_JWKS_NO_MATCHING_KEY')],
    ['something that is no error', 'no'],
  ])('for %s has found a bad token', async (_, thrown) => {
    expect(await rejectionOf(thrown)).toMatchObject({ code: 'invalid_token', reason: 'not_verified' });
  });

  it('does not look for ever through causes that go in circles', async () => {
    const error = new Error('round');
    error.cause = error;
    expect(await rejectionOf(error)).toBeInstanceOf(InvalidTokenError);
    expect(await rejectionOf(withCode('EPIPE'))).toBeInstanceOf(StoreUnavailableError);
  });
});
