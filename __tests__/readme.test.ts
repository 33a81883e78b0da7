import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import jwt from 'jsonwebtoken';
import { programFolder, startProgram, type ProgramFolder, type RunningProgram } from './support/documented-programs.js';
import { readSettings } from '../demo-app/settings.js';
import { compilerOf } from './docs/support/compiler.js';
import { blocksIn, stepsIn } from './package/readme-steps.js';
import { sharedRedisUrl } from './support/redis-url.js';

const ROOT = path.join(__dirname, '..');

const fileOf = (name: string): Promise<string> => readFile(path.join(ROOT, name), 'utf8');

/** The TypeScript of the README, block after block, as the one program that it reads like. */
async function readmeProgram(): Promise<string> {
  return blocksIn(await fileOf('README.md'), 'ts').join('\n');
}

/** What there is to read: no code, no pictures, no addresses of links. Tables count. */
function wordsOf(readme: string): readonly string[] {
  const text = readme.replaceAll(/^```.*?^```/gms, '').replaceAll(/^<picture>.*?<\/picture>/gms, '').replaceAll(/!\[[^\]]*\]\([^)]*\)/g, '').replaceAll(/\]\([^)]*\)/g, ']');
  return text.split(/\s+/).filter(word => /\w/.test(word));
}

/** At 250 words a minute, which is how fast most people read. */
const THREE_MINUTES = 750;

describe('The README', () => {
  const JWT_SECRET = 'a-secret-of-the-issuer-and-of-the-api-alone';
  const token = jwt.sign({ iss: 'https://id.example', aud: 'https://api.example', sub: 'bob', client_id: 'web', jti: randomUUID() }, JWT_SECRET, { expiresIn: 600 });
  let folder: ProgramFolder;
  let program: string;
  let application: RunningProgram | undefined;

  beforeAll(async () => {
    folder = await programFolder();
    program = await folder.write('main', await readmeProgram());
  });

  afterAll(async () => {
    await application?.stop();
    await folder.remove();
  });

  it('shows code that passes the strictest type check', () => {
    expect(compilerOf(folder.directory).faultsOf(program)).toEqual([]);
  });

  it('shows an application that accepts a token, revokes it at its endpoint and refuses it from then on', async () => {
    application = await startProgram(program, { JWT_SECRET, WEB_SECRET: 'web-secret', REDIS_URL: sharedRedisUrl() });
    const { base } = application;
    const me = () => fetch(`${base}/api/me`, { headers: { authorization: `Bearer ${token}` } });

    const before = await me();
    expect(before.status).toBe(200);
    expect(await before.json()).toMatchObject({ sub: 'bob' });
    const revoked = await fetch(`${base}/auth/revoke`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('web:web-secret').toString('base64')}` },
      body: new URLSearchParams({ token }),
    });
    expect(revoked.status).toBe(200);
    expect((await me()).status).toBe(401);
  });

  it('names npm scripts that there are, and pictures that there are, each with a text in its place', async () => {
    const readme = await fileOf('README.md');
    const { scripts } = JSON.parse(await fileOf('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
    expect(named).toContain('demo');
    expect(named.filter(name => scripts[name] === undefined)).toEqual([]);
    const pictures = [...readme.matchAll(/!\[([^\]]*)\]\(([^)]+)\)/g), ...readme.matchAll(/<img alt="([^"]*)" src="([^"]+)"/g)];
    expect(pictures.length).toBe(2);
    for (const [, text = '', file = ''] of pictures) {
      await expect(readFile(path.join(ROOT, file))).resolves.toBeInstanceOf(Buffer);
      expect(text.length).toBeGreaterThan(40);
    }
  });

  it('has no block of code that neither this nor npm run test:package nor a test of the demo runs', async () => {
    const readme = await fileOf('README.md');
    const { install, program: app, start, use } = stepsIn(readme);
    const [demo = '', ...others] = blocksIn(readme);
    const revoking = blocksIn(readme, 'ts').at(-1);
    expect(others).toEqual([install, app, start, use, revoking]);
    // A change is tried from a clean checkout, and a test starts the demo as its reader does.
    expect(demo).toBe('npm ci\nnpm run demo\n');
    expect(await fileOf('.ci/run')).toContain('npm ci');
    expect(await fileOf('__tests__/demo/starting-and-stopping.test.ts')).toContain("npmRun('demo', ");
    expect(await fileOf('__tests__/package/newcomer.ts')).toContain('stepsIn(');
  });

  it('names the address at which the console of the demo is', async () => {
    const { host, port } = readSettings({});
    expect(await fileOf('README.md')).toContain(`<http://${host}:${port}/console>`);
  });

  it('says how to get the package for as long as nothing has been released', async () => {
    const isReleased = !(await fileOf('CHANGELOG.md')).includes('Nothing has been released so far');
    const { scripts } = JSON.parse(await fileOf('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    expect((await fileOf('README.md')).includes('`npm ci && npm pack` in a clone')).toBe(!isReleased);
    expect(scripts['prepack']).toBe('npm run build');
  });

  it('can be read in three minutes, and adds it to an application in ten lines or so', async () => {
    const readme = await fileOf('README.md');
    expect(wordsOf(readme).length).toBeLessThanOrEqual(THREE_MINUTES);
    const lines = stepsIn(readme).program.split('\n').filter(line => line.trim() !== '' && !line.startsWith('import '));
    expect(lines.length).toBeLessThanOrEqual(11);
  });
});
