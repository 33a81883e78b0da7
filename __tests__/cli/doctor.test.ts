import { startRedis, type RedisServer } from '../support/redis-server.js';
import { until } from '../stores/support/until.js';
import { type Application, startApplication } from './support/application.js';
import { answer, endAll, livetoken } from './support/cli.js';

afterAll(endAll);

interface Found {
  readonly level: string;
  readonly code: string;
}

const codes = (document: { readonly findings: readonly Found[] }): Readonly<Record<string, string>> =>
  Object.fromEntries(document.findings.map(({ level, code }) => [code, level]));

describe('livetoken doctor', () => {
  let redis: RedisServer;
  let app: Application;
  beforeAll(async () => {
    redis = await startRedis({ args: ['--appendonly', 'yes'] });
    app = await startApplication({ url: redis.url });
    await app.issue({ sub: 'alice' });
    await app.issue({ sub: 'bob' });
    for (const id of ['carol', 'dave', 'erin']) await app.live.revoke({ kind: 'subject', id });
    await app.live.revoke({ kind: 'session', id: 'sid-1' });
    await app.live.revoke({ kind: 'client', id: 'no such client' });
  });
  afterAll(async () => {
    await app.close();
    await redis.stop();
  });

  const contents = async (): Promise<ReadonlyMap<string, string>> => {
    const keys = (await app.redis.keys('*')).sort();
    return new Map(await Promise.all(keys.map(async key => [key, (await app.redis.dumpBuffer(key)).toString('hex')] as const)));
  };

  it('finds no danger in a primary that keeps what it is told, and tells what it holds', async () => {
    const { status, document } = await answer(['doctor'], app);
    expect(status).toBe(0);
    expect(codes(document)).toEqual({ no_replica: 'notice' });
    expect(document).toMatchObject({ address: `Redis at 127.0.0.1:${redis.port}`, namespace: app.namespace });
    expect(document.server).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+/), role: 'primary', replicas: [], evictionPolicy: 'noeviction', appendOnlyFile: true });
    expect(Math.abs(document.server.clockDifferenceMs)).toBeLessThan(2000);
    expect(document.figures).toMatchObject({
      ...{ revocations: { subject: 3, session: 1, client: 1 }, buckets: 5, logEntries: 5, auditEntries: 5, trackedTokens: 2, isLost: false },
      logKeepsMs: 86_400_000 + 65_000,
      memory: { sampledBuckets: 5, sampledRevocations: 5 },
    });
    const bytes = await Promise.all((await app.redis.keys(app.key('*:??'))).map(key => app.redis.memory('USAGE', key, 'SAMPLES', 0)));
    expect(document.figures.memory.bucketBytesEach).toBe(Math.round(bytes.reduce<number>((sum, each) => sum + Number(each), 0) / 5));
  });

  it('says the same as text, and writes nothing to Redis', async () => {
    const before = await contents();
    const { status, stdout, stderr } = await livetoken(['doctor'], app);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('revocations   5 in 5 buckets (');
    expect(stdout).toContain('tracked       2 tokens');
    expect(stdout).toMatch(/a sample: 5 revocations in 5 buckets/);
    expect(stdout).toMatch(/NOTICE no_replica\n.*\n\nNo danger, 1 notice\.\n$/);
    expect(await contents()).toEqual(before);
  });

  it('finds what would let revoked tokens back in, says what to do, and fails', async () => {
    await app.redis.config('SET', 'maxmemory', '100mb');
    await app.redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const { status, stdout, stderr } = await livetoken(['doctor'], app);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toContain('DANGER eviction_policy\n');
    expect(stdout).toContain('CONFIG SET maxmemory-policy noeviction');
    // Such a Redis can still be told what to refuse.
    const revoked = await livetoken(['revoke', 'user', 'frank'], app);
    expect({ status: revoked.status, stderr: revoked.stderr }).toEqual({ status: 0, stderr: expect.stringContaining('Danger: Redis at') });
    const listed = await livetoken(['list', 'user', 'alice'], app);
    expect({ status: listed.status, stdout: listed.stdout }).toEqual({ status: 3, stdout: '' });
    await app.redis.config('SET', 'maxmemory-policy', 'noeviction');
    await app.redis.config('SET', 'maxmemory', '0');
  });

  it('finds data that was lost and that nobody has settled', async () => {
    await app.redis.hset(app.key('state'), 'lost', 'an earlier one');
    const { status, document } = await answer(['doctor'], app);
    expect({ status, loss: codes(document)['data_loss'], isLost: document.figures.isLost }).toEqual({ status: 1, loss: 'danger', isLost: true });
    await app.redis.hdel(app.key('state'), 'lost');
  });

  it('finds a replica in place of the primary, and sees the replicas of a primary', async () => {
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(redis.port), '--appendonly', 'yes'] });
    try {
      await until(async () => (await app.redis.info('replication')).includes('state=online'));
      const [primary, wrong] = await Promise.all([answer(['doctor'], app), answer(['doctor'], { env: { ...app.env, LIVETOKEN_REDIS_URL: replica.url } })]);
      expect({ status: primary.status, found: codes(primary.document), replicas: primary.document.server.replicas }).toEqual({ status: 0, found: {}, replicas: [{ state: 'online', lagS: expect.any(Number) }] });
      expect({ status: wrong.status, role: wrong.document.server.role, found: codes(wrong.document) }).toMatchObject({ status: 1, role: 'replica', found: { not_primary: 'danger' } });
    } finally {
      await replica.stop();
    }
  });

  it('tells what it may not ask, and what it can', async () => {
    await app.redis.call('ACL', 'SETUSER', 'limited', 'on', '>hunter2', '~*', '&*', '+@all', '-info', '-memory');
    const LIVETOKEN_REDIS_URL = redis.url.replace('//', '//limited:hunter2@');
    const { status, document, stderr } = await answer(['doctor'], { env: { ...app.env, LIVETOKEN_REDIS_URL } });
    expect({ status, found: codes(document) }).toEqual({ status: 0, found: { not_checked: 'notice' } });
    expect(document.figures).toMatchObject({ buckets: expect.any(Number) });
    expect(document.figures).not.toHaveProperty('memory');
    expect(JSON.stringify(document) + stderr).not.toContain('hunter2');
    const wrong = await livetoken(['doctor'], { env: { ...app.env, LIVETOKEN_REDIS_URL: LIVETOKEN_REDIS_URL.replace('hunter2', 'hunter3') } });
    expect({ status: wrong.status, stdout: wrong.stdout }).toEqual({ status: 3, stdout: '' });
    expect(wrong.stderr).toMatch(/WRONGPASS/);
    expect(wrong.stderr).not.toContain('hunter3');
  });

  it('says that a namespace is empty, which may be a mistyped name', async () => {
    const { status, document } = await answer(['doctor', '--namespace', 'nobody.is.here'], app);
    expect({ status, empty: codes(document)['empty_namespace'] }).toEqual({ status: 0, empty: 'notice' });
  });
});
