import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { InvalidTargetError, InvalidTokenError, memoryStore, StoreUnavailableError, type LiveTokens, type PreviewOptions, type RevocationStore, type Target } from 'livetoken';
import { EVERY_STORE, onStore, openDirectStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer, REFRESH } from '../support/issuer.js';
import { sharedRedisUrl } from '../support/redis-url.js';

const issuer = createIssuer();
const CLAIMS = { organisation: 'org', organisations: 'orgs' };
const now = Math.floor(Date.now() / 1000);
const NOTHING_MORE = { organisations: 0, subjects: 0, clients: 0 };

const TOKENS = [
  { jti: '1', sub: 'alice', sid: 's1', grant_id: 'g1', client_id: 'web', org: 'A' },
  { jti: '2', sub: 'alice', sid: 's1', grant_id: 'g2', client_id: 'mobile', org: 'A' },
  { jti: '3', sub: 'alice', sid: undefined, grant_id: 'g3', client_id: 'web', org: 'B', orgs: ['P'] },
  { jti: '4', sub: 'bob', sid: 's2', grant_id: 'g4', client_id: 'web', org: 'A', orgs: ['P'] },
  { jti: '5', sub: undefined, sid: undefined, grant_id: undefined, client_id: undefined, org: 'B' },
];

describe.each(EVERY_STORE)('live.preview on the $name store', ({ open }) => {
  let live: LiveTokens;
  let store: RevocationStore;
  onStore(open, opened => {
    ({ store } = opened);
    live = liveTokens(store, issuer, { tracking: true, claims: CLAIMS });
  });

  const trackAll = async () => { for (const token of TOKENS) await live.track(issuer.claims(token)); };
  const count = async (what: Target | string, options?: PreviewOptions) => (await live.preview(what, options)).count;

  it('tells what revoking everything would end, by organisation, user and client, the largest groups first', async () => {
    await trackAll();

    expect(await live.preview({ kind: 'all' })).toStrictEqual({
      target: { kind: 'all' },
      count: 5,
      organisations: [{ id: 'A', count: 3 }, { id: 'B', count: 2 }],
      subjects: [{ id: 'alice', count: 3 }, { count: 1 }, { id: 'bob', count: 1 }],
      clients: [{ id: 'web', count: 3 }, { count: 1 }, { id: 'mobile', count: 1 }],
      rest: NOTHING_MORE,
    });
  });

  it('tells only of the tokens under the target, whatever other organisations they name', async () => {
    await trackAll();

    expect(await live.preview({ kind: 'organisation', id: 'P' })).toMatchObject({
      count: 2,
      organisations: [{ id: 'A', count: 1 }, { id: 'B', count: 1 }],
      subjects: [{ id: 'alice', count: 1 }, { id: 'bob', count: 1 }],
    });
    expect(await live.preview({ kind: 'member', id: 'alice', organisation: 'A', client: 'mobile' })).toMatchObject({
      count: 1,
      organisations: [{ id: 'A', count: 1 }],
      clients: [{ id: 'mobile', count: 1 }],
    });
  });

  it('says zero, and lists nothing, where nothing would end', async () => {
    await trackAll();
    const target = { kind: 'subject', id: 'nobody' } as const;

    expect(await live.preview(target)).toStrictEqual({ target, count: 0, organisations: [], subjects: [], clients: [], rest: NOTHING_MORE });
  });

  it('takes a token for what revoking it would end: an access token itself, a refresh token with its grant', async () => {
    const [access, refresh] = [issuer.claims({ jti: 'access' }), issuer.claims({ jti: 'refresh', ...REFRESH })];
    for (const claims of [access, refresh]) await live.track(claims);

    expect(await live.preview(issuer.sign(access))).toMatchObject({ target: { kind: 'token', id: 'access', organisation: 'org-a' }, count: 1 });
    expect(await live.preview(issuer.sign(refresh))).toMatchObject({ target: { kind: 'grant', id: 'grant-1' }, count: 2 });
  });

  it('leaves out what is revoked, has expired, or was issued after `issuedBefore`', async () => {
    const strict = liveTokens(memoryStore(), issuer, { tracking: true, clockToleranceMs: 0 });
    await strict.track(issuer.claims({ iat: now - 20, exp: now - 10 }));
    expect((await strict.preview({ kind: 'all' })).count).toBe(0);

    await trackAll();
    await live.track(issuer.claims({ jti: 'old', sub: 'alice', iat: now - 100, exp: now + 100 }));
    expect(await count({ kind: 'subject', id: 'alice' }, { issuedBefore: new Date((now - 50) * 1000) })).toBe(1);
    await live.revoke({ kind: 'session', id: 's1' });
    expect(await count({ kind: 'subject', id: 'alice' })).toBe(2);
  });

  it('leaves out what was issued in a moment that has not come, as a revocation does', async () => {
    await live.track(issuer.claims({ iat: now + 300, exp: now + 900 }));

    expect([await count({ kind: 'all' }), (await live.revoke({ kind: 'all' })).count]).toEqual([0, 0]);
  });

  it('goes by a later revocation of the same where there is one: its tokens that were tracked since end with it', async () => {
    const untracking = liveTokens(store, issuer, { claims: CLAIMS });
    for (const age of [100, 50]) await live.track(issuer.claims({ jti: `${age}`, iat: now - age, exp: now + 600 }));
    await untracking.revoke({ kind: 'client', id: 'web' }, { issuedBefore: (now - 40) * 1000 });
    const asked = [{ kind: 'client', id: 'web' }, { issuedBefore: (now - 90) * 1000 }] as const;

    expect([await count(...asked), (await live.revoke(...asked)).count]).toEqual([2, 2]);
  });

  it('lists as many groups as it is asked for, and says how many tokens are in the others', async () => {
    await trackAll();

    expect(await live.preview({ kind: 'all' }, { maxGroups: 1 })).toMatchObject({
      organisations: [{ id: 'A', count: 3 }],
      subjects: [{ id: 'alice', count: 3 }],
      clients: [{ id: 'web', count: 3 }],
      rest: { organisations: 2, subjects: 2, clients: 2 },
    });
  });

  it('lists a hundred groups of each sort by default', async () => {
    for (let n = 0; n < 101; n++) await live.track(issuer.claims({ sub: `user-${n}` }));

    const { subjects, organisations, rest } = await live.preview({ kind: 'all' });

    expect([subjects.length, organisations.length]).toEqual([100, 1]);
    expect(rest).toEqual({ organisations: 0, subjects: 1, clients: 0 });
  });

  it('reads more than one page, and changes nothing: neither tokens, nor what is asked of them later', async () => {
    for (let n = 0; n < 450; n += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, each) => live.track(issuer.claims({ sub: `user-${(n + each) % 3}` }))));
    }

    const preview = await live.preview({ kind: 'organisation', id: 'org-a' });

    expect(preview).toMatchObject({ count: 450, subjects: [{ id: 'user-0', count: 150 }, { id: 'user-1', count: 150 }, { id: 'user-2', count: 150 }] });
    expect(await live.preview({ kind: 'organisation', id: 'org-a' })).toStrictEqual(preview);
    expect((await live.check(issuer.claims())).live).toBe(true);
  });

  it('revokes nothing, records nothing and tells nobody', async () => {
    await trackAll();
    const heard = jest.fn();
    live.on('revoked', heard);

    await live.preview({ kind: 'all' });
    await live.preview(issuer.token(TOKENS[0]));

    expect(heard).not.toHaveBeenCalled();
    expect((await live.history()).items).toStrictEqual([]);
    expect((await live.list({ kind: 'all' })).items).toHaveLength(TOKENS.length);
    expect(await live.find('1', 'A')).not.toHaveProperty('revokedAt');
  });

  const refused: [string, Target | string, PreviewOptions?][] = [
    ['no target', {} as Target],
    ['an id that is none', { kind: 'subject', id: '' }],
    ['a token without its organisation', { kind: 'token', id: 'jti-1' }],
    ['an instant for what dies for good', { kind: 'session', id: 's1' }, { issuedBefore: 1000 }],
    ['an instant to come', { kind: 'all' }, { issuedBefore: Date.now() + 3_600_000 }],
    ['what is no instant', { kind: 'all' }, { issuedBefore: 'yesterday' as unknown as number }],
    ['what is no token', 'not.a.token'],
    ['a token that has expired', issuer.token({ iat: now - 3000, exp: now - 2000 })],
    ['a token that names no organisation', issuer.token({ org: undefined })],
    ['an instant for a token', issuer.token(), { issuedBefore: 1000 }],
  ];
  it.each(refused)('refuses what `revoke` refuses, in its words: %s', async (_, what, options = {}) => {
    const [preview, revoke] = await Promise.all([live.preview(what, options), live.revoke(what, options)].map(refusalOf));

    expect(preview).toEqual(revoke);
    expect(preview!.constructor === InvalidTargetError || preview!.constructor === InvalidTokenError).toBe(true);
  });

  it.each([0, -1, 1.5, NaN, Infinity, 1001, '5', null])('refuses %p as the number of groups', async maxGroups => {
    const unusable = { maxGroups } as PreviewOptions;

    await expect(live.preview({ kind: 'all' }, unusable)).rejects.toThrow(/^maxGroups is .*; give a whole number of groups from 1 to 1000\.$/);
  });
});

/** What a promise rejects with; fails the test where it does not. */
async function refusalOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(() => { throw new Error('It was not refused.'); }, (error: unknown) => error as Error);
}

describe('live.preview', () => {
  it('refuses a target that no token can fall under, as `revoke` does', async () => {
    const live = liveTokens(memoryStore(), issuer, { tracking: true, claims: {} });

    for (const target of [{ kind: 'organisation', id: 'A' }, { kind: 'token', id: 'jti-1', organisation: 'A' }] as const) {
      expect(await refusalOf(live.preview(target))).toEqual(await refusalOf(live.revoke(target)));
    }
  });

  it('needs tracking, and says so before it looks at anything else', async () => {
    const live = liveTokens(memoryStore(), issuer);

    await expect(live.preview({} as Target)).rejects.toThrow(
      new TypeError('Tracking is off; give createLiveTokens the option tracking: true and call track wherever tokens are issued.'),
    );
  });

  it('rejects where the store cannot tell, rather than count too few', async () => {
    const store = memoryStore();
    const live = liveTokens(store, issuer, { tracking: true });
    await live.track(issuer.claims());
    const unavailable = jest.fn();
    live.on('unavailable', unavailable);

    jest.spyOn(store, 'active').mockRejectedValueOnce(new StoreUnavailableError('cut off'));
    await expect(live.preview({ kind: 'all' })).rejects.toThrow(StoreUnavailableError);
    jest.spyOn(store, 'epochs').mockRejectedValueOnce(new StoreUnavailableError('cut off'));
    await expect(live.preview({ kind: 'all' })).rejects.toThrow(StoreUnavailableError);

    expect(unavailable.mock.calls).toEqual([[{ operation: 'list', message: 'cut off' }], [{ operation: 'list', message: 'cut off' }]]);
  });

  it('counts ten thousand names of each sort one by one, and what comes after them in the rest', async () => {
    const live = liveTokens(memoryStore(), issuer, { tracking: true });
    for (let n = 0; n < 10_002; n++) await live.track(issuer.claims({ jti: `jti-${n}`, sub: `user-${n}`, exp: now + 1000 + n / 100 }));
    for (const jti of ['again', 'and again']) await live.track(issuer.claims({ jti, sub: 'user-10001', exp: now + 3000 }));
    await live.track(issuer.claims({ jti: 'last', sub: 'user-0', exp: now + 3001 }));

    const { count, subjects, organisations, rest } = await live.preview({ kind: 'all' }, { maxGroups: 2 });

    expect({ count, subjects, organisations }).toEqual({
      count: 10_005,
      subjects: [{ id: 'user-0', count: 2 }, { id: 'user-1', count: 1 }],
      organisations: [{ id: 'org-a', count: 10_005 }],
    });
    expect(rest).toEqual({ organisations: 0, subjects: 10_002, clients: 0 });
  });

  it('leaves Redis as it is, to the byte', async () => {
    const namespace = randomUUID();
    const { store, close } = await openDirectStore(namespace);
    const redis = new Redis(sharedRedisUrl());
    const contents = async () => {
      const keys = (await redis.keys(`*${namespace}*`)).sort();
      return Promise.all(keys.map(async key => [key, (await redis.dumpBuffer(key)).toString('base64')]));
    };
    const live = liveTokens(store, issuer, { tracking: true });
    const claims = issuer.claims();
    for (const each of [claims, issuer.claims({ sub: 'bob' })]) await live.track(each);
    await live.revoke({ kind: 'subject', id: 'bob' });
    const before = await contents();

    const targets: (Target | string)[] = [{ kind: 'all' }, { kind: 'subject', id: 'alice' }, { kind: 'session', id: 'session-1' }, issuer.sign(claims)];
    const counts = [];
    for (const what of targets) counts.push((await live.preview(what)).count);

    expect(counts).toEqual([1, 1, 1, 1]);
    expect(before.length).toBeGreaterThan(5);
    expect(await contents()).toEqual(before);
    redis.disconnect();
    await close();
  });
});
