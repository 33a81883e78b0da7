import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import jwt from 'jsonwebtoken';
import { programFolder, startProgram, type ProgramFolder, type RunningProgram } from './support/documented-programs.js';
import { compilerOf } from './docs/support/compiler.js';
import { sharedRedisUrl } from './support/redis-url.js';

const ROOT = path.join(__dirname, '..');

/** The TypeScript of the README, block after block, as the one program that it reads like. */
async function readmeProgram(): Promise<string> {
  const readme = await readFile(path.join(ROOT, 'README.md'), 'utf8');
  return [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code).join('\n');
}

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
    const readme = await readFile(path.join(ROOT, 'README.md'), 'utf8');
    const { scripts } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as { readonly scripts: Readonly<Record<string, string>> };
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

  it('has no block of code that neither this nor npm run test:package runs', async () => {
    const readme = await readFile(path.join(ROOT, 'README.md'), 'utf8');
    const languages = [...readme.matchAll(/^```(\w+)\n/gm)].map(([, language]) => language);
    expect(languages).toEqual(['sh', 'sh', 'ts', 'sh', 'sh', 'ts']);
  });
});
