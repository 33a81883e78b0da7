import { InvalidTargetError, memoryStore, type HistoryQuery, type LiveTokens, type RevocationStore, type Target } from 'livetoken';
import { EVERY_STORE, onStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();

/** A user everywhere and inside two organisations, each in whole and in part. */
const usersOf = (id: string): readonly Target[] =>
  [{ kind: 'subject', id } as const, ...['A', 'B'].map(organisation => ({ kind: 'member', id, organisation }) as const)]
    .flatMap(user => [user, { ...user, sessionsOnly: true }, { ...user, client: 'web' }] as readonly Target[]);

const wordsFrom = (live: LiveTokens) => async (query: HistoryQuery) => (await live.history({ order: 'oldest', ...query })).items.map(({ target }) => target);

const IN_A = ['member alice in organisation A', 'member alice in organisation A, sessions only', 'member alice in organisation A, client web only'];
const EVERYWHERE = ['subject alice', 'subject alice, sessions only', 'subject alice, client web only'];

describe.each(EVERY_STORE)('The history of a user, on the $name store,', ({ open }) => {
  let live: LiveTokens;
  onStore(open, ({ store }) => { live = liveTokens(store, issuer); });

  it('is every revocation of that user, in whole and in part, everywhere and in each organisation; with an organisation, what is of both', async () => {
    await live.revokeAll([...usersOf('alice'), ...usersOf('bob'), { kind: 'client', id: 'alice' }, { kind: 'organisation', id: 'alice' }, { kind: 'organisation', id: 'A' }, { kind: 'all' }]);
    const words = wordsFrom(live);

    expect(await words({ subject: 'alice' })).toEqual([...EVERYWHERE, ...IN_A, ...IN_A.map(text => text.replace('organisation A', 'organisation B'))]);
    expect(await words({ subject: 'alice', organisation: 'A' })).toEqual(IN_A);
    expect(await words({ subject: 'alice', target: { kind: 'subject', id: 'alice' } })).toEqual(['subject alice']);
    expect(await words({ subject: 'nobody' })).toEqual([]);
  });

  it('leaves the history of one very target what it was', async () => {
    await live.revokeAll(usersOf('alice'));

    expect(await wordsFrom(live)({ target: { kind: 'member', id: 'alice', organisation: 'A' } })).toEqual(IN_A.slice(0, 1));
    expect(await wordsFrom(live)({ target: { kind: 'subject', id: 'alice', sessionsOnly: true } })).toEqual(EVERYWHERE.slice(1, 2));
  });

  it('names the user in every entry of one, and in no other', async () => {
    await live.revokeAll([...usersOf('alice'), { kind: 'token', id: 'j', organisation: 'org-a' }, { kind: 'organisation', id: 'A' }, { kind: 'client', id: 'c' }, { kind: 'session', id: 's' }]);

    expect((await live.history({ order: 'oldest' })).items.map(({ subject }) => subject)).toEqual([...Array<string>(9).fill('alice'), undefined, undefined, undefined, undefined]);
  });

  it.each(['', 'x'.repeat(257), '\ud800', 5])('is not asked of what is no user: %p', async subject => {
    await expect(live.history({ subject: subject as string })).rejects.toThrow(InvalidTargetError);
  });
});

it('The history of a user goes by the key of the target where an entry does not name the user, as older ones do not', async () => {
  const store = memoryStore();
  const forgetful = new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (name !== 'record') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      return (writes: Parameters<RevocationStore['record']>[0]) => store.record(writes.map(({ note: { subject: _, ...note }, ...write }) => ({ ...write, note })));
    },
  });
  const live = liveTokens(forgetful, issuer);
  await live.revokeAll([...usersOf('alice'), ...usersOf('bob')]);

  expect((await live.history()).items.filter(entry => 'subject' in entry)).toEqual([]);
  expect(await wordsFrom(live)({ subject: 'alice', organisation: 'A' })).toEqual(IN_A.slice(0, 2));
  expect(await wordsFrom(live)({ subject: 'alice' })).toEqual(EVERYWHERE.slice(0, 2));
});
