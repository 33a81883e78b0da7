import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { createDemo } from '../../demo-app/app.js';
import { readInstances } from '../../demo-app/settings.js';
import { afterwards, cleanUp } from '../demo/support/clean-up.js';
import { endAll, npmRun, printed, run, stop } from '../demo/support/demo-process.js';
import { isLive, login, revoke } from '../demo/support/every-demo.js';
import { until } from '../stores/support/until.js';
import { startRedis } from '../support/redis-server.js';
import { startFleetProcess } from './support/fleet.js';

afterEach(endAll);
afterEach(cleanUp);

const isGone = (url: string) => request(url).get('/healthz').then(() => false, () => true);

describe('the fleet', () => {
  it('is one system of several instances, and ends as a whole with Ctrl-C, Redis and its files included', async () => {
    const temporary = await mkdtemp(join(tmpdir(), 'livetoken-fleet-'));
    afterwards(() => rm(temporary, { recursive: true, force: true }));
    const { url, instances, process } = await startFleetProcess({ INSTANCES: '2', TMPDIR: temporary });
    expect(instances).toHaveLength(2);
    const { access } = await login(instances[0]!);
    expect(await isLive(instances[1]!, access)).toBe(true);
    await revoke(instances[1]!, access).expect(200);
    await until(async () => !(await isLive(instances[0]!, access)));
    expect(readdirSync(temporary).filter(name => name.startsWith('livetoken-demo-redis-'))).toHaveLength(1);

    expect(await stop(process, 'SIGINT')).toBe(0);
    expect(await Promise.all([url, ...instances].map(isGone))).toEqual([true, true, true]);
    expect(readdirSync(temporary).filter(name => name.startsWith('livetoken-demo-redis-'))).toStrictEqual([]);
  });

  it('leaves nothing running when it is killed outright', async () => {
    const temporary = await mkdtemp(join(tmpdir(), 'livetoken-fleet-'));
    afterwards(() => rm(temporary, { recursive: true, force: true }));
    const { instances, process } = await startFleetProcess({ INSTANCES: '1', TMPDIR: temporary });
    const [directory] = readdirSync(temporary).filter(name => name.startsWith('livetoken-demo-redis-'));
    await stop(process, 'SIGKILL');
    await until(() => isGone(instances[0]!));
    // Whoever kills Redis removes its files after it.
    await until(() => !existsSync(join(temporary, directory!)));
  });

  it('takes the Redis that it is given, leaves it running, and has no switch for it', async () => {
    const redis = await startRedis();
    afterwards(() => redis.stop());
    const { url, instances, process } = await startFleetProcess({ INSTANCES: '1', REDIS_URL: redis.url });
    const { access } = await login(instances[0]!);
    expect(await isLive(url, access)).toBe(true);
    const { body } = await request(url).post('/console/api/sign-in').send({ name: 'operator', password: 'operator-password' }).expect(200);
    await request(url).post('/console/api/redis').set('Authorization', `Bearer ${String(body.token)}`).send({ isOn: false }).expect(404);
    expect(await stop(process)).toBe(0);
    const demo = createDemo({ redisUrl: redis.url });
    afterwards(() => demo.close());
    await demo.ready();
    expect(await isLive(demo.app, access)).toBe(true);
  });

  it('says what to do where there is no redis-server', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'livetoken-path-'));
    afterwards(() => rm(directory, { recursive: true }));
    await symlink('/bin/sh', join(directory, 'sh'));
    const fleet = run('main.ts', { PATH: directory }, undefined, ['--fleet']);
    expect(await fleet.exit).toBe(1);
    expect(fleet.output()).toMatch(/^Error: The fleet needs a Redis, and no redis-server was found on the PATH\. Install it .* npm run demo: one instance, in memory\.$/m);
  });

  it('says which port is in use, and leaves nothing running', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    afterwards(() => taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const fleet = run('main.ts', { PORT: `${port}`, INSTANCES: '1' }, undefined, ['--fleet']);
    // Its end is the end of its children too: they hold what it prints to.
    expect(await fleet.exit).toBe(1);
    expect(fleet.output()).toMatch(/^Error: Port \d+ of 127\.0\.0\.1 is in use/m);
  });

  it('is started by npm run demo:fleet, which says where the console is and who may sign in', async () => {
    const npm = npmRun('demo:fleet', { INSTANCES: '1' });
    const [, url] = await printed(npm, /^Console: (\S+)\/console \(sign in as operator, with the password operator-password\)$/m);
    await request(url!).get('/console').expect(200);
    expect(await stop(npm)).toBe(0);
    expect(await isGone(url!)).toBe(true);
  });
});

describe('the number of instances', () => {
  it('is 3 where nothing is said', () => {
    expect([readInstances({}), readInstances({ INSTANCES: ' ' }), readInstances({ INSTANCES: '5' })]).toEqual([3, 3, 5]);
  });

  it.each(['0', '9', '-1', 'many', '1.5'])('is not %s', (text) => {
    expect(() => readInstances({ INSTANCES: text })).toThrow(`INSTANCES is "${text}"; give a number from 1 to 8.`);
  });
});
