import { InvalidTargetError, memoryStore, type AuditEntry, type HistoryQuery, type LiveTokens, type Target } from 'livetoken';
import { EVERY_STORE, onStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();

const ALICE: Target = { kind: 'subject', id: 'alice' };

describe.each(EVERY_STORE)('live.history on the $name store', ({ open }) => {
  let live: LiveTokens;
  onStore(open, ({ store }) => { live = liveTokens(store, issuer); });

  const wordsOf = ({ items }: { readonly items: readonly AuditEntry[] }) => items.map(({ target }) => target);
  const words = async (query?: HistoryQuery) => wordsOf(await live.history(query));

  it('is empty at first', async () => {
    expect(await live.history()).toStrictEqual({ items: [] });
    expect(await live.history({ order: 'oldest', since: 0 })).toStrictEqual({ items: [] });
  });

  it('tells the newest first, and the oldest first where it is asked to', async () => {
    for (const id of ['a', 'b', 'c']) await live.revoke({ kind: 'client', id });

    expect(await words()).toEqual(['client c', 'client b', 'client a']);
    expect(await words({ order: 'newest' })).toEqual(['client c', 'client b', 'client a']);
    expect(await words({ order: 'oldest' })).toEqual(['client a', 'client b', 'client c']);
  });

  it('tells of one very target, and not of what is broader, narrower or of another kind', async () => {
    const others: Target[] = [
      { kind: 'subject', id: 'alice', sessionsOnly: true },
      { kind: 'subject', id: 'alice', client: 'web' },
      { kind: 'member', id: 'alice', organisation: 'org-a' },
      { kind: 'client', id: 'alice' },
      { kind: 'all' },
    ];
    await live.revokeAll([ALICE, ...others]);

    expect(await words({ target: ALICE })).toEqual(['subject alice']);
    expect(await words({ target: { kind: 'subject', id: 'alice', client: 'web' } })).toEqual(['subject alice, client web only']);
    expect(await words({ target: { kind: 'subject', id: 'bob' } })).toEqual([]);
  });

  it('tells who revoked one token, grant or session, though entries do not say which they are', async () => {
    await live.revoke({ kind: 'token', id: 'jti-1', organisation: 'org-a' }, { actor: 'user alice' });
    await live.revoke({ kind: 'token', id: 'jti-1', organisation: 'org-b' }, { actor: 'user bob' });
    await live.revoke({ kind: 'session', id: 'session-1' }, { actor: 'user carol' });

    const actors = async (target: Target) => (await live.history({ target })).items.map(({ actor }) => actor);
    expect(await actors({ kind: 'token', id: 'jti-1', organisation: 'org-a' })).toEqual(['user alice']);
    expect(await actors({ kind: 'token', id: 'jti-1', organisation: 'org-b' })).toEqual(['user bob']);
    expect(await actors({ kind: 'session', id: 'session-1' })).toEqual(['user carol']);
    expect(await actors({ kind: 'grant', id: 'session-1' })).toEqual([]);
  });

  it('tells what somebody revoked, by the name that was recorded', async () => {
    const long = `${'x'.repeat(255)}\u2028and more`;
    await live.revoke({ kind: 'client', id: 'a' }, { actor: 'user alice' });
    await live.revoke({ kind: 'client', id: 'b' }, { actor: 'user alice2' });
    await live.revoke({ kind: 'client', id: 'c' }, { actor: long });
    await live.revoke({ kind: 'client', id: 'd' });

    expect(await words({ actor: 'user alice' })).toEqual(['client a']);
    expect(await words({ actor: long })).toEqual(['client c']);
    expect(await words({ actor: 'USER ALICE' })).toEqual([]);
  });

  it('tells what was revoked of an organisation: itself, its members, its tokens; not of another one', async () => {
    await live.revokeAll([
      { kind: 'organisation', id: 'A' },
      { kind: 'member', id: 'alice', organisation: 'A', sessionsOnly: true },
      { kind: 'token', id: 'jti-1', organisation: 'A' },
      { kind: 'organisation', id: 'B' },
      { kind: 'member', id: 'A', organisation: 'B' },
      { kind: 'subject', id: 'A' },
      { kind: 'client', id: 'A' },
      { kind: 'all' },
    ]);

    expect(await words({ organisation: 'A', order: 'oldest' })).toEqual(['organisation A', 'member alice in organisation A, sessions only', 'a token in organisation A']);
    expect((await live.history({ organisation: 'B' })).items.map(({ kind, organisation }) => [kind, organisation])).toEqual([['member', 'B'], ['organisation', 'B']]);
    expect(await words({ organisation: 'a' })).toEqual([]);
  });

  it('names the kind of every target, and the organisation where the target names one', async () => {
    const targets: Target[] = [
      ...[{ kind: 'token', id: 'j', organisation: 'org-a' }, { kind: 'grant', id: 'g' }, { kind: 'session', id: 's' }, ALICE] as const,
      ...[{ kind: 'member', id: 'u', organisation: 'B' }, { kind: 'client', id: 'c' }, { kind: 'organisation', id: 'C' }, { kind: 'all' }] as const,
    ];
    await live.revokeAll(targets);

    expect((await live.history({ order: 'oldest' })).items.map(({ kind, organisation }) => [kind, organisation])).toEqual([
      ...[['token', 'org-a'], ['grant', undefined], ['session', undefined], ['subject', undefined]],
      ...[['member', 'B'], ['client', undefined], ['organisation', 'C'], ['all', undefined]],
    ]);
  });

  it('keeps apart organisations whose names differ in what cannot be printed', async () => {
    await live.revoke({ kind: 'organisation', id: 'a\nb' });

    expect(await words({ organisation: 'a?b' })).toEqual([]);
    expect(await words({ organisation: 'a\nb' })).toEqual(['organisation a?b']);
  });

  it('tells what was revoked from one instant on, up to another one and without it', async () => {
    const atMs: number[] = [];
    for (const id of ['a', 'b', 'c']) {
      const { recordedAt } = await live.revoke({ kind: 'client', id });
      atMs.push(recordedAt);
      // Another millisecond, by the clock that counts.
      while (Date.now() <= recordedAt) await new Promise(setImmediate);
    }

    expect(await words({ since: atMs[1]! })).toEqual(['client c', 'client b']);
    expect(await words({ until: new Date(atMs[1]!) })).toEqual(['client a']);
    expect(await words({ since: new Date(atMs[1]!), until: atMs[2]!, order: 'oldest' })).toEqual(['client b']);
    expect(await words({ since: atMs[1]!, until: atMs[1]! })).toEqual([]);
    expect(await words({ since: atMs[2]! + 1 })).toEqual([]);
  });

  it('takes all that it is asked for together', async () => {
    await live.revoke({ kind: 'organisation', id: 'A' }, { actor: 'one' });
    await live.revoke({ kind: 'organisation', id: 'B' }, { actor: 'two' });
    await live.revoke({ kind: 'member', id: 'alice', organisation: 'A' }, { actor: 'two' });

    expect(await words({ organisation: 'A', actor: 'two', since: 0, until: Date.now() + 60_000 })).toEqual(['member alice in organisation A']);
    expect(await words({ organisation: 'A', actor: 'two', target: { kind: 'organisation', id: 'A' } })).toEqual([]);
  });

  it('is a hundred entries to a page by default, and goes on behind the last one', async () => {
    await live.revokeAll(Array.from({ length: 101 }, (_, n) => ({ kind: 'client', id: `${n}` }) as const));

    const first = await live.history();
    const second = await live.history({ cursor: first.cursor! });

    expect(first.items).toHaveLength(100);
    expect(second).toStrictEqual({ items: [expect.objectContaining({ target: 'client 0' })] });
  });

  it('goes on from any entry, towards the older ones or the newer ones', async () => {
    for (const id of ['a', 'b', 'c']) await live.revoke({ kind: 'client', id });
    const [, { id: middle } = { id: '' }] = (await live.history()).items;

    expect(await words({ cursor: middle })).toEqual(['client a']);
    expect(await words({ cursor: middle, order: 'oldest' })).toEqual(['client c']);
  });

  it('can be followed: what is revoked later comes after the last that came before, once', async () => {
    const follow = async (cursor?: string) => {
      const page = await live.history({ order: 'oldest', actor: 'us', limit: 2, ...(cursor !== undefined && { cursor }) });
      return { told: wordsOf(page), cursor: page.cursor ?? page.items.at(-1)?.id ?? cursor };
    };
    const revoke = (id: string, actor: string) => live.revoke({ kind: 'client', id }, { actor });
    for (const id of ['a', 'b', 'c']) await revoke(id, 'us');

    const first = await follow();
    const second = await follow(first.cursor);
    const third = await follow(second.cursor);
    await revoke('theirs', 'them');
    await revoke('d', 'us');
    const fourth = await follow(third.cursor);

    expect([first, second, third, fourth].map(({ told }) => told)).toEqual([['client a', 'client b'], ['client c'], [], ['client d']]);
  });

  it('looks at a thousand entries in one call, and goes on behind them in the next, though nothing matched', async () => {
    await live.revoke({ kind: 'client', id: 'oldest' }, { actor: 'found' });
    await live.revokeAll(Array.from({ length: 1000 }, (_, n) => ({ kind: 'client', id: `${n}` }) as const));

    const first = await live.history({ actor: 'found', limit: 1 });
    const second = await live.history({ actor: 'found', limit: 1, cursor: first.cursor! });

    expect(first).toStrictEqual({ items: [], cursor: expect.any(String) });
    expect(wordsOf(second)).toEqual(['client oldest']);
  });

  const refused: [string, object][] = [
    ...[{ kind: 'user', id: 'alice' }, { kind: 'subject' }, null, 'alice'].map((target): [string, object] => ['a target that is none', { target }]),
    ...['', 'x'.repeat(257), '\ud800', 5, null, ['A']].map((organisation): [string, object] => ['an organisation that is none', { organisation }]),
    ...[NaN, -1, Infinity, '2026-01-01', '', null, new Date(NaN), true].flatMap((instant): [string, object][] => [
      ['the instant to begin with', { since: instant }],
      ['the instant to end with', { until: instant }],
    ]),
    ['an end before its beginning', { since: 2, until: 1 }],
    ...['', 'x', '-', '+', '0-0', '1-1-1', ' 1', '99999999999999999999999', ['1-1'], 5, null].map((cursor): [string, object] => ['a cursor that no page gave', { cursor }]),
    ...[0, -1, 1.5, NaN, 1001, '10', null].map((limit): [string, object] => ['the size of a page', { limit }]),
  ];
  it.each(refused)('refuses %s: %p', async (_, query) => {
    await live.revoke(ALICE);

    await expect(live.history(query as HistoryQuery)).rejects.toThrow(InvalidTargetError);
  });
});

describe('live.history', () => {
  const live = liveTokens(memoryStore(), issuer);

  it.each([
    [{ actor: '' }, 'actor is an empty string; give a text such as "user alice".'],
    [{ actor: 5 }, 'actor is 5; give a text such as "user alice".'],
    [{ actor: ['user alice'] }, 'actor is an array; give a text such as "user alice".'],
    [{ order: 'latest' }, "order is a string; give 'newest' or 'oldest'."],
    [{ order: null }, "order is null; give 'newest' or 'oldest'."],
    [{ user: 'alice' }, 'history has no option user; its options are target, actor, organisation, subject, since, until, order, cursor, limit.'],
    [{ after: '1' }, 'history has no option after; its options are target, actor, organisation, subject, since, until, order, cursor, limit.'],
  ])('takes %j for a mistake in the program, and says what to write', async (query, message) => {
    await expect(live.history(query as HistoryQuery)).rejects.toThrow(new TypeError(message));
  });

  it('asks the store for a thousand entries at most, and for no more than a page where every entry matches', async () => {
    const store = memoryStore();
    const spied = liveTokens(store, issuer);
    await spied.revokeAll(Array.from({ length: 1500 }, (_, n) => ({ kind: 'client', id: `${n}` }) as const));
    const asked = jest.spyOn(store, 'audit');
    const lookedAt = () => asked.mock.calls.splice(0).reduce((sum, [{ limit }]) => sum + limit, 0);

    for (const limit of [1, 100, 300, 1000]) {
      await spied.history({ actor: 'nobody', limit });
      expect(lookedAt()).toBe(1000);
      await spied.history({ limit });
      expect(lookedAt()).toBe(limit);
    }
  });
});
