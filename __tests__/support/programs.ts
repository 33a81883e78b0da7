import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** Where programs are looked for, and whether missing ones may be installed. */
export interface Programs {
  /** Searched in this order. */
  readonly directories: readonly string[];
  readonly isRoot: boolean;
}

/** The system's own directories stand last: a search path may be without them, above all without the `sbin` ones. */
export function programsHere(): Programs {
  return {
    directories: [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/usr/sbin'],
    isRoot: process.getuid?.() === 0,
  };
}

export function findProgram(name: string, { directories }: Pick<Programs, 'directories'>): string | undefined {
  return directories
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .find(isProgram);
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // not there, or not for us: the same answer
  }
}

/** Only where packages may be installed: as root, on Debian and its kin. */
export function findAptGet(programs: Programs): string | undefined {
  return programs.isRoot ? findProgram('apt-get', programs) : undefined;
}

/** @throws Error that ends with `otherwise`, which says what to do by hand */
export async function installPackages(aptGet: string, packages: readonly string[], otherwise: string): Promise<void> {
  const run = promisify(execFile);
  // Runlevel 1 (single user) keeps a package from starting a server of its own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  try {
    await run(aptGet, ['update'], { env });
    await run(aptGet, ['install', '-y', '--no-install-recommends', ...packages], { env });
  } catch (cause) {
    const said = ((cause as { readonly stderr?: string }).stderr ?? '').trim().split('\n').at(-1) ?? '';
    const names = packages.join(' ');
    throw new Error(`apt-get could not install ${names}${said === '' ? '' : ` (${said})`}. ${otherwise}`, { cause });
  }
}
