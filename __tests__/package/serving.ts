import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import jwt from 'jsonwebtoken';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const JWT_PUBLIC_KEY = publicKey.export({ type: 'spki', format: 'pem' }) as string;
/** An application that does not end by itself is ended then, and has no exit code. */
const DEADLINE_MS = 60_000;

const WEB_SECRET = 'a-secret-of-the-client-called-web';

export interface Course {
  /** Of the guard, before and after the token was revoked. */
  readonly before: number;
  readonly after: number;
  /** Of the revocation endpoint. */
  readonly revoked: number;
  readonly subject: unknown;
  /** Of the process, once its input has ended. */
  readonly exitCode: number | null;
  readonly stderr: string;
}

export interface Application {
  /** The node to run it with. */
  readonly node: string;
  readonly folder: string;
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts the application, shows it a token, revokes the token at its endpoint, shows it again, and lets the application end. */
export async function serve({ node, folder, file, environment }: Application): Promise<Course> {
  const env = { ...process.env, NODE_OPTIONS: '', JWT_PUBLIC_KEY, WEB_SECRET, ...environment };
  const child = spawn(node, [file], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'], timeout: DEADLINE_MS, killSignal: 'SIGKILL' });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const complaints = text(child.stderr);
  try {
    const answers = await converse(`http://127.0.0.1:${await portOf(child, complaints)}`);
    child.stdin.end();
    const [exitCode] = await ended;
    return { ...answers, exitCode, stderr: await complaints };
  } finally {
    child.kill('SIGKILL');
  }
}

async function portOf(child: ChildProcess, complaints: Promise<string>): Promise<string> {
  for await (const line of createInterface(child.stdout!)) return line;
  throw new Error(`The application ended before it listened: ${await complaints}`);
}

async function converse(base: string): Promise<Omit<Course, 'exitCode' | 'stderr'>> {
  const token = newToken();
  const me = () => fetch(`${base}/api/me`, { headers: { authorization: `Bearer ${token}` } });
  const before = await me();
  const { sub: subject } = await before.json() as { sub?: unknown };
  const revoked = await fetch(`${base}/auth/revoke`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`web:${WEB_SECRET}`).toString('base64')}` },
    body: new URLSearchParams({ token }),
  });
  return { before: before.status, subject, revoked: revoked.status, after: (await me()).status };
}

function newToken(): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: 'https://id.example', aud: 'https://api.example', sub: 'bob', client_id: 'web', jti: randomUUID(), iat, exp: iat + 600 };
  return jwt.sign(claims, privateKey, { algorithm: 'RS256' });
}
