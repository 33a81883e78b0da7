import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findOrInstallRedis, findRedis, thisMachine, type Machine } from './support/find-redis.js';
import { startRedis, type RedisOptions, type RedisServer } from './support/redis-server.js';
import { sharedRedisUrl } from './support/redis-url.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
});

async function start(options?: RedisOptions): Promise<RedisServer> {
  const server = await startRedis(options);
  cleanups.push(() => server.stop());
  return server;
}

/** Never reconnects: what a test asks is answered by the server it asked, or not at all. */
function client(url: string): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
  redis.on('error', () => undefined); // the rejected command tells the same
  // ioredis would hold the process for 2 s more if it was told to close what is closed already.
  cleanups.push(() => redis.status === 'end' || redis.disconnect());
  return redis;
}

async function directoryOf(server: RedisServer): Promise<string> {
  const [, directory] = (await client(server.url).config('GET', 'dir')) as [string, string];
  return directory;
}

describe('a redis-server of a test', () => {
  test('is real, empty, and is the process it says it is', async () => {
    const server = await start();
    const redis = client(server.url);

    expect(await redis.dbsize()).toBe(0);
    expect(await redis.info('server')).toContain(`process_id:${server.pid}\r\n`);
  });

  test('is not the one that all tests share', async () => {
    const server = await start();

    expect(await client(sharedRedisUrl()).ping()).toBe('PONG');
    expect(sharedRedisUrl()).not.toBe(server.url);
  });

  test('can be killed and comes back on the same port, empty', async () => {
    const server = await start();
    const { pid } = server;
    await client(server.url).set('key', 'value');

    await server.kill();
    await expect(client(server.url).ping()).rejects.toThrow();
    await server.restart();

    expect(await client(server.url).get('key')).toBeNull();
    expect(server.pid).not.toBe(pid);
  });

  test('keeps across a restart what it was told to keep', async () => {
    const server = await start({ args: ['--appendonly', 'yes'] });
    await client(server.url).set('key', 'value');

    await server.restart();

    expect(await client(server.url).get('key')).toBe('value');
  });

  test('answers nothing while it is paused, and everything afterwards', async () => {
    const server = await start();
    const redis = client(server.url);
    await redis.ping();

    server.pause();
    const answer = redis.incr('key');
    await expect(Promise.race([answer, sleep(100, 'silence')])).resolves.toBe('silence');
    server.resume();

    expect(await answer).toBe(1);
  });

  test('can be stopped while it is paused, twice, and leaves no files', async () => {
    const server = await start();
    const directory = await directoryOf(server);
    expect(existsSync(directory)).toBe(true);

    server.pause();
    await server.stop();
    await server.stop();

    expect(existsSync(directory)).toBe(false);
  });

  test('starts with a password, too', async () => {
    const server = await start({ args: ['--requirepass', 'secret'] });

    await expect(client(server.url).ping()).rejects.toThrow('NOAUTH');
  });

  test('that cannot start says why', async () => {
    const { port } = await start();

    await expect(startRedis({ port })).rejects.toThrow('Address already in use');
    await expect(startRedis({ args: ['--no-such-option', 'yes'] })).rejects.toThrow('no-such-option');
  });

  test('dies with the process that started it, and so do its files', async () => {
    const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type', 'module', '--eval', ownerProgram], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    cleanups.push(() => owner.kill('SIGKILL'));
    const [url] = (await once(owner.stdout.setEncoding('utf8'), 'data')) as [string];
    const redis = client(url);
    const [, directory] = (await redis.config('GET', 'dir')) as [string, string];

    owner.kill('SIGKILL');
    await once(redis, 'end');

    while (existsSync(directory)) await sleep(10);
  });
});

const ownerProgram = `
  import { startRedis } from './__tests__/support/redis-server.ts';
  process.stdout.write((await startRedis()).url);
  setInterval(() => {}, 60_000);
`;

describe('finding redis-server', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'livetoken-find-'));
    cleanups.push(() => rm(directory, { recursive: true }));
  });

  const machine = (differences: Partial<Machine> = {}): Machine => ({
    named: undefined,
    directories: [directory],
    isRoot: false,
    ...differences,
  });

  async function program(name: string, script = ''): Promise<string> {
    const path = join(directory, name);
    await writeFile(path, `#!/bin/sh\n${script}`, { mode: 0o755 });
    return path;
  }

  test('succeeds on this machine', () => {
    expect(existsSync(findRedis(thisMachine()))).toBe(true);
  });

  test('takes the one that REDIS_SERVER names before any other', async () => {
    await program('redis-server');
    const named = await program('my-redis');

    expect(findRedis(machine({ named }))).toBe(named);
  });

  test('takes the first of the search path', async () => {
    const expected = await program('redis-server');

    expect(findRedis(machine({ directories: ['', join(directory, 'none'), directory] }))).toBe(expected);
  });

  test('refuses a REDIS_SERVER that cannot be run, whatever else there is', async () => {
    await program('redis-server');

    expect(() => findRedis(machine({ named: directory }))).toThrow(/REDIS_SERVER is .*, which cannot be run/);
  });

  test('does not take a file that cannot be run', async () => {
    await writeFile(join(directory, 'redis-server'), '', { mode: 0o644 });

    expect(() => findRedis(machine())).toThrow('found no redis-server');
  });

  test.each([
    ['with nothing to install with', { isRoot: true }],
    ['without the right to install', { isRoot: false }],
  ])('%s says what to install', async (_, { isRoot }) => {
    if (!isRoot) await program('apt-get', 'exit 1');

    await expect(findOrInstallRedis(machine({ isRoot }))).rejects.toThrow(
      'install it (apt-get install redis-server, brew install redis) or set REDIS_SERVER to its path.',
    );
  });

  test('installs it where it may, and says so in one line', async () => {
    const said: string[] = [];
    await program('apt-get', `[ "$1" = update ] || install -m 755 /dev/null '${directory}'/redis-server`);

    const found = await findOrInstallRedis(machine({ isRoot: true }), (line) => said.push(line));

    expect(found).toBe(join(directory, 'redis-server'));
    expect(said).toEqual(['No redis-server found: installing it with apt-get.']);
  });

  test('does not hide that an installation failed', async () => {
    await program('apt-get', 'echo no such package >&2; exit 100');

    await expect(findOrInstallRedis(machine({ isRoot: true }), () => undefined)).rejects.toMatchObject({
      message: expect.stringMatching(/^apt-get could not install redis-server/),
      cause: { stderr: 'no such package\n' },
    });
  });
});
