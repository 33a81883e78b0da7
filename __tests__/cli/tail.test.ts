import { startRedis } from '../support/redis-server.js';
import { until, untilResolved } from '../stores/support/until.js';
import { type Application, startApplication } from './support/application.js';
import { endAll, printed, start, type Running } from './support/cli.js';

afterAll(endAll);

const reasons = (following: Running): readonly string[] =>
  following.stdout().trimEnd().split('\n').filter(line => line !== '').map(line => (JSON.parse(line) as { readonly reason: string }).reason);

describe('livetoken tail', () => {
  let app: Application;
  beforeAll(async () => { app = await startApplication(); });
  afterAll(() => app.close());

  it('shows what is revoked from now on, a document a line, until Ctrl-C, which ends it well', async () => {
    await app.live.revoke({ kind: 'subject', id: 'alice' }, { reason: 'before' });
    const following = await start(['tail', '--json'], app);
    await printed(following, /Following what is revoked from now on/);
    await app.live.revoke({ kind: 'subject', id: 'alice' }, { reason: 'first', actor: 'carol' });
    await until(() => reasons(following).length >= 1);
    await app.live.revoke({ kind: 'session', id: 'sid-1' }, { reason: 'second' });
    await until(() => reasons(following).length >= 2);
    following.child.kill('SIGINT');
    expect((await following.ended).status).toBe(0);
    expect(reasons(following)).toEqual(['first', 'second']);
    for (const told of ['"target":"subject alice"', '"actor":"carol"']) expect(following.stdout()).toContain(told);
    expect(following.stdout()).not.toContain('sid-1');
  });

  it('begins as far back as it is told, and misses nothing in a burst of many pages', async () => {
    const since = new Date().toISOString();
    const targets = Array.from({ length: 1200 }, (_, i) => ({ kind: 'grant', id: `grant-${i}` }) as const);
    await app.live.revokeAll(targets, { reason: 'burst' });
    const following = await start(['tail', '--json', '--since', since], app);
    await until(() => reasons(following).length >= 1200);
    await app.live.revoke({ kind: 'grant', id: 'one more' }, { reason: 'after' });
    await until(() => reasons(following).includes('after'));
    following.child.kill('SIGTERM');
    expect((await following.ended).status).toBe(0);
    expect(reasons(following)).toEqual([...Array<string>(1200).fill('burst'), 'after']);
  });

  it('ends without a word when its reader has gone', async () => {
    await app.live.revoke({ kind: 'client', id: 'web' });
    const following = await start(['tail', '--since', '1h'], app);
    await printed(following, /client web/);
    const said = following.stderr();
    following.child.stdout!.destroy();
    await app.live.revoke({ kind: 'client', id: 'tv' });
    expect((await following.ended).status).toBe(0);
    expect(following.stderr()).toBe(said);
  });

  it('goes on where it was when Redis was away', async () => {
    const redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
    const own = await startApplication({ url: redis.url });
    try {
      await own.live.revoke({ kind: 'subject', id: 'alice' }, { reason: 'before' });
      const following = await start(['tail', '--json'], own);
      await printed(following, /Following/);
      await own.live.revoke({ kind: 'subject', id: 'bob' }, { reason: 'first' });
      await until(() => reasons(following).length === 1);
      await redis.kill();
      await printed(following, /Redis does not answer; trying again/);
      await redis.restart();
      await untilResolved(() => own.live.revoke({ kind: 'subject', id: 'carol' }, { reason: 'second' }));
      await until(() => reasons(following).length === 2);
      following.child.kill('SIGINT');
      expect((await following.ended).status).toBe(0);
      expect(reasons(following)).toEqual(['first', 'second']);
    } finally {
      await own.close();
      await redis.stop();
    }
  });
});
