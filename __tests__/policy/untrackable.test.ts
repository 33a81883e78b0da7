import { createLiveTokens, InvalidTokenError, memoryStore } from 'livetoken';

const iat = Math.floor(Date.now() / 1000);
const withoutId = { sub: 'alice', iat, exp: iat + 600 };

describe('a token without an id, where such tokens are accepted', () => {
  const live = createLiveTokens({ store: memoryStore(), maxLifetime: 3600, tracking: true, unsafe: { acceptMissingTokenId: true } });
  afterAll(() => live.close());

  it('I98 cannot be tracked: nothing would tell it from the others', async () => {
    await expect(live.track(withoutId)).rejects.toThrow(InvalidTokenError);
    await expect(live.track(withoutId)).rejects.toThrow(/Only a token with an id can be tracked/);
    expect((await live.list({ kind: 'subject', id: 'alice' })).items).toStrictEqual([]);
  });

  it('F78 F80 is live, and refused with its user all the same', async () => {
    expect((await live.check(withoutId)).live).toBe(true);
    expect(await live.revoke({ kind: 'subject', id: 'alice' })).toMatchObject({ count: 0 });
    expect(await live.check(withoutId)).toMatchObject({ live: false, reason: 'revoked' });
  });
});
