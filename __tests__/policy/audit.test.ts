import type { AuditEntry, LiveTokens, RevokeOptions, Target } from 'livetoken';
import { targetKey } from '../../lib/model/target-key.js';
import { EVERY_STORE, type OpenStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer, REFRESH } from '../support/issuer.js';

const issuer = createIssuer();

describe.each(EVERY_STORE)('the audit log of the $name store', ({ open }) => {
  let opened: OpenStore;
  let live: LiveTokens;
  beforeEach(async () => {
    opened = await open();
    live = liveTokens(opened.store, issuer, { tracking: true });
  });
  afterEach(() => opened.close());

  const entries = async () => (await live.history({ order: 'oldest' })).items;
  const targets = async () => (await entries()).map(({ target }) => target);

  it('F70 tells who revoked what, when and why', async () => {
    const target: Target = { kind: 'subject', id: 'alice' };
    const { epoch, recordedAt } = await live.revoke(target, { actor: 'user admin', reason: 'left the company', requestId: 'request-1' });

    expect(await entries()).toEqual<AuditEntry[]>([
      {
        ...{ id: expect.any(String), kind: 'subject', key: targetKey(target), target: 'subject alice', subject: 'alice' },
        ...{ actor: 'user admin', reason: 'left the company', requestId: 'request-1' },
        ...{ atMs: recordedAt, epochMs: epoch },
      },
    ]);
  });

  it('F70 leaves out what was not said, and tells an epoch without end as Infinity', async () => {
    await live.revoke({ kind: 'session', id: 'session-1' }, { actor: '', reason: '' });

    expect(await entries()).toEqual([
      {
        ...{ id: expect.any(String), kind: 'session', key: targetKey({ kind: 'session', id: 'session-1' }), target: 'a session' },
        ...{ atMs: expect.any(Number), epochMs: Infinity },
      },
    ]);
  });

  const described: [Target, string][] = [
    [{ kind: 'token', id: 'secret-jti', organisation: 'org-a' }, 'a token in organisation org-a'],
    [{ kind: 'grant', id: 'secret-grant' }, 'a grant'],
    [{ kind: 'session', id: 'secret-sid' }, 'a session'],
    [{ kind: 'subject', id: 'alice' }, 'subject alice'],
    [{ kind: 'subject', id: 'alice', sessionsOnly: true }, 'subject alice, sessions only'],
    [{ kind: 'subject', id: 'alice', client: 'web' }, 'subject alice, client web only'],
    [{ kind: 'member', id: 'alice', organisation: 'org-a', client: 'web' }, 'member alice in organisation org-a, client web only'],
    [{ kind: 'client', id: 'web' }, 'client web'],
    [{ kind: 'organisation', id: 'org-a' }, 'organisation org-a'],
    [{ kind: 'all' }, 'all tokens'],
  ];
  it.each(described)('F70 describes %j as %j', async (target, words) => {
    await live.revoke(target);

    expect(await targets()).toEqual([words]);
  });

  it('I11 F70 holds no token, and no id of a token, grant or session', async () => {
    const secrets = { jti: 'CANARY-jti', sid: 'CANARY-sid', grant_id: 'CANARY-grant' };
    const claims = issuer.claims(secrets);
    await live.track(claims, { label: 'CANARY-details' });
    await live.revoke(issuer.sign(claims));
    await live.revoke(issuer.token({ ...secrets, ...REFRESH }));
    await live.revoke({ kind: 'session', id: secrets.sid });

    expect(await targets()).toEqual(['a token in organisation org-a', 'a grant', 'a session']);
    expect(JSON.stringify(await entries())).not.toMatch(/CANARY|eyJ[\w-]{20}/);
  });

  it('F70 cuts what is too long, and revokes all the same', async () => {
    const long = 'é'.repeat(5000);
    const claims = issuer.claims();
    await live.revoke({ kind: 'subject', id: 'alice' }, { actor: long, reason: long, requestId: long });

    const [entry] = await entries();
    expect([entry?.actor?.length, entry?.reason?.length, entry?.requestId?.length]).toEqual([256, 1024, 256]);
    expect((await live.check(claims)).live).toBe(false);
  });

  it.each([5, null, true, { toString: () => 'x' }, ['admin'], Symbol('admin'), () => 'admin'])('F70 leaves out what is no text: %p', async value => {
    const options = { actor: value, reason: value, requestId: value } as unknown as RevokeOptions;
    await live.revoke({ kind: 'subject', id: 'alice' }, options);

    expect(await entries()).toEqual([expect.not.objectContaining({ actor: expect.anything() })]);
    expect(Object.keys((await entries())[0]!).sort()).toEqual(['atMs', 'epochMs', 'id', 'key', 'kind', 'subject', 'target']);
  });

  it('F70 keeps odd characters in one entry, and nothing that would break a line of a log or steer a terminal', async () => {
    const odd = 'a\r\nb\0c"d\\e\u2028f\ud800g😀\u0085h\u009b';
    await live.revoke({ kind: 'subject', id: 'alice' }, { actor: odd, reason: odd, requestId: odd });

    const clean = 'a??b?c"d\\e?f\ud800g😀?h?';
    expect(await entries()).toEqual([expect.objectContaining({ actor: clean, reason: clean, requestId: clean })]);
  });

  it('F70 has no entry for what changed nothing, and one for each that did', async () => {
    await live.revoke({ kind: 'session', id: 's' }, { actor: 'first' });
    await live.revoke({ kind: 'session', id: 's' }, { actor: 'second' });
    await live.revokeAll([{ kind: 'session', id: 't' }, { kind: 'client', id: 'web' }], { actor: 'third' });

    expect((await entries()).map(({ actor }) => actor)).toEqual(['first', 'third', 'third']);
  });

  it('F70 is read page by page, oldest first', async () => {
    await live.revokeAll(Array.from({ length: 25 }, (_, n) => ({ kind: 'subject', id: `user-${n}` }) as const));

    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await live.history({ order: 'oldest', limit: 10, ...(cursor !== undefined && { cursor }) });
      pages.push(page.items.map(({ target }) => target));
      cursor = page.cursor;
    } while (cursor !== undefined);

    expect(pages.map(page => page.length)).toEqual([10, 10, 5]);
    expect(pages.flat()).toEqual(Array.from({ length: 25 }, (_, n) => `subject user-${n}`));
  });
});
