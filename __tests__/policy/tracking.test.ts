import { InvalidTargetError, InvalidTokenError, memoryStore, type Claims, type LiveTokens, type Target } from 'livetoken';
import { EVERY_STORE, type OpenStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();
const CLAIMS = { organisation: 'org', organisations: 'orgs' };
const now = Math.floor(Date.now() / 1000);

describe.each(EVERY_STORE)('tracking on the $name store', ({ open }) => {
  let opened: OpenStore;
  let live: LiveTokens;
  beforeEach(async () => {
    opened = await open();
    live = liveTokens(opened.store, issuer, { tracking: true, claims: CLAIMS });
  });
  afterEach(() => opened.close());

  const idsUnder = async (target: Target) => (await live.list(target)).items.map(({ tokenId }) => tokenId).sort();

  it('I98 finds a token by its id and organisation, with all that it names', async () => {
    const claims = issuer.claims({ orgs: ['parent'], scope: 'a b', iat: now, exp: now + 600 });
    await live.track(claims, { label: 'laptop', nested: { deep: [1, null] } });

    expect(await live.find(claims['jti'] as string, 'org-a')).toEqual({
      ...{ tokenId: claims['jti'], organisation: 'org-a', organisations: ['org-a', 'parent'] },
      ...{ subject: 'alice', session: 'session-1', grant: 'grant-1', client: 'web', scope: 'a b' },
      ...{ issuedAt: now * 1000, expiresAt: (now + 600) * 1000 },
      details: { label: 'laptop', nested: { deep: [1, null] } },
    });
  });

  it('I98 leaves out what a token does not name', async () => {
    const none = { sub: undefined, sid: undefined, grant_id: undefined, client_id: undefined, scope: undefined };
    await live.track(issuer.claims({ ...none, jti: 'jti-1', iat: now, exp: now + 600 }));

    expect(await live.find('jti-1', 'org-a')).toEqual({
      ...{ tokenId: 'jti-1', organisation: 'org-a', organisations: ['org-a'] },
      ...{ issuedAt: now * 1000, expiresAt: (now + 600) * 1000 },
    });
  });

  it('I98 leaves out an issue time that is not known, and tells the one in the token, whatever the skew', async () => {
    const lenient = liveTokens(opened.store, issuer, { tracking: true, issuerSkewMs: 5000, unsafe: { acceptMissingIssuedAt: true } });
    await lenient.track(issuer.claims({ jti: 'unknown', iat: undefined }));
    await lenient.track(issuer.claims({ jti: 'exact', iat: now, iat_ms: now * 1000 + 7 }));

    expect(await lenient.find('unknown', 'org-a')).not.toHaveProperty('issuedAt');
    expect(await lenient.find('exact', 'org-a')).toMatchObject({ issuedAt: now * 1000 + 7 });
  });

  it('I102 does not find the token of another organisation, nor an unknown one', async () => {
    await live.track(issuer.claims({ jti: 'jti-1', org: 'org-a' }));

    expect(await live.find('jti-1', 'org-b')).toBeUndefined();
    expect(await live.find('jti-1')).toBeUndefined();
    expect(await live.find('jti-2', 'org-a')).toBeUndefined();
    expect(await live.find('jti-1', 'org-a')).toBeDefined();
  });

  it('I102 keeps two tokens of one id in two organisations apart', async () => {
    await live.track(issuer.claims({ jti: 'jti-1', org: 'org-a', sub: 'alice' }));
    await live.track(issuer.claims({ jti: 'jti-1', org: 'org-b', sub: 'bob' }));

    await live.revoke({ kind: 'token', id: 'jti-1', organisation: 'org-b' });

    expect(await live.find('jti-1', 'org-a')).toMatchObject({ subject: 'alice' });
    expect(await live.find('jti-1', 'org-a')).not.toHaveProperty('revokedAt');
    expect(await live.find('jti-1', 'org-b')).toMatchObject({ subject: 'bob', revokedAt: expect.any(Number) });
  });

  it('I103 finds a revoked token with the time of its first revocation, however often it is revoked', async () => {
    const claims = issuer.claims({ jti: 'jti-1' });
    await live.track(claims);

    const { recordedAt } = await live.revoke({ kind: 'session', id: 'session-1' });
    await live.revoke({ kind: 'subject', id: 'alice' });
    await live.revoke(issuer.sign(claims));

    expect(await live.find('jti-1', 'org-a')).toMatchObject({ revokedAt: recordedAt });
  });

  const tokens = {
    first: { jti: '1', sub: 'alice', sid: 's1', grant_id: 'g1', client_id: 'web', org: 'A' },
    second: { jti: '2', sub: 'alice', sid: 's1', grant_id: 'g2', client_id: 'mobile', org: 'A' },
    sessionless: { jti: '3', sub: 'alice', sid: undefined, grant_id: 'g3', client_id: 'web', org: 'B', orgs: ['P'] },
    ofBob: { jti: '4', sub: 'bob', sid: 's2', grant_id: 'g4', client_id: 'web', org: 'A', orgs: ['P'] },
  };
  const lists: [Target, string[]][] = [
    [{ kind: 'all' }, ['1', '2', '3', '4']],
    [{ kind: 'organisation', id: 'A' }, ['1', '2', '4']],
    [{ kind: 'organisation', id: 'B' }, ['3']],
    [{ kind: 'organisation', id: 'P' }, ['3', '4']],
    [{ kind: 'subject', id: 'alice' }, ['1', '2', '3']],
    [{ kind: 'subject', id: 'alice', sessionsOnly: true }, ['1', '2']],
    [{ kind: 'subject', id: 'alice', client: 'web' }, ['1', '3']],
    [{ kind: 'subject', id: 'nobody' }, []],
    [{ kind: 'session', id: 's1' }, ['1', '2']],
    [{ kind: 'grant', id: 'g2' }, ['2']],
    [{ kind: 'client', id: 'web' }, ['1', '3', '4']],
    [{ kind: 'member', id: 'alice', organisation: 'A' }, ['1', '2']],
    [{ kind: 'member', id: 'alice', organisation: 'P' }, ['3']],
    [{ kind: 'member', id: 'alice', organisation: 'A', client: 'mobile' }, ['2']],
    [{ kind: 'member', id: 'alice', organisation: 'B', sessionsOnly: true }, []],
    [{ kind: 'member', id: 'bob', organisation: 'B' }, []],
  ];
  it.each(lists)('I97 lists the live tokens under %j: %j', async (target, expected) => {
    for (const token of Object.values(tokens)) await live.track(issuer.claims(token));

    expect(await idsUnder(target)).toEqual(expected);
  });

  it.each(lists.filter(([, ids]) => ids.length > 0))('I97 counts what a revocation ends exactly, and nothing when it is repeated: %j', async (target, ids) => {
    for (const token of Object.values(tokens)) await live.track(issuer.claims(token));

    expect(await live.revoke(target)).toMatchObject({ count: ids.length, changed: true });
    expect(await live.revoke(target)).toMatchObject({ count: 0 });
    expect(await idsUnder(target)).toStrictEqual([]);
    expect(await idsUnder({ kind: 'all' })).toEqual(['1', '2', '3', '4'].filter(id => !ids.includes(id)));
  });

  it('I97 counts a token once where it is revoked on its own, and one that was never tracked not at all', async () => {
    const claims = issuer.claims();
    await live.track(claims);

    expect(await live.revoke(issuer.sign(claims))).toMatchObject({ count: 1 });
    expect(await live.revoke(issuer.sign(claims))).toMatchObject({ count: 0 });
    expect(await live.revoke(issuer.token())).toMatchObject({ count: 0, changed: true });
    expect(await live.revoke({ kind: 'subject', id: 'alice' })).toMatchObject({ count: 0 });
  });

  it('I97 counts by issue time: what is issued after the epoch lives on, and is listed', async () => {
    const start = (now - 10) * 1000;
    for (const [jti, after] of [['before', 499], ['at', 500], ['after', 501]] as const) {
      await live.track(issuer.claims({ jti, iat: now - 10, iat_ms: start + after }));
    }

    expect(await live.revoke({ kind: 'subject', id: 'alice' }, { issuedBefore: start + 500 })).toMatchObject({ count: 2 });
    expect(await idsUnder({ kind: 'subject', id: 'alice' })).toEqual(['after']);
    expect(await live.revoke({ kind: 'subject', id: 'alice' }, { issuedBefore: start + 501 })).toMatchObject({ count: 1 });
  });

  it('I97 does not list a token that is tracked after what it falls under was revoked, and counts it never', async () => {
    await live.revoke({ kind: 'session', id: 'session-1' });
    await live.track(issuer.claims({ jti: 'late' }));

    expect(await idsUnder({ kind: 'subject', id: 'alice' })).toStrictEqual([]);
    expect(await live.find('late', 'org-a')).toMatchObject({ revokedAt: expect.any(Number) });
    expect(await live.revoke({ kind: 'subject', id: 'alice' })).toMatchObject({ count: 0 });
  });

  it('I97 forgets what has expired: it is neither found, listed nor counted', async () => {
    const strict = liveTokens(opened.store, issuer, { tracking: true, clockToleranceMs: 0 });
    await strict.track(issuer.claims({ jti: 'expired', iat: now - 20, exp: now - 10 }));

    expect(await strict.find('expired', 'org-a')).toBeUndefined();
    expect((await strict.list({ kind: 'all' })).items).toStrictEqual([]);
    expect(await strict.revoke({ kind: 'all' })).toMatchObject({ count: 0 });
  });

  it('I97 takes a token that is tracked twice for one, and keeps the first details', async () => {
    const claims = issuer.claims({ jti: 'jti-1' });
    await live.track(claims, { first: true });
    await live.track(claims, { first: false });

    expect(await live.find('jti-1', 'org-a')).toMatchObject({ details: { first: true } });
    expect(await live.revoke({ kind: 'all' })).toMatchObject({ count: 1 });
  });

  const untrackable: [string, Claims][] = [
    ['without an id', issuer.claims({ jti: undefined })],
    ['without its organisation', issuer.claims({ org: undefined })],
    ['without exp', issuer.claims({ exp: undefined })],
    ['that lives too long', issuer.claims({ exp: now + 86_400 })],
    ['that is no claims', [] as unknown as Claims],
    ['that is a token', issuer.token() as unknown as Claims],
  ];
  it.each(untrackable)('I98 refuses to track what the guard would refuse: %s', async (_, claims) => {
    await expect(live.track(claims)).rejects.toThrow(InvalidTokenError);

    expect((await live.list({ kind: 'all' })).items).toStrictEqual([]);
  });

  it('I98 takes details up to 8 KiB together with the ids, measured in bytes, and refuses one more', async () => {
    const claims = issuer.claims({ jti: 'jti-1' });
    await live.track(claims, { x: '' });
    const least = Buffer.byteLength(JSON.stringify(await live.find('jti-1', 'org-a')));
    const track = (jti: string, x: string) => live.track({ ...claims, jti }, { x });

    const tooLong = new InvalidTargetError('A tracked token takes at most 8192 bytes of JSON.');
    await expect(track('jti-2', 'x'.repeat(8192 - least + 1))).rejects.toThrow(tooLong);
    await expect(track('jti-3', 'é'.repeat(Math.ceil((8192 - least) / 2) + 1))).rejects.toThrow(tooLong);
    await track('jti-4', 'x'.repeat(8192 - least));

    expect([await live.find('jti-2', 'org-a'), await live.find('jti-3', 'org-a')]).toEqual([undefined, undefined]);
    expect((await live.find('jti-4', 'org-a'))?.details).toEqual({ x: 'x'.repeat(8192 - least) });
  });

  it.each([[null], ['text'], [5], [['a']], [new Map()], [new Date()]])('I98 refuses details that are no plain object: %p', async details => {
    await expect(live.track(issuer.claims(), details as never)).rejects.toThrow(new InvalidTargetError('The details of a tracked token are a plain object.'));
  });

  it.each<[unknown, string | undefined]>([['', 'org-a'], ['x'.repeat(257), 'org-a'], ['\ud800', 'org-a'], [['jti-1'], 'org-a'], [5, undefined], ['jti-1', ''], ['jti-1', '\udfff']])(
    'I96 refuses to look for what is no id: %j in %j',
    async (id, organisation) => {
      await expect(live.find(id as string, organisation)).rejects.toThrow(InvalidTargetError);
    },
  );
});

describe('without tracking', () => {
  const live = liveTokens(memoryStore(), issuer);

  it.each([
    ['track', () => live.track(issuer.claims())],
    ['find', () => live.find('jti-1', 'org-a')],
    ['list', () => live.list({ kind: 'all' })],
  ])('I97 live.%s rejects with a TypeError that says what to do', async (_, ask) => {
    await expect(ask()).rejects.toThrow(
      new TypeError('Tracking is off; give createLiveTokens the option tracking: true and call track wherever tokens are issued.'),
    );
  });

  it('I97 receipts have no count: it could only be a guess', async () => {
    expect(await live.revoke({ kind: 'all' })).not.toHaveProperty('count');
    expect(live.tracks).toBe(false);
  });
});
