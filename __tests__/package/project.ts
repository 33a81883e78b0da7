import { readFile, writeFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { runWell } from './run.js';

/** What npm notes of an installed package. */
export interface Installed {
  readonly version: string;
  readonly deprecated?: string;
  readonly hasInstallScript?: boolean;
}

/** A new project with nothing in it but what npm installs for these packages. */
export async function makeProject(folder: string, packages: readonly string[], ...options: readonly string[]): Promise<void> {
  await mkdir(folder);
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true }));
  await runWell('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...options, ...packages], { cwd: folder });
}

/** By where they are, as in "node_modules/express". */
export const installedIn = (folder: string): Promise<ReadonlyMap<string, Installed>> => read(path.join(folder, 'node_modules/.package-lock.json'));

/** The same for what was resolved only (`--package-lock-only`), which takes half the time. */
export const resolvedIn = (folder: string): Promise<ReadonlyMap<string, Installed>> => read(path.join(folder, 'package-lock.json'));

async function read(file: string): Promise<ReadonlyMap<string, Installed>> {
  const { packages } = JSON.parse(await readFile(file, 'utf8')) as { readonly packages: Readonly<Record<string, Installed>> };
  return new Map(Object.entries(packages));
}
