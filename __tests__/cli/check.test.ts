import { type Application, startApplication } from './support/application.js';
import { answer, endAll, inTerminal, livetoken } from './support/cli.js';

afterAll(endAll);

const BY_ORG = ['--organisation-claim', 'org'] as const;

describe('livetoken check', () => {
  let app: Application;
  beforeAll(async () => { app = await startApplication(); });
  afterAll(() => app.close());

  const about = (token: string) => ({ env: { ...app.env, LIVETOKEN_TOKEN: token } });

  it('says of a live token whose it is, and that nobody verified its signature', async () => {
    const { token } = await app.issue({ sub: 'alice-1', jti: 'jti-of-alice-1', sid: 'sid-of-alice-1' });
    const { status, stdout, stderr } = await livetoken(['check', ...BY_ORG], about(token));
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Live\. .*\n {2}token {6}user alice-1, client web, organisation org-a\n/);
    expect(stderr).toContain('The signature was not verified');
    for (const secret of [token, 'jti-of-alice-1', 'sid-of-alice-1']) expect(stdout + stderr).not.toContain(secret);
  });

  it('names the revocation that refuses it: of what, when, by whom and why', async () => {
    const { token } = await app.issue({ sub: 'alice-2' });
    const { recordedAt } = await app.live.revoke({ kind: 'member', id: 'alice-2', organisation: 'org-a' }, { actor: 'user carol', reason: 'left', requestId: 'request-2' });
    const [{ status, document }, { stdout }] = await Promise.all([answer(['check', ...BY_ORG], about(token)), livetoken(['check', ...BY_ORG], about(token))]);
    expect({ status, ...document }).toMatchObject({ status: 1, live: false, isVerified: false, reason: 'revoked', target: { kind: 'member', id: 'alice-2', organisation: 'org-a' } });
    expect(document.revocation).toMatchObject({ at: new Date(recordedAt).toISOString(), actor: 'user carol', reason: 'left', requestId: 'request-2' });
    expect(stdout).toContain(`revoked    member alice-2 in organisation org-a\n  when       ${new Date(recordedAt).toISOString()}`);
    expect(stdout).toContain('by         user carol\n  reason     left\n  request    request-2\n');
  });

  it('names the first revocation that refuses it, and neither one from before it was issued nor one that came later', async () => {
    const user = { kind: 'subject', id: 'alice-3' } as const;
    const iat = Math.floor(Date.now() / 1000) - 3000;
    await app.live.revoke(user, { actor: 'too early', issuedBefore: (iat - 100) * 1000 });
    await app.live.revoke(user, { actor: 'the one', issuedBefore: (iat + 100) * 1000 });
    await app.live.revoke(user, { actor: 'later' });
    const { token } = await app.issue({ sub: 'alice-3', iat, exp: iat + 7200 });
    const { document } = await answer(['check', ...BY_ORG], about(token));
    expect(document.revocation.actor).toBe('the one');
  });

  it('names the end of a session that is older than the token', async () => {
    await app.live.revoke({ kind: 'session', id: 'sid-of-alice-4' }, { actor: 'long ago' });
    const { token } = await app.issue({ sid: 'sid-of-alice-4', iat: Math.floor(Date.now() / 1000), jti: 'jti-of-alice-4' });
    const { document } = await answer(['check', ...BY_ORG], about(token));
    expect(document).toMatchObject({ target: { kind: 'session' }, revocation: { actor: 'long ago', epoch: null } });
    expect(JSON.stringify(document)).not.toContain('of-alice-4');
  });

  it.each([
    ['expired', { iat: 1_700_000_000, exp: 1_700_003_600 }],
    ['unrevocable', { org: undefined }],
    ['lifetime_too_long', { exp: 4_000_000_000 }],
  ])('says of a token that is refused without a revocation why: %s', async (reason, claims) => {
    const { status, document } = await answer(['check', ...BY_ORG, '--max-lifetime', '86400'], about(app.issuer.token(claims)));
    expect({ status, ...document }).toMatchObject({ status: 1, live: false, reason });
    expect(document).not.toHaveProperty('revocation');
  });

  it('takes the token from standard input, with or without what a header puts before it', async () => {
    const { token } = await app.issue({ sub: 'alice-5' });
    await app.live.revoke({ kind: 'subject', id: 'alice-5' });
    const [piped, dashed] = await Promise.all([
      answer(['check', ...BY_ORG], { env: app.env, input: `Bearer ${token}\n` }),
      answer(['check', '-', ...BY_ORG], { env: { ...app.env, LIVETOKEN_TOKEN: 'another' }, input: token }),
    ]);
    expect([piped.document.token.user, dashed.document.token.user]).toEqual(['alice-5', 'alice-5']);
    const none = await livetoken(['check', ...BY_ORG], app);
    expect({ status: none.status, stderr: none.stderr }).toEqual({ status: 2, stderr: expect.stringContaining('LIVETOKEN_TOKEN') });
  });

  it('takes it from the command line too, and says who else can see it there', async () => {
    const { token } = await app.issue();
    const { status, stdout, stderr } = await livetoken(['check', token, ...BY_ORG], app);
    expect(status).toBe(0);
    expect(stderr).toContain('list of processes');
    expect(stdout + stderr).not.toContain(token);
  });

  it('asks for it on a terminal, without showing what is typed', async () => {
    const { token } = await app.issue({ sub: 'alice-6' });
    const { status, stdout } = await inTerminal(['check', ...BY_ORG], { ...app, asked: /Token \(is not shown\): /, typed: `${token}\r` });
    expect(status).toBe(0);
    expect(stdout).toContain('user alice-6');
    expect(stdout).not.toContain(token.slice(0, 20));
  });

  it('wants to know how tokens name their organisation, lest it calls a revoked one live', async () => {
    const { token } = await app.issue({ sub: 'alice-7', org: 'org-7' });
    await app.live.revoke({ kind: 'organisation', id: 'org-7' });
    const { status, stdout, stderr } = await livetoken(['check'], about(token));
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('--organisation-claim <claim>');
    expect((await livetoken(['check', ...BY_ORG], about(token))).status).toBe(1);
  });

  it('says nothing of a token while Redis cannot be reached', async () => {
    const { token } = await app.issue();
    const LIVETOKEN_REDIS_URL = 'redis://somebody:hunter2@127.0.0.1:1';
    const { status, stdout, stderr } = await livetoken(['check', ...BY_ORG], { env: { ...app.env, LIVETOKEN_TOKEN: token, LIVETOKEN_REDIS_URL } });
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toContain('Redis at 127.0.0.1:1 cannot be reached (ECONNREFUSED)');
    expect(stderr).not.toContain('hunter2');
  });
});
