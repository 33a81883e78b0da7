import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Redis } from 'ioredis';
import { redisStore, StoreUnavailableError } from 'livetoken';
import { programFolder, type ProgramFolder } from '../support/documented-programs.js';
import { startRedis } from '../support/redis-server.js';
import { startReplicatedRedis } from '../support/replicated-redis.js';
import { type Application, startApplication } from './support/application.js';
import { answer, endAll, library, livetoken, type Settings } from './support/cli.js';
import { slowLink, type SlowLink } from './support/slow-link.js';

afterAll(endAll);

const config = (livetoken: string): string => `
import { Redis } from 'ioredis';
import { createLiveTokens, redisStore } from '${livetoken}';

const replica = { syncTimeoutMs: Number(process.env.APP_SYNC_MS) };
const store = redisStore(new Redis(process.env.APP_REDIS), { namespace: process.env.APP_NAMESPACE, replica, acknowledge: JSON.parse(process.env.APP_ACKNOWLEDGE ?? '"primary"') });
export default createLiveTokens({ store, maxLifetime: 86_400, claims: { organisation: 'org' }, tracking: true });
`;

/** How a page of the log is asked for: a script with one key. Whatever else reads or writes the log has more of them. */
const PAGE_OF_THE_LOG = /\r\n1\r\n\$\d+\r\n\S+:log\r\n/;

const links: SlowLink[] = [];
afterEach(async () => { await Promise.all(links.splice(0).map(link => link.close())); });

/** No page of the log ever comes: no copy becomes complete. */
async function linkWithoutLog(url: string): Promise<SlowLink> {
  const link = await slowLink(url, PAGE_OF_THE_LOG, Infinity);
  links.push(link);
  return link;
}

describe('livetoken --config, while the copy of the application is not complete', () => {
  let app: Application;
  let folder: ProgramFolder;
  let file: string;
  beforeAll(async () => {
    [app, folder] = await Promise.all([startApplication(), programFolder()]);
    file = path.join(folder.directory, 'live.mjs');
    await writeFile(file, config((await library()).index));
    await app.live.revoke({ kind: 'session', id: 'of old' });
  });
  afterAll(async () => {
    await folder.remove();
    await app.close();
  });

  const settings = (url: string, syncTimeoutMs: number, env: Readonly<Record<string, string>> = {}): Settings => ({
    env: { APP_REDIS: url, APP_NAMESPACE: app.namespace, APP_SYNC_MS: String(syncTimeoutMs), ...env },
  });

  // The longer one would end the test.
  it.each([
    ['gives it up at once', 1],
    ['waits for hours', 7_200_000],
  ])('revokes, checks and lists all the same, where the application %s', async (_, syncTimeoutMs) => {
    const link = await linkWithoutLog(app.env.LIVETOKEN_REDIS_URL);
    const sub = `alice ${syncTimeoutMs}`;
    const { token, claims } = await app.issue({ sub });
    const ask = (...args: readonly string[]) => answer([...args, '--config', file], settings(link.url, syncTimeoutMs, { LIVETOKEN_TOKEN: token }));
    expect(await ask('check')).toMatchObject({ status: 0, document: { live: true } });
    expect((await ask('list', 'user', sub)).document.tokens).toHaveLength(1);
    expect(await ask('revoke', 'user', sub)).toMatchObject({ status: 0, document: { changed: true, count: 1 }, stderr: '' });
    expect(await ask('check')).toMatchObject({ status: 1, document: { reason: 'revoked', target: { id: sub } } });
    expect(await app.isLive(claims)).toBe(false);
  });

  test('over such a link no copy becomes complete', async () => {
    const link = await linkWithoutLog(app.env.LIVETOKEN_REDIS_URL);
    const client = new Redis(link.url, { lazyConnect: true });
    const store = redisStore(client, { namespace: app.namespace, replica: { syncTimeoutMs: 1000 } });
    await expect(store.ready()).rejects.toThrow(StoreUnavailableError);
    expect(link.slowed()).toBeGreaterThan(0);
    await store.close();
    client.disconnect();
  });

  it('waits for the replicas that the application waits for', async () => {
    const redis = await startReplicatedRedis(1);
    const link = await linkWithoutLog(redis.primary.url);
    const elsewhere = await startApplication({ url: redis.primary.url });
    const { claims } = await elsewhere.issue({ sub: 'alice' });
    const revoke = (replicas: number) =>
      answer(['revoke', 'user', 'alice', '--config', file], settings(link.url, 7_200_000, { APP_NAMESPACE: elsewhere.namespace, APP_ACKNOWLEDGE: JSON.stringify({ replicas }) }));
    expect(await revoke(1)).toMatchObject({ status: 0, document: { changed: true, count: 1 } });
    expect(await elsewhere.isLive(claims)).toBe(false);
    await expect(revoke(2)).rejects.toThrow(/answered nothing: .*replica/);
    await elsewhere.close();
    await redis.stop();
  });

  it('tells what endangers the revocations before it revokes', async () => {
    const redis = await startRedis({ args: ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'] });
    const link = await linkWithoutLog(redis.url);
    const { status, stdout, stderr } = await livetoken(['revoke', 'user', 'bob', '--config', file], settings(link.url, 7_200_000));
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('Revoked user bob') });
    expect(stderr).toMatch(/^Danger: .*maxmemory-policy is allkeys-lru/);
    await redis.stop();
  });

  it('says that Redis cannot be reached, and why, where that is so', async () => {
    const { status, stdout, stderr } = await livetoken(['revoke', 'user', 'bob', '--config', file], settings('redis://127.0.0.1:1', 7_200_000));
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toContain('Redis at 127.0.0.1:1 cannot be reached (ECONNREFUSED)');
  });
});
