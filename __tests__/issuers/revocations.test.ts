import { randomUUID } from 'node:crypto';
import express from 'express';
import request from 'supertest';
import { revocationRouter, type Claims, type LiveTokens, type Target, type Verdict } from 'livetoken';
import { until } from '../stores/support/until.js';
import { openDirectStore, openMemoryStore, openRedisStore, type OpenStore } from '../support/every-store.js';
import { ask, outcome } from '../support/guarded-api.js';
import { apiOf, twoIssuers, type TwoIssuers } from './support/two-issuers.js';

/** Each issuer has one of them: on Redis they are two namespaces of the same database. */
const STORES: readonly { readonly name: string; readonly open: () => Promise<OpenStore> }[] = [
  { name: 'memory', open: openMemoryStore },
  { name: 'Redis, copied', open: openRedisStore },
  { name: 'Redis, asked', open: () => openDirectStore(randomUUID()) },
];

const EVERYTHING: readonly Target[] = [
  { kind: 'token', id: 'jti-1', organisation: 'org-a' },
  { kind: 'grant', id: 'grant-1' },
  { kind: 'session', id: 'session-1' },
  { kind: 'subject', id: 'alice' },
  { kind: 'subject', id: 'alice', client: 'web' },
  { kind: 'member', id: 'alice', organisation: 'org-a' },
  { kind: 'client', id: 'web' },
  { kind: 'organisation', id: 'org-a' },
  { kind: 'all' },
];

describe.each(STORES)('Two issuers whose tokens have the same ids, on two stores: $name', ({ open }) => {
  let opened: readonly OpenStore[];
  let world: TwoIssuers;
  beforeEach(async () => {
    opened = [await open(), await open()];
    const [ofA, ofB] = opened as [OpenStore, OpenStore];
    world = twoIssuers({ store: ofA.store }, { store: ofB.store });
  });
  afterEach(async () => {
    for (const { close } of opened) await close();
  });

  const handedOver = (claims: Claims) => outcome(ask(apiOf(world.issuers, { claimsFrom: () => claims })));
  const reasonOf = (verdict: Verdict) => (verdict.live ? 'live' : verdict.reason);

  it.each(EVERYTHING.map(target => ({ target, name: JSON.stringify(target) })))(
    'F75 F80 what one revokes refuses its own tokens, and none of the other: $name',
    async ({ target }) => {
      const { a, b, issuers } = world;
      const api = apiOf(issuers);
      // All issued before the revocation: whatever is issued in a later second is live.
      const [claimsOfA, claimsOfB] = [a.issuer.claims(), b.issuer.claims()];
      const [ofA, ofB] = [a.issuer.token(claimsOfA), b.issuer.token(claimsOfB)];
      const outcomes = async () => [await outcome(ask(api, ofA)), await outcome(ask(api, ofB)), await handedOver(claimsOfA), await handedOver(claimsOfB)];
      expect(await outcomes()).toEqual(['200', '200', '200', '200']);

      await a.live.revoke(target);
      expect(await outcomes()).toEqual(['401 revoked', '200', '401 revoked', '200']);
      expect(reasonOf(await issuers.check(claimsOfA))).toBe('revoked');
      expect(reasonOf(await issuers.check(claimsOfB))).toBe('live');

      await b.live.revoke(target);
      expect(await outcomes()).toEqual(['401 revoked', '401 revoked', '401 revoked', '401 revoked']);
    },
  );

  it('F80 what one revokes ends the watches over its own tokens', async () => {
    const { a, b, issuers } = world;
    const [ofA, ofB] = [a, b].map(({ issuer }) => issuers.watch(issuer.claims())) as [AbortSignal, AbortSignal];

    await a.live.revoke({ kind: 'session', id: 'session-1' });
    await until(() => ofA.aborted);
    expect([ofA.reason.reason, ofB.aborted]).toEqual(['revoked', false]);

    await b.live.revoke({ kind: 'session', id: 'session-1' });
    await until(() => ofB.aborted);
    expect(ofB.reason.reason).toBe('revoked');
  });

  it('F75 F80 on a route that asks the store itself', async () => {
    const { a, b, issuers } = world;
    const api = apiOf(issuers, { consistency: 'strong' });
    const [ofA, ofB] = [a.issuer.token(), b.issuer.token()];
    await b.live.revoke({ kind: 'subject', id: 'alice' });

    expect(await outcome(ask(api, ofA))).toBe('200');
    expect(await outcome(ask(api, ofB))).toBe('401 revoked');
  });

  it('B23 B24 POST /revoke at one issuer with a token of the other: 200, and nothing happens', async () => {
    const { a, b, issuers } = world;
    const clients = [{ id: 'web', secret: 'web-secret' }];
    const app = express();
    const routerOf = (live: LiveTokens) => revocationRouter(live, { oauth: { clients } });
    app.use('/a', routerOf(a.live)).use('/b', routerOf(b.live)).use(apiOf(issuers));
    const revoke = (at: string, token: string) => request(app).post(`${at}/revoke`).auth('web', 'web-secret').type('form').send({ token });
    const [ofA, ofB] = [a.issuer.token(), b.issuer.token()];
    const outcomes = async () => [await outcome(ask(app, ofA)), await outcome(ask(app, ofB))];
    const recorded = async () => [(await a.live.history()).items.length, (await b.live.history()).items.length];

    expect((await revoke('/a', ofB)).status).toBe(200);
    expect((await revoke('/b', ofA)).status).toBe(200);
    expect(await recorded()).toEqual([0, 0]);
    expect(await outcomes()).toEqual(['200', '200']);

    expect((await revoke('/a', ofA)).status).toBe(200);
    expect(await recorded()).toEqual([1, 0]);
    expect(await outcomes()).toEqual(['401 revoked', '200']);
  });

  it('F80 of() finds who revokes a token, by its claims', async () => {
    const { a, b, issuers } = world;
    const claims = b.issuer.claims();
    expect(issuers.of(claims)).toBe(b.live);

    await issuers.of(claims)?.revoke({ kind: 'session', id: claims['sid'] as string });

    expect(await handedOver(a.issuer.claims())).toBe('200');
    expect(await handedOver(claims)).toBe('401 revoked');
  });
});
