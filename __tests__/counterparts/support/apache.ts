import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { until } from '../../stores/support/until.js';
import { findApache } from '../../support/find-apache.js';
import { leash } from '../../support/leash.js';

/** A web server that guards files of its own with tokens that it asks somebody else about. */
export interface ApacheServer {
  /** Gets the file behind a guarded path, with a token or with none. */
  get(path: string, token?: string): Promise<{ readonly status: number; readonly challenge: string | null }>;
  /** What it has to say about it. For whoever reads a failing test. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

export interface ApacheSettings {
  /** Lines of configuration for all of the server, such as where it asks about tokens, and the files that they name. */
  readonly server: (directory: string) => Promise<readonly string[]>;
  /** By path, the lines that guard it. */
  readonly locations: Readonly<Record<string, readonly string[]>>;
}

const MODULES = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_openidc', 'oauth2'];

/** A real Apache as a child of this process, without root and without the system's own configuration. */
export async function startApache(settings: ApacheSettings): Promise<ApacheServer> {
  const directory = await mkdtemp(join(tmpdir(), 'livetoken-apache-'));
  const held = leash(directory);
  try {
    await layOut(directory, Object.keys(settings.locations));
    const { child, port } = await onFreePort(directory, settings);
    held.hold(child.pid);
    child.once('exit', () => held.hold());
    return {
      log: () => readFile(logOf(directory), 'utf8'),
      get: (path, token) => get(`http://127.0.0.1:${port}${path}/file`, token),
      async stop() {
        await kill(child);
        await rm(directory, { recursive: true, force: true });
        held.release();
      },
    };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    held.release();
    throw error;
  }
}

/** Where this process is root's, Apache serves as another user, who must be able to read. */
async function layOut(directory: string, paths: readonly string[]): Promise<void> {
  await chmod(directory, 0o755);
  await mkdir(join(directory, 'files'));
  await writeFile(join(directory, 'files', basename(directory)), 'open to all');
  for (const path of paths) {
    await mkdir(join(directory, 'files', path), { recursive: true });
    await writeFile(join(directory, 'files', path, 'file'), 'guarded');
  }
}

/** Below the range that the kernel lends to outgoing connections. */
async function onFreePort(directory: string, settings: ApacheSettings): Promise<{ child: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = randomInt(15_000, 32_000);
    try {
      return { child: await launch(directory, port, settings), port };
    } catch (error) {
      if (attempt === 10 || !/address already in use/i.test(String(error))) throw error;
    }
  }
}

async function launch(directory: string, port: number, settings: ApacheSettings): Promise<ChildProcess> {
  const file = join(directory, 'apache.conf');
  await writeFile(file, configuration(directory, port, settings.locations, await settings.server(directory)));
  // -X: one process, so that ending it leaves nothing behind.
  const child = spawn(findApache().program, ['-X', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  await once(child, 'spawn');
  await until(async () => hasEnded(child) || (await isUp(directory, port)));
  if (!hasEnded(child)) return child;
  throw new Error(`Apache did not start: ${complaints}${await readFile(logOf(directory), 'utf8').catch(() => '')}`);
}

function configuration(directory: string, port: number, locations: ApacheSettings['locations'], server: readonly string[]): string {
  const { modules } = findApache();
  return [
    ...['ServerName localhost', `ServerRoot ${directory}`, `Listen 127.0.0.1:${port}`, `PidFile ${join(directory, 'pid')}`],
    ...[`ErrorLog ${logOf(directory)}`, `DocumentRoot ${join(directory, 'files')}`, `DefaultRuntimeDir ${directory}`],
    ...MODULES.map(name => `LoadModule ${name}_module ${join(modules, `mod_${name}.so`)}`),
    // Heeded where this process is root's alone: the user that Debian has for web servers.
    ...['User www-data', 'Group www-data'],
    ...server,
    ...Object.entries(locations).flatMap(([path, lines]) => [`<Location ${path}>`, ...lines, '</Location>']),
    '',
  ].join('\n');
}

/** On a port that was taken somebody else would answer, but not with this file. */
async function isUp(directory: string, port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/${basename(directory)}`)).status === 200;
  } catch {
    return false; // not listening yet
  }
}

async function get(url: string, token: string | undefined): Promise<{ status: number; challenge: string | null }> {
  const response = await fetch(url, token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } });
  await response.arrayBuffer();
  return { status: response.status, challenge: response.headers.get('www-authenticate') };
}

async function kill(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

const logOf = (directory: string): string => join(directory, 'error.log');
