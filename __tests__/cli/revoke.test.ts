import { until } from '../stores/support/until.js';
import { type Application, MAX_LIFETIME_S, startApplication } from './support/application.js';
import { answer, endAll, inTerminal, livetoken, start } from './support/cli.js';
import { slowLink, type SlowLink } from './support/slow-link.js';

afterAll(endAll);

describe('livetoken revoke', () => {
  let app: Application;
  beforeAll(async () => {
    app = await startApplication();
    // An application that has revoked before has said how long its tokens live.
    await app.live.revoke({ kind: 'session', id: 'of old' });
  });
  afterAll(() => app.close());

  const newest = async (): Promise<Readonly<Record<string, unknown>>> => ({ ...(await app.live.history({ limit: 1 })).items[0] });

  it('ends what the target has at every instance, and says how many tokens that were', async () => {
    const [alices, bobs] = [await app.issue({ sub: 'alice-1' }), await app.issue({ sub: 'bob-1' })];
    const { status, stdout, stderr } = await livetoken(['revoke', 'user', 'alice-1', '--reason', 'laptop stolen', '--actor', 'ops'], app);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Revoked user alice-1: every token issued at or before \S+Z is refused\. This ended 1 tracked token\.\n$/);
    expect([await app.isLive(alices.claims), await app.isLive(bobs.claims)]).toEqual([false, true]);
    expect(await newest()).toMatchObject({ target: 'subject alice-1', actor: 'ops', reason: 'laptop stolen' });
  });

  it('answers with the receipt as one JSON document, and names the user of the system as who did it', async () => {
    const { claims } = await app.issue({ sub: 'alice-2', sid: 'session-of-alice-2' });
    const { status, document } = await answer(['revoke', 'session', 'session-of-alice-2'], app);
    expect(status).toBe(0);
    expect(document).toMatchObject({ target: { kind: 'session', id: 'session-of-alice-2' }, epoch: null, reissueFrom: null, changed: true, count: 1 });
    expect(await app.isLive(claims)).toBe(false);
    const { actor } = await newest();
    expect(actor).toMatch(/^[\w.-]+$|^uid \d+$/);
  });

  it.each([
    [['member', 'alice-3', '--organisation', 'org-a'], { sub: 'alice-3', org: 'org-a' }, { sub: 'alice-3', org: 'org-b' }],
    [['user', 'alice-4', '--client', 'web'], { sub: 'alice-4', client_id: 'web' }, { sub: 'alice-4', client_id: 'cli' }],
    [['token', 'jti-5', '--organisation', 'org-a'], { jti: 'jti-5', org: 'org-a' }, { jti: 'jti-5', org: 'org-b' }],
    [['grant', 'grant-6'], { grant_id: 'grant-6' }, { grant_id: 'grant-7' }],
    [['organization', 'org-8', '--yes'], { org: 'org-8' }, { org: 'org-9' }],
  ])('ends what %j means and nothing beside it', async (args, ended, spared) => {
    const [first, second] = [await app.issue(ended), await app.issue(spared)];
    expect((await livetoken(['revoke', ...args], app)).status).toBe(0);
    expect([await app.isLive(first.claims), await app.isLive(second.claims)]).toEqual([false, true]);
  });

  it('reaches back to an instant, and spares what was issued since', async () => {
    const iat = Math.floor(Date.now() / 1000) - 1800;
    const [old, fresh] = [await app.issue({ sub: 'alice-10', iat, exp: iat + 7200 }), await app.issue({ sub: 'alice-10' })];
    expect((await livetoken(['revoke', 'user', 'alice-10', '--issued-before', '15m'], app)).status).toBe(0);
    expect([await app.isLive(old.claims), await app.isLive(fresh.claims)]).toEqual([false, true]);
  });

  it('says with --dry-run what it would end, and writes nothing', async () => {
    const { claims } = await app.issue({ sub: 'alice-11', org: 'org-11', client_id: 'web' });
    await app.issue({ sub: 'alice-11', org: 'org-11', client_id: 'tv' });
    const before = await app.redis.xlen(app.key('log'));
    const [{ status, document }, { stdout }] = await Promise.all([
      answer(['revoke', 'organisation', 'org-11', '--dry-run'], app),
      livetoken(['revoke', 'organisation', 'org-11', '--dry-run'], app),
    ]);
    expect({ status, ...document }).toMatchObject({ status: 0, dryRun: true, count: 2, users: [{ id: 'alice-11', count: 2 }] });
    expect(document.clients).toEqual([{ id: 'tv', count: 1 }, { id: 'web', count: 1 }]);
    expect(stdout).toMatch(/would end 2 tracked tokens\. Nothing was written\.\nby user:\n {9}2 {2}alice-11\n/);
    expect(await app.isLive(claims)).toBe(true);
    expect(await app.redis.xlen(app.key('log'))).toBe(before);
  });

  it.each([[['all']], [['organisation', 'org-12']], [['client', 'client-12']]])('does not end %j without --yes where nobody can be asked', async args => {
    const { claims } = await app.issue({ org: 'org-12', client_id: 'client-12' });
    const { status, stdout, stderr } = await livetoken(['revoke', ...args], app);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('Add --yes');
    expect(await app.isLive(claims)).toBe(true);
  });

  it('asks on a terminal, and goes on only when the target is typed', async () => {
    const { claims } = await app.issue({ org: 'org-13' });
    const asked = /To go on, type org-13: /;
    const no = await inTerminal(['revoke', 'organisation', 'org-13'], { ...app, asked, typed: 'y\r' });
    expect(no.status).toBe(130);
    expect(no.stdout).toContain('which ends 1 tracked token.');
    const ctrlC = await inTerminal(['revoke', 'organisation', 'org-13'], { ...app, asked, typed: '\u0003' });
    expect(ctrlC.status).toBe(130);
    expect(await app.isLive(claims)).toBe(true);
    const yes = await inTerminal(['revoke', 'organisation', 'org-13'], { ...app, asked, typed: 'org-13\r' });
    expect(yes.status).toBe(0);
    expect(await app.isLive(claims)).toBe(false);
  });

  it('says so where the same was revoked before', async () => {
    await app.live.revoke({ kind: 'grant', id: 'grant-14' });
    const { status, stdout } = await livetoken(['revoke', 'grant', 'grant-14'], app);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^Nothing changed, because a grant was revoked at least as late before: it is refused for good\./) });
  });

  it('keeps a revocation no shorter than the application does, whatever --max-lifetime says', async () => {
    const runs = [await answer(['revoke', 'user', 'alice-15'], app), await answer(['revoke', 'user', 'alice-16', '--max-lifetime', '60'], app)];
    for (const { document } of runs) expect(Date.parse(document.keepUntil) - Date.parse(document.recordedAt)).toBeGreaterThanOrEqual(MAX_LIFETIME_S * 1000 + 65_000);
    expect(runs[1]!.stderr).toContain(`${MAX_LIFETIME_S} seconds are used`);
    // Nor does it make the application keep its log for longer.
    expect(Number(await app.redis.hget(app.key('state'), 'logMs'))).toBe(MAX_LIFETIME_S * 1000 + 65_000);
  });

  it('trims nothing from the audit log, however old it is', async () => {
    const [audit, copy] = [app.key('audit'), app.key('copy')];
    await app.redis.rename(audit, copy);
    const note = JSON.stringify({ key: 'all:TPNpqbU_rCpFH0ALfawPEK', target: 'all tokens' });
    const old = app.redis.pipeline();
    for (let i = 1; i <= 500; i += 1) void old.xadd(audit, `${i}-1`, 'at', i, 'epoch', i, 'note', note);
    await old.exec();
    expect((await livetoken(['revoke', 'session', 'yet another'], app)).status).toBe(0);
    expect(await app.redis.xlen(audit)).toBe(501);
    await app.redis.rename(copy, audit);
  });
});

describe('livetoken revoke, interrupted after it was sent', () => {
  let app: Application;
  let link: SlowLink;
  beforeAll(async () => {
    app = await startApplication();
    await app.live.revoke({ kind: 'session', id: 'of old' });
  });
  beforeEach(async () => { link = await slowLink(app.env.LIVETOKEN_REDIS_URL, /eval/i, Infinity); });
  afterEach(() => link.close());
  afterAll(() => app.close());

  it.each([
    [['user', 'alice'], 'repeat it. That also ends what was issued in between'],
    [['user', 'alice', '--issued-before', '2026-01-31'], 'repeat it with --issued-before 2026-01-31T00:00:00.000Z: that changes nothing.'],
    [['session', 'sid-1'], 'repeat it: that changes nothing.'],
  ])('says of %j what repeating it does', async (args, said) => {
    const revoking = await start(['revoke', ...args], { env: { ...app.env, LIVETOKEN_REDIS_URL: link.url } });
    await until(() => link.slowed() > 0);
    revoking.child.kill('SIGINT');
    const { status, stdout, stderr } = await revoking.ended;
    expect({ status, stdout, stderr }).toEqual({ status: 130, stdout: '', stderr: expect.stringContaining(said) });
  });
});

describe('livetoken revoke, where a revocation would reach nobody', () => {
  let app: Application;
  beforeAll(async () => { app = await startApplication({ options: { tracking: false } }); });
  afterAll(() => app.close());

  it('does not write into a namespace that nobody uses, unless it is told to', async () => {
    const { status, stderr } = await livetoken(['revoke', 'user', 'alice', '--max-lifetime', '60'], app);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('Look at LIVETOKEN_REDIS_URL') });
    const unknown = await livetoken(['revoke', 'user', 'alice', '--new-namespace'], app);
    expect({ status: unknown.status, stderr: unknown.stderr }).toEqual({ status: 2, stderr: expect.stringContaining('--max-lifetime <seconds>') });
    expect(await app.redis.exists(app.key('state'), app.key('log'), app.key('audit'))).toBe(0);
    const { document } = await answer(['revoke', 'user', 'alice', '--new-namespace', '--max-lifetime', '60'], app);
    expect(document.changed).toBe(true);
    // Nobody tracks here, so nobody knows how many that were.
    expect(document).not.toHaveProperty('count');
  });

  it('asks for the organisation of a token, unless it knows that tokens name none', async () => {
    await app.live.revoke({ kind: 'session', id: 'any' });
    const { status, stderr } = await livetoken(['revoke', 'token', 'jti-1'], app);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('Add --organisation <id>') });
    const contradicting = await livetoken(['revoke', 'token', 'jti-1', '--organisation', 'o', '--no-organisation-claim'], app);
    expect(contradicting.status).toBe(2);
    expect((await livetoken(['revoke', 'token', 'jti-1', '--no-organisation-claim'], app)).status).toBe(0);
  });
});

describe('livetoken revoke, used wrongly', () => {
  it.each([
    [['revoke', 'users', 'alice'], 'what kind of target'],
    [['revoke', 'user'], 'user <id>'],
    [['revoke', 'all', 'alice', '--yes'], 'takes no id'],
    [['revoke', 'member', 'alice'], '--organisation <id>'],
    [['revoke', 'user', 'alice', '--organisation', 'o1'], 'member <id> --organisation'],
    [['revoke', 'session', 's1', '--client', 'web'], 'belong to a user or a member'],
    [['revoke', 'user', 'alice', '--issued-before', '1700000000'], '2026-01-31T08:30:00Z'],
    [['revoke', 'user', 'alice', '--issued-before', '2026-01-31T08:30:00'], 'with its offset'],
    [['revoke', 'user', ''], '1 to 256 bytes'],
  ])('says of %j what to write, without asking Redis', async (args, said) => {
    const { status, stdout, stderr } = await livetoken(args, { env: { LIVETOKEN_REDIS_URL: '' } });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(said);
  });
});
