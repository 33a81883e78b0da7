import { freePort } from './free-port.js';
import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = path.join(__dirname, '../..');

/** A program out of a document, which listens on its PORT. */
export interface RunningProgram {
  readonly base: string;
  readonly port: number;
  /** What it has printed so far. */
  readonly output: () => string;
  stop(): Promise<void>;
}

/** Where programs out of a document are written to. Inside the project, where they find its packages. */
export interface ProgramFolder {
  readonly directory: string;
  write(name: string, code: string): Promise<string>;
  remove(): Promise<void>;
}

export async function programFolder(): Promise<ProgramFolder> {
  const directory = await mkdtemp(path.join(ROOT, '.readme-'));
  return {
    directory,
    async write(name, code) {
      const file = path.join(directory, `${name}.ts`);
      await writeFile(file, code);
      return file;
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Runs it as its reader would, with `livetoken` being the sources, and resolves when it answers. */
export async function startProgram(file: string, env: Readonly<Record<string, string>>): Promise<RunningProgram> {
  const port = await freePort();
  // With these paths its answers are held against the OpenAPI document.
  const TSX_TSCONFIG_PATH = path.join(__dirname, 'described/tsconfig.json');
  const child = spawn(process.execPath, ['--import', 'tsx', file], {
    cwd: ROOT,
    env: { ...process.env, ...env, TSX_TSCONFIG_PATH, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { printed += text; });
  const program = { base: `http://127.0.0.1:${port}`, port, output: () => printed, stop: () => stop(child) };
  await untilItAnswers(program, child);
  return program;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

async function untilItAnswers({ base, output }: RunningProgram, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const answer = await fetch(base).catch(() => undefined);
    // To its end: a connection that is broken off may still be taken for the next request.
    await answer?.text();
    if (answer !== undefined) return;
    await sleep(50);
  }
  throw new Error(`The program ended with exit code ${String(child.exitCode)}: ${output()}`);
}

/** The issuer that documents speak of: https://id.example, with RS256. */
export interface DocumentedIssuer {
  /** What programs find in their environment. */
  readonly env: { readonly JWT_PUBLIC_KEY: string; readonly JWT_PRIVATE_KEY: string };
  /** A token of bob's at the client web; `undefined` leaves a claim out. */
  token(overrides?: Readonly<Record<string, unknown>>, typ?: string): string;
}

export function documentedIssuer(): DocumentedIssuer {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    env: {
      JWT_PUBLIC_KEY: publicKey.export({ type: 'spki', format: 'pem' }) as string,
      JWT_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    },
    token(overrides = {}, typ = 'at+jwt') {
      const iat = Math.floor(Date.now() / 1000);
      const claims: Readonly<Record<string, unknown>> = {
        ...{ iss: 'https://id.example', aud: 'https://api.example', sub: 'bob', client_id: 'web', jti: randomUUID(), iat, exp: iat + 600 },
        ...overrides,
      };
      const present = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
      // By hand: a library would add an iat that was left out.
      const input = [{ alg: 'RS256', typ }, present].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
      return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
    },
  };
}
