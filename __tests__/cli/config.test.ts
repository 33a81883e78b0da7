import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { programFolder, type ProgramFolder } from '../support/documented-programs.js';
import { type Application, startApplication } from './support/application.js';
import { answer, endAll, library, livetoken, type Settings } from './support/cli.js';

afterAll(endAll);

/** A config file of the application: with its namespace, its claims, and keys that verify nothing but what they signed. */
const opening = (livetoken: string): string => `
import { Redis } from 'ioredis';
import { createLiveTokens, jwtVerifier, memoryStore, redisStore } from '${livetoken}';

const redis = new Redis(process.env.APP_REDIS);
const make = () => createLiveTokens({
  store: redisStore(redis, { namespace: process.env.APP_NAMESPACE }),
  verify: jwtVerifier({ key: 'a secret of at least so many bytes as this', algorithms: ['HS256'], issuer: 'https://issuer.test', audience: 'https://api.test' }),
  maxLifetime: 86_400,
  claims: { organisation: 'org' },
  tracking: process.env.APP_TRACKING !== 'off',
});
`;

const files = (start: string): Readonly<Record<string, string>> => ({
  'live.mjs': `${start}\nexport default make();\nexport { redis };\n`,
  'function.mjs': `${start}\nexport default async () => make();\n`,
  'memory.mjs': `${start}\nexport default createLiveTokens({ store: memoryStore(), maxLifetime: 60 });\n`,
  'nothing.mjs': 'export const live = 1;\n',
  'throws.mjs': `JSON.parse('hunter2 is the password');\n`,
  'later.mjs': `setImmediate(() => Promise.reject(new Error('hunter2')));\nawait new Promise(() => {});\n`,
  'rejects.mjs': `export default async () => { throw new Error('hunter2'); };\n`,
});

const codesOf = ({ document }: Awaited<ReturnType<typeof answer>>): readonly string[] => (document.findings as readonly { readonly code: string }[]).map(({ code }) => code);

describe('livetoken --config', () => {
  let app: Application;
  let folder: ProgramFolder;
  beforeAll(async () => {
    [app, folder] = await Promise.all([startApplication(), programFolder()]);
    const { index } = await library();
    await Promise.all(Object.entries(files(opening(index))).map(([name, text]) => writeFile(path.join(folder.directory, name), text)));
  });
  afterAll(async () => {
    await folder.remove();
    await app.close();
  });

  const file = (name: string): string => path.join(folder.directory, name);
  const settings = (env: Readonly<Record<string, string>> = {}): Settings => ({
    // What the file says counts, and nothing else.
    env: { APP_REDIS: app.env.LIVETOKEN_REDIS_URL, APP_NAMESPACE: app.namespace, LIVETOKEN_REDIS_URL: 'redis://127.0.0.1:1', LIVETOKEN_NAMESPACE: 'other', ...env },
  });

  it.each(['live.mjs', 'function.mjs'])('revokes with the options of the application, and ends although a connection stays open: %s', async name => {
    const { claims } = await app.issue({ sub: name, jti: name });
    const { status, document } = await answer(['revoke', 'token', name, '--organisation', 'org-a', '--config', file(name)], settings());
    expect({ status, ...document }).toMatchObject({ status: 0, changed: true, count: 1 });
    expect(await app.isLive(claims)).toBe(false);
    // As the application does it: a token is named with its organisation.
    expect((await livetoken(['revoke', 'token', name, '--config', file(name)], settings())).status).toBe(2);
  });

  it('verifies tokens with the keys of the application', async () => {
    const forged = app.issuer.token();
    const { status, document } = await answer(['check', '--config', file('live.mjs')], settings({ LIVETOKEN_TOKEN: forged }));
    expect({ status, ...document }).toEqual({ status: 1, live: false, isVerified: true, reason: 'bad_signature', message: expect.any(String) });
  });

  it('gives the doctor figures where it exports the client', async () => {
    const [exported, kept] = await Promise.all([
      answer(['doctor', '--config', file('live.mjs')], settings()),
      answer(['doctor', '--config', file('function.mjs')], settings()),
    ]);
    expect(exported.document).toMatchObject({ namespace: app.namespace, figures: { isUsed: true } });
    expect(kept.document).not.toHaveProperty('figures');
    expect(kept.stderr).toContain('export const redis = new Redis(...)');
    // What endangers the revocations is told in any case.
    expect(codesOf(kept)).toEqual(codesOf(exported).filter(code => code !== 'no_replica'));
    expect(codesOf(kept)).not.toEqual([]);
  });

  it.each([
    ['memory.mjs', [], 'Use redisStore'],
    ['nothing.mjs', [], 'export default createLiveTokens'],
    ['missing.mjs', [], 'could not be loaded'],
    ['throws.mjs', [], /could not be loaded \(SyntaxError at \S+throws\.mjs:1:\d+\)/],
    ['rejects.mjs', [], /exports a function that failed \(Error at \S+rejects\.mjs:1:\d+\)/],
    ['live.mjs', ['--namespace', 'other'], 'leave out --namespace'],
    ['live.mjs', ['--no-organisation-claim'], '--organisation-claim'],
    ['live.mjs', ['--organisations-claim', 'orgs'], 'leave out --namespace'],
  ])('says what is wrong, and shows nothing that the file may have read: %s %j', async (name, args, said) => {
    const { status, stdout, stderr } = await livetoken(['list', 'all', '--config', file(name), ...args], settings());
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(said);
    expect(stderr).not.toContain('hunter2');
  });

  it('fails with a status of its own, and as silently, where something goes wrong behind its back', async () => {
    const { status, stdout, stderr } = await livetoken(['list', 'all', '--config', file('later.mjs')], settings());
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' });
    expect(stderr).toMatch(/^It failed unexpectedly \(Error at \S+later\.mjs:1:\d+\)/);
    expect(stderr).not.toContain('hunter2');
  });

  it('lists and previews nothing where the application does not track', async () => {
    const run = await Promise.all([['list', 'all'], ['revoke', 'all', '--dry-run']].map(args => livetoken([...args, '--config', file('live.mjs')], settings({ APP_TRACKING: 'off' }))));
    for (const { status, stderr } of run) expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('tracking: true') });
  });
});
