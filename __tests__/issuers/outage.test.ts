import { jwtVerifier, type LiveTokensOptions } from 'livetoken';
import { ask, outcome } from '../support/guarded-api.js';
import { AUDIENCE } from '../support/issuer.js';
import { killableStore } from '../support/killable-store.js';
import { namedIssuer } from '../support/named-issuer.js';
import { until, untilResolved } from '../stores/support/until.js';
import { IssuerSite } from '../verifier/support/issuer-site.js';
import { A, apiOf, B, twoIssuers, type TwoIssuers } from './support/two-issuers.js';

const UNAVAILABLE = '503 temporarily_unavailable';

describe('While the store of one issuer is down', () => {
  let world: TwoIssuers;
  let down: Awaited<ReturnType<typeof killableStore>>;
  let close: () => Promise<void>;
  beforeEach(async () => {
    down = await killableStore();
    const opened = await down.open();
    close = opened.close;
    world = twoIssuers({}, { store: opened.store });
    await world.issuers.ready();
    await down.redis.kill();
  });
  afterEach(() => close());

  it('F81 its tokens are answered 503, those of the other 200, and those of nobody 401', async () => {
    const { a, b, issuers } = world;
    const api = apiOf(issuers);
    const tokens = [a.issuer.token(), b.issuer.token(), a.issuer.token({ iss: 'x' })];
    const outcomes = async () => {
      const all: string[] = [];
      for (const token of tokens) all.push(await outcome(ask(api, token)));
      return all;
    };
    expect(await outcomes()).toEqual(['200', UNAVAILABLE, '401 wrong_issuer']);
    expect((await ask(api, b.issuer.token())).headers['retry-after']).toBe('1');
    expect(await outcome(ask(api, a.issuer.token({ iss: B })))).toBe('401 bad_signature');

    await a.live.revoke({ kind: 'all' });
    expect(await outcomes()).toEqual(['401 revoked', UNAVAILABLE, '401 wrong_issuer']);
  });

  it('F81 whoever asks about its tokens in another way is told as well', async () => {
    const { a, b, issuers } = world;
    expect(await issuers.check(a.issuer.claims())).toMatchObject({ live: true });
    await expect(issuers.check(b.issuer.claims())).rejects.toMatchObject({ status: 503 });
    expect(issuers.health()).toMatchObject({ [A]: { state: 'live' }, [B]: { state: 'unavailable' } });
  });

  it('F81 its tokens are accepted again once it is back, and what it had revoked is not', async () => {
    const { b, issuers } = world;
    await down.redis.restart();
    const api = apiOf(issuers);
    const token = b.issuer.token();
    await until(async () => (await outcome(ask(api, token))) === '200');

    await untilResolved(() => b.live.revoke({ kind: 'subject', id: 'alice' }));
    await down.redis.kill();
    await down.redis.restart();
    await until(async () => (await outcome(ask(api, token))) !== UNAVAILABLE);
    expect(await outcome(ask(api, token))).toBe('401 revoked');
  });
});

describe('While the keys of one issuer are out of reach', () => {
  const sites = [new IssuerSite(), new IssuerSite()] as const;
  const named = [namedIssuer(A), namedIssuer(B)] as const;
  const jwkOf = (i: 0 | 1) => ({ ...named[i].publicKey.export({ format: 'jwk' }), kid: 'key-1', use: 'sig' });
  const verifyAt = (i: 0 | 1): Pick<LiveTokensOptions, 'verify'> => ({
    verify: jwtVerifier({ jwksUri: sites[i].url, algorithms: ['ES256'], issuer: named[i].iss, audience: AUDIENCE, jwks: { retryMs: 1 } }),
  });
  beforeEach(async () => {
    for (const i of [0, 1] as const) {
      await sites[i].open();
      sites[i].publish(jwkOf(i));
    }
  });
  afterEach(async () => {
    for (const site of sites) await site.close();
  });

  it('F75 F81 its tokens are answered 503, and those of the other 200', async () => {
    const api = apiOf(twoIssuers(verifyAt(0), verifyAt(1)).issuers);
    await sites[1].close();
    expect(await outcome(ask(api, named[0].token()))).toBe('200');
    expect(await outcome(ask(api, named[1].token()))).toBe(UNAVAILABLE);
    expect(await outcome(ask(api, named[0].token({ iss: B })))).toBe(UNAVAILABLE);

    await sites[1].open();
    await until(async () => (await outcome(ask(api, named[1].token()))) === '200');
    expect(await outcome(ask(api, named[0].token({ iss: B })))).toBe('401 bad_signature');
  });

  it('F75 tokens that name nobody make nobody fetch keys', async () => {
    const fetches = sites.map(site => site.fetches);
    const api = apiOf(twoIssuers(verifyAt(0), verifyAt(1)).issuers);
    expect(await outcome(ask(api, named[0].token({ iss: 'https://c.example' }, { kid: 'unknown' })))).toBe('401 wrong_issuer');
    expect(sites.map(site => site.fetches)).toEqual(fetches);

    expect(await outcome(ask(api, named[0].token()))).toBe('200');
    expect(sites.map(site => site.fetches)).toEqual([fetches[0]! + 1, fetches[1]]);
  });
});
