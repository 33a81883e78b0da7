import jwt from 'jsonwebtoken';
import type { Claims } from 'livetoken';
import { ISSUER, AUDIENCE, SigningKeys, type SigningKey } from '../../demo-app/issuer/signing-keys.js';
import { memoryState } from '../../demo-app/state/memory-state.js';

function sign({ privateKey, kid }: SigningKey, claims: Claims = {}): string {
  const all = { iss: ISSUER, aud: AUDIENCE, sub: 'alice', exp: Math.floor(Date.now() / 1000) + 60, ...claims };
  return jwt.sign(all, privateKey, { algorithm: 'RS256', keyid: kid });
}

describe('the signing key of the demo', () => {
  it('is one for all who share a state, also when all need it at once', async () => {
    const state = memoryState();
    const keys = await Promise.all(Array.from({ length: 5 }, () => new SigningKeys(state).current()));
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(1);
    const [one, another] = [new SigningKeys(state), new SigningKeys(state)];
    await expect(another.verify(sign(await one.current()))).resolves.toMatchObject({ sub: 'alice' });
  });

  it('is another one in another system, whose tokens are refused', async () => {
    const [ours, theirs] = [new SigningKeys(memoryState()), new SigningKeys(memoryState())];
    await expect(ours.verify(sign(await theirs.current()))).rejects.toMatchObject({ reason: 'unknown_key' });
  });

  it.each([
    ['F75', { iss: 'https://elsewhere.example' }, 'wrong_issuer'],
    ['F76', { aud: 'https://elsewhere.example' }, 'wrong_audience'],
    ['F77', { exp: 1 }, 'expired'],
  ])('%s signs nothing that passes with %j', async (_number, claims, reason) => {
    const keys = new SigningKeys(memoryState());
    await expect(keys.verify(sign(await keys.current(), claims))).rejects.toMatchObject({ reason });
  });

  it('comes back to a state that lost it, so that tokens stay good', async () => {
    let state = memoryState();
    const keys = new SigningKeys({ ...state, getOrCreate: (key, make) => state.getOrCreate(key, make) });
    const before = await keys.current();
    state = memoryState();
    expect((await keys.current()).kid).toBe(before.kid);
    await expect(new SigningKeys(state).verify(sign(before))).resolves.toMatchObject({ sub: 'alice' });
  });

  it('is replaced by the one of the others, where they were faster after such a loss', async () => {
    let state = memoryState();
    const keys = new SigningKeys({ ...state, getOrCreate: (key, make) => state.getOrCreate(key, make) });
    await keys.current();
    state = memoryState();
    const theirs = await new SigningKeys(state).current();
    await expect(keys.verify(sign(theirs))).resolves.toMatchObject({ sub: 'alice' });
    expect((await keys.current()).kid).toBe(theirs.kid);
  });
});
