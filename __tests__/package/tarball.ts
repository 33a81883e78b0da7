import path from 'node:path';
import { runWell } from './run.js';

export interface Tarball {
  /** Where it is. */
  readonly file: string;
  /** What is in it. */
  readonly paths: readonly string[];
  readonly packedBytes: number;
  readonly unpackedBytes: number;
}

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

const ROOT = path.join(import.meta.dirname, '../..');

/** What `npm publish` would send, from `dist` as it is. */
export async function pack(folder: string): Promise<Tarball> {
  const told = await runWell('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT });
  const { filename, size, unpackedSize, files } = onlyOne(JSON.parse(told) as unknown);
  return {
    file: path.join(folder, filename),
    paths: files.map(file => file.path),
    packedBytes: size,
    unpackedBytes: unpackedSize,
  };
}

/** An array up to npm 11, an object by the package's name from then on. */
function onlyOne(told: unknown): Packed {
  const [packed, ...others] = Object.values(told as Record<string, Packed>);
  if (packed === undefined || others.length > 0) throw new Error('npm pack was expected to make one tarball.');
  return packed;
}
