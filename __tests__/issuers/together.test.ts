import type { LiveTokenEvents } from 'livetoken';
import { ask, outcome } from '../support/guarded-api.js';
import { A, apiOf, B, twoIssuers } from './support/two-issuers.js';

const STRANGER = { iss: 'https://c.example' };

describe('Several issuers together', () => {
  it('F70 tell of every refusal, of each of them and of tokens that are none of theirs, once', async () => {
    const { a, b, issuers } = twoIssuers();
    const refused: LiveTokenEvents['refused'][] = [];
    const end = issuers.on('refused', event => { refused.push(event); });
    const api = apiOf(issuers);
    await b.live.revoke({ kind: 'session', id: 'session-1' });
    const tokens = [a.issuer.token({ jti: undefined }), b.issuer.token(), a.issuer.token(STRANGER), 'a.b.c'];

    for (const token of tokens) await ask(api, token);
    await issuers.check(a.issuer.claims(STRANGER));
    expect(refused).toEqual([{ reason: 'unrevocable' }, { reason: 'revoked', target: 'session' }, { reason: 'wrong_issuer' }, { reason: 'malformed' }, { reason: 'wrong_issuer' }]);

    end();
    for (const token of tokens) await ask(api, token);
    expect(refused).toHaveLength(5);
  });

  it('tell of the revocations of each', async () => {
    const { a, b, issuers } = twoIssuers();
    const kinds: string[] = [];
    issuers.on('revoked', ({ kind }) => { kinds.push(kind); });
    await a.live.revoke({ kind: 'all' });
    await b.live.revoke({ kind: 'client', id: 'web' });
    expect(kinds).toEqual(['all', 'client']);
  });

  it('refuse a listener that is none, and an event that does not exist', () => {
    const { issuers } = twoIssuers();
    expect(() => issuers.on('refused', undefined as never)).toThrow(/listener given to on is undefined/);
    expect(() => issuers.on('refuse' as never, () => undefined)).toThrow(/event given to on is a string/);
  });

  it('F75 check claims by the issuer that they name', async () => {
    const { a, b, issuers } = twoIssuers({}, { maxLifetime: 60 });
    expect(await issuers.check(a.issuer.claims())).toMatchObject({ live: true, token: { subject: 'alice' } });
    expect(await issuers.check(b.issuer.claims())).toMatchObject({ live: false, reason: 'lifetime_too_long' });
    expect(await issuers.check(a.issuer.claims(STRANGER))).toMatchObject({ live: false, reason: 'wrong_issuer' });
    for (const none of [null, undefined, [], 'text']) expect(await issuers.check(none as never)).toMatchObject({ live: false, reason: 'malformed' });
  });

  it('F75 watch claims by the issuer that they name, and end at once where that is nobody', async () => {
    const { a, issuers } = twoIssuers();
    const stranger = issuers.watch(a.issuer.claims(STRANGER));
    expect([stranger.aborted, stranger.reason.reason]).toEqual([true, 'wrong_issuer']);
    expect(issuers.watch(null as never).reason).toMatchObject({ reason: 'malformed' });

    const watched = issuers.watch(a.issuer.claims());
    expect(watched.aborted).toBe(false);
    await a.live.revoke({ kind: 'all' });
    expect(watched.reason).toMatchObject({ reason: 'revoked' });
  });

  it('F81 are ready when all are, and are closed together: 503 from then on', async () => {
    const { a, b, issuers } = twoIssuers();
    await issuers.ready();
    expect(issuers.health()).toEqual({ [A]: { store: 'memory', state: 'live' }, [B]: { store: 'memory', state: 'live' } });

    await issuers.close();

    expect(issuers.health()).toEqual({ [A]: { store: 'memory', state: 'closed' }, [B]: { store: 'memory', state: 'closed' } });
    for (const { issuer } of [a, b]) expect(await outcome(ask(apiOf(issuers), issuer.token()))).toBe('503 temporarily_unavailable');
    await expect(issuers.ready()).rejects.toMatchObject({ status: 503 });
  });
});
