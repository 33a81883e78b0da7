import { readdir } from 'node:fs/promises';
import path from 'node:path';

const LIB = path.join(import.meta.dirname, '../../lib');

/** All that belongs into the tarball: each source compiled twice, with its types, the command line once, and what says what it is. */
export async function expectedPaths(): Promise<readonly string[]> {
  const entries = await readdir(LIB, { recursive: true });
  const sources = entries.filter(entry => entry.endsWith('.ts')).map(entry => entry.slice(0, -'.ts'.length).split(path.sep).join('/'));
  const formats = (source: string): readonly string[] => (source.startsWith('cli/') ? ['esm'] : ['esm', 'cjs']);
  const compiled = sources.flatMap(source => formats(source).flatMap(format => ['js', 'd.ts'].map(ending => `dist/${format}/${source}.${ending}`)));
  return ['LICENSE', 'README.md', 'package.json', 'dist/cjs/package.json', ...compiled].sort();
}
