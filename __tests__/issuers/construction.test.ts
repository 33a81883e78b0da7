import { Redis } from 'ioredis';
import { createLiveTokens, liveIssuers, memoryStore, redisStore, replicate, type LiveTokens, type RevocationStore } from 'livetoken';
import { sharedRedisUrl } from '../support/redis-url.js';
import { A, B, twoIssuers } from './support/two-issuers.js';

const on = (store: RevocationStore) => createLiveTokens({ store, maxLifetime: 3600 });

const NO_OBJECT = /^The argument of liveIssuers is .+; give an object such as \{ 'https:\/\/a\.example': liveA/;

describe('liveIssuers refuses', () => {
  it.each([undefined, null, 'https://a.example', 5, [], [on(memoryStore())], new Map([[A, on(memoryStore())]]), on(memoryStore())].map(given => [given]))(
    'what is no object of issuers: %p',
    given => {
      expect(() => liveIssuers(given as never)).toThrow(TypeError);
      expect(() => liveIssuers(given as never)).toThrow(NO_OBJECT);
    },
  );

  it('no issuers', () => {
    expect(() => liveIssuers({})).toThrow(/^liveIssuers was given no issuer; give an object such as/);
  });

  it('an issuer without a name', () => {
    expect(() => liveIssuers({ '': on(memoryStore()) })).toThrow(/without a name; name each by the exact iss of its tokens/);
  });

  const { issuers } = twoIssuers();
  const lookalike = { verifies: true, authenticate: async () => ({ claims: {} }), recall: () => ({ claims: {} }) };
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'live'],
    ['a store', memoryStore()],
    ['options', { store: memoryStore(), maxLifetime: 3600 }],
    ['several issuers again', issuers],
    ['what only looks like one', lookalike],
    ['what only inherits from one', Object.create(on(memoryStore()))],
  ])('an issuer that is no LiveTokens: %s', (_, value) => {
    const given = { [A]: on(memoryStore()), [B]: value as LiveTokens };
    expect(() => liveIssuers(given)).toThrow(/^The issuer https:\/\/b\.example given to liveIssuers is .+; give what createLiveTokens\(\{ \.\.\. \}\) answers\.$/);
  });

  it('two issuers that share a store', () => {
    const store = memoryStore();
    expect(() => liveIssuers({ [A]: on(store), [B]: on(store) })).toThrow(/^Two issuers given to liveIssuers share a store; give each createLiveTokens a store of its own\.$/);
  });
});

describe('liveIssuers on Redis', () => {
  const stores: RevocationStore[] = [];
  const client = new Redis(sharedRedisUrl(), { lazyConnect: true });
  const redis = (...[options]: [Parameters<typeof redisStore>[1]?]) => {
    const store = redisStore(client, options);
    stores.push(store);
    return store;
  };
  const copyOf = (namespace: string) => {
    const store = replicate(redisStore(client, { namespace, replica: false }));
    stores.push(store);
    return store;
  };
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  it.each<[string, () => readonly [RevocationStore, RevocationStore]]>([
    ['by default', () => [redis(), redis()]],
    ['by name', () => [redis({ namespace: 'shop' }), redis({ namespace: 'shop' })]],
    ['by name and by default', () => [redis({ namespace: 'default' }), redis()]],
    ['copied and not', () => [redis({ namespace: 'shop' }), redis({ namespace: 'shop', replica: false })]],
    ['neither copied', () => [redis({ namespace: 'shop', replica: false }), redis({ namespace: 'shop', replica: false })]],
    ['copied by hand', () => [copyOf('shop'), redis({ namespace: 'shop', replica: false })]],
  ])('refuses two stores of one namespace: %s', (_, open) => {
    const [ofA, ofB] = open();
    expect(() => liveIssuers({ [A]: on(ofA), [B]: on(ofB) })).toThrow(
      /^Two issuers given to liveIssuers share a namespace; give each redisStore one of its own: redisStore\(client, \{ namespace: 'a' \}\)\.$/,
    );
  });

  it('takes two namespaces, and Redis beside memory', () => {
    expect(Object.keys(liveIssuers({ [A]: on(redis({ namespace: 'a' })), [B]: on(redis({ namespace: 'b' })) }).health())).toEqual([A, B]);
    expect(Object.keys(liveIssuers({ [A]: on(redis()), [B]: on(memoryStore()) }).health())).toEqual([A, B]);
  });

  it('learns the namespace of a store from the store itself, copied or not', () => {
    expect([redis(), redis({ namespace: 'a' }), redis({ namespace: 'b', replica: false }), copyOf('c')].map(({ namespace }) => namespace)).toEqual(['default', 'a', 'b', 'c']);
    expect(memoryStore().namespace).toBeUndefined();
  });
});

describe('liveIssuers takes', () => {
  it('one issuer', () => {
    expect(Object.keys(liveIssuers({ [A]: on(memoryStore()) }).health())).toEqual([A]);
  });

  it('an issuer under all the names that it goes by', () => {
    const live = on(memoryStore());
    const issuers = liveIssuers({ [A]: live, [`${A}/v2.0`]: live, [B]: on(memoryStore()) });
    expect([issuers.of({ iss: A }), issuers.of({ iss: `${A}/v2.0` })]).toEqual([live, live]);
    expect(issuers.of({ iss: `${A}/` })).toBeUndefined();
  });

  it('an object that is changed afterwards, as it was', () => {
    const [ofA, ofB] = [on(memoryStore()), on(memoryStore())];
    const given: Record<string, LiveTokens> = { [A]: ofA };
    const issuers = liveIssuers(given);
    given[A] = ofB;
    given[B] = ofB;
    expect([issuers.of({ iss: A }), issuers.of({ iss: B })]).toEqual([ofA, undefined]);
  });
});
