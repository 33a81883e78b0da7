import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { documentedIssuer, programFolder, startProgram, type ProgramFolder, type RunningProgram } from './support/documented-programs.js';
import { sharedRedisUrl } from './support/redis-url.js';

const ROOT = path.join(__dirname, '..');

/** The TypeScript of the README, block after block, as the one program that it reads like. */
async function readmeProgram(): Promise<string> {
  const readme = await readFile(path.join(ROOT, 'README.md'), 'utf8');
  return [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code).join('\n');
}

describe('The README', () => {
  const issuer = documentedIssuer();
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

  it('shows code that passes the strictest type check', async () => {
    const config = { extends: '../tsconfig.json', compilerOptions: { types: ['node'], rootDir: '..', noUnusedLocals: false }, include: ['main.ts', '../lib'] };
    await writeFile(path.join(folder.directory, 'tsconfig.json'), JSON.stringify(config));
    await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', folder.directory], { cwd: ROOT });
  }, 60_000);

  it('shows an application that accepts a token, revokes it at its endpoint and refuses it from then on', async () => {
    const { JWT_PUBLIC_KEY } = issuer.env;
    application = await startProgram(program, { JWT_PUBLIC_KEY, WEB_SECRET: 'web-secret', REDIS_URL: sharedRedisUrl() });
    const { base } = application;
    const token = issuer.token();
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
  }, 60_000);
});
