import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { run } from './run.js';

/** How TypeScript looks for the types of a package. */
export type Resolution = 'nodenext' | 'bundler' | 'node10';

const FILES: Readonly<Record<Resolution, readonly string[]>> = {
  nodenext: ['main.mts', 'main.cts'],
  bundler: ['main.ts'],
  node10: ['main.ts'],
};

const HOW: Readonly<Record<Resolution, object>> = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'preserve', moduleResolution: 'bundler', noEmit: true },
  // TypeScript 6 still has it, and calls it deprecated.
  node10: { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0', noEmit: true },
};

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  esModuleInterop: true,
  target: 'es2022',
  types: ['node'],
};

const TSC = path.join(import.meta.dirname, '../../node_modules/typescript/bin/tsc');

/** Compiles the application in `folder`, the types of all that it imports included unless `skipLibCheck`. Returns what the compiler says. */
export async function compile(folder: string, resolution: Resolution, skipLibCheck: boolean): Promise<string> {
  const config = `tsconfig.${resolution}.json`;
  const compilerOptions = { ...STRICT, ...HOW[resolution], skipLibCheck };
  await writeFile(path.join(folder, config), JSON.stringify({ compilerOptions, files: FILES[resolution] }));
  const { output } = await run(process.execPath, [TSC, '-p', config], { cwd: folder });
  return output;
}
