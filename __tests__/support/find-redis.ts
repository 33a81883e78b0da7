import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

export interface Machine {
  /** The program to use, if one was named: nothing else is tried then. */
  readonly named: string | undefined;
  /** Where programs are looked for, in this order. */
  readonly directories: readonly string[];
  readonly isRoot: boolean;
}

type Say = (line: string) => void;

export function thisMachine(): Machine {
  return {
    named: process.env['REDIS_SERVER'],
    directories: [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'],
    isRoot: process.getuid?.() === 0,
  };
}

export function findRedis(machine = thisMachine()): string {
  const found = namedRedis(machine) ?? findProgram('redis-server', machine);
  if (found === undefined) throw new Error(howToGetRedis);
  return found;
}

/** For jest's global setup, which runs once: two installations at a time would trip over each other. */
export async function findOrInstallRedis(machine = thisMachine(), say: Say = console.log): Promise<string> {
  const aptGet = machine.isRoot ? findProgram('apt-get', machine) : undefined;
  const isMissing = (namedRedis(machine) ?? findProgram('redis-server', machine)) === undefined;
  if (isMissing && aptGet !== undefined) {
    say('No redis-server found: installing it with apt-get.');
    await installRedis(aptGet);
  }
  return findRedis(machine);
}

const howToGetRedis =
  'The tests need a real Redis and found no redis-server: install it ' +
  '(apt-get install redis-server, brew install redis) or set REDIS_SERVER to its path.';

function namedRedis({ named }: Machine): string | undefined {
  if (named === undefined || named === '') return undefined;
  if (!isProgram(named)) throw new Error(`REDIS_SERVER is ${named}, which cannot be run: correct it or unset it.`);
  return named;
}

function findProgram(name: string, { directories }: Machine): string | undefined {
  return directories
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // not there, or not for us: the same answer
  }
}

async function installRedis(aptGet: string): Promise<void> {
  const run = promisify(execFile);
  // Runlevel 1 (single user) keeps the package from starting a server of its own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  try {
    await run(aptGet, ['update'], { env });
    await run(aptGet, ['install', '-y', '--no-install-recommends', 'redis-server'], { env });
  } catch (cause) {
    const said = ((cause as { readonly stderr?: string }).stderr ?? '').trim().split('\n').at(-1) ?? '';
    throw new Error(`apt-get could not install redis-server${said === '' ? '' : ` (${said})`}. ${howToGetRedis}`, { cause });
  }
}
