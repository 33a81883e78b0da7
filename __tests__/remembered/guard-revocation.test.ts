import type { Express } from 'express';
import type { LiveTokens, Target } from 'livetoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { onStore, openMemoryStore, type OpenStore } from '../support/every-store.js';
import { ask, guardedApi, liveTokens, outcome } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';
import { openReplica } from './support/open-replica.js';
import { watchedVerifier, type WatchedVerifier } from './support/watched-verifier.js';

const issuer = createIssuer();

const EVERY_LOCAL_STORE = [
  { name: 'memory', open: openMemoryStore },
  { name: 'a copy of Redis', open: openReplica },
] as const;

const COMBINATIONS = EVERY_LOCAL_STORE.flatMap(store => EVERY_EXPRESS.map(({ name, express }) => ({ ...store, version: name, express })));

const TARGETS: Target[] = [
  { kind: 'token', id: 'token-1', organisation: 'org-a' },
  { kind: 'grant', id: 'grant-1' },
  { kind: 'session', id: 'session-1' },
  { kind: 'subject', id: 'alice' },
  { kind: 'subject', id: 'alice', sessionsOnly: true },
  { kind: 'subject', id: 'alice', client: 'web' },
  { kind: 'member', id: 'alice', organisation: 'org-a' },
  { kind: 'member', id: 'alice', organisation: 'org-b' },
  { kind: 'member', id: 'alice', organisation: 'org-a', sessionsOnly: true },
  { kind: 'member', id: 'alice', organisation: 'org-b', client: 'web' },
  { kind: 'client', id: 'web' },
  { kind: 'organisation', id: 'org-a' },
  { kind: 'organisation', id: 'org-b' },
  { kind: 'all' },
];

const UNRELATED: Target[] = [
  { kind: 'token', id: 'token-1', organisation: 'org-b' },
  { kind: 'grant', id: 'session-1' },
  { kind: 'session', id: 'session-2' },
  { kind: 'subject', id: 'bob' },
  { kind: 'subject', id: 'alice', client: 'app' },
  { kind: 'member', id: 'alice', organisation: 'org-c' },
  { kind: 'client', id: 'alice' },
  { kind: 'organisation', id: 'org-c' },
];

describe.each(COMBINATIONS)('A remembered token on $name and $version', ({ open, express }) => {
  let opened: OpenStore;
  let live: LiveTokens;
  let api: Express;
  let watched: WatchedVerifier;
  let token: string;
  onStore(open, store => {
    opened = store;
  });
  beforeEach(() => {
    watched = watchedVerifier(issuer.verify, 0);
    live = liveTokens(opened.store, { ...issuer, verify: watched.verify }, { claims: { organisation: 'org', organisations: 'orgs' } });
    api = guardedApi(live, { exposeReason: true }, express);
    token = issuer.token({ jti: 'token-1', orgs: ['org-b'] });
  });

  it.each(TARGETS)('F80 is refused from the request after the revocation of %j on, and costs no second verification', async target => {
    expect(await outcome(ask(api, token))).toBe('200');
    expect(await outcome(ask(api, token))).toBe('200');
    expect(live.recall(token)?.token).toBe(token);
    await live.revoke(target);
    expect(live.recall(token)).toBeUndefined();
    expect(await outcome(ask(api, token))).toBe('401 revoked');
    expect(await outcome(ask(api, token))).toBe('401 revoked');
    expect(watched.calls).toBe(1);
  });

  it('F80 goes on being accepted, without a second verification, when something else is revoked', async () => {
    expect(await outcome(ask(api, token))).toBe('200');
    for (const target of UNRELATED) {
      await live.revoke(target);
      expect(live.recall(token)?.token).toBe(token);
      expect(await outcome(ask(api, token))).toBe('200');
    }
    expect(watched.calls).toBe(1);
  });

  it('F80 goes on being accepted when its user is revoked up to before it was issued, and no further', async () => {
    const iat = Math.floor(Date.now() / 1000) - 10;
    token = issuer.token({ iat });
    expect(await outcome(ask(api, token))).toBe('200');
    await live.revoke({ kind: 'subject', id: 'alice' }, { issuedBefore: iat * 1000 - 1 });
    expect(await outcome(ask(api, token))).toBe('200');
    await live.revoke({ kind: 'subject', id: 'alice' }, { issuedBefore: iat * 1000 });
    expect(await outcome(ask(api, token))).toBe('401 revoked');
  });

  it('F80 is refused although it was being verified while it was revoked', async () => {
    watched.beforeAnswer = () => live.revoke({ kind: 'session', id: 'session-1' });
    expect(await outcome(ask(api, token))).toBe('401 revoked');
    expect(await outcome(ask(api, token))).toBe('401 revoked');
  });
});
