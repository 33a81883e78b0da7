import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import jwt from 'jsonwebtoken';
import { sharedRedisUrl } from './support/redis-url.js';

const ROOT = path.join(__dirname, '..');

/** The TypeScript of the README, block after block, as the one program that it reads like. */
async function readmeProgram(): Promise<string> {
  const readme = await readFile(path.join(ROOT, 'README.md'), 'utf8');
  return [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code).join('\n');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

describe('The README', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  let folder: string;
  let application: ChildProcess | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(ROOT, '.readme-'));
    await writeFile(path.join(folder, 'main.ts'), await readmeProgram());
  });

  afterAll(async () => {
    if (application?.exitCode === null) {
      application.kill();
      await once(application, 'exit');
    }
    await rm(folder, { recursive: true });
  });

  it('shows code that passes the strictest type check', async () => {
    const config = { extends: '../tsconfig.json', compilerOptions: { types: ['node'], rootDir: '..', noUnusedLocals: false }, include: ['main.ts', '../lib'] };
    await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
    await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', folder], { cwd: ROOT });
  }, 60_000);

  it('shows an application that accepts a token, revokes it at its endpoint and refuses it from then on', async () => {
    const port = await freePort();
    application = startApplication(folder, port, publicKey);
    const base = `http://127.0.0.1:${port}`;
    await untilItAnswers(base, application);
    const token = accessToken(privateKey);
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

function startApplication(folder: string, port: number, publicKey: KeyObject): ChildProcess {
  const JWT_PUBLIC_KEY = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  // With these paths its answers are held against the OpenAPI document.
  const TSX_TSCONFIG_PATH = path.join(__dirname, 'support/described/tsconfig.json');
  const env = { ...process.env, TSX_TSCONFIG_PATH, JWT_PUBLIC_KEY, WEB_SECRET: 'web-secret', REDIS_URL: sharedRedisUrl(), PORT: String(port) };
  return spawn(process.execPath, ['--import', 'tsx', path.join(folder, 'main.ts')], { cwd: ROOT, env, stdio: ['ignore', 'inherit', 'inherit'] });
}

async function untilItAnswers(base: string, application: ChildProcess): Promise<void> {
  while (application.exitCode === null) {
    const answer = await fetch(base).catch(() => undefined);
    if (answer !== undefined) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error(`The application ended with exit code ${application.exitCode}.`);
}

function accessToken(privateKey: KeyObject): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: 'https://id.example', aud: 'https://api.example', sub: 'bob', client_id: 'web', jti: randomUUID(), iat, exp: iat + 600 };
  return jwt.sign(claims, privateKey, { algorithm: 'RS256' });
}
