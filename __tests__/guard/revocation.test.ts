import { randomUUID } from 'node:crypto';
import { memoryStore, type LiveTokens, type Target } from 'livetoken';
import { EVERY_STORE, onStore, openDirectStore, type OpenStore } from '../support/every-store.js';
import { ask, CHALLENGE, guardedApi, liveTokens, outcome } from '../support/guarded-api.js';
import { createIssuer, REFRESH } from '../support/issuer.js';

const issuer = createIssuer();
const guarded = (live: LiveTokens) => guardedApi(live, { exposeReason: true });

/** Every target that the tokens of the test issuer fall under, and one beside each that they do not. */
const TARGETS: readonly (readonly [hit: Target, miss: Target])[] = [
  [{ kind: 'token', id: 'jti-1', organisation: 'org-a' }, { kind: 'token', id: 'jti-1', organisation: 'org-b' }],
  [{ kind: 'grant', id: 'grant-1' }, { kind: 'grant', id: 'grant-2' }],
  [{ kind: 'session', id: 'session-1' }, { kind: 'session', id: 'grant-1' }],
  [{ kind: 'subject', id: 'alice' }, { kind: 'subject', id: 'bob' }],
  [{ kind: 'subject', id: 'alice', client: 'web' }, { kind: 'subject', id: 'alice', client: 'mobile' }],
  [{ kind: 'subject', id: 'alice', sessionsOnly: true }, { kind: 'subject', id: 'bob', sessionsOnly: true }],
  [{ kind: 'member', id: 'alice', organisation: 'org-a' }, { kind: 'member', id: 'alice', organisation: 'org-b' }],
  [{ kind: 'client', id: 'web' }, { kind: 'client', id: 'mobile' }],
  [{ kind: 'organisation', id: 'org-a' }, { kind: 'organisation', id: 'org-b' }],
];

describe.each(EVERY_STORE)('a guard on the $name store', ({ open }) => {
  let live: LiveTokens;
  onStore(open, ({ store }) => { live = liveTokens(store, issuer); });

  it.each([...TARGETS.map(([hit, miss]) => ({ hit, miss })), { hit: { kind: 'all' } as const, miss: { kind: 'subject', id: 'bob' } as const }])(
    'F70 F80 refuses a token from the next request on once $hit is revoked, and not for $miss',
    async ({ hit, miss }) => {
      const token = issuer.token({ jti: 'jti-1' });

      await live.revoke(miss);
      expect(await outcome(ask(guarded(live), token))).toBe('200');

      await live.revoke(hit);
      const { status, headers, body } = await ask(guarded(live), token);
      expect([status, headers['www-authenticate'], body.reason]).toEqual([401, CHALLENGE.invalid_token, 'revoked']);
    },
  );

  it('F80 refuses a token whose iat is the second of the epoch, or before, and takes the next second', async () => {
    const second = Math.floor(Date.now() / 1000) - 10;
    const at = (iat: number) => outcome(ask(guarded(live), issuer.token({ iat })));

    await live.revoke({ kind: 'subject', id: 'alice' }, { issuedBefore: second * 1000 });
    expect([await at(second - 1), await at(second), await at(second + 1)]).toEqual(['401 revoked', '401 revoked', '200']);

    await live.revoke({ kind: 'subject', id: 'alice' }, { issuedBefore: second * 1000 + 999 });
    expect([await at(second - 1), await at(second), await at(second + 1)]).toEqual(['401 revoked', '401 revoked', '200']);
  });

  it('F80 refuses and takes by the millisecond where the token says its exact issue time', async () => {
    const iat = Math.floor(Date.now() / 1000) - 10;
    await live.revoke({ kind: 'subject', id: 'alice' }, { issuedBefore: iat * 1000 + 500 });
    const at = (claims: object) => outcome(ask(guarded(live), issuer.token({ ...claims })));

    expect(await at({ iat, iat_ms: iat * 1000 + 500 })).toBe('401 revoked');
    expect(await at({ iat, iat_ms: iat * 1000 + 501 })).toBe('200');
    expect(await at({ iat: iat + 0.5 })).toBe('401 revoked');
    expect(await at({ iat: iat + 0.501 })).toBe('200');
    expect(await at({ iat: iat + 0.5, iat_ms: iat * 1000 + 999 })).toBe('401 revoked');
  });

  it('F80 takes the fresh token with which a request answers that has just revoked everything of its user', async () => {
    const nowMs = Date.now();
    const before = issuer.token({ iat: Math.floor(nowMs / 1000), iat_ms: nowMs });
    const { reissueFrom } = await live.revoke({ kind: 'subject', id: 'alice' });
    const fresh = issuer.token({ iat: Math.floor(reissueFrom! / 1000), iat_ms: reissueFrom });
    const wholeSecond = issuer.token({ iat: Math.floor((reissueFrom! - 1) / 1000) });

    expect(await outcome(ask(guarded(live), fresh))).toBe('200');
    expect(await outcome(ask(guarded(live), before))).toBe('401 revoked');
    expect(await outcome(ask(guarded(live), wholeSecond))).toBe('401 revoked');
  });

  it('F70 refuses refresh tokens, and the access tokens of a grant once its refresh token was revoked', async () => {
    const [access, refresh] = [issuer.token(), issuer.token(REFRESH)];
    expect(await outcome(ask(guarded(live), refresh))).toBe('401 not_an_access_token');

    await live.revoke(refresh);

    expect(await outcome(ask(guarded(live), access))).toBe('401 revoked');
  });
});

describe('a guard', () => {
  const past = Math.floor(Date.now() / 1000) - 1000;
  const unasked: [string, () => string][] = [
    ['bad_signature', () => createIssuer().token({ jti: 'jti-1' })],
    ['expired', () => issuer.token({ jti: 'jti-1', iat: past, exp: past + 600 })],
    ['not_yet_valid', () => issuer.token({ jti: 'jti-1', nbf: past + 2000 })],
    ['wrong_audience', () => issuer.token({ jti: 'jti-1', aud: 'x' })],
    ['not_an_access_token', () => issuer.token({ jti: 'jti-1', ...REFRESH })],
    ['sender_constrained', () => issuer.token({ jti: 'jti-1', cnf: {} })],
    ['lifetime_too_long', () => issuer.token({ jti: 'jti-1', exp: past + 10_000 })],
    ['unrevocable', () => issuer.token({ jti: 'jti-1', org: undefined })],
  ];

  it.each(unasked)('F80 asks about revocation last: a token that is %s as well as revoked is told so, and costs no look-up', async (reason, token) => {
    const store = memoryStore();
    const live = liveTokens(store, issuer);
    await live.revoke({ kind: 'token', id: 'jti-1', organisation: 'org-a' });
    const epochs = jest.spyOn(store, 'epochs');

    expect(await outcome(ask(guarded(live), token()))).toBe(`401 ${reason}`);
    expect(epochs).not.toHaveBeenCalled();

    expect(await outcome(ask(guarded(live), issuer.token({ jti: 'jti-1' })))).toBe('401 revoked');
    await live.check(issuer.claims(), { consistency: 'strong' });
    expect(epochs).toHaveBeenCalledTimes(1);
  });
});

describe('two instances on one Redis', () => {
  let opened: OpenStore[];
  let one: LiveTokens;
  let two: LiveTokens;
  beforeEach(async () => {
    const namespace = randomUUID();
    opened = [await openDirectStore(namespace), await openDirectStore(namespace)];
    [one, two] = opened.map(({ store }) => liveTokens(store, issuer)) as [LiveTokens, LiveTokens];
  });
  afterEach(async () => {
    for (const each of opened) await each.close();
  });

  it.each(TARGETS.map(([hit]) => [hit]))('F80 are one system: what one revokes the other refuses on the next request: %j', async target => {
    const token = issuer.token({ jti: 'jti-1' });
    expect(await outcome(ask(guarded(two), token))).toBe('200');

    await one.revoke(target);

    expect(await outcome(ask(guarded(two), token))).toBe('401 revoked');
    expect(await outcome(ask(guarded(two), issuer.token({ sub: 'bob', org: 'org-c', sid: 's', grant_id: 'g', client_id: 'c' })))).toBe('200');
  });

  it('F80 agree the other way round and over many requests at a time', async () => {
    const tokens = Array.from({ length: 20 }, () => issuer.token());
    await two.revoke(tokens[7]!);

    const outcomes = await Promise.all(tokens.map(token => outcome(ask(guarded(one), token))));

    expect(outcomes).toEqual(tokens.map((_, index) => (index === 7 ? '401 revoked' : '200')));
  });
});
