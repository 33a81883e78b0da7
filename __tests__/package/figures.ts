import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { installedIn, makeProject, resolvedIn, type Installed } from './project.js';
import type { Tarball } from './tarball.js';

/** What somebody installs who installs the package. */
export interface Figures {
  readonly 'tarball, kB': number;
  readonly 'tarball unpacked, kB': number;
  readonly 'files in it': number;
  readonly 'packages that it depends on, with theirs': number;
  readonly 'of those, not in an application with Express 5 anyway': number;
  readonly 'size on disk of the package and all that it depends on, kB': number;
}

export interface Measured {
  readonly figures: Figures;
  /** All that is installed for the package, which is one of them; without its peers. */
  readonly dependencies: ReadonlyMap<string, Installed>;
}

const DOCUMENT = path.join(import.meta.dirname, '../../docs/package.md');

/** Versions of dependencies come and go; what is to be noticed is a new dependency, or a file that does not belong here. */
const TOLERANCE = 0.2;

export async function measure(tarball: Tarball, folder: string): Promise<Measured> {
  const [alone, beside] = [path.join(folder, 'alone'), path.join(folder, 'express')];
  await makeProject(alone, [tarball.file], '--omit=peer');
  await makeProject(beside, ['express@5'], '--package-lock-only');
  const [dependencies, express] = await Promise.all([installedIn(alone), resolvedIn(beside)]);
  const inCommon = [...dependencies].filter(([place, { version }]) => express.get(place)?.version === version);
  const figures = {
    'tarball, kB': kilobytes(tarball.packedBytes),
    'tarball unpacked, kB': kilobytes(tarball.unpackedBytes),
    'files in it': tarball.paths.length,
    'packages that it depends on, with theirs': dependencies.size - 1,
    'of those, not in an application with Express 5 anyway': dependencies.size - 1 - inCommon.length,
    'size on disk of the package and all that it depends on, kB': kilobytes(await bytesIn(path.join(alone, 'node_modules'))),
  };
  return { figures, dependencies };
}

const kilobytes = (bytes: number): number => Math.round(bytes / 1000);

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => entry.isFile()).map(entry => path.join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async file => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** What stands in docs/package.md otherwise than measured, beyond the tolerance. */
export async function outdated(figures: Figures): Promise<readonly string[]> {
  const document = await readFile(DOCUMENT, 'utf8');
  const written = new Map([...document.matchAll(/^\| (.+) \| ([\d,]+) \|$/gm)].map(([, what = '', figure = '']) => [what, Number(figure.replaceAll(',', ''))]));
  return Object.entries(figures as unknown as Record<string, number>)
    .filter(([what, figure]) => !(Math.abs((written.get(what) ?? NaN) - figure) <= TOLERANCE * figure))
    .map(([what, figure]) => `${what}: ${figure}, and docs/package.md says ${written.get(what) ?? 'nothing'}`);
}

export async function write(figures: Figures): Promise<void> {
  const rows = Object.entries(figures as unknown as Record<string, number>).map(([what, figure]) => `| ${what} | ${figure.toLocaleString('en')} |`);
  const document = await readFile(DOCUMENT, 'utf8');
  await writeFile(DOCUMENT, document.replace(/^\| .*\n(\|.*\n)+/m, ['| what | figure |', '|---|---:|', ...rows, ''].join('\n')));
}
